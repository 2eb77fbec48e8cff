"""Segments by recency, frequency and money, with names that a merchant understands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .learning import Table

Vector: TypeAlias = NDArray[np.float64]

SEGMENTS = (
    "champions",
    "loyal",
    "promising",
    "new",
    "big_once",
    "needs_attention",
    "at_risk",
    "sleeping",
    "lost",
    "visitor",
    "silent",
)
"""Keys of the segments, from the best customers to those never seen."""
_NEW_DAYS = 45.0
_SEEN_DAYS = 90.0


@dataclass(frozen=True, slots=True)
class Quintiles:
    """Where the shop's buyers divide into fifths: four bounds each for recency (days), frequency and money."""

    recency: tuple[float, ...]
    frequency: tuple[float, ...]
    money: tuple[float, ...]

    @classmethod
    def of(cls, features: Table) -> Quintiles:
        """From the features of everybody; whoever has not bought is left out."""
        recency, frequency, money = _rfm(features)
        bought = ~np.isnan(recency)
        return cls(*(_fifths(values[bought]) for values in (recency, frequency, money)))


def segment_of(features: Table, quintiles: Quintiles) -> list[str]:
    """The segment of each row of ``customer_features``.

    Scores run from 1 to 5, 5 being the most recent, most frequent and best paying fifth.
    """
    recency, frequency, money = _rfm(features)
    first = features.column("days_since_first_purchase")
    seen = features.column("days_since_event")
    last = 5 - np.searchsorted(quintiles.recency, np.nan_to_num(recency, nan=np.inf), side="left")
    often = 1 + np.searchsorted(quintiles.frequency, frequency, side="left")
    pays = 1 + np.searchsorted(quintiles.money, money, side="left")
    keys = []
    for row in range(len(features)):
        if np.isnan(recency[row]):
            keys.append("visitor" if seen[row] <= _SEEN_DAYS else "silent")
        elif frequency[row] <= 1 and first[row] <= _NEW_DAYS:
            keys.append("new")
        else:
            keys.append(_buyer(int(last[row]), int(often[row]), int(pays[row])))
    return keys


def _buyer(last: int, often: int, pays: int) -> str:
    if often >= 4:
        if last >= 4:
            return "champions" if pays >= 4 else "loyal"
        return "loyal" if last == 3 else "at_risk"
    if pays == 5:
        return "big_once"
    if last >= 4:
        return "promising"
    return {3: "needs_attention", 2: "sleeping"}.get(last, "lost")


def _rfm(features: Table) -> tuple[Vector, Vector, Vector]:
    return features.column("days_since_purchase"), features.column("purchase_days"), features.column("spent")


def _fifths(values: Vector) -> tuple[float, ...]:
    if not values.size:
        return (0.0, 0.0, 0.0, 0.0)
    return tuple(float(one) for one in np.quantile(values, (0.2, 0.4, 0.6, 0.8)))
