"""What becomes of an order: when it is packed, shipped and delivered, what comes back, and why.

Comes in: an order and the shop's time. Goes out: an ``Order`` with its fate. All times are seconds since 1970.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from .catalog import Catalog

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
TROUBLE_DAYS = ((215, 204), (97, 89), (16, 4))
"""Spans, in days before now, in which the carrier ran late: parcels shipped then are late far more often."""
_CARRIERS = ("DHL", "UPS", "GLS", "PostNL", "DPD")


@dataclass(slots=True)
class Line:
    """One line: rows into the catalogue, and what was paid for one."""

    product: int
    variant: int
    quantity: int
    unit_minor: int


@dataclass(slots=True)
class Comeback:
    """A return or an exchange of one line."""

    line: int
    kind: str
    reason: str
    requested: float
    finished: bool
    new_variant: int | None = None


@dataclass(slots=True)
class Order:
    """An order and its fate."""

    customer: int
    placed: float
    lines: list[Line]
    shipping_minor: int
    discount_minor: int
    processed: float = 0.0
    shipped: float = 0.0
    promised: float = 0.0
    delivered: float = 0.0
    cancelled: str | None = None
    carrier: str = ""
    tracking: str = ""
    comebacks: list[Comeback] = field(default_factory=list)
    id: str = ""

    @property
    def goods_minor(self) -> int:
        return sum(line.quantity * line.unit_minor for line in self.lines)

    @property
    def total_minor(self) -> int:
        return self.goods_minor + self.shipping_minor - self.discount_minor

    @property
    def late(self) -> bool:
        """Comes, or will come, after its promise."""
        return self.delivered > self.promised

    def overdue(self, now: float) -> bool:
        """Under way at ``now``, and its promise has passed."""
        return not self.cancelled and max(self.shipped, self.promised) < now < self.delivered

    def status(self, now: float) -> str:
        """The order's status as the shop would show it at ``now``."""
        if self.cancelled:
            return "cancelled"
        for comeback in self.comebacks:
            if not comeback.finished:
                return f"{comeback.kind} requested"
        if now < self.processed:
            return "pending"
        if now < self.shipped:
            return "processed"
        return "shipped" if now < self.delivered else "delivered"


def shipping_minor(goods_minor: int, country: str) -> int:
    """Free from 50 euros within Europe and from 120 elsewhere (store/demo/help/shipping.en.md)."""
    far = country in {"US", "CN", "SG"}
    return 0 if goods_minor >= (12000 if far else 5000) else (1290 if far else 490)


def decide_fate(text: random.Random, order: Order, *, transit_days: int, now: float) -> None:
    """Draw the parcel's way and a cancellation."""
    order.processed = order.placed + text.uniform(2, 20) * HOUR_S
    order.shipped = order.processed + text.uniform(4, 30) * HOUR_S
    order.promised = _end_of_day(order.placed + (transit_days + 2) * DAY_S)
    ago_days = (now - order.shipped) / DAY_S
    trouble = any(first >= ago_days >= last for first, last in TROUBLE_DAYS)
    if text.random() < (0.5 if trouble else 0.06):
        order.delivered = order.promised + text.uniform(0.6, 9) * DAY_S
    else:
        room = order.promised - order.shipped - 6 * HOUR_S
        order.delivered = order.shipped + max(0.6 * DAY_S, room * text.uniform(0.45, 1.0))
    order.carrier = text.choice(_CARRIERS)
    order.tracking = f"{order.carrier[:2].upper()}{text.randint(10**9, 10**10 - 1)}"
    if text.random() < 0.025:
        order.cancelled = text.choice(("no longer needed", "ordered by mistake"))


def decide_comebacks(
    text: random.Random, order: Order, catalog: Catalog, opinions: list[float], *, tries_two: set[int], now: float
) -> None:
    """Draw which lines come back. ``opinions`` are what the customer thinks of each line's product, about N(0, 1)."""
    if order.cancelled or order.delivered > now:
        return
    for index, line in enumerate(order.lines):
        reason = _reason(text, catalog, line, opinions[index], index in tries_two)
        requested = order.delivered + text.uniform(0.5, 18) * DAY_S
        if reason is None or requested > now:
            continue
        comeback = Comeback(index, "return", reason, requested, finished=now - requested > text.uniform(6, 16) * DAY_S)
        if reason in {"small", "large"} and text.random() < 0.5:
            comeback.new_variant = other_size(catalog, line, 1 if reason == "small" else -1)
            comeback.kind = "exchange" if comeback.new_variant is not None else "return"
        order.comebacks.append(comeback)
    # The schema's statuses name one comeback per order: an exchange beside a return would be hidden.
    order.comebacks = [each for each in order.comebacks if each.kind == order.comebacks[0].kind]


def _reason(text: random.Random, catalog: Catalog, line: Line, opinion: float, tried: bool) -> str | None:
    if tried:
        return "twice"
    sub = catalog.products[line.product].sub
    if sub.size_system:
        mismatch = catalog.fit[line.product] + text.gauss(0, 0.45)
        if abs(mismatch) > 0.9 and text.random() < 0.75:
            return "small" if mismatch > 0 else "large"
    if opinion < -0.9 and sub.cycle_days is None and text.random() < 0.3:
        return text.choice(("poor", "poor", "broken"))
    return "other" if text.random() < 0.4 * sub.return_rate else None


def other_size(catalog: Catalog, line: Line, step: int) -> int | None:
    """The variant of the same colour that many sizes up (minus: down), if it is in stock."""
    variants = catalog.products[line.product].variants
    other = line.variant + step
    if (
        0 <= other < len(variants)
        and variants[other].color == variants[line.variant].color
        and variants[other].stock > 0
    ):
        return other
    return None


def _end_of_day(at: float) -> float:
    return (at // DAY_S) * DAY_S + 18 * HOUR_S
