"""What happened in a shop, as columns in order of time: the one thing that features are made from.

Customers, products and visits are numbered; ``customers[e.customer[i]]`` is who did event ``i``. Times are whole
microseconds since 1970 in UTC. Whatever asks about a moment takes ``until(moment)`` first, so that
nothing later counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from store import InputError

_Table = TypeVar("_Table", bound="_Columns")
Numbers: TypeAlias = NDArray[np.int64]
Vector: TypeAlias = NDArray[np.float64]

DAY = 86_400_000_000
"""Microseconds in a day."""
NEVER = np.iinfo(np.int64).max
"""The time of what has not happened."""
KINDS = ("view", "search", "cart_add", "cart_remove", "checkout_start", "purchase", "message", "other")
"""Kinds of event, by number; a shop's own kinds are all ``other``."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """A moment as whole microseconds since 1970. Raises ``InputError`` for a time without a time zone."""
    if moment.tzinfo is None:
        raise InputError("a moment needs a time zone", value=moment)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(microseconds_since_1970: int) -> datetime:
    """The inverse of ``microseconds``."""
    return _EPOCH + timedelta(microseconds=int(microseconds_since_1970))


@dataclass(frozen=True, slots=True)
class _Columns:
    """Equally long columns, sorted by the column ``at``."""

    at: Numbers

    def __len__(self) -> int:
        return int(self.at.size)

    def first(self, count: int) -> Self:
        """The first ``count`` rows, without copying."""
        return type(self)(**{one.name: getattr(self, one.name)[:count] for one in fields(self)})

    def until(self, at: int) -> Self:
        """The rows of times up to and with ``at``."""
        return self.first(int(np.searchsorted(self.at, at, side="right")))

    def after(self, at: int, end: int) -> Self:
        """The rows of times after ``at`` and up to ``end``."""
        low, high = np.searchsorted(self.at, [at, end], side="right")
        return type(self)(**{one.name: getattr(self, one.name)[low:high] for one in fields(self)})

    def where(self, mask: NDArray[np.bool_]) -> Self:
        return type(self)(**{one.name: getattr(self, one.name)[mask] for one in fields(self)})

    @classmethod
    def sorted(cls, **columns: Sequence[float] | NDArray[Any]) -> Self:
        """From columns in any order; a stable sort by ``at``."""
        arrays: dict[str, NDArray[Any]] = {}
        for one in fields(cls):
            kind = np.float64 if "Vector" in str(one.type) else np.int64
            arrays[one.name] = np.asarray(columns[one.name], dtype=kind)
        order = np.argsort(arrays["at"], kind="stable")
        return cls(**{name: values[order] for name, values in arrays.items()})

    @classmethod
    def empty(cls) -> Self:
        return cls.sorted(**{one.name: np.empty(0) for one in fields(cls)})


@dataclass(frozen=True, slots=True)
class Events(_Columns):
    """What customers did. ``product`` and ``variant`` are -1 where there is none; ``value`` is NaN where not told."""

    customer: Numbers
    kind: Numbers
    product: Numbers
    variant: Numbers
    visit: Numbers
    value: Vector
    """Of the event, in major units of the shop's currency."""
    quantity: Numbers
    """Pieces; -1 where not told."""
    found: Vector
    """Of a search: how many results it showed; NaN where not told."""


@dataclass(frozen=True, slots=True)
class Purchases(_Columns):
    """Orders, and purchases that only an event tells of. Cancelled ones are among them: that they would be cancelled
    could not be known when they were made, and the shop keeps no date of it."""

    customer: Numbers
    amount: Vector
    """What was paid, in major units of the shop's currency; NaN where unknown or in another."""
    items: Vector
    discount: Vector
    """Share of the goods' price taken off."""


@dataclass(frozen=True, slots=True)
class Lines(_Columns):
    """Lines of orders, at the time of the order."""

    customer: Numbers
    order: Numbers
    product: Numbers
    variant: Numbers
    quantity: Numbers
    price: Vector
    """Of one piece, in major units."""
    returned: Numbers
    """When a return or an exchange was asked for; ``NEVER``."""


@dataclass(frozen=True, slots=True)
class Parcels(_Columns):
    """Parcels, at the time of the order, when promised and when delivered (``NEVER``: not yet, or not known)."""

    customer: Numbers
    promised: Numbers
    delivered: Numbers


@dataclass(frozen=True, slots=True)
class Voices(_Columns):
    """Reviews and messages: ``stars`` from 1 to 5 as given, or as read from the text; NaN where neither is known."""

    customer: Numbers
    is_review: Numbers
    stars: Vector


@dataclass(frozen=True, slots=True)
class History:
    """All of it. ``known_until`` is the moment up to which it was read; nothing is known of later."""

    customers: tuple[str, ...]
    known_until: int
    products: tuple[str, ...] = ()
    categories: Numbers = field(default_factory=lambda: np.empty(0, np.int64))
    """(products,) Number of each product's top category; -1: none."""
    category_names: tuple[str, ...] = ()
    consumable: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))
    """(products,) Bought again and again."""
    joined: Numbers = field(default_factory=lambda: np.empty(0, np.int64))
    """(customers,) When the account was made; ``NEVER`` where the shop does not say."""
    visits: tuple[str, ...] = ()
    """Names of visits; an empty name where the events had none and a pause ended it."""
    variants: tuple[str, ...] = ()
    events: Events = field(default_factory=Events.empty)
    purchases: Purchases = field(default_factory=Purchases.empty)
    lines: Lines = field(default_factory=Lines.empty)
    parcels: Parcels = field(default_factory=Parcels.empty)
    voices: Voices = field(default_factory=Voices.empty)

    def __post_init__(self) -> None:
        # Whoever builds a history by hand may leave out what nothing is known of.
        absent = {
            "categories": np.full(len(self.products), -1, np.int64),
            "consumable": np.zeros(len(self.products), bool),
            "joined": np.full(len(self.customers), NEVER, np.int64),
        }
        for name, values in absent.items():
            if getattr(self, name).size == 0:
                object.__setattr__(self, name, values)

    def until(self, at: int) -> History:
        """The same shop as it was known at ``at``: what came later, returns and deliveries with it, is not there."""
        lines, parcels = self.lines.until(at), self.parcels.until(at)
        return History(
            customers=self.customers,
            known_until=min(at, self.known_until),
            products=self.products,
            categories=self.categories,
            category_names=self.category_names,
            consumable=self.consumable,
            joined=np.where(self.joined <= at, self.joined, NEVER),
            visits=self.visits,
            variants=self.variants,
            events=self.events.until(at),
            purchases=self.purchases.until(at),
            lines=_hidden(lines, "returned", at),
            parcels=_hidden(parcels, "delivered", at),
            voices=self.voices.until(at),
        )

    def begins(self) -> int:
        """The time of the first thing that happened; ``known_until`` where nothing did."""
        times = [int(one.at[0]) for one in (self.events, self.purchases, self.voices) if len(one)]
        return min(times, default=self.known_until)


def _hidden(columns: _Table, name: str, at: int) -> _Table:
    """``columns`` with the times in ``name`` that lie after ``at`` made ``NEVER``."""
    times: Numbers = getattr(columns, name)
    return replace(columns, **{name: np.where(times <= at, times, NEVER)})
