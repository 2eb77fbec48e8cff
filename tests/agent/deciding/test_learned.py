"""The learned policy: what it learns from a log with a known answer, and the rails that hold whatever it learnt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit

from agent.deciding import SILENCE, Batch, DecidingSettings, ProfitPolicy, transparent_policy
from agent.deciding.design import Scale
from agent.deciding.experience import Experience
from agent.deciding.learned import learn
from agent.deciding.logistic import fit
from store import InputError

ACTIONS = (SILENCE, "remind", "offer", "ask")


def batch(rows: int, seed: int, actions: tuple[str, ...] = ACTIONS) -> Batch:
    random = np.random.default_rng(seed)
    margin = np.full((rows, len(actions)), 2000.0)
    values = np.column_stack((random.normal(size=rows), random.integers(0, 4, rows).astype(float)))
    return Batch(
        moments=tuple(random.choice(["cart", "look"], rows)),
        names=("eager", "messages_7d"),
        values=values,
        actions=actions,
        eligible=random.random((rows, len(actions))) < np.array([2.0, *[0.8] * (len(actions) - 1)]),
        margin=margin,
        cost=np.tile([0.0, *[2.0] * (len(actions) - 1)], (rows, 1)),
        discount=np.zeros_like(margin),
        keys=tuple(f"{seed}:{n}" for n in range(rows)),
    )


def experience(rows: int, seed: int, lifts: tuple[float, ...] = (0.0, -0.5, 0.1, 1.2)) -> Experience:
    """Chosen evenly among what is allowed; ``lifts`` are the truth, and eager people buy more."""
    random, found = np.random.default_rng(seed + 1), batch(rows, seed)
    share = found.eligible / found.eligible.sum(axis=1, keepdims=True)
    chosen = (random.random(rows)[:, None] > np.cumsum(share, axis=1)).sum(axis=1).clip(max=3)
    logit = -1.5 + 0.8 * found.values[:, 0] + np.array(lifts)[chosen]
    bought = random.random(rows) < 1 / (1 + np.exp(-logit))
    return Experience(
        batch=found,
        customers=tuple(f"C{n % 300}" for n in range(rows)),
        day=np.arange(rows) / 100,
        chosen=chosen,
        propensity=share[np.arange(rows), chosen],
        bought=bought.astype(float),
        margin=bought * 2000.0,
        complained=np.zeros(rows, dtype=bool),
        ripe=np.ones(rows),
    )


@pytest.fixture(scope="module")
def learnt() -> ProfitPolicy:
    known = DecidingSettings(exploration=0.02, learned_exploration=0.02, max_messages_7d=3)
    return ProfitPolicy(learn(experience(6000, 5), known), known, "learned", "1")


def test_it_finds_what_works_against_its_prior(learnt: ProfitPolicy) -> None:
    asked = batch(400, 77)
    weights = learnt.weigh(asked)
    free = asked.eligible[:, 3] & (asked.values[:, 1] < 3)
    assert (weights.probabilities[free, 3] > 0.9).mean() > 0.9
    assert weights.scores[:, 1].mean() < 0 < weights.scores[:, 3].mean()
    truth = 1 / (1 + np.exp(1.5 - 0.8 * asked.values[:, 0]))
    assert np.abs(weights.chances[:, 0] - truth).mean() < 0.03


def test_without_rows_it_thinks_as_the_transparent_policy() -> None:
    known = DecidingSettings(boldness=0.0, fatigue=0.0)
    asked = batch(200, 3)
    ours = ProfitPolicy(learn(experience(1, 5), known), known, "learned", "1").weigh(asked)
    prior = transparent_policy(known).weigh(asked)
    ours_lift, prior_lift = (logit(one.chances) - logit(one.chances[:, :1]) for one in (ours, prior))
    assert ours_lift == pytest.approx(prior_lift, abs=0.06)


def test_what_is_drawn_is_what_messages_do_not_whom_they_move() -> None:
    belief = learn(experience(300, 11), DecidingSettings(boldness=1.0))
    moved = np.ptp(belief.coefficients, axis=0) > 0
    size, block = belief.design.base_size, belief.design.block
    assert not moved[:size].any()
    own = moved[size:].reshape(-1, block)
    assert own[:, : 1 + len(belief.design.moments)].all()
    assert not own[:, 1 + len(belief.design.moments) :].any()
    # Bad luck with a few rows does not end an action: its lift may still be far above what they say.
    remind = belief.coefficients[:, size + block * belief.design.actions.index("remind")]
    assert remind.std() > 0.1


def test_learning_again_from_the_same_rows_gives_the_same_belief() -> None:
    known, rows = DecidingSettings(), experience(500, 9)
    first, second = learn(rows, known), learn(rows, known)
    assert (first.coefficients == second.coefficients).all()
    warm = learn(rows, known, before=first)
    assert warm.posterior.mean == pytest.approx(first.posterior.mean, abs=0.02)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([ACTIONS, (SILENCE, "ask", "invented"), (SILENCE,)]))
def test_the_rails_hold_for_any_occasion(learnt: ProfitPolicy, seed: int, actions: tuple[str, ...]) -> None:
    asked = batch(20, seed, actions)
    asked.values[::3, 0] = np.nan
    asked.values[::4, 0] *= 1e6
    chosen, weights = learnt.choose_many(asked)
    rows = np.arange(20)
    assert weights.probabilities.sum(axis=1) == pytest.approx(1)
    assert asked.eligible[rows, chosen].all()
    capped = asked.values[:, 1] >= learnt.settings.max_messages_7d
    assert (chosen[capped] == 0).all()
    allowed = asked.eligible & ~capped[:, None]
    floor = learnt.settings.exploration / np.maximum(allowed.sum(axis=1, keepdims=True), 1)
    assert (weights.probabilities[allowed] >= np.broadcast_to(floor, allowed.shape)[allowed] - 1e-12).all()
    spared = replace(learnt, learnt=True).weigh(asked).probabilities
    assert spared.sum(axis=1) == pytest.approx(1)
    assert (spared[allowed] > 0).all()
    # What is believed to cost much is tried less often than evenly, but is tried.
    assert (np.where(allowed, spared * weights.scores, 0.0).sum() + 1e-9) >= np.where(
        allowed, weights.probabilities * weights.scores, 0.0
    ).sum()


def test_orders_that_earn_less_than_expected_are_noticed() -> None:
    rows = experience(4000, 6)
    poor = rows.margin - 800.0 * rows.bought * (rows.chosen == 3)
    less = Experience(
        rows.batch,
        rows.customers,
        rows.day,
        rows.chosen,
        rows.propensity,
        rows.bought,
        poor,
        rows.complained,
        rows.ripe,
    )
    belief = learn(less, DecidingSettings())
    assert belief.worth[3] < -0.3 < belief.worth[1]


def test_parts_with_different_actions_are_joined() -> None:
    first, second = experience(30, 1), experience(20, 2)
    narrow = Experience(
        second.batch.lined_up(("eager",), (SILENCE, "ask", "remind", "offer")),
        second.customers,
        second.day,
        np.array([0, 2, 3, 1])[second.chosen],
        second.propensity,
        second.bought,
        second.margin,
        second.complained,
        second.ripe,
    )
    whole = Experience.joined([first, narrow])
    assert len(whole) == 50
    named = [whole.batch.actions[one] for one in whole.chosen]
    assert named == [ACTIONS[one] for one in [*first.chosen, *second.chosen]]
    assert np.isnan(whole.batch.values[30:, 1]).all()
    assert whole.last(20).customers == narrow.customers


def test_experience_without_propensities_is_refused() -> None:
    rows = experience(5, 1)
    with pytest.raises(InputError, match="propensities"):
        Experience(
            rows.batch,
            rows.customers,
            rows.day,
            rows.chosen,
            rows.propensity * 0,
            rows.bought,
            rows.margin,
            rows.complained,
            rows.ripe,
        )


def test_logistic_regression_agrees_with_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    random = np.random.default_rng(0)
    table = random.normal(size=(300, 3))
    outcome = (random.random(300) < 1 / (1 + np.exp(-table[:, 0]))).astype(float)
    ours = fit(table, outcome, np.zeros(3), np.full(3, 0.5), offset=np.zeros(300))
    peer = LogisticRegression(C=0.25, fit_intercept=False, tol=1e-10).fit(table, outcome)
    assert ours.mean == pytest.approx(peer.coef_[0], abs=1e-3)
    draws = ours.draws(4000, 1)
    assert np.cov(draws.T) == pytest.approx(np.linalg.inv(ours.chol @ ours.chol.T), abs=0.002)


def test_a_scale_is_blind_to_units_and_outliers() -> None:
    random = np.random.default_rng(0)
    values = random.lognormal(size=500)
    first, second = Scale.of("x", values), Scale.of("x", np.exp(values) * 100)
    assert first is not None
    assert second is not None
    usual = values[values < 4]
    assert first(usual) == pytest.approx(second(np.exp(usual) * 100), abs=0.2)
    assert np.abs(first(np.array([1e9, -1e9]))).max() <= 3
    assert first(np.array([np.nan])).tolist() == [0.0]
    assert Scale.of("constant", np.ones(10)) is None
