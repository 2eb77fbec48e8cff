"""Queries made from product texts: what answers them has their words, and slips stay near what was meant."""

from __future__ import annotations

import random

import numpy as np
import pytest

from retrieval.made_queries import QueryMaker
from retrieval.product_texts import ProductText
from retrieval.query_noise import as_typed, slipped
from retrieval.spelling import edit_distance

_WATER = "Boils a litre of water in two minutes and keeps it warm."
KETTLES = [
    ProductText(f"Norrvik - {size} in. {colour} Steel Kettle with Lid", "Norrvik", ("Kitchen", "Kettles"), _WATER)
    for size in (8, 10, 12)
    for colour in ("Red", "Blue", "Black")
]
CHAIRS = [ProductText(f"Marisol {colour} Garden Chair", "Marisol", ("Garden", "Chairs")) for colour in ("Red", "Green")]
PRODUCTS = KETTLES + CHAIRS


def test_what_answers_comes_first_and_another_thing_does_not_answer() -> None:
    maker, draw = QueryMaker(PRODUCTS), random.Random(0)
    near = np.arange(len(PRODUCTS))
    made = [(row, maker.make(row, draw, near)) for row in range(len(PRODUCTS)) for _ in range(30)]
    found = [(row, query) for row, query in made if query is not None and query.query]
    assert len(found) > len(made) / 2
    for row, query in found:
        assert query.right[0] == row
        assert len(set(query.right)) == len(query.right)
        assert not set(query.right) & {*query.partly, *query.wrong}
        kettle = row < len(KETTLES)
        assert all((one < len(KETTLES)) == kettle for one in query.partly)
        assert all((one < len(KETTLES)) != kettle for one in query.wrong)
    assert any(len(query.right) > 1 for _, query in found)
    assert any(query.partly for _, query in found)
    assert any(query.wrong for _, query in found)
    assert len({query.query for _, query in found}) > 50


def test_queries_follow_the_seed() -> None:
    maker, near = QueryMaker(PRODUCTS), np.arange(len(PRODUCTS))
    first, again = ([maker.make(row, random.Random(row), near) for row in range(len(PRODUCTS))] for _ in range(2))
    assert first == again


def test_a_slip_is_one_slip() -> None:
    draw = random.Random(0)
    for _ in range(200):
        word = slipped("kettle", draw)
        assert word[0] == "k"
        assert edit_distance("kettle", word, 2) <= 1


@pytest.mark.parametrize("measure", ["12 in.", '12"', "12-inch", "12 Inches"])
def test_units_are_written_in_many_ways(measure: str) -> None:
    draw = random.Random(1)
    found = {as_typed(f"{measure} kettle", draw) for _ in range(100)}
    assert any("inch" in one for one in found)
    assert any('12"' in one for one in found)
    assert all("12" in one for one in found)
