"""Packing: every text once, within the budget."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from encoders import pack_by_tokens, rounded_up


@given(st.lists(st.integers(0, 300), max_size=200), st.integers(1, 2000), st.integers(1, 50), st.sampled_from([1, 8]))
def test_every_position_once_within_budget(lengths: list[int], budget: int, most: int, multiple: int) -> None:
    batches = list(pack_by_tokens(lengths, budget, most=most, multiple=multiple))
    assert sorted(position for batch in batches for position in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) <= most
        longest = rounded_up(max(1, *(lengths[one] for one in batch)), multiple) if len(batch) > 1 else 0
        assert len(batch) * longest <= budget


def test_like_lengths_come_together() -> None:
    assert list(pack_by_tokens([1, 9, 2, 10], 20)) == [[3, 1], [2, 0]]


def test_few_shapes_come_of_many_lengths() -> None:
    lengths = list(range(1, 200)) * 5
    shapes = {
        (len(batch), rounded_up(max(lengths[one] for one in batch), 8))
        for batch in pack_by_tokens(lengths, 1024, multiple=8)
    }
    assert len(shapes) < len(
        {(len(batch), max(lengths[one] for one in batch)) for batch in pack_by_tokens(lengths, 1024)}
    )
