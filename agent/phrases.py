"""Every sentence that the built-in model says, in English and Simplified Chinese side by side.

``say("key", language, name=value)``. A test holds the two languages to the same names. Facts come in as values; the
phrases themselves claim nothing that would need to be looked up.
"""

from __future__ import annotations

import re

from .acting_phrases import ACTING
from .after_sales_phrases import AFTER_SALES
from .language import spoken

PHRASES: dict[str, tuple[str, str]] = (
    {
        # What is being done, shown while the customer waits.
        "progress_search_products": ("Looking for products …", "正在查找商品……"),
        "progress_get_product": ("Looking at the product …", "正在查看商品……"),
        "progress_compare_products": ("Comparing the products …", "正在比较商品……"),
        "progress_summarise_reviews": ("Reading the reviews …", "正在阅读评价……"),
        "progress_recommend_products": ("Choosing something for you …", "正在为您挑选……"),
        "progress_get_orders": ("Looking up your orders …", "正在查询您的订单……"),
        "progress_get_order": ("Looking up the order …", "正在查询订单……"),
        "progress_read_help_pages": ("Reading the help pages …", "正在查阅帮助页面……"),
        "progress_stop_messages": ("Writing that down …", "正在记录……"),
        "progress_hand_over_to_person": ("Calling a colleague …", "正在转接同事……"),
        "progress_writing": ("Writing …", "正在整理回复……"),
        # Why a product is shown.
        "why_viewed": ("Because you looked at {title}", "因为您看过{title}"),
        "why_bought": ("Because you bought {title}", "因为您买过{title}"),
        "why_carted": ("Because {title} is in your cart", "因为您把{title}加入了购物车"),
        "why_similar": ("Similar to {title}", "与{title}相似"),
        "why_alike": ("Customers with a taste like yours took it", "和您口味相近的顾客选了它"),
        "why_praised": ("Reviewers speak well of: {words}", "评价中称赞：{words}"),
        "why_together": ("Others took it together with {title}", "其他顾客常与{title}一起购买"),
        "why_words": ("Matches: {words}", "符合：{words}"),
        "why_of": ("{title}: {why}.", "{title}：{why}。"),
        "why_unknown": (
            "It came nearest to what you asked for; more reasons I do not have.",
            "它最接近您的要求，别的理由我没有。",
        ),
        "why_popular": ("Popular with other customers", "其他顾客也喜欢"),
        "plain": ("{text}", "{text}"),
        "the_shop": ("this shop", "本店"),
        # Small talk.
        "greeting": (
            "Hello! I am {shop}'s assistant, a program. I can find products, tell you what reviewers say, "
            "and look up your orders. What can I do for you?",
            "您好！我是{shop}的智能助手（一个程序）。我可以帮您找商品、看评价、查订单。请问有什么可以帮您？",
        ),
        "identity": (
            "I am a program, not a person. I look things up in {shop}: products, what reviewers say, your orders, "
            "and the help pages. If you would rather talk to a person, just say so.",
            "我是一个程序，不是真人。我可以在{shop}里帮您查商品、评价、您的订单和帮助页面。如果您想找真人，直接告诉我就好。",
        ),
        "thanks": ("You're welcome! Is there anything else?", "不客气！还有什么可以帮您的吗？"),
        "goodbye": ("Goodbye, and have a nice day!", "再见，祝您生活愉快！"),
        "yes_to_nothing": ("All right. What would you like me to look up?", "好的。请问需要我查什么？"),
        "no_to_nothing": ("All right. Tell me if you need something else.", "好的，有需要随时告诉我。"),
        "out_of_scope": (
            "I can't help with that. I know {shop}'s products, reviews and help pages, and your orders.",
            "这个我帮不上忙。我只了解{shop}的商品、评价和帮助页面，以及您的订单。",
        ),
        "not_understood": (
            "I did not understand that. Are you asking about a product, one of your orders, or something else?",
            "抱歉，我没有听懂。您是想问商品、您的订单，还是别的事情？",
        ),
        "others_data": (
            "I can only see your own account and orders, nobody else's.",
            "我只能查看您本人的账户和订单，不能查看别人的。",
        ),
        "cart": (
            "I can neither see all of your cart nor change it; please open it in the shop.",
            "我看不到完整的购物车，也不能修改它，请在店里打开购物车。",
        ),
        "other_language": (
            "I am sorry, I understand English and Chinese only. Could you write in one of them?",
            "抱歉，我只懂中文和英文，请用其中一种写给我。",
        ),
        "own_data": (
            "Your data: the link of that name at the top of this page shows what I keep of you. There you can take it "
            "along, or delete it yourself.",
            "请点本页上方的链接（您的数据）：您可以在那里查看、下载或自己删除我保存的关于您的内容。",
        ),
        "complaint": ("I'm sorry about that.", "非常抱歉给您带来了不好的体验。"),
        "empty": ("Please write what you would like to know.", "请告诉我您想了解什么。"),
        "failed": (
            "Something went wrong on our side and I could not finish this. Your message is kept. Please try again, "
            "or ask for a person.",
            "我们这边出了点问题，没能处理完。您的消息已保留，请再试一次，或要求转人工。",
        ),
        # Hand-over.
        "handed_over": (
            "I have passed our conversation to a colleague, who will answer you here.",
            "我已把我们的对话转给同事，会有人在这里回复您。",
        ),
        "a_picture": ("(a picture)", "（一张图片）"),
        "picture_handed_over": (
            "Thank you for the picture. I am a program and cannot see it; a colleague will look at it and answer you "
            "here.",
            "谢谢您的图片。我是程序，看不到图片；同事会查看，并在这里回复您。",
        ),
        "picture_added": (
            "Thank you, the picture is with my colleague, who will look at it.",
            "谢谢，图片已转给同事，会有人查看。",
        ),
        "handed_over_urgent": (
            "I have passed our conversation to a colleague as urgent, who will answer you here.",
            "我已把我们的对话作为急件转给同事，会有人在这里回复您。",
        ),
        "with_person": (
            "A colleague has this conversation now and will answer you here. I stay silent until then.",
            "这个对话已由同事接手，会在这里回复您。在此之前我不再回答。",
        ),
        "cannot_do": (
            "I cannot {wish} myself.",
            "{wish}这件事我自己办不了。",
        ),
        "cannot_say": ("I don't know that.", "这个我不清楚。"),
        "offer_person": ("Shall I pass this on to a colleague?", "需要我转给同事吗？"),
        "wish_cancel": ("cancel orders", "取消订单"),
        "wish_change_order": ("change orders", "修改订单"),
        "wish_change_address": ("change addresses", "修改地址"),
        "wish_return": ("arrange returns and refunds", "办理退货退款"),
        "wish_exchange": ("arrange exchanges", "办理换货"),
        "wish_refund_status": ("look into refunds", "查询退款进度"),
        "wish_invoice": ("issue invoices", "开具发票"),
        "wish_account": ("change account settings", "修改账户信息"),
        "wish_payment_problem": ("solve payment problems", "处理付款问题"),
        "wish_complaint": ("put this right", "解决这个问题"),
        "wish_person": ("bring you to a person", "转人工"),
        "stopped": (
            "All right: I do not write to you unasked any more. You can still ask me anything.",
            "好的，我不再主动给您发消息。您有问题仍然可以随时问我。",
        ),
        # Products.
        "found_one": ("I found this:", "我找到了这款："),
        "found_many": ("I found these:", "我找到了这些："),
        "found_none": ("I found no product that fits.", "没有找到符合的商品。"),
        "found_none_limits": (
            "I found no product that fits those limits.",
            "没有找到符合这些条件的商品。",
        ),
        "product_line": ("{number}. {title}, {price}{rating}{stock}", "{number}. {title}，{price}{rating}{stock}"),
        "rating_part": (", {rating} of 5 stars", "，{rating}分（满分5分）"),
        "stock_part_out": (", out of stock", "，暂时缺货"),
        "no_price": ("no price given", "未标价"),
        "price_from": ("from {price}", "{price}起"),
        "ask_which": ("Would you like to know more about one of them?", "想进一步了解哪一款？"),
        "which_product": ("Which product do you mean?", "您指的是哪款商品？"),
        "which_of_these": ("Which of these do you mean?", "您指的是哪一款？"),
        "no_such_product": ("I do not know that product.", "我没有找到这款商品。"),
        "price_one": ("{title} costs {price}.", "{title}的价格是{price}。"),
        "price_range": (
            "{title} costs between {price} and {highest}, depending on the version.",
            "{title}的价格在{price}到{highest}之间，视款式而定。",
        ),
        "price_unknown": ("I have no price for {title}.", "我没有{title}的价格。"),
        "price_variant": ("{title} ({options}) costs {price}.", "{title}（{options}）的价格是{price}。"),
        "stock_yes": ("{title} is in stock.", "{title}有货。"),
        "stock_pieces": ("{title} is in stock, {pieces} left.", "{title}有货，还剩{pieces}件。"),
        "stock_no": ("{title} is out of stock at the moment.", "{title}目前缺货。"),
        "stock_variant_yes": ("{title} ({options}) is in stock.", "{title}（{options}）有货。"),
        "stock_variant_no": ("{title} ({options}) is out of stock.", "{title}（{options}）缺货。"),
        "stock_some": (
            "{count} of the {total} versions of {title} can be bought at the moment.",
            "{title}的{total}个款式中，目前有{count}个可以购买。",
        ),
        "options_are": ("{title} comes in these versions: {options}.", "{title}有以下款式：{options}。"),
        "no_such_option": ("I see no version of {title} in {options}.", "{title}没有{options}的款式。"),
        "attribute": (
            "The product details of {title} say: {name}: {value}.",
            "{title}的商品参数：{name}为{value}。",
        ),
        "attributes": ("Details: {list}.", "参数：{list}。"),
        "buy_it": (
            "I cannot put it into your cart; please open it in the shop.",
            "我不能替您加入购物车，请在店里打开它购买。",
        ),
        "found_none_cheaper": ("I found nothing cheaper that fits.", "没有找到更便宜的。"),
        "measure_unsaid": ("It says nothing of {measure}.", "其中没有提到{measure}。"),
        "from_description": ("The description of {title} says: “{quote}”", "{title}的商品描述中写道：“{quote}”"),
        "from_review": ("A reviewer of {title} writes: “{quote}”", "一位买家这样评价{title}：“{quote}”"),
        "page_says_nothing": (
            "The page and the reviews of {title} do not say that, so I don't know.",
            "{title}的页面和评价里都没有提到这一点，所以我不清楚。",
        ),
        "details": ("About {title}: “{quote}”", "关于{title}：“{quote}”"),
        "yes_value": ("yes", "是"),
        "row_brand": ("brand", "品牌"),
        "row_price": ("Price", "价格"),
        "row_rating": ("Rating", "评分"),
        "row_rating_value": ("{rating} of 5 ({count})", "{rating}分（{count}条评价）"),
        "row_stock": ("Availability", "库存"),
        "row_in_stock": ("in stock", "有货"),
        "row_out_of_stock": ("out of stock", "缺货"),
        "compare_line": ("{title}: {price}{rating}{stock}{more}.", "{title}：{price}{rating}{stock}{more}。"),
        "compare_unknown": (
            "What is known of them does not say that, so I don't know.",
            "它们的资料里没有提到这一点，所以我不清楚。",
        ),
        "compare_part": ("; {name}: {value}", "；{name}：{value}"),
        "compare_cheaper": ("{title} costs least.", "{title}最便宜。"),
        "compare_better": ("{title} is rated highest.", "{title}评分最高。"),
        "advise_rated": (
            "I'd take {title}: buyers rate it best of these ({rating} of 5 stars; reviews: {count}).",
            "我会选{title}：这几款里买家对它评价最好，{count}条评价，{rating}分（满分5分）。",
        ),
        "advise_cheapest": (
            "None of them has a review yet; {title} costs least: {price}.",
            "这几款都还没有评价；{title}最便宜：{price}。",
        ),
        "compare_need_two": ("Which products shall I compare?", "要比较哪些商品？"),
        "recommend_history": ("These should suit you:", "这些应该适合您："),
        "recommend_popular": ("These are liked by other customers:", "这些受到其他顾客的喜欢："),
        "recommend_none": ("I have nothing to recommend at the moment.", "目前没有可以推荐的商品。"),
        # Reviews.
        "reviews_count": (
            "{title} has {count} reviews with {rating} of 5 stars on average.",
            "{title}共有{count}条评价，平均{rating}分（满分5分）。",
        ),
        "reviews_count_one": (
            "{title} has one review, with {rating} of 5 stars.",
            "{title}有1条评价，评分{rating}分（满分5分）。",
        ),
        "reviews_count_plain": ("{title} has {count} reviews.", "{title}共有{count}条评价。"),
        "reviews_split": (
            "Positive: {positive}, neutral: {neutral}, negative: {negative}.",
            "其中{positive}条好评，{neutral}条中评，{negative}条差评。",
        ),
        "reviews_about": (
            "{count} of the latest reviews speak of “{about}”.",
            "最近的评价中有{count}条提到“{about}”。",
        ),
        "reviews_about_none": ("None of the latest reviews speaks of that.", "最近的评价没有提到这一点。"),
        "review_liked": ("Someone who liked it: “{quote}”", "好评：“{quote}”"),
        "review_disliked": ("Someone who did not: “{quote}”", "差评：“{quote}”"),
        "reviews_none": ("Nobody has reviewed {title} yet.", "{title}还没有评价。"),
        "reviews_none_plain": ("There are no reviews of it yet.", "它还没有评价。"),
        # Orders.
        "orders_none": ("You have no orders yet.", "您还没有订单。"),
        "orders_count": ("You have {count} orders:", "您共有{count}个订单："),
        "orders_count_one": ("You have one order:", "您有1个订单："),
        "orders_first": ("You have {count} orders. The latest:", "您共有{count}个订单，最近的有："),
        "orders_spent": ("Those that were carried out come to {spent} together.", "其中有效的订单合计{spent}。"),
        "orders_spent_all": ("Together they come to {spent}.", "合计{spent}。"),
        "order_line": (
            "{number}. {order}{placed}: {total}, {status}; {items}",
            "{number}. {order}{placed}：{total}，{status}；{items}",
        ),
        "placed_part": (" of {date}", "（{date}）"),
        "order_status": ("Order {order} ({items}) is {status}.", "订单{order}（{items}）的状态是{status}。"),
        "order_cancelled": ("Order {order} ({items}) was cancelled.", "订单{order}（{items}）已取消。"),
        "order_shipped_on": ("Order {order} was shipped on {date}.", "订单{order}已于{date}发货。"),
        "order_promised": ("Delivery of {order} is promised for {date}.", "{order}承诺送达日期为{date}。"),
        "order_late": (
            "That date has passed; I'm sorry that {order} is late.",
            "已经超过了这个日期，{order}迟到了，非常抱歉。",
        ),
        "order_delivered_on": ("Order {order} was delivered on {date}.", "订单{order}已于{date}送达。"),
        "order_tracking": (
            "Tracking number of {order}: {tracking}{carrier}.",
            "{order}的快递单号：{tracking}{carrier}。",
        ),
        "carrier_part": (" ({carrier})", "（{carrier}）"),
        "order_no_date": ("I have no delivery date for {order}.", "我没有{order}的送达日期。"),
        "order_placed": ("Order {order} was placed on {date}.", "订单{order}于{date}下单。"),
        "order_items": ("It holds:", "商品如下："),
        "item_line": ("- {quantity} × {title}{options}, {price} each", "- {quantity} × {title}{options}，单价{price}"),
        "options_part": (" ({options})", "（{options}）"),
        "order_total": ("The total of {order} is {total}.", "{order}的总金额是{total}。"),
        "order_payment": ("Paid for {order}: {amount}{method}.", "{order}已付款：{amount}{method}。"),
        "order_refund": ("The refund on {order} is {amount}{method}.", "{order}的退款是{amount}{method}。"),
        "method_part": (" by {method}", "（{method}）"),
        "order_address": ("It goes to {address}.", "收货地址：{address}。"),
        "order_return": ("On {order} there is this: {state}.", "{order}的售后：{state}。"),
        "order_not_found": (
            "I find no order {order} among yours. Please check the number.",
            "在您的订单中没有找到{order}，请核对一下订单号。",
        ),
        "which_order": ("Which order do you mean?", "您指的是哪个订单？"),
        "no_refund_seen": ("I see no refund on {order} yet.", "{order}目前还没有退款记录。"),
        "no_open_orders": ("None of your orders is on its way at the moment.", "您目前没有在途的订单。"),
        "item_paid": (
            "In order {order}, {title}{options} was {price}.",
            "在订单{order}中，{title}{options}的价格是{price}。",
        ),
        # Help pages.
        "page_says": ("Our page “{page}” says:", "我们的“{page}”页面写道："),
        "page_none": (
            "Our help pages do not say, so I don't know.",
            "我们的帮助页面没有提到，所以我不清楚。",
        ),
        "unavailable": ("I cannot look that up at the moment. Please try again later.", "目前无法查询，请稍后再试。"),
        "withheld": (
            "I left out something that I could not verify.",
            "有些内容我无法核实，所以没有写出来。",
        ),
    }
    | AFTER_SALES
    | ACTING
)

