"""What counts as one purchase, when both an order and an event may tell of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from .history import Purchases

_SAME_US = 10 * 60 * 1_000_000
"""An order and an event without its number are one purchase if they lie this close (microseconds)."""


@dataclass(frozen=True, slots=True)
class Bought:
    """An order or a purchase event."""

    customer: int
    at: int
    order: str | None
    from_event: bool
    amount: float
    items: float
    discount: float


def merge_purchases(bought: Iterable[Bought]) -> Purchases:
    """One row a purchase. Of an order and its event the earlier counts, so that nothing later changes what was known.

    At the same moment the order goes before the event, for it knows more.
    """
    kept: list[Bought] = []
    ordered = sorted(bought, key=lambda one: (one.customer, one.at, one.from_event, one.order or ""))
    for _, group in groupby(ordered, key=attrgetter("customer")):
        numbers: set[str] = set()
        last: dict[bool, Bought] = {}
        for one in group:
            twin = last.get(not one.from_event)
            unnumbered = twin is not None and (one.order is None or twin.order is None)
            if one.order in numbers or (unnumbered and twin is not None and one.at - twin.at <= _SAME_US):
                continue
            if one.order is not None:
                numbers.add(one.order)
            last[one.from_event] = one
            kept.append(one)
    return Purchases.sorted(
        at=[one.at for one in kept],
        customer=[one.customer for one in kept],
        amount=[one.amount for one in kept],
        items=[one.items for one in kept],
        discount=[one.discount for one in kept],
    )
