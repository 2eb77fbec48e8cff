"""What all customers share: the shelves, the calendar, prices over time, and the log of what happens.

Comes in: catalogue and people. Goes out: a ``World``, with an empty ``Log``. Knows nothing of how a customer decides.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from .catalog import Catalog
from .fulfilment import DAY_S, Order
from .people import YEAR_DAYS, People
from .vocabulary import Vocabulary

SALES = ((1, 2, 12), (4, 10, 17), (7, 1, 10), (11, 20, 30))
"""(month, first day, last day) of the shop's sales: 10 % off every order, and those who respond come more often."""
NOTHING: dict[str, Any] = {}


class Happening(NamedTuple):
    """One event; ``product`` and ``variant`` are rows of the catalogue, -1 for none."""

    at: float
    kind: str
    customer: int
    visit: str
    product: int = -1
    variant: int = -1
    order: Order | None = None
    quantity: int | None = None
    value_minor: int | None = None
    query: str | None = None
    extra: dict[str, Any] = NOTHING


class Opinion(NamedTuple):
    """What a customer thinks of a product after it came: per aspect of its category, about N(0, 1)."""

    customer: int
    product: int
    at: float
    values: tuple[float, ...]
    late: bool


@dataclass(slots=True)
class Log:
    """What happened."""

    happenings: list[Happening] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    opinions: list[Opinion] = field(default_factory=list)


class World:
    """What all customers share: the shelves, the calendar, the log."""

    def __init__(self, vocabulary: Vocabulary, catalog: Catalog, people: People, now: datetime) -> None:
        self.vocabulary, self.catalog, self.people = vocabulary, catalog, people
        self.now = now.timestamp()
        self.start = self.now - YEAR_DAYS * DAY_S
        self.log = Log()
        self._sold: dict[str, set[int]] = {}
        days = [datetime.fromtimestamp(self.start + day * DAY_S, UTC) for day in range(YEAR_DAYS + 1)]
        self.on_sale = [any(day.month == m and a <= day.day <= b for m, a, b in SALES) for day in days]
        self.month = [day.month - 1 for day in days]
        self.weekday = [1.12 if day.weekday() >= 5 else 0.95 for day in days]
        self.created = [product.created_at.timestamp() for product in catalog.products]
        self.cut = [product.price_cut_at.timestamp() if product.price_cut_at else None for product in catalog.products]
        self.season = np.array([sub.season for sub in vocabulary.subs])
        self.days_in_transit = {code: int(entry["days"]) for code, entry in vocabulary.people["countries"].items()}

    def day(self, at: float) -> int:
        return min(YEAR_DAYS, max(0, int((at - self.start) / DAY_S)))

    def sold_to(self, country: str) -> set[int]:
        """Rows of the products that customers in ``country`` can see and order."""
        if country not in self._sold:
            self._sold[country] = {
                row
                for row, product in enumerate(self.catalog.products)
                if product.visible and (product.countries is None or country in product.countries)
            }
        return self._sold[country]

    def price_minor(self, product: int, variant: int, at: float) -> int:
        """What the variant cost at that time: the old price up to the cut."""
        plan = self.catalog.products[product].variants[variant]
        cut = self.cut[product]
        return plan.was_minor if cut is not None and at < cut else plan.price_minor


def form_opinion(world: World, customer: int, product: int, text: random.Random) -> tuple[float, ...]:
    """What a customer (-1: a guest) thinks of each aspect: its quality, own strictness, price, fit, chance."""
    catalog, plan = world.catalog, world.catalog.products[product]
    strictness = float(world.people.strictness[customer]) if customer >= 0 else text.gauss(0, 0.35)
    values = []
    for at, aspect in enumerate(plan.sub.aspects):
        value = 0.8 * float(catalog.aspect_quality[product, at]) - strictness + text.gauss(0, 0.6)
        if aspect == "value":
            value -= 0.5 * float(catalog.log_price[product])
        if aspect == "fit":
            value += 0.5 - 1.6 * abs(float(catalog.fit[product]))
        values.append(value)
    return tuple(values)


def pick_variant(catalog: Catalog, row: int, text: random.Random, size: float) -> int | None:
    """A variant in stock, near the customer's size; ``None`` if nothing is in stock."""
    plan = catalog.products[row]
    stocked = [at for at, variant in enumerate(plan.variants) if variant.stock > 0 and variant.available]
    if not stocked:
        return None
    if plan.sub.size_system is None:
        return text.choice(stocked)
    names = [entry.name for entry in plan.sub.sizes]
    wished = size * (len(names) - 1)
    color = plan.variants[text.choice(stocked)].color

    def distance(at: int) -> float:
        name = plan.variants[at].size
        return abs(names.index(name) - wished) if name in names else 0.0

    return min((at for at in stocked if plan.variants[at].color == color), key=distance)
