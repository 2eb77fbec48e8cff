"""BM25 over weighted fields, in memory and live: documents come and go while they are searched.

Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009); a word counts as often as the
weights of the fields it stands in say (BM25F with one length norm). Most postings lie in one packed block, sorted by
word; what came since lies in plain dictionaries until it is packed, too. Documents are rows; ids are the owner's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .words import terms

_K1 = 1.2
_B = 0.5
"""Product texts differ in length for reasons that say little about relevance, hence below the usual 0.75."""
_PACK_AT = 2_000
"""Rows that changed since the last packing at which everything is packed again."""

Postings = tuple[NDArray[np.int32], NDArray[np.float32]]


@dataclass(slots=True)
class _Block:
    """Packed postings: word ``w`` stands in ``rows[starts[w]:starts[w + 1]]``, there with ``counts[...]``."""

    column_of: dict[str, int] = field(default_factory=dict)
    starts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    rows: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    counts: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, dtype=np.float32))

    def postings(self, word: str) -> Postings:
        column = self.column_of.get(word)
        if column is None:
            return self.rows[:0], self.counts[:0]
        start, end = self.starts[column], self.starts[column + 1]
        return self.rows[start:end], self.counts[start:end]


class LexicalIndex:
    """Documents as rows, found by their words. Not locked: its owner sees to that."""

    def __init__(self) -> None:
        self._block = _Block()
        self._recent: dict[str, tuple[list[int], list[float]]] = {}
        self._lengths = np.zeros(0, dtype=np.float32)
        self._alive = np.zeros(0, dtype=np.bool_)
        self._size = 0
        self._dropped: list[int] = []
        self._free: list[int] = []
        self._changes = 0

    @property
    def size(self) -> int:
        """Number of rows, dead ones included."""
        return self._size

    def add(self, fields: Sequence[tuple[str, float]]) -> int:
        """Add a document, given as its texts, each with the weight of a word in it; returns its row.

        Rows of documents that were dropped are given out again.
        """
        counts: dict[str, float] = {}
        for text, weight in fields:
            for word in terms(text):
                counts[word] = counts.get(word, 0.0) + weight
        row = self._free.pop() if self._free else self._grow()
        self._lengths[row] = sum(counts.values())
        self._alive[row] = True
        for word, count in counts.items():
            rows, weights = self._recent.setdefault(word, ([], []))
            rows.append(row)
            weights.append(count)
        self._changed()
        return row

    def drop(self, row: int) -> None:
        """Take a document out. Its row is given out again after the next packing."""
        if self._alive[row]:
            self._alive[row] = False
            self._dropped.append(row)
            self._changed()

    def postings(self, word: str) -> Postings:
        """The rows that hold ``word`` and how much it counts in each."""
        rows, counts = self._block.postings(word)
        if word in self._recent:
            more_rows, more_counts = self._recent[word]
            rows = np.concatenate([rows, np.array(more_rows, dtype=np.int32)])
            counts = np.concatenate([counts, np.array(more_counts, dtype=np.float32)])
        alive = self._alive[rows]
        return (rows, counts) if alive.all() else (rows[alive], counts[alive])

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and (word in self._block.column_of or word in self._recent)

    def frequency(self, word: str) -> int:
        """How many documents hold ``word``."""
        return len(self.postings(word)[0]) if word in self else 0

    def words(self) -> Iterable[str]:
        """Every word of every document; some may be of dropped ones."""
        yield from self._block.column_of
        yield from (word for word in self._recent if word not in self._block.column_of)

    def scores(self, weights: Mapping[str, float]) -> NDArray[np.float32]:
        """BM25 of every row for a query given as word -> weight; shape (size,), 0 where no word is shared.

        The score is divided by what a document would get that is nothing but the query, so that it lies in [0, 1].
        """
        scores = np.zeros(self._size, dtype=np.float32)
        alive = self._alive[: self._size]
        count = int(alive.sum())
        if not count:
            return scores
        mean_length = float(self._lengths[: self._size][alive].mean()) or 1.0
        highest = 0.0
        for word, weight in weights.items():
            rows, counts = self.postings(word)
            rarity = weight * float(np.log1p((count - len(rows) + 0.5) / (len(rows) + 0.5)))
            highest += rarity * (_K1 + 1)
            damped = counts + _K1 * (1 - _B + _B * self._lengths[rows] / mean_length)
            scores[rows] += rarity * (_K1 + 1) * counts / damped
        if highest > 0:
            scores /= highest
        return scores

    def share(self, words: Collection[str]) -> NDArray[np.float32]:
        """Which share of ``words`` each row holds; shape (size,)."""
        held = np.zeros(self._size, dtype=np.float32)
        for word in words:
            held[self.postings(word)[0]] += 1
        return np.divide(held, max(len(words), 1), dtype=np.float32)

    def pack(self) -> None:
        """Move everything into one packed block, without the postings of dropped documents."""
        words = list(dict.fromkeys(self.words()))
        parts = [self.postings(word) for word in words]
        kept = [(word, part) for word, part in zip(words, parts, strict=True) if len(part[0])]
        lengths = np.fromiter((len(rows) for _, (rows, _) in kept), dtype=np.int64, count=len(kept))
        self._block = _Block(
            column_of={word: column for column, (word, _) in enumerate(kept)},
            starts=np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)]),
            rows=np.concatenate([np.zeros(0, dtype=np.int32), *(rows for _, (rows, _) in kept)]),
            counts=np.concatenate([np.zeros(0, dtype=np.float32), *(counts for _, (_, counts) in kept)]),
        )
        self._recent = {}
        self._free.extend(self._dropped)
        self._dropped = []
        self._changes = 0

    def _grow(self) -> int:
        if self._size == len(self._lengths):
            more = max(1024, self._size)
            self._lengths = np.concatenate([self._lengths, np.zeros(more, dtype=np.float32)])
            self._alive = np.concatenate([self._alive, np.zeros(more, dtype=np.bool_)])
        self._size += 1
        return self._size - 1

    def _changed(self) -> None:
        self._changes += 1
        if self._changes >= max(_PACK_AT, self._size // 4):
            self.pack()
