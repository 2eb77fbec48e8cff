"""Mixing for variety: both ways keep the scores' order at 0, and the point process is what its definition says."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from retrieval.diversity import diversified, dpp, mmr

Case = tuple[NDArray[np.float32], NDArray[np.float32], float]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Scores and unit vectors of a few items, some of them nearly alike, and a diversity."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(2, 7))
    vectors = rng.normal(size=(count, 8))
    vectors[1] = vectors[0] + draw(st.sampled_from((0.05, 0.3, 3.0))) * vectors[1]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return rng.random(count).astype(np.float32), vectors.astype(np.float32), draw(st.floats(0.05, 0.95))


def value(case: Case, chosen: tuple[int, ...]) -> float:
    """The logarithm of the probability of ``chosen``, up to a constant, by its definition."""
    scores, vectors, diversity = case
    some = vectors[list(chosen)].astype(np.float64)
    sign, volume = np.linalg.slogdet((1 + some @ some.T) / 2)
    assert sign > 0
    return float((1 - diversity) * scores[list(chosen)].astype(np.float64).sum() + diversity * volume)


@given(cases())
def test_each_step_is_the_best_one_by_brute_force(case: Case) -> None:
    scores, vectors, diversity = case
    chosen = dpp(scores, vectors, len(scores), diversity)
    assert sorted(chosen) == list(range(len(scores)))
    for done in range(len(chosen)):
        before = tuple(chosen[:done])
        best = max(value(case, (*before, one)) for one in range(len(scores)) if one not in before)
        assert value(case, (*before, chosen[done])) == pytest.approx(best, abs=1e-6)


@given(cases(), st.integers(1, 4))
def test_greedy_is_within_its_bound_of_the_best_set(case: Case, count: int) -> None:
    # By greedy choice a volume is at least 1 / count! of the largest one (Civril and Magdon-Ismail, 2009).
    scores, vectors, diversity = case
    count = min(count, len(scores))
    chosen = dpp(scores, vectors, count, diversity)
    best = max(value(case, some) for some in itertools.combinations(range(len(scores)), count))
    assert best - 2 * diversity * math.log(math.factorial(count)) - 1e-6 <= value(case, tuple(chosen)) <= best + 1e-6


@pytest.mark.parametrize("by", ["mmr", "dpp"])
def test_without_diversity_the_scores_decide(by: str) -> None:
    vectors = np.eye(4, dtype=np.float32)[[0, 0, 1, 2]]
    scores = np.array([0.5, 0.9, 0.1, 0.9], dtype=np.float32)
    assert diversified(scores, vectors, 3, 0.0, by) == [1, 3, 0]  # type: ignore[arg-type]


@pytest.mark.parametrize("method", [mmr, dpp])
def test_twins_are_kept_apart_and_none_is_lost(method) -> None:  # type: ignore[no-untyped-def]
    vectors = np.eye(3, dtype=np.float32)[[0, 0, 0, 1]]
    scores = np.array([0.9, 0.89, 0.88, 0.5], dtype=np.float32)
    assert method(scores, vectors, 4, 0.7) == [0, 3, 1, 2]


def test_several_together_can_make_one_superfluous() -> None:
    # The third lies between the first two, at 45 degrees from each; the fourth at 50 degrees from the first alone.
    angle = math.radians(50)
    vectors = np.array(
        [[1, 0, 0], [0, 1, 0], [math.sqrt(0.5), math.sqrt(0.5), 0], [math.cos(angle), 0, math.sin(angle)]]
    ).astype(np.float32)
    scores = np.array([0.9, 0.9, 0.51, 0.5], dtype=np.float32)
    assert dpp(scores, vectors, 4, 0.5) == [0, 1, 3, 2]
