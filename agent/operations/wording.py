"""Refusals and reasons for approval in English and Chinese: what a reply says when nothing better is at hand."""

from __future__ import annotations

from collections.abc import Mapping

from store import format_amount

from .proposal import ApprovalReason
from .refusal import Refusal, Rule

_STATUS_ZH = {
    "pending": "待处理",
    "processed": "处理中",
    "shipped": "已发货",
    "delivered": "已送达",
    "cancelled": "已取消",
    "pending (item modified)": "待处理（商品已修改）",
    "return requested": "已申请退货",
    "exchange requested": "已申请换货",
}

_REFUSED: Mapping[Rule, tuple[str, str]] = {
    "exists": ("I cannot find {id} in your account.", "您的账户中没有找到 {id}。"),
    "offered": ("The shop does not offer this.", "本店不提供此项操作。"),
    "status": (
        "The status of order {id} is “{value}”; this can only be done while it is “{allowed}”.",
        "订单 {id} 的状态是{value}；只有{allowed}的订单才能这样操作。",
    ),
    "reason": (
        "For order {id} I need one of these reasons: {allowed}.",
        "取消订单 {id} 需要以下原因之一：{allowed}。",
    ),
    "window": (
        "The time for this ended on {allowed}; order {id} was delivered on {value}.",
        "订单 {id} 于 {value} 送达，办理期限已于 {allowed} 结束。",
    ),
    "payment_method": (
        "The payment method {id} is not on file in your account. On file: {allowed}.",
        "您的账户中没有登记付款方式 {id}。已登记：{allowed}。",
    ),
    "payment_history": (
        "The payment of order {id} has already been changed or refunded, so it cannot be changed again.",
        "订单 {id} 的付款已变更或退款过，不能再次更改。",
    ),
    "same_payment_method": (
        "Order {id} is already paid with {value}.",
        "订单 {id} 已经是用 {value} 付款的。",
    ),
    "refund_target": (
        "The refund cannot go to {value}. It can go to: {allowed}.",
        "退款不能退到 {value}，可以退到：{allowed}。",
    ),
    "balance": (
        "The gift card {id} holds {allowed}, and {value} is needed.",
        "礼品卡 {id} 余额为 {allowed}，需要 {value}。",
    ),
    "currency": (
        "{id} is in {value}, and the order is in {allowed}.",
        "{id} 的币种是 {value}，而订单的币种是 {allowed}。",
    ),
    "item": (
        "Item {value} is not in order {id}, or not so often. What can be chosen: {allowed}.",
        "订单 {id} 中没有商品 {value}，或数量不足。可选：{allowed}。",
    ),
    "pairs": (
        "For each item of order {id} I need exactly one new item: {allowed} named, {value} to replace them.",
        "订单 {id} 的每件商品需要对应一件新商品：原商品 {allowed} 件，新商品 {value} 件。",
    ),
    "variant": (
        "{value} is not an available version of the same product. Available: {allowed}.",
        "{value} 不是同一产品的有货规格。有货：{allowed}。",
    ),
    "price": ("The price of {id} is not known, so it cannot be chosen.", "{id} 的价格未知，因此不能选择。"),
    "stock": (
        "Of {id} there are only {allowed} left, and {value} are needed.",
        "{id} 仅剩 {allowed} 件，需要 {value} 件。",
    ),
    "changed": (
        "Something has changed since I asked you, so nothing was done. I would have to ask you again.",
        "在您确认之前情况有变，因此没有执行任何操作，需要重新向您确认。",
    ),
    "expired": (
        "My question was open for too long, so nothing was done. I would have to ask you again.",
        "确认已超时，因此没有执行任何操作，需要重新向您确认。",
    ),
}

_NOTHING_LEFT = (
    "There is nothing in order {id} that this could still be done with.",
    "订单 {id} 中已没有可以这样处理的商品。",
)

_APPROVAL: Mapping[str, tuple[str, str]] = {
    "refund_above": (
        "A person of the shop has to approve it: {amount} is above {limit}.",
        "金额 {amount} 超过 {limit}，需要店员审核。",
    ),
    "refund_sum_above": (
        "A person of the shop has to approve it: with it, refunds of the last {days} days come to {amount}, "
        "above {limit}.",
        "加上这笔，最近 {days} 天的退款共 {amount}，超过 {limit}，需要店员审核。",
    ),
    "always": ("A person of the shop has to approve it.", "需要店员审核。"),
    "delivery_unknown": (
        "A person of the shop has to approve it, as the day of delivery is not known.",
        "由于送达日期未知，需要店员审核。",
    ),
}


def word_refusal(refusal: Refusal, language: str = "en") -> str:
    """One sentence that says why not, with its values; Chinese for ``zh...``, English for every other language."""
    chinese = language.startswith("zh")
    separator = "、" if chinese else ", "
    if refusal.rule == "item" and not refusal.allowed:
        return _NOTHING_LEFT[chinese].format(id=refusal.record_id)
    allowed = separator.join(_shown(one, refusal, chinese) for one in refusal.allowed)
    return _REFUSED[refusal.rule][chinese].format(
        id=refusal.record_id,
        value=_shown(refusal.value, refusal, chinese),
        allowed=allowed or ("无" if chinese else "none"),
    )


def word_approval(reason: ApprovalReason, language: str = "en") -> str:
    """One sentence that says why a person has to approve."""
    currency = reason.currency or ""
    return _APPROVAL[reason.rule][language.startswith("zh")].format(
        amount=format_amount(reason.amount_minor or 0, currency),
        limit=format_amount(reason.limit_minor or 0, currency),
        days=reason.days,
    )


def _shown(value: str, refusal: Refusal, chinese: bool) -> str:
    if refusal.kind == "amount" and refusal.currency:
        return format_amount(int(value), refusal.currency)
    if refusal.kind == "status" and chinese:
        return _STATUS_ZH.get(value, value)
    return value
