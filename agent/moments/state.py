"""What moments are found in: one customer's recent past and present, as it was known at a time. Plain records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple, Protocol

from insight import CART_EVENTS, OpenCart, Prediction, replay_cart


class Did(NamedTuple):
    """One event of the customer."""

    id: str
    kind: str
    at: datetime
    visit_id: str | None
    product_id: str | None
    variant_id: str | None
    quantity: int | None
    value_minor: int | None
    currency: str | None
    query: str | None
    extra: Mapping[str, object]


class Bought(NamedTuple):
    """One line of an order."""

    product_id: str | None
    variant_id: str | None
    quantity: int
    unit_price_minor: int


class Parcel(NamedTuple):
    promised_at: datetime | None
    delivered_at: datetime | None
    """``None``: had not come."""
    status: str


class SentBack(NamedTuple):
    at: datetime
    reason: str
    kind: str


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order that was placed by then."""

    id: str
    placed_at: datetime
    status: str
    currency: str
    lines: tuple[Bought, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    returns: tuple[SentBack, ...] = ()

    @property
    def cancelled(self) -> bool:
        return self.status.startswith("cancel")


class Wrote(NamedTuple):
    """A review, or a message in the chat."""

    id: str
    at: datetime
    text: str
    stars: float | None
    """Of a review: given, or read from its text."""
    subject: str | None
    """The product of a review, the conversation of a message."""


class Form(NamedTuple):
    """One variant as it is now."""

    id: str
    price_minor: int | None
    cost_minor: int | None
    currency: str
    in_stock: bool
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Goods:
    """A product as it is now."""

    product_id: str
    visible: bool
    consumable: bool
    forms: Mapping[str, Form]

    def form(self, variant_id: str | None) -> Form | None:
        """The variant; without an id, the cheapest that can be bought, else the cheapest."""
        if variant_id is not None and variant_id in self.forms:
            return self.forms[variant_id]
        priced = [one for one in self.forms.values() if one.price_minor is not None]
        return min(priced, key=lambda one: (not one.in_stock, one.price_minor or 0), default=None)

    def can_be_bought(self, variant_id: str | None = None) -> bool:
        if not self.visible:
            return False
        if variant_id is not None and variant_id in self.forms:
            return self.forms[variant_id].in_stock
        return any(one.in_stock for one in self.forms.values())


@dataclass(frozen=True, slots=True)
class Person:
    """The customer's record, as far as deciding needs it. ``known`` is false for one who is known by orders alone."""

    id: str
    known: bool = True
    language: str = "en"
    time_zone: str = "UTC"
    country: str | None = None
    email: str | None = None
    consent_email: bool = False
    consent_proactive: bool = False
    consent_personal: bool = False
    created_at: datetime | None = None
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class CustomerState:
    """Everything in order of time, and nothing later than ``at``."""

    person: Person
    at: datetime
    events: tuple[Did, ...] = ()
    """Of the last ``lookback``; of events at the same time, the purchase comes last."""
    orders: tuple[PastOrder, ...] = ()
    reviews: tuple[Wrote, ...] = ()
    messages: tuple[Wrote, ...] = ()
    goods: Mapping[str, Goods] = field(default_factory=dict)
    """The products that events and orders name."""

    @property
    def customer_id(self) -> str:
        return self.person.id

    @cached_property
    def cart(self) -> OpenCart | None:
        """The cart over all of the customer's devices."""
        events = [one for one in self.events if one.kind in CART_EVENTS]
        return replay_cart(self.customer_id, events, [one.placed_at for one in self.orders])

    @cached_property
    def last_activity(self) -> datetime | None:
        return self.events[-1].at if self.events else None

    @property
    def kept_orders(self) -> Sequence[PastOrder]:
        return [one for one in self.orders if not one.cancelled]

    def bought_since(self, since: datetime, product_id: str | None = None) -> bool:
        """Whether he bought (``product_id``, or anything) after ``since``."""
        for order in self.orders:
            if order.placed_at > since and (
                product_id is None or any(line.product_id == product_id for line in order.lines)
            ):
                return True
        return any(
            one.kind == "purchase" and one.at > since and (product_id is None or one.product_id in (None, product_id))
            for one in self.events
        )


class Foresight(Protocol):
    """What ``insight.Insight`` foresees, as far as it was trained."""

    def predicted(self, customer_id: str, forecast: str, at: datetime) -> Prediction | None:
        """``None`` where nothing was learnt, or the forecast does not apply to the customer."""
        ...


ReadMood = Callable[[Sequence[str]], Sequence[float]]
"""Texts -> how content they are, in stars from 1 to 5."""


@dataclass(frozen=True, slots=True)
class Senses:
    """What the triggers may ask beside the records. Each is costly and asked for only where it decides."""

    foresight: Foresight | None = None
    read_mood: ReadMood | None = None
