"""Packing: every text once, within the budget."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from encoders import pack_by_tokens


@given(st.lists(st.integers(0, 300), max_size=200), st.integers(1, 2000), st.integers(1, 50))
def test_every_position_once_within_budget(lengths: list[int], budget: int, most: int) -> None:
    batches = list(pack_by_tokens(lengths, budget, most=most))
    assert sorted(position for batch in batches for position in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) <= most
        assert len(batch) == 1 or len(batch) * max(lengths[one] for one in batch) <= budget


def test_like_lengths_come_together() -> None:
    assert list(pack_by_tokens([1, 9, 2, 10], 20)) == [[3, 1], [2, 0]]
