"""Proposals and outcomes in English and Chinese: every consequence in a sentence of its own, and the question."""

from __future__ import annotations

from collections.abc import Mapping

from store import format_amount

from .consequences import Consequences, ItemChange, MethodView, Movement
from .proposal import Outcome, Proposal
from .requests import OperationName
from .wording import word_approval, word_refusal

_WOULD: Mapping[OperationName, tuple[str, str]] = {
    "cancel_order": ("Cancel order {order}: {items}.", "取消订单 {order}：{items}。"),
    "change_order_address": (
        "Order {order} goes to {address} instead of {before}.",
        "订单 {order} 的收货地址由 {before} 改为 {address}。",
    ),
    "change_order_payment": ("Order {order} is paid another way.", "更换订单 {order} 的付款方式。"),
    "change_order_items": ("Order {order} is changed.", "修改订单 {order} 的商品。"),
    "return_items": ("Return from order {order}: {items}.", "退货，订单 {order}：{items}。"),
    "exchange_items": ("Exchange in order {order}.", "换货，订单 {order}。"),
    "change_account_address": (
        "Your account's address becomes {address} instead of {before}.",
        "您账户的地址由 {before} 改为 {address}。",
    ),
}
_DONE: Mapping[OperationName, tuple[str, str]] = {
    "cancel_order": ("Done: order {order} is cancelled.", "已办好：订单 {order} 已取消。"),
    "change_order_address": (
        "Done: order {order} goes to {address}.",
        "已办好：订单 {order} 的收货地址已改为 {address}。",
    ),
    "change_order_payment": (
        "Done: the payment of order {order} is changed.",
        "已办好：订单 {order} 的付款方式已更换。",
    ),
    "change_order_items": ("Done: the items of order {order} are changed.", "已办好：订单 {order} 的商品已修改。"),
    "return_items": (
        "Done: the return from order {order} is requested. How to send the goods is told by mail.",
        "已办好：订单 {order} 的退货已申请，寄回方式会通过邮件告知。",
    ),
    "exchange_items": (
        "Done: the exchange in order {order} is requested. How to send the goods is told by mail.",
        "已办好：订单 {order} 的换货已申请，寄回方式会通过邮件告知。",
    ),
    "change_account_address": (
        "Done: your account's address is {address} now.",
        "已办好：您账户的地址现在是 {address}。",
    ),
}
_ASK = ("Shall I do that?", "确认这样办理吗？")
_ONCE = (
    "An order's items can be changed once only, so please say if anything else in it should change.",
    "一个订单的商品只能修改一次，如果还有要改的请一并告诉我。",
)
_TEXT = {
    "swap": (
        "{title}: {old} becomes {new}, {price} instead of {before}.",
        "{title}：{old} 换成 {new}，价格由 {before} 变为 {price}。",
    ),
    "same": ("{title}: the same version again ({new}), {price}.", "{title}：换同一款式（{new}），价格 {price}。"),
    "refund_now": ("{amount} goes back to {method} at once.", "{amount} 立即退回到{method}。"),
    "refund": (
        "{amount} goes back to {method} within {days} business days.",
        "{amount} 在 {days} 个工作日内退回到{method}。",
    ),
    "refund_arrival": (
        "{amount} goes back to {method} once the goods have arrived here.",
        "收到退回的商品后，{amount} 退回到{method}。",
    ),
    "payment": ("{amount} is charged to {method}.", "从{method}扣款 {amount}。"),
    "payment_arrival": ("{amount} is charged to {method} with the exchange.", "换货时从{method}扣款 {amount}。"),
    "balance": ("The gift card then holds {amount}.", "之后礼品卡余额为 {amount}。"),
    "even": ("There is no difference in price.", "没有差价。"),
    "method_known": ("the way it was paid", "原付款方式"),
    "reason": ("Reason: {reason}.", "原因：{reason}。"),
    "declined": ("All right, nothing was changed.", "好的，没有做任何更改。"),
    "waiting": (
        "A colleague has to approve it first; nothing is changed until then.",
        "需要同事先审核，在此之前不会有任何更改。",
    ),
    "rejected": ("A colleague did not approve it; nothing was changed.", "同事没有批准，没有做任何更改。"),
}
_KINDS = {
    "credit_card": ("the credit card", "信用卡"),
    "gift_card": ("the gift card", "礼品卡"),
    "paypal": ("PayPal", "PayPal"),
    "bank_transfer": ("the bank account", "银行账户"),
    "alipay": ("Alipay", "支付宝"),
}


