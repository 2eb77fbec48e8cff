"""The console's texts: both languages whole, with the same fields, and every key that the code asks for is there."""

import re
from pathlib import Path
from string import Formatter

import pytest

from ui.merchant.words import LANGUAGES, Words, texts

CODE = Path(__file__).parents[3] / "ui" / "merchant"


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_are_whole_and_fill_the_same_fields() -> None:
    for key, one in texts().items():
        assert set(one) == set(LANGUAGES), key
        assert all(one.values()) or key == "joiner_sentence", key
        assert fields(one["en"]) == fields(one["zh"]), key
        assert one["en"].count("[") == one["zh"].count("["), key


def test_every_text_that_the_code_asks_for_is_there() -> None:
    asked = {
        key
        for file in CODE.glob("*.py")
        for key in re.findall(r'words\(\s*"([a-z_]+)"', file.read_text(encoding="utf-8"))
    }
    assert len(asked) > 80
    assert asked <= set(texts())


def test_language_of_the_browser() -> None:
    assert Words.of("zh-CN,zh;q=0.9")("tab_today") == "今天"
    assert Words.of("fr")("tab_today") == "Today"
    assert Words.of(None).named("status", "return requested") == "return requested"
    assert Words("zh").named("status", "return requested") == "已申请退货"
    assert Words("zh").named("status", "unheard of") == "unheard of"
    with pytest.raises(KeyError):
        Words("en")("no_such_text")
