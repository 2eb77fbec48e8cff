"""Visitors without an account: they look, some fill a cart, none buys. Their events fill the log to its size."""

from __future__ import annotations

import math
import random

from .fulfilment import DAY_S
from .people import YEAR_DAYS
from .queries import draw_query
from .world import Happening, World, pick_variant

FULL_SIZE = 200_000
"""Events of the year at scale 1, customers' and visitors' together."""


def add_passers_by(world: World, *, seed: int, scale: float) -> dict[str, str]:
    """Add anonymous visits until the log holds ``200,000 x scale`` events. Returns visit id -> anonymous id."""
    text = random.Random(f"{seed}-passers-by")
    missing = round(FULL_SIZE * scale) - len(world.log.happenings)
    weights = [math.exp(float(value)) for value in world.catalog.popularity]
    rows = text.choices(range(len(weights)), weights, k=max(1, missing))
    visitors: dict[str, str] = {}
    while missing > 0:
        visit = f"A{100001 + len(visitors)}-1"
        visitors[visit] = f"anon-{100001 + len(visitors)}"
        for happening in _pass_by(world, text, visit, rows)[:missing]:
            world.log.happenings.append(happening)
            missing -= 1
    return visitors


def _pass_by(world: World, text: random.Random, visit: str, rows: list[int]) -> list[Happening]:
    at = world.now - text.random() * (YEAR_DAYS - 1) * DAY_S - 2 * 3600
    first = text.choice(rows)
    happenings: list[Happening] = []
    if text.random() < 0.4:
        plan = world.catalog.products[first]
        language = "zh" if text.random() < 0.25 else "en"
        query = draw_query(
            world.vocabulary, text, plan.sub, language, frugal=text.random() < 0.4, brand=plan.brand.name
        )
        happenings.append(Happening(at, "search", -1, visit, query=query, extra={"results": text.randint(3, 36)}))
    shelf = world.catalog.of_sub[int(world.catalog.sub[first])].tolist()
    seen = [first, *text.sample(shelf, min(len(shelf), int(text.expovariate(1 / 1.5))))]
    for row in dict.fromkeys(seen):
        at += 6 + text.expovariate(1 / 45)
        if world.created[row] > at:
            continue
        price = world.price_minor(row, 0, at)
        happenings.append(Happening(at, "view", -1, visit, row, 0, value_minor=price))
        variant = pick_variant(world.catalog, row, text, text.random()) if text.random() < 0.06 else None
        if variant is not None:
            at += 15
            price = world.price_minor(row, variant, at)
            happenings.append(Happening(at, "cart_add", -1, visit, row, variant, quantity=1, value_minor=price))
    return happenings
