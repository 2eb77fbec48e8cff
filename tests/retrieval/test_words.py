from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.words import fold, singular, terms


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("shoes", "shoe"),
        ("boxes", "box"),
        ("batteries", "battery"),
        ("dresses", "dress"),
        ("dress", "dress"),
        ("watches", "watch"),
        ("lens", "len"),
        ("gas", "gas"),
        ("bus", "bus"),
        ("canvas", "canvas"),
    ],
)
def test_plural_endings_go(plural: str, one: str) -> None:
    assert singular(plural) == one


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Trail Shoes", ["trail", "shoe"]),
        ("WH-1000XM4", ["wh1000xm4", "wh", "1000xm4"]),
        ("Café crème", ["cafe", "creme"]),
        ("women's", ["women"]),
        ("USB-C", ["usbc", "usb", "c"]),
        ("跑鞋", ["跑", "鞋", "跑鞋"]),
        ("Nike跑鞋42码", ["nike", "跑", "鞋", "跑鞋", "42", "码"]),
        ("ＡＢＣ　１２３", ["abc", "123"]),
        ("  ,;!  ", []),
    ],
)
def test_a_text_becomes_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@given(st.text())
def test_any_text_has_terms_that_are_terms_of_themselves(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    for term in terms(text):
        assert term
        assert not term.isspace()
