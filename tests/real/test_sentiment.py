"""The weights that come with the program, on public reviews: at least what the model card and README promise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sentiment import SentimentModel, explain
from sentiment.calibration import expected_calibration_error, macro_f1, polarity_shares
from sentiment.records import Language
from sentiment.sources import POLARITIES, Example, read_source

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def model() -> SentimentModel:
    return SentimentModel.load()


def _labels(examples: Sequence[Example]) -> np.ndarray:
    return np.array([POLARITIES.index(one.label) for one in examples])


def _two_way(model: SentimentModel, examples: Sequence[Example]) -> float:
    shares = polarity_shares(model.star_shares([one.text for one in examples]))
    language: Language = "zh" if examples[0].source.startswith("zh") else "en"
    return float((model.calibration(language).labels(shares, neutral=False) == _labels(examples)).mean())


def test_sst2_dev_is_above_its_floor(model: SentimentModel, data_folder: Path) -> None:
    assert _two_way(model, read_source(data_folder / "sentiment", "sst2", "dev")) > 0.885


def test_english_stars_are_above_their_floor(model: SentimentModel, data_folder: Path) -> None:
    name = "en_stars_amazon_hairdryer_microwave_pacifier"
    examples = read_source(data_folder / "sentiment", name, "test")
    found = np.array([POLARITIES.index(one.polarity) for one in model.score([one.text for one in examples])])
    assert macro_f1(_labels(examples), found) > 0.70


def test_chinese_is_read_on_a_shop_never_seen(model: SentimentModel, data_folder: Path) -> None:
    assert _two_way(model, read_source(data_folder / "sentiment", "zh_eprstmt", "test")) > 0.85


def test_probabilities_hold(model: SentimentModel, data_folder: Path) -> None:
    examples = read_source(data_folder / "sentiment", "en_stars_amazon_in_earphones", "test")
    shares = polarity_shares(model.star_shares([one.text for one in examples]))
    assert expected_calibration_error(shares.max(axis=1), shares.argmax(axis=1) == _labels(examples)) < 0.06


def test_the_batch_changes_almost_no_label(model: SentimentModel, data_folder: Path) -> None:
    # Enough of them that one in a thousand can be told: whoever stands on a border may fall to either side.
    sources = ("en_stars_amazon_alexa", "zh_stars_meituan_dining", "en_stars_flipkart_205k")
    texts = [one.text for name in sources for one in read_source(data_folder / "sentiment", name, "test")[:1000]]
    together, alone = model.score(texts), [model.score([text])[0] for text in texts]
    same = np.mean([one.polarity == other.polarity for one, other in zip(together, alone, strict=True)])
    apart = max(abs(one.positive - other.positive) for one, other in zip(together, alone, strict=True))
    assert same >= 0.999
    assert apart < 0.01


@pytest.mark.parametrize(
    ("text", "polarity", "word"),
    [
        ("The battery died within a week. Terrible.", "negative", "Terrible"),
        ("I absolutely love this phone, works great!", "positive", "love"),
        ("质量太差了，再也不会买了", "negative", "差"),
        ("这个手机我非常满意", "positive", "满意"),
    ],
)
def test_the_words_that_carry_a_verdict_are_named(model: SentimentModel, text: str, polarity: str, word: str) -> None:
    told = explain(model, text)
    assert told.polarity == polarity
    assert any(word in one.word for one in told.strongest(4))
