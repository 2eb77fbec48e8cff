"""The first stage: its features are those of a plain count, and it learns what words say."""

from __future__ import annotations

import numpy as np
import pytest

from sentiment.first_stage import FirstStage, choose_threshold, fit_first_stage, frequent_runs, token_features
from sentiment.fitting import TokenExample

_EVERY = (1, 2, 3, 4, 5)


def test_each_text_has_its_tokens_once_and_the_runs_that_are_known() -> None:
    texts = [[101, 5, 6, 5, 102], [101, 102], [101, 7, 5, 6, 102]]
    runs = frequent_runs(texts * 3)
    counted = token_features(texts, 1000, runs).toarray()
    assert [np.flatnonzero(row[:1000]).tolist() for row in counted] == [
        [5, 6, 101, 102],
        [101, 102],
        [5, 6, 7, 101, 102],
    ]
    # Pairs and threes: 101 5, 5 6, 6 5, 5 102, 101 5 6, 5 6 5, 6 5 102; then 101 102; then seven, of which 5 6 was met.
    assert len(runs) == 7 + 1 + 6
    assert [np.count_nonzero(row[1000:]) for row in counted] == [7, 1, 7]
    assert np.allclose((counted**2).sum(axis=1), 1)


def test_runs_that_are_rare_are_not_learnt() -> None:
    texts = [[101, 5, 6, 102]] * 3 + [[101, 8, 9, 102]] * 2
    assert len(frequent_runs(texts)) == 5
    assert not token_features([[101, 8, 9, 102]], 1000, frequent_runs(texts)).toarray()[0, 1000:].any()
    assert token_features([[101, 8, 9, 102]], 1000, frequent_runs([])).shape == (1, 1000)


def test_a_text_is_read_the_same_alone_and_among_others() -> None:
    draw = np.random.default_rng(0)
    texts = [[101, *draw.integers(200, 900, size).tolist(), 102] for size in (1, 5, 40)]
    runs = frequent_runs(texts * 3)
    stage = FirstStage(runs, draw.normal(size=(1000 + len(runs), 5)).astype(np.float32), np.ones(5, dtype=np.float32))
    alone = np.concatenate([stage.read([text]) for text in texts])
    assert np.allclose(stage.read(texts), alone, atol=1e-5)
    assert stage.read([]).shape == (0, 5)


def test_it_learns_words() -> None:
    examples = [TokenExample([101, 200, 300 + n % 50, 102], (5,), _EVERY) for n in range(300)]
    examples += [TokenExample([101, 201, 300 + n % 50, 102], (1,), _EVERY) for n in range(300)]
    stage = fit_first_stage(examples, 400)
    assert stage.read([[101, 200, 399, 102], [101, 201, 399, 102]]).argmax(axis=1).tolist() == [4, 0]


def test_it_learns_what_three_words_say_together() -> None:
    """Not and bad, each in good texts and in bad ones, are good together."""
    good = [[101, 202, 201, 300 + n % 40, 102] for n in range(200)]
    bad = [[101, word, 300 + n % 40, 102] for n in range(200) for word in (201, 202)]
    examples = [TokenExample(ids, (4, 5), (1, 2, 4, 5)) for ids in good]
    examples += [TokenExample(ids, (1, 2), (1, 2, 4, 5)) for ids in bad]
    logits = fit_first_stage(examples, 400).read([[101, 202, 201, 399, 102], [101, 201, 399, 102]])
    assert (logits[:, 3:].max(axis=1) > logits[:, :2].max(axis=1)).tolist() == [True, False]


def test_more_decay_leaves_smaller_weights() -> None:
    examples = [TokenExample([101, 200 + n % 2, 102], (5,) if n % 2 else (1,), _EVERY) for n in range(100)]
    sizes = [np.abs(fit_first_stage(examples, 400, decay=decay).table).sum() for decay in (1e-4, 1e-2)]
    assert sizes[1] < 0.7 * sizes[0]


def test_the_threshold_keeps_the_agreement() -> None:
    draw = np.random.default_rng(0)
    sure = draw.uniform(0.4, 1.0, 5000)
    first = np.stack([(1 - sure) / 2, (1 - sure) / 2, sure], axis=1)
    second = np.where(draw.uniform(size=5000) < sure, 2, 0)
    threshold = choose_threshold(first, second, agreement=0.9)
    settled = sure >= threshold
    assert (second[settled] == 2).mean() == pytest.approx(0.9, abs=0.01)
    assert choose_threshold(first, np.zeros(5000, dtype=np.int64), agreement=0.9) > 1
