"""Reads the state of some customers at a time: a handful of queries for all of them together, by index.

Nothing later than the time is seen, so that the past can be decided again as it was.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import String, bindparam, case, cast, select
from sqlalchemy.orm import Session as Records

from store.schema import (
    Conversation,
    Customer,
    Event,
    Message,
    Order,
    OrderLine,
    Product,
    Return,
    Review,
    ReviewSentiment,
    Shipment,
    Variant,
)

from .state import Bought, CustomerState, Did, Form, Goods, Parcel, PastOrder, Person, SentBack, Wrote

ORDER_DAYS = 400
"""How far back orders are read."""
TEXT_DAYS = 7
"""How far back reviews and messages are read."""
_AT_ONCE = 400


def read_states(
    records: Records, customer_ids: Sequence[str], at: datetime, *, event_days: float = 30.0
) -> list[CustomerState]:
    """One state for each id, in that order; who is not known at all has an empty one."""
    wanted = list(dict.fromkeys(customer_ids))
    people, events, orders = (
        _people(records, wanted),
        _events(records, wanted, at, event_days),
        _orders(records, wanted, at),
    )
    reviews, messages = _reviews(records, wanted, at), _messages(records, wanted, at)
    named = {one.product_id for mine in events.values() for one in mine if one.product_id}
    named |= {line.product_id for mine in orders.values() for one in mine for line in one.lines if line.product_id}
    goods = read_goods(records, named)
    found = []
    for customer_id in wanted:
        mine, bought = tuple(events.get(customer_id, ())), tuple(orders.get(customer_id, ()))
        own = {one.product_id for one in mine} | {line.product_id for one in bought for line in one.lines}
        found.append(
            CustomerState(
                person=people.get(customer_id) or Person(customer_id, known=False),
                at=at,
                events=mine,
                orders=bought,
                reviews=tuple(reviews.get(customer_id, ())),
                messages=tuple(messages.get(customer_id, ())),
                goods={one: goods[one] for one in own if one in goods},
            )
        )
    return found


def chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(ids)
    while part := list(islice(remaining, _AT_ONCE)):
        yield part


_PEOPLE = select(
    Customer.id,
    Customer.language,
    Customer.time_zone,
    Customer.country,
    Customer.email,
    Customer.consent_email,
    Customer.consent_proactive,
    Customer.consent_personal,
    Customer.created_at,
    Customer.extra,
).where(Customer.id.in_(bindparam("ids", expanding=True)))


def _people(records: Records, ids: Sequence[str]) -> dict[str, Person]:
    found = {}
    for part in chunks(ids):
        for row in records.execute(_PEOPLE, {"ids": part}):
            found[row.id] = Person(row[0], True, *row[1:])
    return found


_EVENTS = (
    select(
        Event.customer_id,
        Event.id,
        Event.kind,
        Event.at,
        Event.visit_id,
        Event.product_id,
        Event.variant_id,
        Event.quantity,
        Event.value_minor,
        Event.currency,
        Event.query,
        # As text: hardly any event has one, and reading them all took a sixth of the time.
        cast(Event.extra, String),
    )
    .where(
        Event.customer_id.in_(bindparam("ids", expanding=True)),
        Event.at <= bindparam("until"),
        Event.at > bindparam("since"),
    )
    .order_by(Event.customer_id, Event.at, case((Event.kind == "purchase", 1), else_=0), Event.id)
)


_NO_EXTRA: Mapping[str, object] = {}


def _events(records: Records, ids: Sequence[str], at: datetime, days: float) -> dict[str, list[Did]]:
    found: dict[str, list[Did]] = defaultdict(list)
    for part in chunks(ids):
        asked = {"ids": part, "until": at, "since": at - timedelta(days=days)}
        for row in records.execute(_EVENTS, asked):
            customer_id, *rest, told = tuple(row)
            extra = json.loads(str(told)) if told and told != "{}" else _NO_EXTRA
            found[customer_id or ""].append(Did(*[*rest, extra]))
    return found


_ORDERS = (
    select(Order.customer_id, Order.id, Order.placed_at, Order.status, Order.currency)
    .where(
        Order.customer_id.in_(bindparam("ids", expanding=True)),
        Order.placed_at <= bindparam("until"),
        Order.placed_at > bindparam("since"),
    )
    .order_by(Order.placed_at, Order.position, Order.id)
)
_LINES = (
    select(
        OrderLine.order_id, OrderLine.product_id, OrderLine.variant_id, OrderLine.quantity, OrderLine.unit_price_minor
    )
    .where(OrderLine.order_id.in_(bindparam("ids", expanding=True)))
    .order_by(OrderLine.order_id, OrderLine.position)
)
_PARCELS = (
    select(Shipment.order_id, Shipment.promised_at, Shipment.delivered_at, Shipment.status)
    .where(Shipment.order_id.in_(bindparam("ids", expanding=True)))
    .order_by(Shipment.order_id, Shipment.position)
)
_RETURNS = (
    select(Return.order_id, Return.requested_at, Return.reason, Return.kind)
    .where(Return.order_id.in_(bindparam("ids", expanding=True)), Return.requested_at <= bindparam("until"))
    .order_by(Return.requested_at)
)


def _orders(records: Records, ids: Sequence[str], at: datetime) -> dict[str, list[PastOrder]]:
    rows: list[Any] = []
    for part in chunks(ids):
        asked = {"ids": part, "until": at, "since": at - timedelta(days=ORDER_DAYS)}
        rows.extend(records.execute(_ORDERS, asked))
    lines: dict[str, list[Bought]] = defaultdict(list)
    parcels: dict[str, list[Parcel]] = defaultdict(list)
    returns: dict[str, list[SentBack]] = defaultdict(list)
    for part in chunks(row[1] for row in rows):
        for line in records.execute(_LINES, {"ids": part}):
            lines[line[0]].append(Bought(*line[1:]))
        for order_id, promised, delivered, status in records.execute(_PARCELS, {"ids": part}):
            come = delivered if delivered is not None and delivered <= at else None
            parcels[order_id].append(Parcel(promised, come, status))
        for order_id, requested, reason, kind in records.execute(_RETURNS, {"ids": part, "until": at}):
            returns[order_id].append(SentBack(requested or at, reason or "", kind))
    found: dict[str, list[PastOrder]] = defaultdict(list)
    for customer_id, order_id, placed_at, status, currency in rows:
        found[customer_id].append(
            PastOrder(
                order_id,
                placed_at,
                status,
                currency,
                tuple(lines.get(order_id, ())),
                tuple(parcels.get(order_id, ())),
                tuple(returns.get(order_id, ())),
            )
        )
    return found


_REVIEWS = (
    select(
        Review.customer_id,
        Review.id,
        Review.written_at,
        Review.text,
        Review.stars,
        Review.product_id,
        ReviewSentiment.stars,
    )
    .outerjoin(ReviewSentiment, ReviewSentiment.review_id == Review.id)
    .where(
        Review.customer_id.in_(bindparam("ids", expanding=True)),
        Review.written_at <= bindparam("until"),
        Review.written_at > bindparam("since"),
    )
    .order_by(Review.written_at, Review.id)
)


def _reviews(records: Records, ids: Sequence[str], at: datetime) -> dict[str, list[Wrote]]:
    found: dict[str, list[Wrote]] = defaultdict(list)
    for part in chunks(ids):
        asked = {"ids": part, "until": at, "since": at - timedelta(days=TEXT_DAYS)}
        for customer_id, one, written_at, text, stars, product_id, read in records.execute(_REVIEWS, asked):
            when = written_at or at
            found[customer_id or ""].append(Wrote(one, when, text, read if stars is None else stars, product_id))
    return found


_MESSAGES = (
    select(Conversation.customer_id, Message.id, Message.at, Message.text, Message.conversation_id)
    .join(Conversation, Conversation.id == Message.conversation_id)
    .where(
        Conversation.customer_id.in_(bindparam("ids", expanding=True)),
        Message.role == "customer",
        Message.at <= bindparam("until"),
        Message.at > bindparam("since"),
    )
    .order_by(Message.at, Message.position)
)


def _messages(records: Records, ids: Sequence[str], at: datetime) -> dict[str, list[Wrote]]:
    found: dict[str, list[Wrote]] = defaultdict(list)
    for part in chunks(ids):
        asked = {"ids": part, "until": at, "since": at - timedelta(days=TEXT_DAYS)}
        for customer_id, one, written_at, text, conversation_id in records.execute(_MESSAGES, asked):
            found[customer_id].append(Wrote(one, written_at, text, None, conversation_id))
    return found


_GOODS = (
    select(
        Product.id,
        Product.visible,
        Product.consumable,
        Variant.id,
        Variant.price_minor,
        Variant.cost_minor,
        Variant.currency,
        Variant.available,
        Variant.stock,
        Variant.options,
    )
    .join(Variant, Variant.product_id == Product.id)
    .where(Product.id.in_(bindparam("ids", expanding=True)))
    .order_by(Product.id, Variant.position)
)


def read_goods(records: Records, ids: Iterable[str]) -> dict[str, Goods]:
    found: dict[str, Goods] = {}
    for part in chunks(ids):
        for product_id, visible, consumable, variant, price, cost, currency, on, stock, options in records.execute(
            _GOODS, {"ids": part}
        ):
            goods = found.get(product_id)
            if goods is None:
                goods = found[product_id] = Goods(product_id, visible, consumable, {})
            can_be_bought = on and (stock is None or stock > 0)
            goods.forms[variant] = Form(variant, price, cost, currency, can_be_bought, options)  # type: ignore[index]
    return found
