"""Looks a table up as it stood at many moments at once: "of this customer, up to this time"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.int64]
Vector: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Span:
    """For each question, rows ``low`` to ``high`` (not with ``high``) of the table in order of group and time."""

    low: Numbers
    high: Numbers

    @property
    def count(self) -> Vector:
        """(questions,) How many rows."""
        return (self.high - self.low).astype(float)


class AsOf:
    """A table's rows by group and time. Of one group and time they keep the order that they have in the table."""

    def __init__(self, group: Numbers, at: Numbers) -> None:
        self._order = np.lexsort((at, group))
        self._times = np.unique(at)
        self._keys = self._key(group, np.searchsorted(self._times, at))[self._order]

    def upto(self, group: Numbers, at: Numbers, *, after: Numbers | None = None, inclusive: bool = True) -> Span:
        """The rows of ``group[i]`` up to ``at[i]`` (without those at that very time unless ``inclusive``).

        With ``after`` only those later than ``after[i]``.
        """
        end = np.searchsorted(self._times, at, "right" if inclusive else "left")
        high = np.searchsorted(self._keys, self._key(group, end), "left")
        start = np.zeros(at.size, np.int64) if after is None else np.searchsorted(self._times, after, "right")
        low = np.searchsorted(self._keys, self._key(group, start), "left")
        return Span(low, np.maximum(high, low))

    def total(self, span: Span, values: NDArray[Any]) -> Vector:
        """(questions,) Sum of the known values of the table's column over each span."""
        running = np.concatenate([[0.0], np.cumsum(np.nan_to_num(values[self._order].astype(float)))])
        result: Vector = running[span.high] - running[span.low]
        return result

    def last(self, span: Span, values: NDArray[Any]) -> Vector:
        """(questions,) The column's value in each span's last row; NaN where the span is empty."""
        return self._pick(span.high - 1, span, values)

    def first(self, span: Span, values: NDArray[Any]) -> Vector:
        """(questions,) The column's value in each span's first row; NaN where the span is empty."""
        return self._pick(span.low, span, values)

    def _pick(self, place: Numbers, span: Span, values: NDArray[Any]) -> Vector:
        filled = span.high > span.low
        result = np.full(place.size, np.nan)
        result[filled] = values[self._order[place[filled]]]
        return result

    def _key(self, group: Numbers, rank: Numbers) -> Numbers:
        key: Numbers = group * (self._times.size + 1) + rank
        return key
