"""A small demo shop with its models, made once, and random pasts of a shop for properties that must hold of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from insight import Insight, InsightReport, InsightSettings, train_insight
from insight.history import DAY, KINDS, NEVER, Events, History, Lines, Parcels, Purchases, Voices
from store import Database, FixedClock
from store.demo import build_demo

BUILT = datetime(2026, 11, 20, 12, tzinfo=UTC)
START = 20_000 * DAY
CUSTOMERS, PRODUCTS, VISITS = 5, 6, 12


@dataclass(frozen=True)
class TrainedShop:
    """A shop with its models."""

    database: Database
    folder: Path
    report: InsightReport
    insight: Insight


@pytest.fixture(scope="session")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    home = tmp_path_factory.mktemp("insight-shop")
    database = Database.open(f"sqlite:///{home}/shop.db")
    build_demo(database, home, seed=3, now=BUILT, scale=0.12)
    yield database
    database.close()


@pytest.fixture(scope="session")
def trained(small_shop: Database, tmp_path_factory: pytest.TempPathFactory) -> TrainedShop:
    folder = tmp_path_factory.mktemp("insight-models")
    settings = InsightSettings(snapshots=12, min_positives=10, max_rows=3000)
    report = train_insight(small_shop, folder, BUILT, settings)
    insight = Insight.load(small_shop, folder, clock=FixedClock(BUILT))
    return TrainedShop(small_shop, folder, report, insight)


def _random_history(seed: int, *, begin: int = START, days: int = 60, rows: int = 80) -> History:
    """A shop in which anything may happen between ``begin`` and ``days`` later."""
    random = np.random.default_rng(seed)

    def times(count: int) -> np.ndarray:
        # Coarse, so that many things happen at the same moment.
        return begin + 1 + random.integers(0, days * 24, count) * (DAY // 24)

    def some(count: int, top: int, low: int = 0) -> np.ndarray:
        return random.integers(low, top, count)

    placed, parcels = times(rows // 4), times(rows // 6)
    orders = np.arange(placed.size)
    return History(
        customers=tuple(f"C{number}" for number in range(CUSTOMERS)),
        known_until=begin + days * DAY,
        products=tuple(f"P{number}" for number in range(PRODUCTS)),
        categories=np.array([0, 0, 1, 1, 2, -1]),
        category_names=("Shoes", "Tea", "Toys"),
        consumable=np.array([False, False, True, True, False, False]),
        joined=np.array([START, NEVER, START + 10 * DAY, START - 90 * DAY, NEVER]),
        visits=tuple(f"V{number}" for number in range(VISITS)),
        events=Events.sorted(
            at=times(rows), customer=some(rows, CUSTOMERS), kind=some(rows, len(KINDS)),
            product=some(rows, PRODUCTS, -1), variant=some(rows, 3, -1), visit=some(rows, VISITS),
            value=np.where(random.random(rows) < 0.3, np.nan, random.random(rows) * 90),
            quantity=some(rows, 4, -1), found=np.where(random.random(rows) < 0.5, np.nan, some(rows, 3)),
        ),
        purchases=Purchases.sorted(
            at=placed, customer=some(placed.size, CUSTOMERS), discount=random.random(placed.size) * 0.2,
            amount=np.where(random.random(placed.size) < 0.1, np.nan, random.random(placed.size) * 90),
            items=some(placed.size, 5, 1),
        ),
        lines=Lines.sorted(
            at=placed, customer=some(placed.size, CUSTOMERS), order=orders, product=some(placed.size, PRODUCTS, -1),
            variant=some(placed.size, 3, -1), quantity=some(placed.size, 3, 1), price=random.random(placed.size) * 50,
            returned=np.where(random.random(placed.size) < 0.6, NEVER, placed + some(placed.size, 30) * DAY),
        ),
        parcels=Parcels.sorted(
            at=parcels, customer=some(parcels.size, CUSTOMERS), promised=parcels + 3 * DAY,
            delivered=np.where(random.random(parcels.size) < 0.3, NEVER, parcels + some(parcels.size, 9) * DAY),
        ),
        voices=Voices.sorted(
            at=times(rows // 6), customer=some(rows // 6, CUSTOMERS), is_review=some(rows // 6, 2),
            stars=np.where(random.random(rows // 6) < 0.3, np.nan, some(rows // 6, 6, 1)),
        ),
    )  # fmt: skip


def _with_more(history: History, later: History) -> History:
    """The same shop with what else happened in ``later``."""
    parts = {}
    for name in ("events", "purchases", "lines", "parcels", "voices"):
        first, second = getattr(history, name), getattr(later, name)
        columns = {
            column: np.concatenate([getattr(first, column), getattr(second, column)]) for column in _columns(first)
        }
        parts[name] = type(first).sorted(**columns)
    return History(
        customers=history.customers, known_until=later.known_until, products=history.products,
        categories=history.categories, category_names=history.category_names, consumable=history.consumable,
        joined=history.joined, visits=history.visits, **parts,
    )  # fmt: skip


def _columns(table: object) -> list[str]:
    return [one.name for one in fields(table)]  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def random_history() -> Callable[..., History]:
    return _random_history


@pytest.fixture(scope="session")
def with_more() -> Callable[[History, History], History]:
    return _with_more
