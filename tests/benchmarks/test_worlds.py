"""Worlds: what any must keep to, the contest, and that our policy learns in one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agent.deciding import DecidingSettings
from benchmarks.worlds import ShopperWorld, load_world
from benchmarks.worlds.contest import play
from benchmarks.worlds.learner import Learner
from benchmarks.worlds.rivals import AlwaysDiscount, AtRandom, Oracle, Passive, Popularity
from store import InputError

DOCS = Path(__file__).parents[2] / "docs" / "worlds.md"


def world(seed: int = 1000, customers: int = 400, days: int = 20) -> ShopperWorld:
    return ShopperWorld(seed, customers, days)


def test_the_same_seed_is_the_same_world_and_luck_does_not_depend_on_what_is_done() -> None:
    one, two = world(), world()
    assert play(one, Passive()).profit_minor == pytest.approx(play(two, Passive()).profit_minor)
    three, four = world(), world()
    for day in range(5):
        first, second = three.open_day(day), four.open_day(day)
        silent = np.zeros(len(first.batch), dtype=np.int64)
        three.close_day(silent)
        four.close_day(AlwaysDiscount().choose(second))
        # Nobody has complained yet in so few days: the same people come by.
        assert set(first.customers) >= set(second.customers)


def test_messages_without_consent_are_not_eligible_and_are_refused() -> None:
    one = world()
    occasions = one.open_day(0)
    assert occasions.batch.eligible[:, 0].all()
    assert not occasions.batch.eligible.all(axis=0)[1:].any()

    class Rude(Passive):
        def choose(self, occasions):  # type: ignore[no-untyped-def]
            return np.full(len(occasions.batch), 1)

    with pytest.raises(InputError, match="not eligible"):
        play(world(), Rude())


def test_the_oracle_earns_most() -> None:
    earned = {}
    for name, maker in {
        "passive": lambda one: Passive(),
        "random": lambda one: AtRandom(0),
        "discount": lambda one: AlwaysDiscount(),
        "popular": lambda one: Popularity(one.popular),
        "oracle": Oracle,
    }.items():
        totals = []
        for seed in (1000, 1001, 1003):
            one = ShopperWorld(seed, 800, 56)
            totals.append(play(one, maker(one)).profit_minor.mean())
        earned[name] = np.mean(totals)
    assert max(earned, key=lambda name: earned[name]) == "oracle"


def test_our_policy_learns_in_a_world_and_keeps_its_cap() -> None:
    one = ShopperWorld(1010, 800, 42)
    learner = Learner(DecidingSettings(), window_days=one.window_days, growth=0.5)
    ours = play(one, learner)
    assert learner.belief is not None
    assert learner.policy.name == "learned"
    assert ours.profit_minor.mean() > play(ShopperWorld(1010, 800, 42), Passive()).profit_minor.mean()
    again = play(ShopperWorld(1010, 800, 42), Learner(DecidingSettings(), window_days=one.window_days, growth=0.5))
    assert (again.profit_minor == ours.profit_minor).all()


def test_a_world_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "corner_shop.py"
    file.write_text("from benchmarks.worlds import ShopperWorld\nclass Mine(ShopperWorld):\n    pass\n")
    stem, maker = load_world(f"{file}:Mine")
    assert stem == "corner_shop"
    assert maker(1, 10, 5).customers == 10
    with pytest.raises(InputError, match=r"no such world.*Mine"):
        load_world(str(file))
    with pytest.raises(InputError, match=r"FILE\.py"):
        load_world(str(tmp_path / "none.py"))


def test_the_world_in_the_docs_can_be_played(tmp_path: Path) -> None:
    text = DOCS.read_text(encoding="utf-8")
    file = tmp_path / "mine.py"
    file.write_text(text.split("```python", 1)[1].split("```", 1)[0])
    _, maker = load_world(str(file))
    one = maker(0, 200, 15)
    learner = Learner(DecidingSettings(), window_days=one.window_days)
    assert play(one, learner).messages > 0
    best = maker(0, 200, 15)
    assert play(best, Oracle(best)).profit_minor.sum() > play(maker(0, 200, 15), Passive()).profit_minor.sum()
