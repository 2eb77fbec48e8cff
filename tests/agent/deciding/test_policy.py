"""The transparent policy: what it chooses, that it says why, and that chance can be had again."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.deciding import SILENCE, Choosable, DecidingSettings, Situation, transparent_policy
from agent.deciding.draws import draw, uniforms
from store import InputError

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
CALM = DecidingSettings(exploration=0.0)


def situation(**features: float) -> Situation:
    return Situation("C1", AT, "cart_abandoned", features)


def test_score_is_the_written_formula() -> None:
    settings = DecidingSettings(exploration=0.0, fatigue=0.2, complaint_rate=0.0, fatigue_growth=1.0)
    options = [Choosable("remind", cost_minor=3, margin_minor=2000), Choosable(SILENCE, margin_minor=2000)]
    choice = transparent_policy(settings).choose(situation(buy_chance=0.2, messages_7d=2), options, "k")
    raised = 1 / (1 + np.exp(-(np.log(0.25) + settings.lift("remind", "cart_abandoned"))))
    expected = (raised - 0.2) * 2000 - 3 - 0.2 * 0.1 * 0.9 * 2000 * 3
    scores = {one.action: one for one in choice.weighed}
    assert scores["remind"].score_minor == pytest.approx(expected, abs=1e-3)
    assert scores[SILENCE].score_minor == 0
    assert "20.0%" in scores["remind"].why
    assert "attention" in scores["remind"].why


def test_a_sure_buyer_gets_no_discount() -> None:
    options = [Choosable(SILENCE, margin_minor=2000), Choosable("offer", 1, 1500, 0.1)]
    sure = transparent_policy(CALM).choose(situation(buy_chance=0.9), options, "k")
    assert sure.action == SILENCE
    assert sure.reason.startswith("nothing is worth a message")
    unsure = transparent_policy(CALM).choose(situation(buy_chance=0.15), options, "k")
    assert unsure.action == "offer"
    assert "more than silence" in unsure.reason


def test_many_messages_end_in_silence() -> None:
    options = [Choosable(SILENCE, margin_minor=2000), Choosable("remind", 1, 2000)]
    chosen = [
        transparent_policy(CALM).choose(situation(buy_chance=0.1, messages_7d=n), options, "k").action
        for n in (0, 1, 2, 8)
    ]
    assert chosen[0] == "remind"
    assert chosen[-1] == SILENCE
    assert chosen == sorted(chosen, key=lambda one: one == SILENCE)


def test_lifts_can_differ_by_moment() -> None:
    settings = DecidingSettings.model_validate(
        {"exploration": 0, "actions": {"remind": {"lift": 0.0, "by_moment": {"price_drop": 1.0}}}}
    )
    options = [Choosable(SILENCE, margin_minor=2000), Choosable("remind", 1, 2000)]
    at_cart = transparent_policy(settings).choose(situation(), options, "k")
    at_drop = transparent_policy(settings).choose(Situation("C1", AT, "price_drop"), options, "k")
    assert (at_cart.action, at_drop.action) == (SILENCE, "remind")


@given(
    st.lists(st.sampled_from(["remind", "offer", "ask", "recommend"]), unique=True),
    st.floats(0, 0.5),
    st.floats(0.001, 0.999),
    st.text(max_size=20),
)
def test_propensities_are_a_distribution_over_what_is_allowed(
    actions: list[str], exploration: float, chance: float, key: str
) -> None:
    options = [Choosable(SILENCE, margin_minor=900), *(Choosable(one, 2, 900) for one in actions)]
    policy = transparent_policy(DecidingSettings(exploration=exploration))
    choice = policy.choose(situation(buy_chance=chance), options, key)
    assert choice == policy.choose(situation(buy_chance=chance), options[::-1], key)
    assert {one.action for one in choice.weighed} == {SILENCE, *actions}
    assert sum(one.probability for one in choice.weighed) == pytest.approx(1)
    assert min(one.probability for one in choice.weighed) >= exploration / len(options) - 1e-12
    assert choice.propensity == next(one.probability for one in choice.weighed if one.action == choice.action) > 0


def test_exploration_happens_as_often_as_the_propensity_says() -> None:
    options = [Choosable(SILENCE, margin_minor=2000), Choosable("remind", 1, 2000), Choosable("ask", 1, 2000)]
    policy = transparent_policy(DecidingSettings(exploration=0.3))
    choices = [policy.choose(situation(buy_chance=0.2), options, f"k{n}") for n in range(2000)]
    tried = [one for one in choices if one.action == "ask"]
    assert len(tried) / 2000 == pytest.approx(0.1, abs=0.025)
    assert all(one.reason.startswith("tried, to learn from it (probability 10.0%)") for one in tried)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([Choosable("remind")], "silence must be the first"),
        ([], "silence must be the first"),
        ([Choosable(SILENCE), Choosable("ask"), Choosable("ask")], "stands twice"),
    ],
)
def test_unusable_options_are_refused(options: list[Choosable], told: str) -> None:
    with pytest.raises(InputError, match=told):
        transparent_policy().choose(situation(), options, "k")


def test_draws_follow_the_probabilities_and_the_keys() -> None:
    numbers = uniforms(0, [str(n) for n in range(4000)])
    assert (numbers == uniforms(0, [str(n) for n in range(4000)])).all()
    assert not (numbers == uniforms(1, [str(n) for n in range(4000)])).any()
    rows = np.tile([0.2, 0.0, 0.5, 0.3], (4000, 1))
    shares = np.bincount(draw(rows, numbers), minlength=4) / 4000
    assert shares == pytest.approx([0.2, 0, 0.5, 0.3], abs=0.03)
    assert draw(np.array([[0.5, 0.4999999999, 0.0]]), np.array([0.99999999999])).tolist() == [1]
