"""Training intents on a merchant's own file, reading it back, and reading Chinese through the gloss."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from agent import IntentReader, train_intent_file
from agent.intents.gloss import gloss
from agent.intents.reader import Scope, reading_of
from agent.intents.rows import read_rows
from agent.intents.slips import Slips, words_of
from agent.product_evidence import plain_attribute, score_evidence
from encoders import TextEncoder
from store import InputError, ModelError

_ROWS = {
    "opening_hours": ["when do you open", "opening hours please", "are you open on sunday", "what time do you close"],
    "gift_wrap": [
        "can you wrap it as a gift",
        "gift wrapping please",
        "do you wrap presents",
        "wrap this for a birthday",
    ],
    "oos": ["who won the match", "tell me a joke", "what is the weather", "sing a song"],
}


def _write(path: Path, rows: list[tuple[str, ...]], header: tuple[str, ...]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("intents")
    rows = [(text, intent, "train") for intent, texts in _ROWS.items() for text in texts]
    rows += [(text, intent, "valid") for intent, texts in _ROWS.items() for text in texts[:2]]
    file = _write(folder / "mine.csv", rows, ("utterance", "intent", "split"))
    train_intent_file(file, folder / "mine.safetensors")
    return folder / "mine.safetensors"


def test_a_trained_file_is_read_back_and_generalises(learnt: Path) -> None:
    reader = IntentReader.load(learnt)
    assert reader.scope.unknown == "oos"
    reading = reader.read(["which hours are you open?", "please wrap my present"])
    assert reading.best("oos") == ["opening_hours", "gift_wrap"]
    assert np.allclose(reading.probabilities.sum(axis=1), 1, atol=1e-4)


def test_training_twice_gives_the_same_weights(learnt: Path, tmp_path: Path) -> None:
    train_intent_file(learnt.with_name("mine.csv"), tmp_path / "again.safetensors")
    first, again = load_file(learnt), load_file(tmp_path / "again.safetensors")
    assert first.keys() == again.keys()
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError):
        IntentReader.load(tmp_path / "x.safetensors")


def test_the_threshold_and_not_the_most_probable_decides_what_is_in_scope() -> None:
    logits = np.log(np.array([[0.55, 0.05, 0.40], [0.80, 0.10, 0.10]], dtype=np.float32))
    reading = reading_of(logits, ["a", "b", "oos"], Scope("oos", 0.3))
    assert reading.best("oos") == ["oos", "a"]


def test_rows_without_a_split_are_parted_by_their_text(tmp_path: Path) -> None:
    rows = [(f"sentence number {at}", f"intent{at % 3}") for at in range(300)]
    parts = read_rows(_write(tmp_path / "a.csv", rows, ("text", "intent")))
    assert sum(map(len, parts.values())) == 300
    assert all(len(part) > 10 for part in parts.values())
    assert not set(parts["train"].texts) & set(parts["test"].texts)


@pytest.mark.parametrize(
    ("header", "rows", "told"),
    [
        (("words", "intent"), [("a", "b")], "wrong columns"),
        (("text", "intent", "split"), [("a", "x", "train"), ("b", "x", "train")], "at least two intents"),
    ],
)
def test_a_file_that_cannot_be_learnt_says_why(
    tmp_path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        read_rows(_write(tmp_path / "bad.csv", rows, header))


def test_chinese_is_glossed_word_by_word_longest_first() -> None:
    assert gloss("我想退货") == "want return"
    assert gloss("把{}T恤换成黑色的").endswith("black")
    assert "not received" in gloss("快递还没收到")


def test_exported_attributes_become_words() -> None:
    exported = "item_weight: { unit:pounds, value:20.6 }"
    assert plain_attribute(exported) == "item weight: pounds, 20.6"
    assert plain_attribute("It weighs 20 pounds.") == "It weighs 20 pounds."


def test_the_attribute_that_answers_scores_highest(encoder: TextEncoder) -> None:
    texts = [
        'color: { value:"blue" }',
        "item_weight: { unit:pounds, value:20.6 }",
        "batteries_included: { value:false }",
    ]
    assert score_evidence("how heavy is it?", texts, encoder.encode).argmax() == 1


def test_slips_are_put_right_towards_the_rows() -> None:
    texts = ["get the newsletter", "get my invoice", "the newsletter please", "check my invoice", "check the gdt bill"]
    slips = Slips(words_of(texts), frozenset({"hello", "amazon"}))
    assert slips.corrected("gdt my newwletter, chcek the invocie") == "get my newsletter, check the invoice"
    assert slips.corrected("hello amazon") == "hello amazon"
    assert slips.corrected("发票 PDF 00123") == "发票 PDF 00123"
    # A word of one row alone may be a slip itself, and is nothing to correct towards.
    assert "gdt" not in words_of(texts)
