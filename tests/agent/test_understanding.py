"""What messages want and name: the trained heads on sentences that stand in no training file, and the slots."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import agent.intents
from agent.intents import IntentModel
from agent.language import grams, language_of, language_written, sentences
from agent.slots import read_slots
from agent.understanding import UNSURE, Understanding, understand
from encoders import TextEncoder
from store import ModelError


@pytest.fixture(scope="module")
def model(encoder: TextEncoder) -> IntentModel:
    return IntentModel.load(encoder.encode)


def read(model: IntentModel, text: str) -> Understanding:
    return understand(text, model, "en")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("I'd love a pair of warm gloves for the winter", "find_product"),
        ("could you tell me what the blue kettle sells for?", "price"),
        ("is the big tent still available?", "stock"),
        ("any opinions from other buyers on the toaster?", "reviews"),
        ("where's my stuff??", "order_status"),
        ("which things did I order last month", "list_orders"),
        ("please cancel my latest order, I changed my mind", "cancel"),
        ("these shoes pinch, I want to send them back", "return"),
        ("how many days do I have for returning things?", "policy"),
        ("let me speak with a real human being", "person"),
        ("good evening", "greeting"),
        ("many thanks!", "thanks"),
        ("who won the football match yesterday", "out_of_scope"),
        ("please book me a table for two at the Italian place", "out_of_scope"),
        ("what did Maria Gonzalez order?", "others_data"),
        ("我想给女儿买一双雨靴", "find_product"),
        ("这款吹风机卖多少钱呀", "price"),
        ("我前天下的单到哪里了", "order_status"),
        ("帮我把这个订单取消掉", "cancel"),
        ("这条裤子太长了，我要退货", "return"),
        ("麻烦转一下人工", "person"),
        ("用过的人都怎么评价它", "reviews"),
        ("明天上海会下雪吗", "out_of_scope"),
        ("你们的退货政策是怎样的", "policy"),
    ],
)
def test_intents_of_new_sentences(model: IntentModel, text: str, intent: str) -> None:
    assert read(model, text).wishes[0].intent == intent


def test_new_sentences_are_not_in_the_training_files() -> None:
    folder = Path(agent.intents.__file__).parent.parent / "utterances"
    known = (folder / "en.txt").read_text("utf-8") + (folder / "zh.txt").read_text("utf-8")
    assert "where's my stuff" not in known
    assert "这条裤子太长了" not in known


def test_two_wishes_in_one_message(model: IntentModel) -> None:
    found = read(model, "Where is my order #A1002? And how long do I have to return something?")
    assert [one.intent for one in found.wishes] == ["order_status", "policy"]


def test_a_greeting_before_a_question_is_not_a_wish(model: IntentModel) -> None:
    assert [one.intent for one in read(model, "Hello! Where is my order #A1002?").wishes] == ["order_status"]


def test_without_the_encoder_the_words_alone_still_work() -> None:
    alone = IntentModel.load(None)
    assert understand("where is my order", alone, "en").wishes[0].intent == "order_status"


def test_what_is_no_words_is_unsure(model: IntentModel) -> None:
    assert read(model, "?!").wishes[0].intent == UNSURE


def test_damaged_weights_are_a_clear_error(tmp_path: Path) -> None:
    broken = tmp_path / "intents.safetensors"
    broken.write_bytes(b"no weights")
    with pytest.raises(ModelError, match="beforehand train intents"):
        IntentModel.load(None, broken)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("where is order #W2611340?", ("#W2611340",)),
        ("status of ORD-2025-0007 please", ("ORD-2025-0007",)),
        ("订单W7678072到哪了", ("W7678072",)),
        ("my order 5567 and 8899,", ("5567", "8899")),
        ("shoes under $1,200.50", ()),
        ("something from 2025 with 500ml", ()),
        ("about 80 euros", ()),
    ],
)
def test_ids(text: str, ids: tuple[str, ...]) -> None:
    assert read_slots(text).ids == ids


@pytest.mark.parametrize(
    ("text", "ordinals"),
    [
        ("how much is the second one", (2,)),
        ("第三个多少钱", (3,)),
        ("no. 3 please", (3,)),
        ("the last one", (-1,)),
        ("hi", ()),
    ],
)
def test_ordinals(text: str, ordinals: tuple[int, ...]) -> None:
    assert read_slots(text).ordinals == ordinals


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hello", "en"),
        ("你好", "zh"),
        ("Hiking Boots多少钱", "zh"),
        ("do you have 茶?", "en"),
        ("12", "en"),
        ("", "en"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "It costs $12.50. Is it ok? Yes!",
        "1. Foo, $3\n2. Bar\n",
        "你好。这是A。",
        "A 3.5 star thing",
        "",
        "...",
        "e.g. this one.",
    ],
)
def test_sentences_joined_are_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text
    assert all(not re.match(r"^\d+\.\s*$", one) for one in sentences(text))


def test_grams_pair_chinese_characters() -> None:
    assert grams("登山靴 Boots") == ["登山", "山靴", "boot"]


@pytest.mark.parametrize(
    ("text", "before", "told"),
    [
        ("black, 42", "zh", None),
        ("#B1001", "zh", None),
        ("ok", "zh", None),
        ("Aurora Desk Lamp", "zh", None),
        ("where is my order", "zh", "en"),
        ("把Aurora Desk Lamp退了吧", "en", "zh"),
        ("how much is the 极光台灯?", "zh", "en"),
        ("黑色", "en", None),
        ("黑色", None, "zh"),
        ("退货", None, "zh"),
        ("你好", "en", "zh"),
        ("推荐一款防水外套", "en", "zh"),
        ("退货", "en", "zh"),
        ("防水保温杯", "en", None),
        ("12345", None, None),
    ],
)
def test_the_language_that_a_message_tells(text: str, before: str | None, told: str | None) -> None:
    assert language_written(text, before) == told
