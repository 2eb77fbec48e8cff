from __future__ import annotations

from math import log1p

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.lexical import LexicalIndex
from retrieval.words import terms

WORDS = ["red", "blue", "shoe", "bag", "lamp", "跑鞋"]


def bm25(documents: dict[int, list[tuple[str, float]]], query: dict[str, float]) -> dict[int, float]:
    """The formula, word by word and document by document."""
    counts = {
        row: {word: sum(weight for text, weight in fields for one in terms(text) if one == word) for word in
              {one for text, _ in fields for one in terms(text)}}
        for row, fields in documents.items()
    }  # fmt: skip
    lengths = {row: sum(words.values()) for row, words in counts.items()}
    mean = sum(lengths.values()) / len(lengths) or 1.0
    scores = dict.fromkeys(documents, 0.0)
    highest = 0.0
    for word, weight in query.items():
        holding = [row for row in counts if counts[row].get(word)]
        rarity = log1p((len(documents) - len(holding) + 0.5) / (len(holding) + 0.5))
        highest += weight * rarity * 2.2
        for row in holding:
            count = counts[row][word]
            scores[row] += weight * rarity * 2.2 * count / (count + 1.2 * (0.5 + 0.5 * lengths[row] / mean))
    return {row: score / highest for row, score in scores.items()}


fields = st.lists(
    st.tuples(st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join), st.sampled_from([1.0, 3.0])), max_size=3
)
change = st.one_of(
    st.tuples(st.just("add"), fields), st.tuples(st.just("drop"), st.integers(0, 30)), st.just(("pack", None))
)


@settings(max_examples=60, deadline=None)
@given(changes=st.lists(change, min_size=1, max_size=30))
def test_it_agrees_with_the_formula_through_all_changes(changes: list[tuple[str, object]]) -> None:
    index, documents = LexicalIndex(), dict[int, list[tuple[str, float]]]()
    for what, argument in changes:
        if what == "add":
            documents[index.add(argument)] = argument
        elif what == "drop" and argument in documents:
            index.drop(argument)
            del documents[argument]
        elif what == "pack":
            index.pack()
        query = {"red": 1.0, "shoe": 0.5, "跑鞋": 1.0, "never": 1.0}
        scores = index.scores(query)
        expected = bm25(documents, query) if documents else {}
        for row in range(index.size):
            assert scores[row] == pytest.approx(expected.get(row, 0.0), abs=1e-5)


def test_rows_are_given_out_again() -> None:
    index = LexicalIndex()
    for number in range(10_000):
        index.drop(index.add([(f"thing {number}", 1.0)]))
    assert index.size < 5_000
    assert index.frequency("thing") == 0


def test_a_rarer_word_and_a_heavier_field_count_more() -> None:
    index = LexicalIndex()
    rows = [index.add([("red shoe", 1.0)]), index.add([("red bag", 1.0)]), index.add([("red", 1.0), ("bag", 3.0)])]
    scores = index.scores({"red": 1.0, "shoe": 1.0})
    assert int(np.argmax(scores)) == rows[0]
    bags = index.scores({"bag": 1.0})
    assert bags[rows[2]] > bags[rows[1]] > bags[rows[0]] == 0
