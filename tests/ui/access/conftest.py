"""An empty shop, and who may come into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from beforehand import Config, Shop, ShopSettings
from store import FixedClock
from ui.access import Access, Actor


@pytest.fixture
def shop(tmp_path: Path, clock: FixedClock) -> Iterator[Shop]:
    with Shop.open(Config(shop=ShopSettings(name="Fennel & Finch", home=tmp_path)), clock=clock) as opened:
        yield opened


@pytest.fixture
def access(shop: Shop) -> Access:
    return Access(shop)


@pytest.fixture
def owner() -> Actor:
    return Actor("staff:olga", "owner", "10.0.0.1")


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real cost of a hash, which is meant to be high, is paid in one test only."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("ui.access.passwords._hasher", lambda: cheap)
