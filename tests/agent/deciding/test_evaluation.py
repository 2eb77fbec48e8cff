"""Off-policy estimators against a truth that is known."""

from __future__ import annotations

import numpy as np
import pytest

from agent.deciding.evaluation import Log, evaluate, mean_of, overlap
from store import InputError


def drawn(seed: int, rows: int = 600) -> tuple[Log, np.ndarray, float]:
    random = np.random.default_rng(seed)
    features = random.normal(size=(rows, 1))
    logging = np.column_stack((np.full(rows, 0.7), np.full(rows, 0.3)))
    chosen = (random.random(rows) > 0.7).astype(np.int64)
    reward = (chosen == 1) * (1 + features[:, 0]) + random.normal(0, 1, rows)
    # Action 1 where the feature is positive: worth E[(1 + x); x > 0] = 1/2 + 1/sqrt(2 pi).
    target = np.column_stack((features[:, 0] <= 0, features[:, 0] > 0)).astype(float)
    return Log(features, chosen, logging[np.arange(rows), chosen], reward), target, 0.5 + 1 / np.sqrt(2 * np.pi)


def test_intervals_hold_and_dr_is_closer_than_ips() -> None:
    found = [(evaluate(log, target), truth) for log, target, truth in (drawn(seed) for seed in range(200))]
    for name in ("ips", "snips", "dr"):
        held = np.mean([getattr(one, name).low <= truth <= getattr(one, name).high for one, truth in found])
        assert 0.90 <= held <= 0.99, name
    squared = {
        name: np.mean([(getattr(one, name).value - truth) ** 2 for one, truth in found]) for name in ("ips", "dr")
    }
    assert squared["dr"] < squared["ips"]


def test_the_logs_own_policy_is_worth_what_it_earned() -> None:
    log, _, _ = drawn(1)
    own = np.tile([0.7, 0.3], (log.chosen.size, 1))
    found = evaluate(log, own)
    assert found.ips.value == pytest.approx(log.reward.mean())
    assert found.logged.value == pytest.approx(log.reward.mean())
    assert found.gain.low <= 0 <= found.gain.high
    assert found.overlap.effective_rows == pytest.approx(log.chosen.size)
    assert not found.overlap.warnings


def test_thin_overlap_is_said() -> None:
    weights = np.concatenate(([1000.0], np.zeros(500)))
    told = " ".join(overlap(weights, 0.2).warnings)
    assert "too few" in told
    assert "100%" in told
    assert "20.0%" in told


def test_skewed_means_are_covered_more_often_than_by_the_plain_interval() -> None:
    random = np.random.default_rng(3)
    held = plain = 0
    for _ in range(600):
        terms = random.lognormal(0, 1.2, 60)
        one, truth = mean_of(terms), float(np.exp(0.72))
        half = 1.96 * terms.std(ddof=1) / np.sqrt(60)
        held += one.low <= truth <= one.high
        plain += abs(terms.mean() - truth) <= half
    assert held > plain


@pytest.mark.parametrize(("rows", "propensity"), [(4, 0.5), (50, 0.0)])
def test_a_log_that_cannot_be_used_is_refused(rows: int, propensity: float) -> None:
    with pytest.raises(InputError):
        Log(np.zeros((rows, 1)), np.zeros(rows, dtype=np.int64), np.full(rows, propensity), np.zeros(rows))
