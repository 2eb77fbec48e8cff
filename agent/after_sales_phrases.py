"""What the built-in model says while something is done after the sale, in English and Simplified Chinese."""

from __future__ import annotations

AFTER_SALES: dict[str, tuple[str, str]] = {
    "progress_get_account": ("Looking at your account …", "正在查看您的账户……"),
    "progress_get_refund_status": ("Looking up the refund …", "正在查询退款……"),
    "progress_get_invoice": ("Fetching the invoice …", "正在调取账单……"),
    "progress_propose_cancel_order": ("Checking whether it can be cancelled …", "正在确认能否取消……"),
    "progress_propose_return_items": ("Checking the return …", "正在核对退货……"),
    "progress_propose_exchange_items": ("Checking the exchange …", "正在核对换货……"),
    "progress_propose_change_order_items": ("Checking the change …", "正在核对修改……"),
    "progress_propose_change_order_address": ("Checking the address …", "正在核对地址……"),
    "progress_propose_change_order_payment": ("Checking the payment …", "正在核对付款方式……"),
    "progress_propose_change_account_address": ("Checking the address …", "正在核对地址……"),
    "progress_check_proposal": ("Looking how far it is …", "正在查看进度……"),
    "progress_confirm_proposal": ("Doing it …", "正在办理……"),
    "progress_decline_proposal": ("Leaving it …", "正在撤回……"),
    "anything_else": ("Is there anything else?", "还有什么可以帮您的吗？"),
    "plan_all_done": ("Yes, all of that is done.", "是的，都已办好。"),
    "plan_some_done": (
        "Not all of it: some things could not be done or were left, as I said above.",
        "没有全部办好：有些事情办不了或没有办，原因如上所述。",
    ),
    "plan_none_done": ("No, nothing was changed so far.", "还没有，目前没有做任何更改。"),
    "still_open": ("What I proposed is still open: shall I do it?", "刚才的方案还在等您确认，要办理吗？"),
    "goes_on": (
        "Your {deed} is not done yet; tell me when you want to go on with it.",
        "{deed}还没办完，想继续时告诉我就行。",
    ),
    "deed_cancel": ("cancellation", "取消订单"),
    "deed_return": ("return", "退货"),
    "deed_items": ("exchange", "换款式"),
    "deed_address": ("change of address", "修改地址"),
    "deed_account_address": ("change of address", "修改地址"),
    "deed_payment": ("change of payment", "更换付款方式"),
    "ask_reason": ("Why should order {order} be cancelled?", "订单{order}是因为什么要取消呢？"),
    "cancel_whole_only": (
        "Single items of order {order} cannot be cancelled, only the whole order.",
        "订单{order}不能只取消其中几件商品，只能整单取消。",
    ),
    "ask_address": (
        "What is the new address? Please give street and number, city, zip code and country.",
        "新地址是什么？请告诉我街道门牌、城市、邮编和国家。",
    ),
    "ask_address1": ("Which street and number?", "请问街道和门牌号是？"),
    "ask_city": ("Which city?", "请问是哪个城市？"),
    "ask_zip": ("What is the zip code?", "请问邮编是多少？"),
    "ask_country": ("Which country?", "请问是哪个国家？"),
    "ask_method": ("Which way to pay do you mean?", "您指的是哪种付款方式？"),
    "what_instead": ("What should {title} be instead?", "{title}要换成什么样的？"),
    "ask_for_more": (
        "Noted for order {order}: {titles}. This can be done once only per order: is there anything else in it?",
        "订单{order}已记下：{titles}。一个订单只能办理一次，还有其他要一起办的吗？",
    ),
    "recalled": (
        "You mean {title} of order {order} (status: {status})?",
        "您说的是订单{order}里的{title}吗？该订单的状态是{status}。",
    ),
    "parcel_missing": (
        "I'm sorry that it is not there. Sometimes a neighbour has it, or it lies where nobody looks. "
        "A colleague can have it traced.",
        "非常抱歉您没有收到。有时邻居代收了，或放在了不显眼的地方。同事可以联系快递查询。",
    ),
    "what_with_it": (
        "What would you like me to do about it: return it, exchange it, cancel the order, or something else?",
        "您想怎么处理呢？退货、换货、取消订单，还是别的？",
    ),
    "which_item": ("Which item do you mean?", "您指的是哪件商品？"),
    "which_version": ("Which version of {title} would you like?", "{title}要换成哪一款？"),
    "option_line": ("{number}. {label}", "{number}. {label}"),
    "option_line_price": ("{number}. {label}, {price}", "{number}. {label}，{price}"),
    "version_unknown": (
        "I cannot exchange {title}: its versions are not known here.",
        "{title}没有可选款式的资料，无法更换。",
    ),
    "version_none": ("There is no such version of {title}.", "{title}没有这样的款式。"),
    "version_gone": ("That version of {title} cannot be bought at the moment.", "{title}的这个款式目前买不到。"),
    "condition_fails": (
        "The price does not fit what you said, so I left {titles} as it is.",
        "价格不符合您的要求，所以{titles}没有更换。",
    ),
    "given_up": (
        "I could not find out what you mean, so I left that as it is.",
        "我没能弄清您的意思，所以这一项没有办理。",
    ),
    "cannot_now": ("I cannot do that at the moment.", "目前无法办理。"),
    "no_order_for_cancel": ("I see no order of yours that can still be cancelled.", "您目前没有可以取消的订单。"),
    "no_order_for_return": ("I see no order of yours that can be returned now.", "您目前没有可以退货的订单。"),
    "no_order_for_items": ("I see nothing of yours that can be exchanged now.", "您目前没有可以更换的商品。"),
    "no_order_for_address": (
        "I see no order of yours whose address can still be changed.",
        "您目前没有可以修改地址的订单。",
    ),
    "no_order_for_payment": (
        "I see no order of yours whose payment can still be changed.",
        "您目前没有可以更换付款方式的订单。",
    ),
    "kind_credit_card": ("credit card", "信用卡"),
    "kind_gift_card": ("gift card", "礼品卡"),
    "kind_paypal": ("PayPal", "PayPal"),
}
