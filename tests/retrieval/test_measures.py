"""Our measures against a second implementation (ranx), and against values known by construction."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from retrieval import coverage, intra_list_diversity, ndcg, novelty, popularity_bias, ranks, recall, reciprocal_rank

THEIRS = """
import json, sys
from ranx import Qrels, Run, evaluate
right, run, names = json.load(sys.stdin)
print(json.dumps({name: float(value) for name, value in evaluate(Qrels(right), Run(run), names).items()}))
"""


def test_they_agree_with_ranx() -> None:
    if importlib.util.find_spec("ranx") is None:
        pytest.skip("the second implementation, ranx, is not installed")
    draw = np.random.default_rng(0)
    rows, items, k = 60, 40, 10
    scores = draw.permuted(np.tile(np.arange(1, items + 2, dtype=np.float32), (rows, 1)), axis=1)
    targets = draw.integers(1, items + 1, rows)
    found = ranks(scores, targets)
    right = {f"q{row}": {f"d{targets[row]}": 1} for row in range(rows)}
    run = {f"q{row}": {f"d{item}": float(scores[row, item]) for item in range(1, items + 1)} for row in range(rows)}
    # In a process of its own: compiled, as ranx would have it here, these few rows take minutes.
    done = subprocess.run(
        [sys.executable, "-c", THEIRS],
        input=json.dumps([right, run, [f"recall@{k}", f"ndcg@{k}", f"mrr@{k}"]]),
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = json.loads(done.stdout.splitlines()[-1])
    assert recall(found, k).mean() == pytest.approx(theirs[f"recall@{k}"])
    assert ndcg(found, k).mean() == pytest.approx(theirs[f"ndcg@{k}"])
    assert reciprocal_rank(found, k).mean() == pytest.approx(theirs[f"mrr@{k}"])


def test_equals_come_before_and_what_was_seen_does_not_count() -> None:
    scores = np.array([[9.0, 3.0, 3.0, 1.0, 5.0]], dtype=np.float32)
    assert ranks(scores, np.array([1])).tolist() == [2], "item 2 has the same score, item 4 a higher one"
    seen = (np.array([0, 0]), np.array([2, 4]))
    assert ranks(scores, np.array([1]), seen).tolist() == [0]
    assert ranks(scores, np.array([0])).tolist() == [5], "what is not in the catalogue is not found"


def test_one_right_item() -> None:
    found = np.array([0, 1, 9, 10])
    assert recall(found, 10).tolist() == [1, 1, 1, 0]
    np.testing.assert_allclose(ndcg(found, 10), [1, 1 / np.log2(3), 1 / np.log2(11), 0])
    np.testing.assert_allclose(reciprocal_rank(found, 10), [1, 1 / 2, 1 / 10, 0])


def test_what_the_lists_are_made_of() -> None:
    lists = np.array([[1, 2], [1, 3]])
    counts = np.array([0, 7, 3, 0])
    assert coverage(lists, 4) == 3 / 4
    vectors = np.array([[0, 0], [1, 0], [1, 0], [0, 1]], dtype=np.float32)
    assert intra_list_diversity(lists, vectors).tolist() == [0, 1]
    shares = np.array([8, 4, 1]) / 13
    bits = -np.log2(shares)
    np.testing.assert_allclose(novelty(lists, counts), [(bits[0] + bits[1]) / 2, (bits[0] + bits[2]) / 2])
    np.testing.assert_allclose(popularity_bias(lists, counts), [5 / 7, 3.5 / 7])
