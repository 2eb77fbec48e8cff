"""What became of an order, step by step with dates, for the customer whose order it is. Reading only; draws nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session as Records
from sqlalchemy.orm import selectinload

from agent import line_title
from store import Database, format_amount
from store.schema import Order, Return, Shipment

StepKind = Literal[
    "placed", "paid", "cancelled", "sent", "on_way", "arrived", "return_asked", "exchange_asked", "exchanged",
    "refunded", "declined",
]  # fmt: skip
StepState = Literal["done", "now", "late", "coming"]

_CANCELLED = {"cancelled", "canceled", "refunded", "voided"}
_ARRIVED = {"delivered", "fulfilled", "completed", "returned", "return requested", "exchange requested"}
_SENT = {"shipped", "in transit", "out for delivery"}
_SETTLED = {"refunded", "completed", "exchanged", "returned"}
_DECLINED = {"rejected", "declined", "cancelled", "canceled"}
_SHORTEST_ID = 3
_MOST_ORDERS = 2
"""A reply that names more orders is a list of them, and each line of it says enough."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an order."""

    kind: StepKind
    state: StepState
    at: datetime | None = None
    """When it happened; of a step that is still to come, when it was promised."""
    amount: str = ""
    """Of a refund."""


@dataclass(frozen=True, slots=True)
class OrderTimeline:
    """An order and its steps, the earliest first."""

    order_id: str
    items: tuple[str, ...]
    steps: tuple[Step, ...]


def timelines_named(
    database: Database, customer_id: str, texts: Sequence[str], now: datetime, language: str
) -> list[tuple[OrderTimeline, ...]]:
    """For each text the time lines of the orders that it names, if they are this customer's and not many."""
    if not any(texts):
        return [() for _ in texts]
    with database.read() as records:
        ids = records.scalars(select(Order.id).where(Order.customer_id == customer_id)).all()
        named = [ids_in(text, ids) for text in texts]
        named = [found if len(found) <= _MOST_ORDERS else () for found in named]
        drawn = _read(records, customer_id, {one for found in named for one in found}, now, language)
    return [tuple(drawn[one] for one in found if one in drawn) for found in named]


def ids_in(text: str, ids: Iterable[str]) -> tuple[str, ...]:
    """Those of ``ids`` that stand in ``text`` as words of their own, in the order of the text."""
    found: list[tuple[int, str]] = []
    for one in ids:
        if len(one) < _SHORTEST_ID or one not in text:
            continue
        # Not ``\\w``: Chinese characters stand right beside an id. Nor part of an amount.
        match = re.search(rf"(?<![A-Za-z0-9€$£¥.,#-]){re.escape(one)}(?![A-Za-z0-9-]|[.,]\d)", text)
        if match is not None:
            found.append((match.start(), one))
    return tuple(one for _, one in sorted(found))


def _read(records: Records, customer_id: str, ids: set[str], now: datetime, language: str) -> dict[str, OrderTimeline]:
    if not ids:
        return {}
    asked = (
        select(Order)
        .where(Order.id.in_(ids), Order.customer_id == customer_id)
        .options(*(selectinload(part) for part in (Order.lines, Order.payments, Order.shipments, Order.returns)))
    )
    found: dict[str, OrderTimeline] = {}
    for order in records.scalars(asked):
        items = dict.fromkeys(line_title(records, line, language) for line in order.lines)
        found[order.id] = OrderTimeline(order.id, tuple(items), steps_of(order, now))
    return found


def steps_of(order: Order, now: datetime) -> tuple[Step, ...]:
    """The steps that the records know of, and those that are to be expected."""
    steps = [Step("placed", "done", order.placed_at)]
    payment = next((one for one in order.payments if one.kind == "payment"), None)
    if payment is not None:
        steps.append(Step("paid", "done", payment.paid_at))
    if order.status in _CANCELLED:
        steps.append(Step("cancelled", "done"))
    else:
        steps += _delivery(order, now)
    return (*steps, *_after(order))


def _delivery(order: Order, now: datetime) -> list[Step]:
    parcels = order.shipments
    sent = min((one.shipped_at for one in parcels if one.shipped_at), default=None)
    promised = max((one.promised_at for one in parcels if one.promised_at), default=None)
    if order.status in _ARRIVED or (parcels and all(one.delivered_at for one in parcels)):
        came = max((one.delivered_at for one in parcels if one.delivered_at), default=None)
        return [*([Step("sent", "done", sent)] if sent else []), Step("arrived", "done", came)]
    if sent is None and order.status not in _SENT and not any(_moving(one) for one in parcels):
        return [Step("sent", "now"), Step("arrived", "coming", promised)]
    late = promised is not None and promised < now
    return [Step("sent", "done", sent), Step("on_way", "late" if late else "now"), Step("arrived", "coming", promised)]


def _moving(parcel: Shipment) -> bool:
    return parcel.status in _SENT or parcel.delivered_at is not None


def _after(order: Order) -> list[Step]:
    """Returns, exchanges and refunds: what happened by its date, then what is still to come."""
    asked = [
        Step("exchange_asked" if one.kind == "exchange" else "return_asked", "done", one.requested_at)
        for one in order.returns
    ]
    refunds = [one for one in order.payments if one.kind == "refund"]
    back = [
        Step("refunded", "done", one.paid_at, format_amount(abs(one.amount_minor), one.currency)) for one in refunds
    ]
    dated = sorted((one for one in (*asked, *back) if one.at is not None), key=lambda one: (one.at, one.kind))
    undated = [one for one in (*asked, *back) if one.at is None]
    ends = dict.fromkeys(end for one in order.returns if (end := _end(one, bool(refunds))) is not None)
    return [*dated, *undated, *ends]


def _end(one: Return, refunded: bool) -> Step | None:
    """How a return ended, or what it waits for; ``None`` where the refund already says it."""
    if one.status in _DECLINED:
        return Step("declined", "done")
    settled = one.status in _SETTLED
    if one.kind == "exchange":
        return Step("exchanged", "done" if settled else "now")
    if settled:
        return None if refunded else Step("refunded", "done")
    return Step("refunded", "now")
