"""Sums, extremes and counts by group, for columns that name each row's group by number."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.int64]
Vector: TypeAlias = NDArray[np.float64]


def count(group: Numbers, size: int) -> Vector:
    """(size,) Rows of each group."""
    return np.bincount(group, minlength=size).astype(float)


def total(group: Numbers, values: Vector, size: int) -> Vector:
    """(size,) Sum of each group's known values; 0 where there are none."""
    known = ~np.isnan(values)
    return np.bincount(group[known], weights=values[known], minlength=size).astype(float)


def mean(group: Numbers, values: Vector, size: int) -> Vector:
    """(size,) Mean of each group's known values; NaN where there are none."""
    known = ~np.isnan(values)
    rows = np.bincount(group[known], minlength=size)
    return np.where(rows > 0, total(group, values, size) / np.maximum(rows, 1), np.nan)


def last(group: Numbers, values: NDArray[Any], size: int) -> Vector:
    """(size,) Each group's value in the last of its rows; NaN where it has none."""
    result = np.full(size, np.nan)
    result[group] = values
    return result


def first(group: Numbers, values: NDArray[Any], size: int) -> Vector:
    """(size,) Each group's value in the first of its rows; NaN where it has none."""
    return last(group[::-1], values[::-1], size)


def pairs(group: Numbers, values: Numbers) -> Numbers:
    """(rows,) One number for each pair of group and value >= 0, ordered as the pairs are."""
    key: Numbers = group * (int(values.max(initial=0)) + 1) + values
    return key


def distinct(group: Numbers, values: Numbers, size: int) -> Vector:
    """(size,) Different values >= 0 in each group."""
    known = values >= 0
    _, index = np.unique(pairs(group[known], values[known]), return_index=True)
    return count(group[known][index], size)


def most(group: Numbers, values: Numbers, size: int) -> Vector:
    """(size,) How often the commonest value >= 0 of each group stands in it."""
    known, result = values >= 0, np.zeros(size)
    _, index, times = np.unique(pairs(group[known], values[known]), return_index=True, return_counts=True)
    np.maximum.at(result, group[known][index], times.astype(float))
    return result


def ratio(above: Vector, below: Vector) -> Vector:
    """``above / below``; NaN where ``below`` is 0 or unknown."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Vector = np.where(below > 0, above / below, np.nan)
    return result
