"""Refunds and invoices in English and Chinese, sentence by sentence."""

from __future__ import annotations

from store import format_amount

from .consequences import Timing
from .reading import Invoice, MoneyEntry, OpenReturn, RefundStatus
from .telling import name_method

_TEXT = {
    "none": ("There is no refund on order {order} so far.", "订单 {order} 目前没有退款。"),
    "refund": (
        "Order {order}: {amount} was paid back to {method}{when}.",
        "订单 {order}：已退回 {amount} 到{method}{when}。",
    ),
    "there_by": (", there by {date}", "，最晚 {date} 到账"),
    "to_come": (
        "For the {kind} of order {order}, {amount} goes back to {method} once the goods have arrived here{when}.",
        "订单 {order} 的{kind}：收到商品后 {amount} 退回到{method}{when}。",
    ),
    "within": (", within {days} business days", "，{days} 个工作日内到账"),
    "return": ("return", "退货"),
    "exchange": ("exchange", "换货"),
    "invoice": ("Invoice of order {order} to {name}, {address}:", "订单 {order} 的账单，{name}，{address}："),
    "line": ("{quantity} × {title}{options}: {amount}", "{quantity} × {title}{options}：{amount}"),
    "options": (" ({options})", "（{options}）"),
    "shipping": ("Shipping: {amount}", "运费：{amount}"),
    "tax": ("Tax: {amount}", "税费：{amount}"),
    "discount": ("Discount: {amount}", "优惠：{amount}"),
    "total": ("Total: {amount}", "合计：{amount}"),
    "paid": ("Paid, less refunds: {amount}", "已付（扣除退款）：{amount}"),
}  # fmt: skip


def tell_refunds(status: RefundStatus, language: str) -> list[str]:
    """What went back, when it is there, and what is still to come."""
    told = [_refund(status, one, language) for one in status.refunds]
    told += [_to_come(status, one, language) for one in status.open_returns if one.amount_minor > 0]
    return told or [_say("none", language, order=status.order_id)]


def _refund(status: RefundStatus, entry: MoneyEntry, language: str) -> str:
    when = _say("there_by", language, date=entry.latest.isoformat()) if entry.latest else ""
    amount = format_amount(entry.amount_minor, status.currency)
    return _say(
        "refund", language, order=status.order_id, amount=amount, method=name_method(entry.method, language), when=when
    )


def _to_come(status: RefundStatus, entry: OpenReturn, language: str) -> str:
    return _say(
        "to_come",
        language,
        kind=_say(entry.kind, language),
        order=status.order_id,
        amount=format_amount(entry.amount_minor, status.currency),
        method=name_method(entry.method, language),
        when=_within(entry.timing, language),
    )


def _within(timing: Timing, language: str) -> str:
    return _say("within", language, days=str(timing.most_days)) if timing.most_days else ""


def tell_invoice(invoice: Invoice, language: str) -> list[str]:
    """The lines of an invoice, each to stand on a line of its own."""
    currency = invoice.currency
    parts = ("address1", "address2", "zip", "city", "state", "country")
    address = ", ".join(invoice.address[part] for part in parts if invoice.address.get(part))
    told = [_say("invoice", language, order=invoice.order_id, name=invoice.customer_name, address=address)]
    for line in invoice.lines:
        options = ", ".join(line.options.values())
        told.append(
            _say(
                "line", language, quantity=str(line.quantity), title=line.title,
                options=_say("options", language, options=options) if options else "",
                amount=format_amount(line.amount_minor, currency),
            )
        )  # fmt: skip
    for key, amount in (
        ("shipping", invoice.shipping_minor),
        ("tax", invoice.tax_minor),
        ("discount", invoice.discount_minor),
    ):
        if amount:
            told.append(_say(key, language, amount=format_amount(amount, currency)))
    told.append(_say("total", language, amount=format_amount(invoice.total_minor, currency)))
    told.append(_say("paid", language, amount=format_amount(invoice.paid_minor, currency)))
    return told


def _say(key: str, language: str, **values: str) -> str:
    return _TEXT[key][language.startswith("zh")].format(**values)
