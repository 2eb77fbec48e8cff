"""The model card: data with licence and digest, and a section on aspects that is replaced, not repeated."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from sentiment.aspect_training import AspectTrainSettings
from sentiment.model_card import CARD, add_aspects, write_model_card
from sentiment.sources import Example
from sentiment.training import TrainSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("sst2", "absa_mams"):
        with gzip.open(tmp_path / f"{name}.csv.gz", "wt") as file:
            file.write("text,label\n")
    (tmp_path / "encoder.safetensors").write_bytes(b"weights")
    return tmp_path


def test_the_card_names_data_recipe_figures_and_files(folder: Path) -> None:
    from encoders import find_encoder

    learnt = {"sst2": [Example("good", "positive", "sst2", (4, 5))]}
    write_model_card(folder, folder, learnt, TrainSettings(epochs=7), find_encoder(), {"sst2_accuracy": 0.9123})
    card = (folder / CARD).read_text(encoding="utf-8")
    assert "| sst2 | 1 | repository MIT" in card
    assert "- epochs: 7" in card
    assert "91.2" in card
    assert "| encoder.safetensors | 7 |" in card
    assert "## Aspects" not in card

    for epochs in (2, 4):
        add_aspects(folder, folder, {"absa_mams": 12}, AspectTrainSettings(epochs=epochs))
    card = (folder / CARD).read_text(encoding="utf-8")
    assert card.count("## Aspects") == card.count("## Files") == 1
    assert "| absa_mams | 12 | Apache-2.0" in card
    assert "- epochs: 4" in card
    assert "91.2" in card
