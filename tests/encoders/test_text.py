"""Vectors: the same as sentence-transformers gives, whatever the order, the batch or the precision."""

from __future__ import annotations

import numpy as np
import pytest

from encoders import EncoderSettings, TextEncoder

TEXTS = ["waterproof trail shoes", "", "The battery died within a week. " * 200, "电池很快就坏了", "ok"]


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    return TextEncoder.load(EncoderSettings(device="cpu", precision="fp32"))


def test_vectors_equal_those_of_the_library(encoder: TextEncoder) -> None:
    from sentence_transformers import SentenceTransformer

    expected = SentenceTransformer(str(encoder.files.path), device="cpu").encode(TEXTS, normalize_embeddings=True)
    assert np.allclose(encoder.encode(TEXTS), expected, atol=1e-5)


def test_shape_type_and_norm(encoder: TextEncoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_the_batch_does_not_change_the_vectors(encoder: TextEncoder) -> None:
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert np.allclose(encoder.encode(TEXTS[::-1])[::-1], alone, atol=1e-5)


def test_bf16_points_the_same_way(encoder: TextEncoder) -> None:
    half = TextEncoder.load(EncoderSettings(device="cpu", precision="bf16"))
    assert ((half.encode(TEXTS) * encoder.encode(TEXTS)).sum(axis=1) > 0.999).all()


def test_progress_ends_at_the_total(encoder: TextEncoder) -> None:
    calls: list[tuple[int, int]] = []
    encoder.encode(TEXTS, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (len(TEXTS), len(TEXTS))
