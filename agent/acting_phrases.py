"""What is said without having been asked, and what is answered to "why did I get this", in English and Chinese."""

from __future__ import annotations

ACTING: dict[str, tuple[str, str]] = {
    "unasked_because": (
        "I write because {because}. You can tell me to write less, or to stop.",
        "之所以写给您，是因为{because}。您可以让我少发，或者不再发送。",
    ),
    "unasked_other": ("something happened in your account", "您的账户有新的动态"),
    "mail_subject": ("A message from the shop", "来自商店的消息"),
    # Reminding.
    "remind_cart": (
        "You left {title} in your cart, at {price}. It is still in stock.",
        "您的购物车里还有{title}，价格{price}，目前有货。",
    ),
    "remind_cart_more": (
        "You left {title} and more in your cart. {title} costs {price} and is in stock.",
        "您的购物车里还有{title}等商品。{title}的价格是{price}，目前有货。",
    ),
    "remind_cheaper": (
        "You looked at {title} when it cost {before}. It now costs {price} and is in stock.",
        "您看过{title}，当时的价格是{before}。现在{title}的价格是{price}，目前有货。",
    ),
    "remind_back": ("{title} is in stock again, at {price}.", "{title}目前有货，价格{price}。"),
    "remind_refill": (
        "Your {title} may be running out soon. It costs {price} and is in stock.",
        "您的{title}可能快用完了。它的价格是{price}，目前有货。",
    ),
    "remind_looked": (
        "You were looking at {title}. It costs {price} and is in stock.",
        "您看过{title}。它的价格是{price}，目前有货。",
    ),
    # Doubts.
    "doubt_rating": (
        "You were looking at {title}. It has {count} reviews with {rating} of 5 stars on average.",
        "您看过{title}。它有{count}条评价，平均{rating}分（满分5分）。",
    ),
    "doubt_quote": ("One reviewer writes: “{quote}”", "一位买家写道：“{quote}”"),
    "doubt_size": (
        "You were looking at {title}. {count} of the latest reviews speak of how it fits.",
        "您看过{title}。最近的评价中有{count}条提到尺码。",
    ),
    # Recommending.
    "recommend_gone": (
        "{title} in your cart is out of stock at the moment. These are similar:",
        "您购物车里的{title}目前缺货。以下商品与它相似：",
    ),
    "recommend_beside": ("You were looking at {title}. These are similar:", "您看过{title}。以下商品与它相似："),
    "recommend_for_you": ("Here are a few things that may suit you.", "为您挑选了几件可能适合的商品。"),
    # Deliveries.
    "late_sorry": ("I'm sorry to keep you waiting for order {order}.", "非常抱歉，订单{order}让您久等了。"),
    "late_promised": (
        "Delivery of order {order} was promised for {date}, and that date has passed.",
        "订单{order}承诺送达日期为{date}，这个日期已经过了。",
    ),
    "late_open": ("Delivery of {order} was promised for {date}.", "{order}承诺送达日期为{date}。"),
    "parcel_shipped": ("{order} was shipped on {date}.", "{order}已于{date}发货。"),
    "late_ask": (
        "Tell me if you would like a colleague to look into it.",
        "如需同事帮您跟进，请告诉我。",
    ),
    "review_sorry": (
        "Thank you for your honest review of {title}. I'm sorry about that.",
        "感谢您对{title}的真实评价。非常抱歉给您带来了不好的体验。",
    ),
    "review_ask": ("What went wrong? I would like to help.", "请问哪里出了问题？我很愿意帮忙。"),
    # Offers. The terms are worded by the code that computed them.
    "offer_percentage": (
        "If you order {title} by {date}, you get {percent}% off: {price} instead of {before}. Your code is {code}.",
        "如果您在{date}之前下单购买{title}，可享{percent}%的优惠：{price}，原价{before}。您的优惠码是{code}。",
    ),
    "offer_shipping": (
        "If you order {title} by {date}, shipping is free for you. Your code is {code}.",
        "如果您在{date}之前下单购买{title}，可免运费。您的优惠码是{code}。",
    ),
    "offer_bundle": (
        "If you order {title} together with {other} by {date}, you get {percent}% off both:"
        " {price} instead of {before}. Your code is {code}.",
        "如果您在{date}之前同时购买{title}和{other}，两件可享{percent}%的优惠：{price}，原价{before}。您的优惠码是{code}。",
    ),
    # Asking.
    "ask_search": (
        "You searched for “{query}”, and nothing was shown. Tell me what it is for, and I will look again.",
        "您搜索了“{query}”，但没有结果。请简单说说用途，我再帮您找找。",
    ),
    "ask_new": (
        "Welcome! Tell me what you are looking for, and I will help you find it.",
        "欢迎光临！请告诉我您想找什么，我来帮您找。",
    ),
    "ask_size": (
        "Would you like to know what reviewers say about the size of {title}?",
        "想了解买家怎么评价{title}的尺码吗？",
    ),
    "ask_product": (
        "Is there anything you would like to know about {title}?",
        "关于{title}，您有什么想了解的吗？",
    ),
    "ask_missing": ("Is there anything that you missed here?", "我们有什么没让您满意的地方吗？"),
    # For the shop's people.
    "todo_chat": (
        "Customer {customer} is not content in the chat (read as {stars} of 5 stars). Please look at the conversation.",
        "顾客{customer}在聊天中不满意（约{stars}星，满分5星）。请查看对话。",
    ),
    "todo_review": (
        "Customer {customer} gave {title} {stars} of 5 stars. Please get in touch.",
        "顾客{customer}给{title}打了{stars}星（满分5星）。请联系顾客。",
    ),
    "todo_late": (
        "Order {order} of customer {customer} is {hours} hours late. Please ask the carrier.",
        "顾客{customer}的订单{order}已延误{hours}小时。请联系承运商。",
    ),
    "todo_other": (
        "Please look after customer {customer} ({moment}).",
        "请跟进顾客{customer}（{moment}）。",
    ),
    # What the customer asks about a message that came unasked.
    "why_got_this": ("You got my last message because {because}.", "我上一条消息发给您，是因为{because}。"),
    "why_got_this_stop": (
        "You can tell me to write less of this, or to stop.",
        "您可以让我少发这类消息，或者不再发送。",
    ),
    "why_got_none": ("I have not written to you unasked.", "我没有主动给您发过消息。"),
    "less_noted": (
        "Noted: I won't write to you because of that any more, and less often altogether.",
        "好的：我不会再因为这个原因写给您，其他消息也会更少。",
    ),
}
