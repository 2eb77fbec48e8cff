"""Expected purchases and what they are worth: BG/NBD and gamma-gamma, with a learnt correction where it helps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from store import InputError

from . import grouping
from .btyd import BgNbd, GammaGamma
from .counts import CountModel, poisson_deviance
from .customer_features import purchase_counts
from .examples import Snapshot, fitted_rates
from .history import DAY, History
from .learning import Table
from .settings import InsightSettings

Vector: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ValueModel:
    """What customers will buy in the next ``days``."""

    days: int
    rates: BgNbd
    amounts: GammaGamma | None
    """``None``: no amounts are known."""
    correction: CountModel | None
    """``None``: the past is too short to learn one, or it was no better than BG/NBD on later time."""
    why: str

    @classmethod
    def fit(cls, history: History, shots: list[Snapshot], settings: InsightSettings) -> ValueModel | None:
        """From all that is known now; ``None`` where too few customers came back to learn anything."""
        rates = fitted_rates(history)
        if rates is None:
            return None
        horizon = settings.value_days * DAY
        usable = [shot for shot in shots if shot.rates is not None and shot.at + horizon <= history.known_until]
        correction, why = _correction(history, usable, settings)
        counts, means = _amounts(history)
        amounts = GammaGamma.fit(counts, means) if np.any((counts > 0) & (means > 0)) else None
        return cls(settings.value_days, rates, amounts, correction, why)

    def forecast(self, history: History, features: Table) -> tuple[Vector, Vector, Vector]:
        """Of each customer: expected purchases, expected amount of one (major units), probability of still being one.

        Each (customers,); NaN for who has not bought.
        """
        size = len(history.customers)
        counts, bought = purchase_counts(history.purchases, history.known_until, size)
        purchases, alive, amount = (np.full(size, np.nan) for _ in range(3))
        expected = self.rates.expected(counts, float(self.days))
        if self.correction is not None:
            expected = self.correction.expected(features.rows(bought), expected)
        purchases[bought], alive[bought] = expected, self.rates.alive(counts)
        if self.amounts is not None:
            orders, means = _amounts(history)
            amount[bought] = self.amounts.expected(orders, np.nan_to_num(means))[bought]
        return purchases, amount, alive


def _correction(history: History, shots: list[Snapshot], settings: InsightSettings) -> tuple[CountModel | None, str]:
    """Learnt on all but the latest usable moments, and kept only if it beats BG/NBD on the latest one."""
    early = [shot for shot in shots if shots and shot.at + settings.value_days * DAY <= shots[0].at]
    if not early:
        return None, "bg_nbd: the past is too short to learn a correction"
    try:
        trial = _fitted(history, early, settings)
        table, baseline, actual, _ = _rows(history, shots[:1], settings)
        corrected = trial.expected(table, baseline)
        better = np.abs(actual - corrected).mean() < np.abs(actual - baseline).mean()
        gain = _deviance(corrected, actual) < _deviance(baseline, actual)
        if not (trial.boosters and better and gain):
            return None, "bg_nbd: a learnt correction was no better on later time"
        final = _fitted(history, shots, settings)
    except InputError as error:
        return None, f"bg_nbd: {error.problem}"
    return (final, "learnt") if final.boosters else (None, "bg_nbd: a learnt correction was no better")


def _fitted(history: History, shots: list[Snapshot], settings: InsightSettings) -> CountModel:
    table, baseline, actual, groups = _rows(history, shots, settings)
    if np.unique(groups).size < settings.min_rows or actual.sum() < settings.min_positives:
        raise InputError("too few purchases to learn a correction", value=int(actual.sum()))
    return CountModel.fit(table.telling(), baseline, actual, groups=groups, settings=settings.learner)


def _rows(
    history: History, shots: list[Snapshot], settings: InsightSettings
) -> tuple[Table, Vector, Vector, NDArray[np.int64]]:
    """Of all buyers at all moments: features, BG/NBD's expectation, days with a purchase that came, the customer."""
    tables, baselines, actuals, groups = [], [], [], []
    size = len(history.customers)
    for shot in shots:
        assert shot.rates is not None
        counts, bought = purchase_counts(shot.history.purchases, shot.at, size)
        later = history.purchases.after(shot.at, shot.at + settings.value_days * DAY)
        days = grouping.distinct(later.customer, later.at // DAY, size)
        tables.append(shot.features.rows(bought))
        baselines.append(shot.rates.expected(counts, float(settings.value_days)))
        actuals.append(days[bought])
        groups.append(np.flatnonzero(bought))
    return Table.stacked(tables), np.concatenate(baselines), np.concatenate(actuals), np.concatenate(groups)


def _amounts(history: History) -> tuple[Vector, Vector]:
    """(customers,) Number of purchases of a known amount above 0, and their mean (0 without one)."""
    amount, size = history.purchases.amount, len(history.customers)
    known = amount > 0
    counts = np.bincount(history.purchases.customer[known], minlength=size).astype(float)
    total = np.bincount(history.purchases.customer[known], weights=amount[known], minlength=size)
    return counts, total / np.maximum(counts, 1.0)


def _deviance(expected: Vector, actual: Vector) -> float:
    return float(poisson_deviance(expected, actual).mean())
