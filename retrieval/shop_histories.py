"""What the shop's customers and visitors did, read from the database as ``Sequences``; one customer's likewise.

A deed on the same product right after another one is one entry, of the stronger kind: looking twice at a thing is no
news. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from store import Database
from store.schema import Customer, Event, Order, OrderLine, Review

from .sequences import LENGTHS, Sequences, gap_bucket

KIND_NUMBERS = {"view": 1, "cart_add": 2, "checkout_start": 2, "purchase": 3, "bought": 3}
"""What was done, as the network knows it; the stronger the higher. Other kinds of the shop's own count as views."""
_BOUGHT = KIND_NUMBERS["bought"]
_SAME_PURCHASE_S = 86_400.0
_NOT_BOUGHT = "cancelled"
LEFT_OUT = ("cart_remove", "search", "message")
"""What does not say that a product is wanted."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something done with a product; ``at`` in seconds since 1970, NaN where it is not known."""

    product: int
    kind: int
    at: float


@dataclass(frozen=True, slots=True)
class Done:
    """Something that one customer did with a product."""

    product_id: str
    kind: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ShopHistories:
    """All histories of a shop up to a moment: ``who[r]`` did row ``r`` of ``sequences``, at ``at``."""

    product_ids: tuple[str, ...]
    """Item ``i`` is ``product_ids[i - 1]``."""
    who: tuple[str, ...]
    is_customer: NDArray[np.bool_]
    sequences: Sequences
    at: NDArray[np.float64]


def kind_number(kind: str) -> int:
    """The number of a kind of deed."""
    return KIND_NUMBERS.get(kind, 1)


def entries(deeds: Iterable[Deed]) -> list[Deed]:
    """Deeds in order, those on one product right after one another taken as one, and so a purchase that is told twice
    (by an event and by an order)."""
    kept: list[Deed] = []
    bought: dict[int, float] = {}
    for deed in deeds:
        if deed.kind == _BOUGHT:
            if abs(deed.at - bought.get(deed.product, -np.inf)) <= _SAME_PURCHASE_S:
                continue
            bought[deed.product] = deed.at
        if kept and kept[-1].product == deed.product:
            kept[-1] = Deed(deed.product, max(kept[-1].kind, deed.kind), deed.at)
        else:
            kept.append(deed)
    return kept


def as_sequences(histories: Iterable[list[Deed]]) -> tuple[Sequences, NDArray[np.float64]]:
    """Histories that have gone through ``entries``, as numbers, and the time of each entry."""
    rows = list(histories)
    flat = [deed for row in rows for deed in row]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    at = np.array([deed.at for deed in flat], dtype=np.float64)
    pauses = np.full(len(flat), np.nan)
    pauses[1:] = np.diff(at)
    pauses[starts[:-1][np.diff(starts) > 0]] = np.nan  # nothing came before the first
    sequences = Sequences(
        np.array([deed.product for deed in flat], dtype=np.int64),
        np.array([deed.kind for deed in flat], dtype=np.int64),
        gap_bucket(np.maximum(pauses, 0)),
        starts,
    )
    return sequences, at


def read_histories(database: Database, until: datetime) -> ShopHistories:
    """All of it up to ``until``; customers who do not want their history used are left out. One without a single
    product has no row."""
    numbers: dict[str, int] = {}
    deeds: dict[tuple[bool, str], list[tuple[float, int, int]]] = {}

    def note(customer: str | None, anonymous: str | None, product: str | None, kind: str, at: datetime | None) -> None:
        name = customer or anonymous
        if name is None or product is None or (customer is not None and customer in silent):
            return
        seconds = float("nan") if at is None else at.timestamp()
        product_number = numbers.setdefault(product, len(numbers) + 1)
        deeds.setdefault((customer is not None, name), []).append((seconds, product_number, kind_number(kind)))

    with database.read() as records:
        silent = set(records.scalars(select(Customer.id).where(Customer.consent_personal.is_(False))))
        for customer, anonymous, product, kind, when in records.execute(
            select(Event.customer_id, Event.anonymous_id, Event.product_id, Event.kind, Event.at)
            .where(Event.at <= until, Event.product_id.is_not(None), Event.kind.not_in(LEFT_OUT))
            .order_by(Event.at, Event.id)
            .execution_options(yield_per=10_000)
        ):
            note(customer, anonymous, product, kind, when)
        for customer, product, placed_at in records.execute(
            select(Order.customer_id, OrderLine.product_id, Order.placed_at)
            .join(Order, Order.id == OrderLine.order_id)
            .where(Order.customer_id.is_not(None), OrderLine.product_id.is_not(None), Order.status != _NOT_BOUGHT)
            .where((Order.placed_at <= until) | Order.placed_at.is_(None))
            .order_by(Order.placed_at, Order.id, OrderLine.position)
        ):
            note(customer, None, product, "bought", placed_at)
        for customer, product, written_at in records.execute(
            select(Review.customer_id, Review.product_id, Review.written_at)
            .where(Review.customer_id.is_not(None))
            .where((Review.written_at <= until) | Review.written_at.is_(None))
            .order_by(Review.written_at, Review.id)
        ):
            # Who writes about a thing has had it; that is news only where no purchase is known.
            if not any(
                kind == _BOUGHT and numbers.get(str(product)) == own
                for _, own, kind in deeds.get((True, str(customer)), ())
            ):
                note(customer, None, product, "bought", written_at)
    names = list(deeds)
    # What has no time came before everything that has one; the sort keeps the order of equals.
    rows = [
        entries(Deed(product, kind, at) for at, product, kind in sorted(deeds[name], key=_by_time)) for name in names
    ]
    sequences, at = as_sequences(rows)
    return ShopHistories(
        tuple(numbers), tuple(name for _, name in names), np.array([one for one, _ in names], np.bool_), sequences, at
    )


def customer_sequence(done: Iterable[Done], number_of: Mapping[str, int]) -> Sequences:
    """One customer's history, the oldest first, as one row; products without a number are left out."""
    known = (
        Deed(number_of[one.product_id], kind_number(one.kind), float("nan") if one.at is None else one.at.timestamp())
        for one in done
        if one.product_id in number_of
    )
    return as_sequences([entries(known)])[0].latest(LENGTHS[-1])


def in_order(done: Iterable[Done]) -> tuple[Done, ...]:
    """By time; what has no time came before everything that has one, and equals stay as they are."""
    return tuple(sorted(done, key=lambda one: float("-inf") if one.at is None else one.at.timestamp()))


def _by_time(deed: tuple[float, int, int]) -> float:
    return -np.inf if np.isnan(deed[0]) else deed[0]
