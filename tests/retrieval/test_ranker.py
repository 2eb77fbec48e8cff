from __future__ import annotations

import numpy as np
import pytest

from retrieval import Ranker
from retrieval.ranker import Cases

NAMES = ("strong", "weak", "misleading")


def _cases(worth: list[float], rows: int = 3_000, candidates: int = 20) -> Cases:
    """Cases drawn from the model that the ranker assumes."""
    draw = np.random.default_rng(0)
    signs = draw.random((rows, candidates, 3)).astype(np.float32)
    chances = np.exp(signs @ np.array(worth))
    chances /= chances.sum(axis=1, keepdims=True)
    taken = np.array([draw.choice(candidates, p=row) for row in chances])
    return Cases(signs, taken, np.ones((rows, candidates), dtype=np.float32))


def test_it_finds_what_the_signs_are_worth() -> None:
    fitted = Ranker.fit(NAMES, _cases([4.0, 1.0, 0.0])).weights
    assert fitted["strong"] == pytest.approx(4.0, rel=0.1)
    assert fitted["weak"] == pytest.approx(1.0, rel=0.3)
    assert fitted["misleading"] == pytest.approx(0.0, abs=0.2)


def test_no_sign_speaks_against_a_product() -> None:
    assert Ranker.fit(NAMES, _cases([3.0, 0.5, -2.0])).weights["misleading"] == 0


def test_those_drawn_speak_for_those_left_out() -> None:
    """The same answer from the best candidates and a weighted sample of the rest as from all of them."""
    whole = _cases([4.0, 1.0, 0.0], candidates=60)
    rows = np.arange(len(whole.taken))
    best = np.argsort(-whole.signs[..., 0], axis=1)[:, :10]
    signs = np.zeros((len(rows), 31, 3), dtype=np.float32)
    stands_for = np.zeros((len(rows), 31), dtype=np.float32)
    draw = np.random.default_rng(1)
    for row in rows:
        target = whole.taken[row]
        chosen = best[row][best[row] != target]
        rest = np.setdiff1d(np.arange(60), [*chosen, target])
        drawn = draw.choice(rest, 20, replace=False)
        both = [target, *chosen, *drawn]
        signs[row, : len(both)] = whole.signs[row, both]
        stands_for[row, : 1 + len(chosen)] = 1
        stands_for[row, 1 + len(chosen) : len(both)] = len(rest) / 20
    fitted = Ranker.fit(NAMES, Cases(signs, np.zeros(len(rows), np.int64), stands_for)).weights
    assert fitted["strong"] == pytest.approx(4.0, rel=0.1)


def test_an_unknown_sign_is_worth_nothing() -> None:
    signs = np.array([[1.0, 5.0]], dtype=np.float32)
    assert Ranker({"strong": 2.0}).scores(("strong", "new"), signs).tolist() == [2.0]
