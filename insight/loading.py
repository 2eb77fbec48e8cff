"""Reads a shop's ``History`` out of its records: of everybody, or of the one customer that is asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from store import Database, minor_digits
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
)

from .history import KINDS, NEVER, Events, History, Lines, Parcels, Voices, microseconds
from .numbering import Numbering, VisitNumbering
from .purchases import Bought, merge_purchases

MoodReader = Callable[[Sequence[str]], Sequence[float]]
"""Texts -> stars from 1 (angry) to 5, as a sentiment model reads them."""
_CHUNK = 500
"""Products asked for at once; databases bound the values of a statement."""


def shop_currency(database: Database, until: datetime) -> str | None:
    """The currency of most orders up to ``until``; ``None`` where there are none."""
    with database.read() as records:
        asked = select(Order.currency, func.count()).where(Order.placed_at <= until).group_by(Order.currency)
        found = sorted(records.execute(asked).all(), key=lambda row: (-row[1], row[0]))
    return str(found[0][0]) if found else None


def load_history(
    database: Database,
    until: datetime,
    *,
    currency: str | None,
    since: datetime | None = None,
    customer_id: str | None = None,
    product_ids: Iterable[str] | None = None,
    also: str | None = None,
    visit_gap: timedelta = timedelta(minutes=30),
    read_mood: MoodReader | None = None,
) -> History:
    """Everything known up to and with ``until``.

    ``since`` leaves out older events (orders are always read whole), ``customer_id`` everybody else. With
    ``product_ids`` only order lines are read: those of these products, and all of the customer ``also``. Amounts in
    another ``currency`` count as unknown. Customers who allow no use of their history (``consent_personal``) are left
    out, whatever is asked for.
    """
    with database.read() as records:
        only = set(product_ids) if product_ids is not None else None
        reader = _Reader(records, until, currency, customer_id, only, also)
        reader.read_customers()
        reader.read_orders()
        if product_ids is None:
            reader.read_events(since, visit_gap)
            reader.read_voices(read_mood)
        reader.read_catalog()
        return reader.history()


class _Reader:
    """One reading of the records; customers, products, variants and visits are numbered as they turn up."""

    def __init__(
        self,
        records: Session,
        until: datetime,
        currency: str | None,
        customer: str | None,
        products: set[str] | None,
        also: str | None,
    ) -> None:
        self.records, self.until, self.currency = records, until, currency
        self.customer, self.only_products, self.also = customer, products, also
        self.customers, self.products, self.variants = Numbering(), Numbering(), Numbering()
        self.visits, self.categories_seen = Numbering(), Numbering()
        self.categories: list[int] = []
        self.consumable: list[bool] = []
        self.joined: list[int] = []
        self.refused: set[str] = set()
        self.events, self.bought = Events.empty(), list[Bought]()
        self.lines, self.parcels, self.voices = Lines.empty(), Parcels.empty(), Voices.empty()
        self.digits = minor_digits(currency or "USD")

    def history(self) -> History:
        return History(
            customers=self.customers.names,
            known_until=microseconds(self.until),
            products=self.products.names,
            categories=np.array(self.categories, np.int64),
            category_names=self.categories_seen.names,
            consumable=np.array(self.consumable, bool),
            joined=np.array(self.joined + [NEVER] * (len(self.customers) - len(self.joined)), np.int64),
            visits=self.visits.names,
            variants=self.variants.names,
            events=self.events,
            purchases=merge_purchases(self.bought),
            lines=self.lines,
            parcels=self.parcels,
            voices=self.voices,
        )

    def read_catalog(self) -> None:
        """Categories of the products that have turned up; the last thing to be read."""
        names = sorted(self.products.names)
        asked = select(Product.id, Product.category_path, Product.consumable).order_by(Product.id)
        self.categories = [-1] * len(names)
        self.consumable = [False] * len(names)
        for start in range(0, len(names), _CHUNK):
            for product, path, used_up in self.records.execute(
                asked.where(Product.id.in_(names[start : start + _CHUNK]))
            ):
                place = self.products.number(product)
                self.categories[place] = self.categories_seen.number(path[0]) if path else -1
                self.consumable[place] = used_up

    def read_customers(self) -> None:
        asked = select(Customer.id, Customer.created_at, Customer.consent_personal).order_by(Customer.id)
        if self.only_products is not None:
            asked = asked.where(Customer.id.in_(select(Order.customer_id).where(self._wanted())))
        asked = self._of_customer(asked, Customer.id)
        for customer, created, consent in self.records.execute(asked):
            if not consent:
                self.refused.add(customer)
            elif created is None or created <= self.until:
                self.customers.number(customer)
                self.joined.append(NEVER if created is None else microseconds(created))

    def read_orders(self) -> None:
        asked = select(
            Order.id, Order.customer_id, Order.placed_at, Order.currency, Order.status,
            Order.shipping_minor + Order.tax_minor, Order.discount_minor,
        ).where(Order.placed_at <= self.until, Order.customer_id.is_not(None), self._wanted())  # fmt: skip
        orders: dict[str, Any] = {row[0]: row for row in self.records.execute(asked) if row[1] not in self.refused}
        goods, items = self._read_lines(orders)
        for order, customer, placed, currency, _, charges, discount in orders.values():
            known = currency == self.currency
            paid = goods.get(order, 0) + charges - discount
            self.bought.append(
                Bought(
                    customer=self.customers.number(customer),
                    at=microseconds(placed),
                    order=order,
                    from_event=False,
                    amount=self._major(paid) if known else float("nan"),
                    items=items.get(order, 0),
                    discount=discount / goods[order] if goods.get(order) else 0.0,
                )
            )
        if self.only_products is None:
            self._read_parcels(orders)

    def _wanted(self) -> ColumnElement[bool]:
        """Which orders are read."""
        if self.only_products is not None:
            of_products = select(OrderLine.order_id).where(OrderLine.product_id.in_(self.only_products))
            return or_(Order.id.in_(of_products), Order.customer_id == self.also)
        return true() if self.customer is None else Order.customer_id == self.customer

    def _read_lines(self, orders: dict[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
        returned: dict[tuple[str, str], int] = {}
        asked = (
            select(Return.order_id, Return.variant_ids, Return.requested_at)
            .join(Order, Order.id == Return.order_id)
            .where(Return.requested_at <= self.until, self._wanted())
        )
        for back, sent, requested in self.records.execute(asked):
            for one in sent:
                when = microseconds(requested) if requested else NEVER
                returned[back, one] = min(returned.get((back, one), NEVER), when)
        goods: dict[str, int] = {}
        items: dict[str, int] = {}
        rows = []
        lines = (
            select(
                OrderLine.order_id, OrderLine.product_id, OrderLine.variant_id, OrderLine.quantity,
                OrderLine.unit_price_minor,
            )
            .join(Order, Order.id == OrderLine.order_id)
            .where(self._wanted())
            .order_by(OrderLine.order_id, OrderLine.position)
        )  # fmt: skip
        if self.only_products is not None:
            lines = lines.where(or_(OrderLine.product_id.in_(self.only_products), Order.customer_id == self.also))
        numbers = Numbering()
        for order, product, variant, quantity, price in self.records.execute(lines):
            if order not in orders:
                continue
            goods[order] = goods.get(order, 0) + quantity * price
            items[order] = items.get(order, 0) + quantity
            known = orders[order][3] == self.currency
            rows.append(
                (
                    microseconds(orders[order][2]),
                    self.customers.number(orders[order][1]),
                    numbers.number(order),
                    self.products.number(product),
                    self.variants.number(variant),
                    quantity,
                    self._major(price) if known else float("nan"),
                    returned.get((order, variant), NEVER) if variant is not None else NEVER,
                )
            )
        self.lines = _table(Lines, rows, "at customer order product variant quantity price returned")
        return goods, items

    def _read_parcels(self, orders: dict[str, Any]) -> None:
        asked = (
            select(Shipment.order_id, Shipment.promised_at, Shipment.delivered_at)
            .join(Order, Order.id == Shipment.order_id)
            .where(self._wanted())
        )
        rows = []
        for order, promised, delivered in self.records.execute(asked):
            # A cancelled order has no parcel to wait for.
            if order not in orders or "cancel" in orders[order][4] or (promised is None and delivered is None):
                continue
            arrived = NEVER if delivered is None or delivered > self.until else microseconds(delivered)
            rows.append(
                (
                    microseconds(orders[order][2]),
                    self.customers.number(orders[order][1]),
                    NEVER if promised is None else microseconds(promised),
                    arrived,
                )
            )
        self.parcels = _table(Parcels, rows, "at customer promised delivered")

    def read_events(self, since: datetime | None, gap: timedelta) -> None:
        asked = select(
            Event.at, Event.customer_id, Event.kind, Event.product_id, Event.variant_id, Event.visit_id,
            Event.value_minor, Event.currency, Event.quantity, Event.order_id, Event.extra,
        ).where(Event.at <= self.until, Event.customer_id.is_not(None))  # fmt: skip
        if since is not None:
            asked = asked.where(Event.at >= since)
        asked = self._of_customer(asked, Event.customer_id).order_by(Event.at, Event.id)
        visits = VisitNumbering(self.visits, gap // timedelta(microseconds=1))
        kinds = {kind: number for number, kind in enumerate(KINDS)}
        rows = []
        for at, who, kind, product, variant, visit, value, currency, quantity, order, extra in self.records.execute(
            asked
        ):
            if who in self.refused:
                continue
            moment, customer = microseconds(at), self.customers.number(who)
            worth = self._major(value) if value is not None and currency in (None, self.currency) else float("nan")
            found = extra.get("results") if extra else None
            rows.append(
                (
                    moment,
                    customer,
                    kinds.get(kind, len(KINDS) - 1),
                    self.products.number(product),
                    self.variants.number(variant),
                    visits.visit(customer, moment, visit),
                    worth,
                    -1 if quantity is None else quantity,
                    float(found) if isinstance(found, int | float) else float("nan"),
                )
            )
            if kind == "purchase":
                self.bought.append(Bought(customer, moment, order, True, worth, quantity or 1, 0.0))
        self.events = _table(Events, rows, "at customer kind product variant visit value quantity found")

    def read_voices(self, read_mood: MoodReader | None) -> None:
        rows: list[tuple[float, ...]] = []
        reviews = (
            select(Review.written_at, Review.customer_id, Review.stars, ReviewSentiment.stars)
            .outerjoin(ReviewSentiment, ReviewSentiment.review_id == Review.id)
            .where(Review.written_at <= self.until, Review.customer_id.is_not(None))
        )
        for at, who, given, read in self.records.execute(self._of_customer(reviews, Review.customer_id)):
            if who not in self.refused:
                stars = given if given is not None else read
                rows.append((microseconds(at), self.customers.number(who), 1, float("nan") if stars is None else stars))
        messages = (
            select(Message.at, Conversation.customer_id, Message.text)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(Message.role == "customer", Message.at <= self.until)
        )
        said = [
            row
            for row in self.records.execute(self._of_customer(messages, Conversation.customer_id))
            if row[1] not in self.refused
        ]
        moods = (
            read_mood([text for _, _, text in said]) if read_mood is not None and said else [float("nan")] * len(said)
        )
        rows += [
            (microseconds(at), self.customers.number(who), 0, mood)
            for (at, who, _), mood in zip(said, moods, strict=True)
        ]
        self.voices = _table(Voices, rows, "at customer is_review stars")

    def _of_customer(self, asked: Any, column: Any) -> Any:
        return asked if self.customer is None else asked.where(column == self.customer)

    def _major(self, minor: int) -> float:
        return float(minor) / float(10**self.digits)


def _table(kind: Any, rows: Sequence[tuple[float, ...]], names: str) -> Any:
    columns: Sequence[Sequence[float]] = list(zip(*rows, strict=True)) if rows else [[] for _ in names.split()]
    return kind.sorted(**dict(zip(names.split(), columns, strict=True)))
