"""The pass that learns computes what the encoder computes, forwards and backwards."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from encoders import EncoderSettings, TextEncoder
from encoders.learning_pass import LearningPass

TEXTS = ["red garden chair", "lamp", "a stainless steel kettle with a very long name for a kettle, 1.7 litres", ""]


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    return TextEncoder.load(EncoderSettings(threads=1, precision="fp32"), to_tune=True)


def test_it_reads_as_the_encoder_does(encoder: TextEncoder) -> None:
    reader = LearningPass(encoder, 64)
    with torch.no_grad():
        assert np.allclose(reader.vectors(TEXTS).numpy(), encoder.encode(TEXTS), atol=1e-5)
        # More texts than are read at once, in another order.
        many = [text for _ in range(40) for text in reversed(TEXTS)]
        assert np.allclose(reader.vectors(many).numpy(), encoder.encode(many), atol=1e-5)


def test_its_gradients_are_those_of_the_library(encoder: TextEncoder) -> None:
    layers, library = LearningPass(encoder, 64), LearningPass(encoder, 64)
    library._bert = None
    found = []
    for reader in (layers, library):
        encoder.network.zero_grad()
        vectors = reader.vectors(TEXTS[:3])
        (vectors[0] @ vectors[1] + 2 * vectors[1] @ vectors[2]).backward()  # type: ignore[no-untyped-call]
        inner = encoder.network[0].auto_model
        found.append({name: one.grad.clone() for name, one in inner.named_parameters() if one.grad is not None})
    assert found[0].keys() == found[1].keys()
    for name, grad in found[0].items():
        assert torch.allclose(grad, found[1][name], atol=1e-4), name


def test_dropout_is_for_learning_only(encoder: TextEncoder) -> None:
    reader = LearningPass(encoder, 64)
    encoder.network.train()
    try:
        torch.manual_seed(0)
        assert not torch.equal(reader.vectors(TEXTS[:1]), reader.vectors(TEXTS[:1]))
    finally:
        encoder.network.eval()
    assert torch.equal(reader.vectors(TEXTS[:1]), reader.vectors(TEXTS[:1]))
