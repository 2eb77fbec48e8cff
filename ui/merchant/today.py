"""What matters in the shop now: readings from the records, each a number with the rows that it counts.

A ``Fact`` says what was counted; its rows are read when somebody asks for them. Pure reading; nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session as Records

from store import Database, format_amount
from store.schema import (
    Conversation,
    Customer,
    Event,
    Order,
    OrderLine,
    Product,
    Proposal,
    Return,
    Review,
    ReviewSentiment,
    Shipment,
    Variant,
)

from ..names import name_of
from .markup import Cell, Link, Table, day, since
from .words import Words

if TYPE_CHECKING:
    from insight import OpenCart

WEEK = timedelta(days=7)
_SHOWN = 100
_GONE = ("cancelled",)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was counted."""

    key: str
    count: int
    opens: str | None
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trade:
    """A week's orders beside those of the week before it."""

    orders: int
    orders_before: int
    revenue_minor: int
    revenue_before_minor: int
    currency: str
    days: tuple[tuple[str, int], ...]
    """ISO day and its orders, for the last 30 days, oldest first."""


def read_trade(database: Database, now: datetime) -> Trade:
    """Orders by day; amounts of the currency that most of them are in."""
    goods = func.coalesce(func.sum(OrderLine.quantity * OrderLine.unit_price_minor), 0)
    asked = (
        select(Order.placed_at, Order.currency, goods + Order.shipping_minor + Order.tax_minor - Order.discount_minor)
        .outerjoin(OrderLine, OrderLine.order_id == Order.id)
        .where(Order.placed_at > now - timedelta(days=30), Order.placed_at <= now, Order.status.not_in(_GONE))
        .group_by(Order.id)
    )
    with database.read() as records:
        rows = [(at, currency, int(total)) for at, currency, total in records.execute(asked) if at is not None]
    currencies = [currency for _, currency, _ in rows]
    main = max(set(currencies), key=lambda one: (currencies.count(one), one), default="")
    this = [row for row in rows if row[0] > now - WEEK]
    before = [row for row in rows if now - 2 * WEEK < row[0] <= now - WEEK]
    days = {(now - timedelta(days=back)).date().isoformat(): 0 for back in range(29, -1, -1)}
    for at, _, _ in rows:
        if at.date().isoformat() in days:
            days[at.date().isoformat()] += 1
    return Trade(
        orders=len(this),
        orders_before=len(before),
        revenue_minor=sum(total for _, currency, total in this if currency == main),
        revenue_before_minor=sum(total for _, currency, total in before if currency == main),
        currency=main,
        days=tuple(days.items()),
    )


def read_facts(database: Database, now: datetime) -> list[Fact]:
    """What is worth a sentence, the most urgent first; what counts nothing is left out."""
    with database.read() as records:
        facts = [
            Fact("waiting", _count(records, _waiting()), "tab:inbox"),
            Fact("approvals", _count(records, select(Proposal.id).where(Proposal.state == "waiting")), "tab:inbox"),
            Fact("late", _count(records, _late(now)), "rows:late"),
            _complaints(records, now),
            Fact("wanted", len(_wanted(records, now)), "rows:wanted"),
            Fact("returns", _count(records, _returns(now)), "rows:returns"),
        ]
    carts = read_carts(database, now)
    values = [cart.value_minor for cart in carts if cart.value_minor is not None]
    currency = next((cart.currency for cart in carts if cart.currency), "")
    facts.append(
        Fact("carts", len(carts), "rows:carts", {"value": format_amount(sum(values), currency) if currency else "–"})
    )
    return [one for one in facts if one.count]


def read_carts(database: Database, now: datetime) -> list[OpenCart]:
    """Carts left alone for an hour and more, in the last three days."""
    from insight import open_carts

    return list(open_carts(database, now, timedelta(hours=1), lookback=timedelta(days=3)))


def read_rows(database: Database, key: str, now: datetime, words: Words) -> Table:
    """The rows behind a fact. Raises ``KeyError`` for one that has none."""
    return _ROWS[key](database, now, words)


def _waiting() -> Select[*tuple[Any, ...]]:
    return select(Conversation.id).where(Conversation.state == "person")


def _late(now: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(Shipment, Order)
        .join(Order, Order.id == Shipment.order_id)
        .where(
            Shipment.delivered_at.is_(None),
            Shipment.promised_at < now,
            Shipment.promised_at > now - timedelta(days=60),
            Order.status.not_in([*_GONE, "delivered"]),
        )
        .order_by(Shipment.promised_at)
    )


def _returns(now: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(Return, Order)
        .join(Order, Order.id == Return.order_id)
        .where(Return.requested_at > now - 2 * WEEK, Return.requested_at <= now)
        .order_by(Return.requested_at.desc())
    )


def _unhappy(since_: datetime, until: datetime) -> Select[*tuple[Any, ...]]:
    """Reviews that complain: by what a model read in them, or by their stars where none has read them yet."""
    return (
        select(Review, ReviewSentiment.stars)
        .outerjoin(ReviewSentiment, ReviewSentiment.review_id == Review.id)
        .where(
            Review.written_at > since_,
            Review.written_at <= until,
            or_(
                ReviewSentiment.polarity == "negative",
                (ReviewSentiment.review_id.is_(None)) & (Review.stars <= 2),
            ),
        )
        .order_by(Review.written_at.desc())
    )


