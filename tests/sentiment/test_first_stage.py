"""The first stage: its features are those of a plain count, and it learns what words say."""

from __future__ import annotations

import numpy as np
import pytest

from sentiment.first_stage import PAIR_BUCKETS, FirstStage, choose_threshold, fit_first_stage, token_features
from sentiment.fitting import TokenExample

_EVERY = (1, 2, 3, 4, 5)


def test_each_text_has_its_tokens_and_its_pairs_only() -> None:
    texts = [[101, 5, 6, 102], [101, 102], [101, 7, 102]]
    together, starts, counts = token_features(texts, 1000)
    assert counts.tolist() == [7, 3, 5]
    for place, text in enumerate(texts):
        alone, _, _ = token_features([text], 1000)
        assert together[starts[place] : starts[place] + counts[place]].tolist() == alone.tolist()
        assert alone[: len(text)].tolist() == text
        assert (alone[len(text) :] >= 1000).all()


def test_a_text_is_read_the_same_alone_and_among_others() -> None:
    draw = np.random.default_rng(0)
    stage = FirstStage(draw.normal(size=(1000 + PAIR_BUCKETS, 5)).astype(np.float32), np.ones(5, dtype=np.float32))
    texts = [[101, *draw.integers(200, 900, size).tolist(), 102] for size in (1, 5, 40)]
    alone = np.concatenate([stage.read([text]) for text in texts])
    assert np.allclose(stage.read(texts), alone, atol=1e-5)
    assert stage.read([]).shape == (0, 5)


def test_it_learns_words() -> None:
    examples = [TokenExample([101, 200, 300 + n % 50, 102], (5,), _EVERY) for n in range(300)]
    examples += [TokenExample([101, 201, 300 + n % 50, 102], (1,), _EVERY) for n in range(300)]
    stage = fit_first_stage(examples, 400, epochs=3)
    assert stage.read([[101, 200, 399, 102], [101, 201, 399, 102]]).argmax(axis=1).tolist() == [4, 0]


def test_the_threshold_keeps_the_agreement() -> None:
    draw = np.random.default_rng(0)
    sure = draw.uniform(0.4, 1.0, 5000)
    first = np.stack([(1 - sure) / 2, (1 - sure) / 2, sure], axis=1)
    second = np.where(draw.uniform(size=5000) < sure, 2, 0)
    threshold = choose_threshold(first, second, agreement=0.9)
    settled = sure >= threshold
    assert (second[settled] == 2).mean() == pytest.approx(0.9, abs=0.01)
    assert choose_threshold(first, np.zeros(5000, dtype=np.int64), agreement=0.9) > 1
