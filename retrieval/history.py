"""What a customer did, as weighted products: the first history embedding.

The embedding is the mean of the vectors of the products that a customer bought, put into the cart, looked at or
reviewed, weighted by what was done and how long ago; what was done in the visit that is going on counts most. Knows
the database and nothing of ranking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log1p
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from store.schema import Event, Order, OrderLine, Review

from .settings import RecommendSettings
from .shop_histories import LEFT_OUT, Done, in_order

Deed = Literal["bought", "carted", "viewed"]

_DEED_OF: dict[str, Deed] = {"purchase": "bought", "cart_add": "carted", "checkout_start": "carted"}
_WEIGHT: dict[str, float] = {"bought": 1.0, "carted": 0.7, "viewed": 0.3}
_RANK: dict[Deed, int] = {"viewed": 0, "carted": 1, "bought": 2}
_REMOVED = -0.5
_DISLIKED = -0.5
"""Weight of a product that the customer's own review gives two stars or fewer."""
_VISIT = timedelta(hours=1)
_VISIT_BOOST = 3.0
_SEARCH_AGE = timedelta(days=7)
_NOT_BOUGHT = ("cancelled",)


@dataclass(frozen=True, slots=True)
class Past:
    """One product in a customer's past."""

    product_id: str
    deed: Deed
    """The strongest thing that was done with it."""
    weight: float
    """How much it says about the customer's taste; below 0: against it."""
    at: datetime | None
    """When it was last touched; ``None``: not known."""


@dataclass(frozen=True, slots=True)
class History:
    """What is known of one customer at a moment."""

    past: tuple[Past, ...]
    """Each product once, the one that says most first."""
    bought: frozenset[str]
    in_cart: frozenset[str]
    searched: str | None
    """The latest search of the last days."""
    done: tuple[Done, ...] = ()
    """What was looked at, carted and bought, the oldest first: the form that the history model reads."""


NOTHING = History((), frozenset(), frozenset(), None)
"""The history of a customer of whom nothing is known, or may be used."""


def read_history(records: Session, customer_id: str, now: datetime, settings: RecommendSettings) -> History:
    """The history of ``customer_id`` up to ``now``; only this customer's rows are read, by index."""
    sums: dict[str, float] = {}
    deeds: dict[str, Deed] = {}
    times: dict[str, datetime] = {}
    bought: set[str] = set()
    cart: dict[str, datetime] = {}
    searched: str | None = None
    done: list[Done] = []

    def note(product_id: str, deed: Deed, weight: float, at: datetime | None) -> None:
        sums[product_id] = sums.get(product_id, 0.0) + weight * _fading(at, now, settings)
        if product_id not in deeds or _RANK[deed] > _RANK[deeds[product_id]]:
            deeds[product_id] = deed
        if at is not None:
            times[product_id] = max(at, times.get(product_id, at))

    for kind, product_id, at, query in reversed(_events(records, customer_id, now, settings)):
        if kind == "search" and query and now - at <= _SEARCH_AGE:
            searched = query
        if kind == "purchase":
            cart.clear()
        if product_id is None:
            continue
        if kind == "cart_remove":
            sums[product_id] = sums.get(product_id, 0.0) + _REMOVED * _fading(at, now, settings)
            cart.pop(product_id, None)
            continue
        deed = _DEED_OF.get(kind, "viewed")
        note(product_id, deed, _WEIGHT[deed], at)
        if kind not in LEFT_OUT:
            done.append(Done(product_id, kind, at))
        if deed == "bought":
            bought.add(product_id)
        elif kind == "cart_add":
            cart[product_id] = at
    for product_id, placed_at in _ordered(records, customer_id, now):
        bought.add(product_id)
        if product_id in cart and (placed_at is None or placed_at >= cart[product_id]):
            del cart[product_id]  # what was put in after the order is another one, which waits
        note(product_id, "bought", _WEIGHT["bought"], placed_at)
        done.append(Done(product_id, "bought", placed_at))
    for product_id, stars, written_at in _reviewed(records, customer_id, now):
        if product_id not in bought:
            done.append(Done(product_id, "bought", written_at))
        bought.add(product_id)
        liked = stars is None or stars > 2
        note(product_id, "bought", _WEIGHT["bought"] if liked else 2 * _DISLIKED, written_at)
    past = [
        Past(product_id, deeds[product_id], log1p(total) if total > 0 else max(total, -1.0), times.get(product_id))
        for product_id, total in sums.items()
        if product_id in deeds and total
    ]
    past.sort(key=lambda one: (-one.weight, one.product_id))
    return History(tuple(past), frozenset(bought), frozenset(cart), searched, in_order(done))


def history_vector(
    history: History, vectors: Mapping[str, NDArray[np.float32]], dimension: int
) -> NDArray[np.float32] | None:
    """The history embedding, a unit vector of shape (dimension,); ``None`` where nothing speaks for any product.

    ``sum(weight[i] * vectors[i])``, normalised; products without a vector are left out.
    """
    total = np.zeros(dimension, dtype=np.float32)
    for one in history.past:
        if one.product_id in vectors:
            total += np.float32(one.weight) * vectors[one.product_id]
    length = float(np.linalg.norm(total))
    if length < 1e-6 or not any(one.weight > 0 for one in history.past):
        return None
    return np.divide(total, length, dtype=np.float32)


def _fading(at: datetime | None, now: datetime, settings: RecommendSettings) -> float:
    """How much something of that age still counts."""
    if at is None:
        return 0.5
    fade = 0.5 ** (max((now - at).total_seconds(), 0.0) / 86_400 / settings.half_life_days)
    return float(fade * _VISIT_BOOST if now - at <= _VISIT else fade)


def _events(
    records: Session, customer_id: str, now: datetime, settings: RecommendSettings
) -> list[tuple[str, str | None, datetime, str | None]]:
    """The latest events, newest first."""
    rows = records.execute(
        select(Event.kind, Event.product_id, Event.at, Event.query)
        .where(
            Event.customer_id == customer_id,
            Event.at <= now,
            Event.at > now - timedelta(days=settings.history_days),
        )
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(settings.history_length)
    )
    return [(row.kind, row.product_id, row.at, row.query) for row in rows]


def _ordered(records: Session, customer_id: str, now: datetime) -> list[tuple[str, datetime | None]]:
    """Every product ever ordered and not cancelled; orders without a time count as past."""
    rows = records.execute(
        select(OrderLine.product_id, Order.placed_at)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.customer_id == customer_id, Order.status.not_in(_NOT_BOUGHT), OrderLine.product_id.is_not(None))
        .order_by(Order.placed_at, Order.id, OrderLine.position)
    )
    return [(row.product_id, row.placed_at) for row in rows if row.placed_at is None or row.placed_at <= now]


def _reviewed(records: Session, customer_id: str, now: datetime) -> list[tuple[str, float | None, datetime | None]]:
    """What the customer reviewed: who writes about a thing has had it."""
    rows = records.execute(
        select(Review.product_id, Review.stars, Review.written_at)
        .where(Review.customer_id == customer_id)
        .order_by(Review.written_at, Review.id)
    )
    return [
        (row.product_id, row.stars, row.written_at) for row in rows if row.written_at is None or row.written_at <= now
    ]
