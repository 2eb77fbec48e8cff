"""A small network with random weights over the real encoder, so that what needs weights can be tested without them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from encoders import find_encoder
from sentiment import SentimentModel, SentimentSettings
from sentiment.aspect_network import AspectNetwork
from sentiment.calibration import Calibration
from sentiment.first_stage import FirstStage
from sentiment.network import SentimentNetwork
from sentiment.weights_folder import write_aspect_weights, write_weights

WORDS = ["手机", "很", "好用", "电池", "太差", "好", "差", "👍"]


@pytest.fixture(scope="session")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole weights folder whose network was never taught anything."""
    torch.manual_seed(0)
    base = find_encoder()
    network = SentimentNetwork(base.path, added_words=len(WORDS))
    with torch.no_grad():
        network.classifier.weight.mul_(20)
        for layer in network.bert.encoder.layer:
            layer.output.dense.weight.add_(0.01 * torch.randn_like(layer.output.dense.weight))
    folder = tmp_path_factory.mktemp("weights")
    plain = Calibration(1.2, (0.1, 0, 0, 0, -0.1), (1.0, 2.0, 1.0))
    draw = np.random.default_rng(0)
    first = FirstStage(
        np.arange(0, 2**31, 2**21, dtype=np.int32),
        draw.normal(size=(30522 + len(WORDS) + 1024, 5)).astype(np.float32),
        np.zeros(5, dtype=np.float32),
    )
    names = ("en", "zh", "first_en", "first_zh")
    write_weights(
        folder,
        network.weights(),
        WORDS,
        dict.fromkeys(names, plain),
        base,
        first_stages={"en": first, "zh": first},
        thresholds={"en": 0.55, "zh": 0.55},
    )
    write_aspect_weights(folder, network.weights(), AspectNetwork(network).weights())
    return folder


@pytest.fixture(scope="session")
def random_model(random_weights: Path) -> SentimentModel:
    return SentimentModel.load(SentimentSettings(weights=str(random_weights)))