STATUSES: dict[str, str] = {
    "pending": "待处理",
    "pending (item modified)": "待处理（商品已修改）",
    "processed": "已处理，等待发货",
    "processing": "处理中",
    "paid": "已付款",
    "packed": "已打包",
    "shipped": "已发货",
    "in transit": "运输中",
    "out for delivery": "派送中",
    "delivered": "已送达",
    "delayed": "已延误",
    "lost": "已丢失",
    "cancelled": "已取消",
    "returned": "已退货",
    "refunded": "已退款",
    "return requested": "已申请退货",
    "exchange requested": "已申请换货",
    "unknown": "未知",
    "unfulfilled": "未发货",
    "fulfilled": "已发货",
}

_MONTHS = re.findall(
    r"\S+",
    """
    January February March April May June July August September October November December
""",
)


NAMES: dict[str, str] = {
    "color": "颜色", "colour": "颜色", "size": "尺码", "material": "材质", "weight": "重量", "capacity": "容量",
    "length": "长度", "width": "宽度", "height": "高度", "style": "款式", "type": "类型", "flavour": "口味",
    "flavor": "口味", "scent": "香味", "brand": "品牌", "age": "适用年龄", "power": "功率", "connection": "连接",
    "origin": "产地", "pack": "包装", "volume": "容量", "battery life": "续航", "yes": "是", "no": "否",
    "black": "黑色", "white": "白色", "red": "红色", "blue": "蓝色", "green": "绿色", "yellow": "黄色",
    "grey": "灰色",
    "gray": "灰色", "purple": "紫色", "pink": "粉色", "brown": "棕色", "orange": "橙色", "silver": "银色",
    "gold": "金色",
    "beige": "米色", "rose": "玫瑰色", "navy": "藏青色",
    "cotton": "棉", "leather": "皮革", "wool": "羊毛", "linen": "亚麻",
    "wood": "木", "glass": "玻璃", "steel": "钢", "plastic": "塑料", "ceramic": "陶瓷",
}  # fmt: skip
"""Names of attributes and options, and common values; what is not here is said as the shop wrote it."""


