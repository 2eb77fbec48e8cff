"""A small demo shop in a database, and a larger one that is only drawn, for tests of how its customers behave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store import Database
from store.demo import DemoReport, build_demo
from store.demo.build import DemoShop, draw_shop

NOW = datetime(2026, 5, 14, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Path, DemoReport]]:
    """The shop at scale 0.05: database, home, report. Tests only read it."""
    home = tmp_path_factory.mktemp("demo")
    database = Database.open(f"sqlite:///{home / 'shop.db'}")
    report = build_demo(database, home, now=NOW, scale=0.05)
    yield database, home, report
    database.close()


@pytest.fixture(scope="session")
def drawn() -> DemoShop:
    """The shop at scale 0.3, not written to a database."""
    return draw_shop(seed=3, now=NOW, scale=0.3, progress=lambda _: None)
