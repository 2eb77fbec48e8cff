"""What customers did, one after the other, as numbers: the form in which histories are learnt from and asked about.

Items are numbered from 1; 0 stands for a product that has no number, and for padding. Knows nothing of products' texts
or of the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

LENGTHS = (2, 4, 6, 8, 12, 16, 24, 32, 50)
"""Rows are padded to one of these lengths, so that few matrix shapes occur: each new shape costs a compilation."""
GAP_BUCKETS = 16
"""Pauses are told apart by their logarithm: bucket 0 is not known, 1 under a quarter of an hour, then doubled each."""
_QUARTER_HOUR_S = 900.0


@dataclass(frozen=True, slots=True)
class Sequences:
    """Histories end to end: row ``r`` is ``items[starts[r]:starts[r + 1]]``, the oldest first.

    ``kinds`` says what was done (0: not known), ``gaps`` the bucket of the pause before it; both as long as ``items``.
    """

    items: Numbers
    kinds: Numbers
    gaps: Numbers
    starts: Numbers

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> Numbers:
        """How long each history is, shape (rows,)."""
        return np.diff(self.starts)

    @classmethod
    def of(cls, histories: Sequence[Sequence[int] | Numbers]) -> Sequences:
        """Histories of items alone, with no kinds or times."""
        starts = np.concatenate([[0], np.cumsum([len(one) for one in histories])]).astype(np.int64)
        items = np.concatenate([np.zeros(0, np.int64), *(np.asarray(one, dtype=np.int64) for one in histories)])
        nothing = np.zeros(len(items), dtype=np.int64)
        return cls(items, nothing, nothing, starts)

    def rows(self, chosen: Numbers) -> Sequences:
        """The histories ``chosen``, in that order."""
        return self.between(self.starts[chosen], self.starts[chosen + 1])

    def without_last(self, count: int = 1) -> Sequences:
        """Each history without its latest ``count`` items."""
        return self.between(self.starts[:-1], np.maximum(self.starts[1:] - count, self.starts[:-1]))

    def latest(self, longest: int) -> Sequences:
        """Of each history the latest ``longest`` items."""
        return self.between(np.maximum(self.starts[:-1], self.starts[1:] - longest), self.starts[1:])

    def last(self) -> Numbers:
        """The latest item of each history, shape (rows,); 0 for an empty one."""
        found = np.zeros(len(self), dtype=np.int64)
        there = self.lengths > 0
        found[there] = self.items[self.starts[1:][there] - 1]
        return found

    def row_numbers(self) -> Numbers:
        """Of each entry of ``items`` the history that it belongs to."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def between(self, begins: Numbers, ends: Numbers) -> Sequences:
        """Of the histories the entries ``begins[r]`` to ``ends[r]`` (of ``items``), one row each."""
        lengths = ends - begins
        starts = np.concatenate([[0], np.cumsum(lengths)])
        places = np.arange(starts[-1]) + np.repeat(begins - starts[:-1], lengths)
        return Sequences(self.items[places], self.kinds[places], self.gaps[places], starts)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some histories side by side, each at the right end of its row; shape (count, length), 0 is padding.

    ``rows[i]`` is the number of the history in row ``i``; the rows after ``len(rows)`` are empty.
    """

    rows: Numbers
    items: Numbers
    kinds: Numbers
    gaps: Numbers


def batches(histories: Sequences, tokens: int, draw: np.random.Generator | None = None) -> Iterator[Batch]:
    """All histories that are not empty, each once, in batches of at most ``tokens`` places (padding included).

    With ``draw`` in random order. No history may be longer than ``LENGTHS[-1]``.
    """
    lengths = histories.lengths
    group = np.searchsorted(LENGTHS, lengths)
    planned: list[tuple[int, int, Numbers]] = []
    for place, length in enumerate(LENGTHS):
        members = np.flatnonzero((group == place) & (lengths > 0))
        if draw is not None:
            draw.shuffle(members)
        count = max(min(tokens // length, len(members)), 1)
        planned.extend((length, count, members[at : at + count]) for at in range(0, len(members), count))
    order = np.arange(len(planned))
    if draw is not None:
        draw.shuffle(order)
    for number in order:
        length, count, rows = planned[number]
        yield _padded(histories, rows, count, length)


def _padded(histories: Sequences, rows: Numbers, count: int, length: int) -> Batch:
    some = histories.rows(rows)
    down = some.row_numbers()
    across = length - some.lengths[down] + np.arange(len(some.items)) - some.starts[:-1][down]
    filled = []
    for values in (some.items, some.kinds, some.gaps):
        table = np.zeros((count, length), dtype=np.int64)
        table[down, across] = values
        filled.append(table)
    return Batch(rows, *filled)


def gap_bucket(seconds: NDArray[np.float64]) -> Numbers:
    """The bucket of each pause; 0 where it is not known (NaN)."""
    known = ~np.isnan(seconds)
    doubled = np.log2(np.maximum(np.where(known, seconds, 0.0), _QUARTER_HOUR_S) / _QUARTER_HOUR_S)
    return np.where(known, np.minimum(doubled.astype(np.int64) + 1, GAP_BUCKETS - 1), 0)