def _complaints(records: Records, now: datetime) -> Fact:
    month = timedelta(days=30)
    count = _count(records, _unhappy(now - month, now))
    before = _count(records, _unhappy(now - 2 * month, now - month))
    return Fact("complaints", count, "rows:complaints", {"before": before})


def _wanted(records: Records, now: datetime) -> list[tuple[Product, int]]:
    """Products that were looked at this week and cannot be bought, the most looked at first."""
    buyable = select(Variant.product_id).where(Variant.available, or_(Variant.stock.is_(None), Variant.stock > 0))
    looks = func.count(Event.id)
    asked = (
        select(Product, looks)
        .join(Event, Event.product_id == Product.id)
        .where(Event.kind == "view", Event.at > now - WEEK, Event.at <= now, Product.visible)
        .where(Product.id.not_in(buyable))
        .group_by(Product.id)
        .order_by(looks.desc())
    )
    return [(product, int(count)) for product, count in records.execute(asked)]


def _count(records: Records, asked: Select[*tuple[Any, ...]]) -> int:
    return records.scalar(select(func.count()).select_from(asked.order_by(None).subquery())) or 0


def _late_rows(database: Database, now: datetime, words: Words) -> Table:
    with database.read() as records:
        found = list(records.execute(_late(now)))
        rows = tuple(
            (
                order.id,
                _customer(records, order.customer_id),
                day(shipment.promised_at, words),
                since(shipment.promised_at, now, words),
                shipment.carrier or "–",
                words.named("status", order.status),
            )
            for shipment, order in found[:_SHOWN]
        )
    columns = ("order", "customer", "promised", "late_by", "carrier", "status")
    return _table("late", columns, rows, len(found), words)


def _returns_rows(database: Database, now: datetime, words: Words) -> Table:
    with database.read() as records:
        found = list(records.execute(_returns(now)))
        rows = tuple(
            (
                order.id,
                _customer(records, order.customer_id),
                day(one.requested_at, words),
                words.named("status", one.status),
                one.reason or "–",
            )
            for one, order in found[:_SHOWN]
        )
    return _table("returns", ("order", "customer", "requested", "status", "reason"), rows, len(found), words)


def _complaint_rows(database: Database, now: datetime, words: Words) -> Table:
    with database.read() as records:
        found = list(records.execute(_unhappy(now - timedelta(days=30), now)))
        titles = _titles(records, [review.product_id for review, _ in found[:_SHOWN]])
        rows = tuple(
            (
                day(review.written_at, words),
                titles.get(review.product_id, review.product_id),
                f"★ {stars if stars is not None else review.stars:.1f}",
                f"{review.title} {review.text}".strip()[:300],
                _customer(records, review.customer_id),
            )
            for review, stars in found[:_SHOWN]
        )
    return _table("complaints", ("date", "product", "stars", "said", "customer"), rows, len(found), words)


def _wanted_rows(database: Database, now: datetime, words: Words) -> Table:
    with database.read() as records:
        found = _wanted(records, now)
        rows = tuple((product.id, product.title, f"{count:,}") for product, count in found[:_SHOWN])
    return _table("wanted", ("id", "product", "looks"), rows, len(found), words)


def _cart_rows(database: Database, now: datetime, words: Words) -> Table:
    carts = read_carts(database, now)
    with database.read() as records:
        titles = _titles(records, [line.product_id for cart in carts[:_SHOWN] for line in cart.lines])
        rows = tuple(_cart_row(records, cart, titles, now, words) for cart in carts[:_SHOWN])
    return _table("carts", ("customer", "left", "value", "goods"), rows, len(carts), words)


def _cart_row(
    records: Records, cart: OpenCart, titles: Mapping[str, str], now: datetime, words: Words
) -> tuple[Cell, ...]:
    value, currency = cart.value_minor, cart.currency
    return (
        _customer(records, cart.customer_id),
        since(cart.since, now, words),
        "–" if value is None or currency is None else format_amount(value, currency),
        ", ".join(titles.get(line.product_id, line.product_id) for line in cart.lines),
    )


def _titles(records: Records, product_ids: list[str]) -> dict[str, str]:
    asked = select(Product.id, Product.title).where(Product.id.in_(set(product_ids)))
    return {product_id: title for product_id, title in records.execute(asked)}  # noqa: C416 - rows are no pairs to mypy


def _customer(records: Records, customer_id: str | None) -> Cell:
    if customer_id is None:
        return "–"
    return Link(name_of(records.get(Customer, customer_id), customer_id), f"customer:{customer_id}")


def _table(key: str, columns: tuple[str, ...], rows: tuple[tuple[Cell, ...], ...], total: int, words: Words) -> Table:
    names = tuple(words(f"column_{name}") for name in columns)
    return Table(words(f"rows_{key}"), names, rows, more=max(0, total - len(rows)))


_ROWS: Mapping[str, Callable[[Database, datetime, Words], Table]] = {
    "late": _late_rows,
    "returns": _returns_rows,
    "complaints": _complaint_rows,
    "wanted": _wanted_rows,
    "carts": _cart_rows,
}
