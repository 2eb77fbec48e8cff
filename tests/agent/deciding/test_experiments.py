"""A/B tests: sizes, intervals that may be looked at every day, and customers who stay in their arm."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from agent.deciding import SILENCE, Choosable, DecidingSettings, Situation, transparent_policy
from agent.deciding.experiments import Arm, SplitPolicy, arm_of, compare, sample_size, sample_size_of_mean
from store import InputError


def called(effect: float, *, seed: int, days: int = 40, a_day: int = 100, rate: float = 0.1) -> bool:
    """Whether some daily look at a test of ``effect`` says that it is decided."""
    random = np.random.default_rng(seed)
    first = random.binomial(a_day // 2, rate, days).cumsum()
    second = random.binomial(a_day // 2, rate + effect, days).cumsum()
    for day in range(days):
        count = a_day // 2 * (day + 1)
        arms = [Arm(count, one[day] / count, one[day] / count * (1 - one[day] / count)) for one in (first, second)]
        if compare(arms[0], arms[1], planned=days * a_day).verdict != "open":
            return True
    return False


def test_looking_every_day_seldom_calls_what_is_not_there() -> None:
    assert np.mean([called(0.0, seed=seed) for seed in range(400)]) <= 0.05


def test_an_effect_is_found() -> None:
    assert np.mean([called(0.05, seed=seed) for seed in range(60)]) > 0.8


def test_sample_sizes_are_those_of_the_textbook() -> None:
    # 5 % to 6 %, power .8, two-sided .05: 8,155 to 8,158 in each arm by the usual formulas.
    assert sample_size(0.05, 0.01) == pytest.approx(2 * 8156, rel=0.002)
    assert sample_size_of_mean(1.0, 0.5) == pytest.approx(126, abs=1)
    assert sample_size(0.05, 0.01, share=0.1) > sample_size(0.05, 0.01)


@pytest.mark.parametrize(("rate", "effect"), [(0.0, 0.1), (0.5, 0.6), (0.1, 0.0)])
def test_impossible_changes_are_refused(rate: float, effect: float) -> None:
    with pytest.raises(InputError, match="two rates"):
        sample_size(rate, effect)


def test_few_customers_decide_nothing() -> None:
    found = compare(Arm.of([0.0] * 10), Arm.of([1.0] * 500))
    assert (found.verdict, found.low) == ("open", -np.inf)
    assert "too few" in found.told


def test_a_worse_variant_is_said_to_be_worse() -> None:
    random = np.random.default_rng(0)
    found = compare(Arm.of(random.normal(1, 1, 3000)), Arm.of(random.normal(0.5, 1, 3000)), planned=6000)
    assert found.verdict == "worse"
    assert found.high < 0
    assert "worse: by 0." in found.told


def test_a_customer_stays_in_one_arm_and_tests_are_independent() -> None:
    people = [f"C{n}" for n in range(4000)]
    first = np.array([arm_of("first", one) for one in people])
    second = np.array([arm_of("second", one) for one in people])
    assert first.mean() == pytest.approx(0.5, abs=0.03)
    assert (first & second).mean() == pytest.approx(0.25, abs=0.03)
    assert np.mean([arm_of("first", one, 0.1) for one in people]) == pytest.approx(0.1, abs=0.02)


def test_a_split_policy_asks_the_policy_of_the_arm() -> None:
    calm, keen = (transparent_policy(DecidingSettings(exploration=0, fatigue=f)) for f in (9, 0))
    split = SplitPolicy("keen", calm, keen)
    options = [Choosable(SILENCE, margin_minor=2000), Choosable("remind", 1, 2000)]
    for number in range(40):
        situation = Situation(f"C{number}", datetime(2026, 3, 1, tzinfo=UTC), "cart_abandoned")
        expected = "remind" if arm_of("keen", f"C{number}") else SILENCE
        assert split.choose(situation, options, f"k{number}").action == expected
