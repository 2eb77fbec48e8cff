"""Carts that customers filled and left, as they stood at a moment.

Read from events alone, and from orders for the purchases that no event tells of. Nothing after the moment counts, so
that the past can be replayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Protocol

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from store import Database, InputError
from store.schema import Event, Order

CART_EVENTS = ("cart_add", "cart_remove", "checkout_start", "purchase")


class CartEvent(Protocol):
    """What is read of an event; ``store.schema.Event`` is one."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def product_id(self) -> str | None: ...
    @property
    def variant_id(self) -> str | None: ...
    @property
    def quantity(self) -> int | None: ...
    @property
    def value_minor(self) -> int | None: ...
    @property
    def currency(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class CartLine:
    """One thing in a cart."""

    product_id: str
    variant_id: str | None
    quantity: int
    value_minor: int | None
    """Of the whole line, in minor units of ``currency``, as the events told it; ``None``: they did not."""
    currency: str | None
    added_at: datetime
    """When it was last added."""


@dataclass(frozen=True, slots=True)
class OpenCart:
    """A cart that was left open."""

    customer_id: str
    lines: tuple[CartLine, ...]
    """In the order in which they were first added."""
    since: datetime
    """When something was last done with it: added, removed, or the checkout started."""
    opened_at: datetime
    """When the first of its lines was put in."""
    last_event_id: str
    """The event of ``since``; with the customer it names this occasion."""
    checkout_started: bool
    """Whether the customer went as far as the checkout after the last change."""

    @property
    def value_minor(self) -> int | None:
        """The sum of the lines, where all have a value in one currency; else ``None``."""
        values = [line.value_minor for line in self.lines]
        if len({line.currency for line in self.lines}) != 1:
            return None
        known = [value for value in values if value is not None]
        return sum(known) if len(known) == len(values) else None

    @property
    def currency(self) -> str | None:
        """The currency of ``value_minor``."""
        return self.lines[0].currency if len({line.currency for line in self.lines}) == 1 else None


def open_carts(
    database: Database,
    at: datetime,
    idle: timedelta,
    *,
    customer_id: str | None = None,
    lookback: timedelta = timedelta(days=30),
    checkout_pause: timedelta = timedelta(hours=1),
) -> list[OpenCart]:
    """The carts that stood open at ``at`` with nothing done for ``idle``, the longest left first.

    A removal takes its product out, in every variant if it names none; a purchase or an order closes the cart whole; a
    checkout that was started holds it back for ``checkout_pause``, for the customer may be about to pay. Events on all
    of a customer's devices are one cart. Carts untouched for ``lookback`` are forgotten. With ``customer_id`` only
    that customer's. Raises ``InputError`` for a time without a time zone or a negative ``idle``.
    """
    if at.tzinfo is None:
        raise InputError("a moment needs a time zone", value=at)
    if idle < timedelta(0):
        raise InputError("carts cannot be idle for a negative time", value=idle, allowed="0 or more")
    found: list[OpenCart] = []
    with database.read() as records:
        orders = _order_times(records, at, lookback, customer_id)
        for customer, events in groupby(_events(records, at, lookback, customer_id), key=attrgetter("customer_id")):
            cart = replay_cart(customer, events, orders.get(customer, ()))
            if cart is None:
                continue
            wait = max(idle, checkout_pause) if cart.checkout_started else idle
            if at - cart.since >= wait:
                found.append(cart)
    return sorted(found, key=lambda cart: (cart.since, cart.customer_id))


@dataclass(slots=True)
class _Line:
    quantity: int = 0
    value_minor: int | None = 0
    currency: str | None = None
    added_at: datetime | None = None


@dataclass(slots=True)
class _Cart:
    lines: dict[tuple[str, str | None], _Line] = field(default_factory=dict)
    opened_at: datetime | None = None
    last: CartEvent | None = None
    checkout_started: bool = False

    def clear(self) -> None:
        self.lines, self.opened_at, self.last, self.checkout_started = {}, None, None, False

    def add(self, event: CartEvent) -> None:
        if event.product_id is None:
            return
        line = self.lines.setdefault((event.product_id, event.variant_id), _Line(currency=event.currency))
        line.quantity += max(event.quantity or 1, 1)
        if line.value_minor is None or event.value_minor is None or event.currency != line.currency:
            line.value_minor = None
        else:
            line.value_minor += event.value_minor
        line.added_at = event.at
        self.opened_at = self.opened_at or event.at
        self.last, self.checkout_started = event, False

    def remove(self, event: CartEvent) -> None:
        for key in [key for key in self.lines if key[0] == event.product_id and event.variant_id in (None, key[1])]:
            line = self.lines[key]
            left = 0 if event.quantity is None else line.quantity - event.quantity
            if left <= 0:
                del self.lines[key]
            else:
                line.value_minor = None if line.value_minor is None else line.value_minor * left // line.quantity
                line.quantity = left
        self.last, self.checkout_started = event, False
        if not self.lines:
            self.clear()


def replay_cart(customer_id: str, events: Iterable[CartEvent], ordered_at: Iterable[datetime]) -> OpenCart | None:
    """One customer's cart after ``events`` (of ``CART_EVENTS``) and orders; ``None`` if it is empty.

    Both in order of time; of events at the same time, the purchase comes last.
    """
    cart = _Cart()
    orders = list(ordered_at)
    for event in events:
        while orders and orders[0] < event.at:
            orders.pop(0)
            cart.clear()
        if event.kind == "purchase":
            cart.clear()
        elif event.kind == "cart_add":
            cart.add(event)
        elif event.kind == "cart_remove":
            cart.remove(event)
        elif cart.lines:
            cart.last, cart.checkout_started = event, True
    if orders or not cart.lines or cart.last is None or cart.opened_at is None:
        return None
    lines = tuple(
        CartLine(
            product_id, variant_id, line.quantity, line.value_minor, line.currency, line.added_at or cart.opened_at
        )
        for (product_id, variant_id), line in cart.lines.items()
    )
    return OpenCart(customer_id, lines, cart.last.at, cart.opened_at, cart.last.id, cart.checkout_started)


def _events(records: Session, at: datetime, lookback: timedelta, customer_id: str | None) -> Iterator[Event]:
    asked = (
        select(Event)
        .where(Event.kind.in_(CART_EVENTS), Event.at <= at, Event.at > at - lookback, Event.customer_id.is_not(None))
        # Clocks of shops often tick in seconds: of what happened at once, the purchase came last.
        .order_by(Event.customer_id, Event.at, case((Event.kind == "purchase", 1), else_=0), Event.id)
        .execution_options(yield_per=1_000)
    )
    if customer_id is not None:
        asked = asked.where(Event.customer_id == customer_id)
    yield from records.scalars(asked)


def _order_times(
    records: Session, at: datetime, lookback: timedelta, customer_id: str | None
) -> dict[str, list[datetime]]:
    """When each customer ordered, in order of time."""
    asked = (
        select(Order.customer_id, Order.placed_at)
        .where(Order.placed_at <= at, Order.placed_at > at - lookback, Order.customer_id.is_not(None))
        .order_by(Order.placed_at)
    )
    if customer_id is not None:
        asked = asked.where(Order.customer_id == customer_id)
    found: dict[str, list[datetime]] = {}
    for customer, placed_at in records.execute(asked):
        if customer is not None and placed_at is not None:
            found.setdefault(customer, []).append(placed_at)
    return found
