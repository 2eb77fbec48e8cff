from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from retrieval.sequences import GAP_BUCKETS, LENGTHS, Sequences, batches, gap_bucket

ROWS = [[1, 2, 3], [], [4], list(range(5, 70))]


def test_rows_and_their_ends() -> None:
    rows = Sequences.of(ROWS)
    assert rows.lengths.tolist() == [3, 0, 1, 65]
    assert rows.last().tolist() == [3, 0, 4, 69]
    assert rows.without_last().items.tolist()[:3] == [1, 2, 5]
    assert rows.without_last(2).lengths.tolist() == [1, 0, 0, 63]
    assert rows.latest(2).items.tolist() == [2, 3, 4, 68, 69]
    assert rows.rows(np.array([2, 0])).items.tolist() == [4, 1, 2, 3]
    assert rows.row_numbers().tolist()[:5] == [0, 0, 0, 2, 3]


@given(st.lists(st.lists(st.integers(1, 9), max_size=LENGTHS[-1]), max_size=40), st.integers(50, 200), st.booleans())
def test_batches_hold_every_history_once_and_at_the_right_end(
    histories: list[list[int]], places: int, shuffled: bool
) -> None:
    rows = Sequences.of(histories)
    seen: dict[int, list[int]] = {}
    for batch in batches(rows, places, np.random.default_rng(1) if shuffled else None):
        assert batch.items.shape[1] in LENGTHS
        assert batch.items.size <= max(places, LENGTHS[-1])
        assert not batch.items[len(batch.rows) :].any()
        for place, row in enumerate(batch.rows):
            length = len(histories[row])
            assert not batch.items[place, : batch.items.shape[1] - length].any()
            seen[int(row)] = batch.items[place, batch.items.shape[1] - length :].tolist()
    assert seen == {row: items for row, items in enumerate(histories) if items}


def test_pauses_grow_by_doubling() -> None:
    minutes = np.array([np.nan, 0, 14, 16, 31, 61, 10**9]) * 60
    assert gap_bucket(minutes).tolist() == [0, 1, 1, 1, 2, 3, GAP_BUCKETS - 1]
