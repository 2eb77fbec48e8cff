from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from encoders import EncoderSettings, PairScorer, PairSettings, TextEncoder, TextGroup, tune_pairs
from store import InputError

# Made-up words: nothing that the encoder can know already.
PAIRS = {"zorblat": "chair", "quimfle": "wallet", "drapnok": "kettle", "velshir": "lamp"}
GOODS = list(PAIRS.values())


def groups() -> list[TextGroup]:
    made = []
    for query, right in PAIRS.items():
        others = [one for one in GOODS if one != right]
        made.append(TextGroup(query, (right, others[0]), (1.0, 0.2), tuple(others[1:])))
    return made


def found(scorer: PairScorer) -> float:
    scores = np.array([scorer.scores(scorer.tokens(query, GOODS)) for query in PAIRS])
    return float(np.mean(scores.argmax(1) == np.arange(len(GOODS))))


def test_a_tuned_scorer_knows_what_goes_together_saved_and_loaded(tmp_path: Path) -> None:
    scorer = PairScorer(TextEncoder.load(EncoderSettings(threads=1), to_tune=True))
    before = found(scorer)
    steps: list[int] = []
    settings = PairSettings(epochs=5, rate=1e-3, pairs_per_batch=16)
    tuned = tune_pairs(
        scorer, groups(), settings, validate=found, progress=lambda done, total: steps.append(total - done)
    )
    assert steps == list(range(len(steps) - 1, -1, -1))
    assert max(tuned.history) >= before + 0.25
    scorer.load_state(tuned.state)
    assert found(scorer) == max(tuned.history)
    path = tmp_path / "pairs.safetensors"
    scorer.save(path, trained_on="made-up words")
    assert path.stat().st_size < 15_000_000
    again = PairScorer.load(path, EncoderSettings(threads=1))
    tokens = scorer.tokens("zorblat", GOODS)
    assert again.scores(tokens) == pytest.approx(scorer.scores(tokens), abs=0.15)
    assert again.scores([]).shape == (0,)
    with pytest.raises(InputError):
        tune_pairs(scorer, [], settings, validate=found)
