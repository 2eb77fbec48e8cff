from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from encoders import ContrastiveSettings, EncoderSettings, TextEncoder, TextGroup, tune_encoder
from store import InputError, ModelError

# Made-up words: nothing that the encoder can know already.
PAIRS = {"zorblat": "garden chair", "quimfle": "leather wallet", "drapnok": "coffee beans", "velshir": "desk lamp"}
GOODS = list(PAIRS.values())


def groups() -> list[TextGroup]:
    made = []
    for query, right in PAIRS.items():
        others = [one for one in GOODS if one != right]
        made += [TextGroup(f"{query} {word}", (right, others[0]), (1.0, 0.0), tuple(others[1:])) for word in ("a", "b")]
    return made


def found(encoder: TextEncoder) -> float:
    scores = encoder.encode(list(PAIRS)) @ encoder.encode(GOODS).T
    return float(np.mean(scores.argmax(1) == np.arange(len(GOODS))) + 0.01 * (np.diag(scores).mean() - scores.mean()))


def test_a_tuned_encoder_is_better_saved_and_loaded(tmp_path: Path) -> None:
    settings = ContrastiveSettings(epochs=6, rate=2e-4, queries_per_batch=4, longest=16)
    steps: list[int] = []
    encoder = TextEncoder.load(EncoderSettings(threads=1), to_tune=True)
    tuned = tune_encoder(
        encoder, groups(), settings, validate=found, progress=lambda done, total: steps.append(total - done)
    )
    assert max(tuned.history) > tuned.history[0] + 0.2
    assert steps == list(range(11, -1, -1))
    plain = TextEncoder.load(EncoderSettings(threads=1))
    path = tmp_path / "deltas.safetensors"
    encoder.save_state(path, tuned.state)
    assert path.stat().st_size < 15_000_000
    again = TextEncoder.load(EncoderSettings(threads=1, deltas=path))
    assert again.files.sha256 != plain.files.sha256, "an index of other vectors must not be taken for this one's"
    assert found(again) == pytest.approx(max(tuned.history), abs=0.02)
    words = "embeddings.word_embeddings.weight"
    base = TextEncoder.load(EncoderSettings(threads=1), to_tune=True).state()
    assert torch.equal(tuned.state[words], base[words])


def test_nothing_to_learn_from_is_an_error() -> None:
    with pytest.raises(InputError):
        tune_encoder(
            TextEncoder.load(EncoderSettings(threads=1), to_tune=True), [], ContrastiveSettings(), validate=found
        )


def test_deltas_that_are_missing_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        TextEncoder.load(EncoderSettings(deltas=tmp_path / "none.safetensors"))
