from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.spelling import Spelling, edit_distance

OFTEN = {"headphone": 9, "backpack": 5, "camera": 3, "cameo": 1, "waterproof": 2, "sofa": 2, "lamp": 4, "lamb": 1}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("headfone", "headphone"),
        ("haedphone", "headphone"),
        ("bakpack", "backpack"),
        ("waterprof", "waterproof"),
        ("camra", "camera"),
        ("sofe", None),
        ("cemera", "camera"),
        ("xyzzy", None),
        ("tv", None),
        ("xm4000", None),
    ],
)
def test_a_slip_is_put_right(typed: str, meant: str | None) -> None:
    assert Spelling(OFTEN).nearest(typed, lambda word: OFTEN.get(word, 0)) == meant


def test_a_word_that_no_product_has_any_more_is_not_suggested() -> None:
    assert Spelling(["camera"]).nearest("camrea", lambda _: 0) is None


def test_words_added_later_count() -> None:
    spelling = Spelling(["camera"])
    spelling.add(["tripod"])
    assert spelling.nearest("tripdo", lambda _: 1) == "tripod"


def plain_distance(left: str, right: str) -> int:
    """The definition, without any shortcut."""
    table = {(row, 0): row for row in range(len(left) + 1)} | {(0, column): column for column in range(len(right) + 1)}
    for row in range(1, len(left) + 1):
        for column in range(1, len(right) + 1):
            same = left[row - 1] == right[column - 1]
            best = min(table[row - 1, column] + 1, table[row, column - 1] + 1, table[row - 1, column - 1] + (not same))
            if row > 1 and column > 1 and left[row - 1] == right[column - 2] and left[row - 2] == right[column - 1]:
                best = min(best, table[row - 2, column - 2] + 1)
            table[row, column] = best
    return table[len(left), len(right)]


@given(st.text("abc", max_size=8), st.text("abc", max_size=8), st.integers(0, 3))
def test_distance_is_right_up_to_its_limit(left: str, right: str, limit: int) -> None:
    assert edit_distance(left, right, limit) == min(plain_distance(left, right), limit + 1)