def tell_proposal(proposal: Proposal, language: str, reasons: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What it would do, sentence by sentence. ``reasons``: the policy's, by language."""
    told = _told(_WOULD[proposal.operation], proposal.consequences, language, reasons)
    if proposal.operation == "change_order_items":
        told.append(_pick(_ONCE, language))
    return told + [word_approval(one, language) for one in proposal.approval]


def ask_for_yes(language: str) -> str:
    """The question under a proposal."""
    return _pick(_ASK, language)


def tell_outcome(outcome: Outcome, language: str, reasons: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What came of it."""
    if outcome.state == "done":
        return _told(_DONE[outcome.operation], outcome.consequences, language, reasons)
    if outcome.refusal is not None:
        return [word_refusal(outcome.refusal, language)]
    if outcome.state == "waiting":
        return [word_approval(one, language) for one in outcome.approval] + [_say("waiting", language)]
    return [_say("rejected" if outcome.state == "rejected" else "declined", language)]


def _told(
    first: tuple[str, str], done: Consequences, language: str, reasons: Mapping[str, Mapping[str, str]]
) -> list[str]:
    told = [
        _pick(first, language).format(
            order=done.order_id or "",
            items=_join([_title(one, language) for one in done.items], language),
            address=_address(done.address_after),
            before=_address(done.address_before) or "-",
        )
    ]
    told += [_swap(one, done.currency, language) for one in done.items if one.new_item_id is not None]
    if done.reason and done.reason in reasons:
        told.append(_say("reason", language, reason=reasons[done.reason].get(language[:2], done.reason)))
    told += [_movement(one, done.currency, language) for one in done.movements if one.amount_minor]
    if done.price_difference_minor == 0:
        told.append(_say("even", language))
    for movement in done.movements:
        if movement.balance_after_minor is not None:
            told.append(_say("balance", language, amount=format_amount(movement.balance_after_minor, done.currency)))
    return told


def _swap(item: ItemChange, currency: str, language: str) -> str:
    old, new = ", ".join(item.options.values()) or "-", ", ".join((item.new_options or {}).values()) or "-"
    key = "same" if item.item_id == item.new_item_id else "swap"
    return _say(
        key, language, title=item.title, old=old, new=new, price=format_amount(item.new_price_minor or 0, currency),
        before=format_amount(item.price_minor, currency),
    )  # fmt: skip


def _movement(movement: Movement, currency: str, language: str) -> str:
    amount, method = format_amount(movement.amount_minor, currency), name_method(movement.method, language)
    timing = movement.timing
    if movement.kind == "payment":
        return _say(
            "payment_arrival" if timing.start == "arrival" else "payment", language, amount=amount, method=method
        )
    if timing.start == "arrival":
        return _say("refund_arrival", language, amount=amount, method=method)
    if timing.at_once:
        return _say("refund_now", language, amount=amount, method=method)
    days = f"{timing.fewest_days}-{timing.most_days}" if timing.fewest_days else str(timing.most_days)
    return _say("refund", language, amount=amount, method=method, days=days)


def name_method(method: MethodView, language: str) -> str:
    """A way to pay in a sentence: ``the credit card (visa, 4242)``."""
    if method.kind not in _KINDS:
        return _say("method_known", language) if method.id is None or method.kind == "unknown" else method.kind
    name = _pick(_KINDS[method.kind], language)
    more = ", ".join(one for one in (method.brand, method.last_four) if one)
    return f"{name} ({more})" if more else name


def _title(item: ItemChange, language: str) -> str:
    options = ", ".join(item.options.values())
    name = f"{item.title} ({options})" if options else item.title
    return name if item.quantity == 1 else f"{item.quantity} × {name}"


def _address(address: Mapping[str, str] | None) -> str:
    parts = ("address1", "address2", "zip", "city", "state", "country")
    return ", ".join(address[part] for part in parts if address.get(part)) if address else ""


def _join(parts: list[str], language: str) -> str:
    return ("、" if language.startswith("zh") else ", ").join(parts)


def _pick(pair: tuple[str, str], language: str) -> str:
    return pair[language.startswith("zh")]


def _say(key: str, language: str, **values: str) -> str:
    return _pick(_TEXT[key], language).format(**values)
