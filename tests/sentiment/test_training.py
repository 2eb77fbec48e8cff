"""Learning from files: a run of no epochs makes anew what stands beside a network, and leaves the network alone."""

from __future__ import annotations

import csv
import gzip
import shutil
from pathlib import Path

import pytest
import torch

from encoders import find_encoder, learnt_weights
from sentiment import SentimentModel, SentimentSettings
from sentiment.model_card import CARD
from sentiment.network import SentimentNetwork
from sentiment.sources import CHINESE, ENGLISH_STARS, EPRSTMT, SST2
from sentiment.training import TrainSettings, keep_share, train_sentiment
from sentiment.weights_folder import read_weights
from store import InputError

GOOD = ("it works very well", "love it, works very well", "very good and well made", "手机很好用", "很好，很好用")
BAD = ("it broke at once", "bad, it broke", "bad and badly made", "电池太差", "太差，不好")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Every file that training reads, with ten texts in each split that stand in no other."""
    folder = tmp_path / "data"
    folder.mkdir()
    for source in (*SST2, *ENGLISH_STARS, *CHINESE, *EPRSTMT):
        with gzip.open(folder / f"{source}.csv.gz", "wt", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["text", "label", "split"])
            for split in ("train", "dev", "test"):
                for label, texts in (("positive", GOOD), ("negative", BAD)):
                    rows.writerows([[f"{source} {split} {text}", label, split] for text in texts])
    return folder


def test_no_epochs_leave_the_network_and_its_aspects_byte_for_byte(
    data: Path, tmp_path: Path, random_weights: Path
) -> None:
    start, folder = shutil.copytree(random_weights, tmp_path / "start"), tmp_path / "weights"
    (start / CARD).write_text("# Card\n\nkept\n\n## Dev figures (%)\n\nold\n\n## Aspects\n\nkept too\n\n## Files\n")
    settings = TrainSettings(epochs=0, start=str(start))
    report = train_sentiment(data, folder, settings=settings)
    for name in ("encoder.safetensors", "words.safetensors", "aspects.safetensors"):
        assert (folder / name).read_bytes() == (random_weights / name).read_bytes()
    assert (folder / "first_stage.safetensors").read_bytes() != (
        random_weights / "first_stage.safetensors"
    ).read_bytes()
    assert set(report.dev) == {f"{name}_accuracy" for name in (*SST2, *ENGLISH_STARS, *CHINESE)}
    card = (folder / CARD).read_text(encoding="utf-8")
    assert card.count("kept") == 2
    assert "old" not in card
    assert "| sst2_accuracy |" in card
    assert "| first_stage.safetensors |" in card
    model = SentimentModel.load(SentimentSettings(weights=str(folder)))
    assert model.finds_aspects
    for language, some in (("en", [GOOD[0], BAD[0]]), ("zh", [GOOD[3], BAD[3]])):
        first = read_weights(folder, find_encoder()).first_stages[language].read(model.tokens.encode(some))
        assert (first[:, 3:].max(axis=1) > first[:, :2].max(axis=1)).tolist() == [True, False]


def test_no_epochs_need_weights_to_stay(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to learn"):
        train_sentiment(data, tmp_path / "weights", settings=TrainSettings(epochs=0))


def test_a_share_of_the_start_is_kept() -> None:
    network = SentimentNetwork(find_encoder().path, layers=1)
    before = learnt_weights(network)
    with torch.no_grad():
        network.classifier.bias.add_(4.0)
    keep_share(network, {}, 0.0)
    assert torch.allclose(network.classifier.bias, before["classifier.bias"] + 4)
    keep_share(network, before, 0.25)
    assert torch.allclose(network.classifier.bias, before["classifier.bias"] + 3)
    assert torch.equal(network.classifier.weight, before["classifier.weight"])
