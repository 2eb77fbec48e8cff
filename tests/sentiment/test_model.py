"""The reader: the same answer whatever the order, the batch and the copy, and the same as ``transformers`` gives."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from encoders import EncoderSettings, find_encoder
from sentiment import SentimentModel, SentimentSettings
from sentiment.weights_folder import read_weights
from store import ModelError

TEXTS = [
    "The battery died within a week.",
    "Great phone, love it! " * 60,
    "手机很好用",
    "电池太差 👍",
    "ok",
    "<b>fine</b> &amp; good",
    "NOT GOOD",
    "10/10",
    "Très bon produit",
]


def test_equal_texts_have_equal_answers_in_their_order(random_model: SentimentModel) -> None:
    found = random_model.score([*TEXTS, *reversed(TEXTS)])
    assert found[: len(TEXTS)] == list(reversed(found[len(TEXTS) :]))


def test_the_batch_changes_no_probability_by_a_hundredth(random_model: SentimentModel) -> None:
    together = random_model.star_shares(TEXTS)
    alone = np.concatenate([random_model.star_shares([text]) for text in TEXTS])
    assert np.abs(together - alone).max() < 0.01


def test_batches_come_in_few_shapes(random_model: SentimentModel) -> None:
    # Each shape costs compiled kernels that are kept: of one length, 32 sizes of batch may have six shapes at most.
    ids = [[101, 1045, 102]] * 32
    shapes = {tuple(random_model.engine.tensors(ids[:size], 256)[0].shape) for size in range(1, 33)}
    assert shapes == {(1, 8), (2, 8), (4, 8), (8, 8), (16, 8), (32, 8)}
    assert tuple(random_model.engine.tensors(ids[:5], 40)[0].shape) == (5, 8)


def test_shares_sum_to_one_and_stars_are_within_one_to_five(random_model: SentimentModel) -> None:
    for one in random_model.score(TEXTS):
        assert one.negative + one.neutral + one.positive == pytest.approx(1)
        assert 1 <= one.stars <= 5


def test_a_text_without_a_sign_is_neutral_and_even(random_model: SentimentModel) -> None:
    one = random_model.score(["  "])[0]
    assert (one.polarity, one.language) == ("neutral", "none")
    assert one.negative == pytest.approx(1 / 3)


def test_doubt_is_shown_for_other_languages(random_model: SentimentModel) -> None:
    assert not random_model.score(["Très bon produit, je suis content"])[0].known_language
    assert random_model.score(["Good product"])[0].known_language


def test_any_iterable_of_texts_does(random_model: SentimentModel) -> None:
    import pandas

    assert random_model.score(pandas.Series(TEXTS)) == random_model.score(iter(TEXTS)) == random_model.score(TEXTS)
    assert random_model.score([]) == []


def test_a_10_mb_text_is_read_in_no_time(random_model: SentimentModel) -> None:
    assert len(random_model.score(["good " * 2_000_000])) == 1


def test_logits_are_those_of_transformers(random_weights: Path) -> None:
    from transformers import BertConfig, BertForSequenceClassification

    model = SentimentModel.load(
        SentimentSettings(weights=str(random_weights)), EncoderSettings(device="cpu", precision="fp32")
    )
    config = BertConfig.from_pretrained(find_encoder().path, num_labels=5)
    config.vocab_size = len(model.weights["bert.embeddings.word_embeddings.weight"])
    peer = BertForSequenceClassification(config).eval()
    peer.load_state_dict(model.weights, strict=False)
    for ids in model.tokens.encode(TEXTS):
        with torch.inference_mode():
            expected = peer(torch.tensor([ids])).logits[0].numpy()
        assert np.allclose(model.engine.read([ids])[0], expected, atol=1e-3)


def test_the_cascade_leaves_unsettled_texts_as_they_were(random_weights: Path, random_model: SentimentModel) -> None:
    cascade = SentimentModel.load(SentimentSettings(weights=str(random_weights), cascade=True))
    plain, fast = random_model.star_shares(TEXTS), cascade.star_shares(TEXTS)
    same = np.abs(plain - fast).max(axis=1) < 0.01
    assert same.any()
    assert not same.all()


def test_the_first_stage_speaks_beside_the_network_where_it_was_chosen(random_weights: Path) -> None:
    settings, base = SentimentSettings(weights=str(random_weights)), find_encoder()
    weights = read_weights(random_weights, base)
    plain = SentimentModel.load(settings)
    blended = SentimentModel(replace(weights, blend={"zh": 0.5, "en": 0.0}), plain.engine, plain.tokens, settings)
    texts = ["质量很好", "Works well"]
    assert np.allclose(plain.star_shares(texts)[1], blended.star_shares(texts)[1])
    assert not np.allclose(plain.star_shares(texts)[0], blended.star_shares(texts)[0], atol=0.01)
    ids = plain.tokens.encode(texts)
    added = blended.first_logits(ids, np.array(["zh", "en"]))
    assert np.allclose(added[0], 0.5 * weights.first_stages["zh"].read(ids)[0])
    assert not added[1].any()


def test_aspects_stand_where_they_say(random_model: SentimentModel) -> None:
    for text, aspects in zip(TEXTS, random_model.aspects(TEXTS), strict=True):
        for one in aspects:
            assert text[one.start : one.end] == one.aspect
            assert one.name


@pytest.mark.parametrize("file", ["encoder.safetensors", "words.safetensors", "words.txt"])
def test_damaged_weights_are_refused(tmp_path: Path, random_weights: Path, file: str) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(random_weights, folder)
    content = bytearray((folder / file).read_bytes())
    content[len(content) // 2] ^= 255
    (folder / file).write_bytes(content)
    with pytest.raises(ModelError, match=file.replace(".", r"\.")):
        SentimentModel.load(SentimentSettings(weights=str(folder)))


def test_a_folder_without_weights_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="beforehand train sentiment"):
        SentimentModel.load(SentimentSettings(weights=str(tmp_path)))
