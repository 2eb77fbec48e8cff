"""What a customer may look up about his order without changing it: refunds, the invoice, what can be done with it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import get_args

from pydantic import BaseModel, ConfigDict

from store.schema import Order, OrderLine

from .case import Case
from .consequences import MethodView, Timing
from .delivered import check_window
from .pieces import split_by_return, worth_of
from .refusal import OperationRefused, Refusal
from .requests import OperationName

_SETTLED = {"refunded", "completed", "exchanged", "rejected", "cancelled", "canceled"}


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MoneyEntry(_Record):
    """One entry of the payment history."""

    kind: str
    """payment or refund."""
    method: MethodView
    amount_minor: int
    at: datetime | None
    earliest: date | None = None
    """Of a refund: when the money is there at the earliest and at the latest; ``None`` where ``at`` is not known."""
    latest: date | None = None


class OpenReturn(_Record):
    """A return or exchange and the money that comes with it once the goods are back."""

    kind: str
    """return or exchange."""
    status: str
    item_ids: tuple[str, ...]
    new_item_ids: tuple[str, ...]
    method: MethodView
    amount_minor: int
    """Above zero: to the customer; below zero: he pays the difference."""
    timing: Timing
    requested_at: datetime | None


class RefundStatus(_Record):
    """The money of an order: in, back, and still to come. Amounts in minor units of ``currency``."""

    order_id: str
    status: str
    currency: str
    paid_minor: int
    refunded_minor: int
    refunds: tuple[MoneyEntry, ...]
    open_returns: tuple[OpenReturn, ...]


class InvoiceLine(_Record):
    item_id: str | None
    title: str
    options: dict[str, str]
    quantity: int
    unit_price_minor: int
    amount_minor: int


class Invoice(_Record):
    """An order as an invoice shows it. ``total_minor`` = goods - discount + shipping + tax."""

    order_id: str
    status: str
    placed_at: datetime | None
    currency: str
    customer_name: str
    email: str | None
    address: dict[str, str]
    lines: tuple[InvoiceLine, ...]
    goods_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    entries: tuple[MoneyEntry, ...]
    paid_minor: int
    """Payments less refunds."""


class PossibleOperation(_Record):
    """Whether an operation may be asked for, by the status and the dates of the order."""

    operation: OperationName
    refusal: Refusal | None
    """``None``: it may."""


def possible_operations(case: Case, order_id: str) -> tuple[PossibleOperation, ...]:
    """For each operation on orders, whether it may be asked for. Raises ``NoSuchRecord``."""
    order = case.order(order_id)
    windows = {"return_items": case.policy.return_window_days, "exchange_items": case.policy.exchange_window_days}
    found = []
    operations: tuple[OperationName, ...] = get_args(OperationName)
    for operation in operations:
        if operation == "change_account_address":
            continue
        refusal = None
        try:
            case.check_status(order, operation)
            check_window(case, order, windows.get(operation))
        except OperationRefused as error:
            refusal = error.refusal
        found.append(PossibleOperation(operation=operation, refusal=refusal))
    return tuple(found)


def read_refunds(case: Case, order_id: str) -> RefundStatus:
    """What was paid back, and what will be. Raises ``NoSuchRecord``."""
    order = case.order(order_id)
    entries = _entries(case, order)
    return RefundStatus(
        order_id=order.id,
        status=order.status,
        currency=order.currency,
        paid_minor=sum(one.amount_minor for one in entries if one.kind == "payment"),
        refunded_minor=sum(one.amount_minor for one in entries if one.kind == "refund"),
        refunds=tuple(one for one in entries if one.kind == "refund"),
        open_returns=_open_returns(case, order),
    )


def read_invoice(case: Case, order_id: str) -> Invoice:
    """The order with its sums. Raises ``NoSuchRecord``."""
    order = case.order(order_id)
    entries = _entries(case, order)
    customer = case.customer
    signs = {"payment": 1, "refund": -1}
    return Invoice(
        order_id=order.id,
        status=order.status,
        placed_at=order.placed_at,
        currency=order.currency,
        customer_name=customer.full_name if customer else "",
        email=customer.email if customer else None,
        address=dict(order.address),
        lines=tuple(_line(one) for one in order.lines),
        goods_minor=sum(one.quantity * one.unit_price_minor for one in order.lines),
        discount_minor=order.discount_minor,
        shipping_minor=order.shipping_minor,
        tax_minor=order.tax_minor,
        total_minor=order.total_minor,
        entries=entries,
        paid_minor=sum(signs.get(one.kind, 0) * one.amount_minor for one in entries),
    )


def add_business_days(start: date, days: int) -> date:
    """The day that lies ``days`` working days (Monday to Friday, holidays not known) after ``start``."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day


def _line(line: OrderLine) -> InvoiceLine:
    return InvoiceLine(
        item_id=line.variant_id,
        title=line.title,
        options=dict(line.options),
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
        amount_minor=line.quantity * line.unit_price_minor,
    )


def _entries(case: Case, order: Order) -> tuple[MoneyEntry, ...]:
    entries = []
    for one in order.payments:
        method = case.view(one.method_id)
        earliest = latest = None
        if one.kind == "refund" and one.paid_at is not None:
            fewest, most = case.policy.refund_timing(method.kind)
            earliest = add_business_days(one.paid_at.date(), fewest)
            latest = add_business_days(one.paid_at.date(), most)
        entries.append(
            MoneyEntry(
                kind=one.kind,
                method=method,
                amount_minor=one.amount_minor,
                at=one.paid_at,
                earliest=earliest,
                latest=latest,
            )
        )
    return tuple(entries)


def _open_returns(case: Case, order: Order) -> tuple[OpenReturn, ...]:
    _, taken = split_by_return(order)
    found = []
    for index, entry in enumerate(order.returns):
        if entry.status in _SETTLED:
            continue
        amount = -(entry.price_difference_minor or 0)
        if entry.kind == "return":
            amount = worth_of(order, taken[:index], taken[index])
        method = case.view(entry.payment_method_id)
        fewest, most = case.policy.refund_timing(method.kind) if amount > 0 else (0, 0)
        found.append(
            OpenReturn(
                kind=entry.kind,
                status=entry.status,
                item_ids=tuple(entry.variant_ids),
                new_item_ids=tuple(entry.new_variant_ids),
                method=method,
                amount_minor=amount,
                timing=Timing(start="arrival", fewest_days=fewest, most_days=most),
                requested_at=entry.requested_at,
            )
        )
    return tuple(found)