def say_name(name: str, language: str) -> str:
    """An attribute's or option's name or value, in Chinese where the table knows it."""
    return NAMES.get(name.lower(), name) if spoken(language) == "zh" else name


_METHODS = {"credit card": "信用卡", "gift card": "礼品卡", "bank transfer": "银行转账", "ending in ": "尾号"}


def say_method(method: str, language: str) -> str:
    """A way to pay, as ``lookups`` describes it."""
    if spoken(language) == "zh":
        for english, chinese in _METHODS.items():
            method = method.replace(english, chinese)
    return method


def say(key: str, language: str, **values: object) -> str:
    """The phrase ``key`` in ``language`` with ``values`` put in."""
    english, chinese = PHRASES[key]
    return (chinese if spoken(language) == "zh" else english).format(**values)


def say_date(day: str, language: str) -> str:
    """An ISO day as people write it: ``2 March 2026``, ``2026年3月2日``."""
    year, month, date = (int(part) for part in day.split("-"))
    return f"{year}年{month}月{date}日" if spoken(language) == "zh" else f"{date} {_MONTHS[month - 1]} {year}"


def say_status(status: str, language: str) -> str:
    """A status of an order or parcel; one that the table does not know stays as it is."""
    return STATUSES.get(status, status) if spoken(language) == "zh" else status
