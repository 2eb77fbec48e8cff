"""How often someone will buy: BG/NBD's expectation, corrected by what it does not look at.

The correction is learnt on the past: trees that start from the logarithm of the expectation (Poisson loss), so that
without evidence the expectation stands. It is used only if it was better on customers it had not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .learning import Table
from .settings import LearnerSettings

if TYPE_CHECKING:
    import lightgbm

Vector: TypeAlias = NDArray[np.float64]

_FLOOR = 1e-3
"""Purchases: an expectation below this counts as this, so that its logarithm stays in reach."""
_OPTIONS = {
    "objective": "poisson", "learning_rate": 0.05, "num_leaves": 8, "min_data_in_leaf": 60, "lambda_l2": 10.0,
    "feature_fraction": 0.6, "bagging_fraction": 0.8, "bagging_freq": 1, "poisson_max_delta_step": 0.7,
    "boost_from_average": False, "verbosity": -1, "deterministic": True, "force_row_wise": True, "max_bin": 127,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CountModel:
    """Expected counts: ``expected[i] = baseline[i] * exp(offset + mean over boosters)``."""

    names: tuple[str, ...]
    boosters: tuple[lightgbm.Booster, ...]
    offset: float
    gain: float
    """Poisson deviance a row that the correction saved on customers it had not seen."""

    @classmethod
    def fit(
        cls, table: Table, baseline: Vector, counts: Vector, *, groups: NDArray[Any], settings: LearnerSettings
    ) -> CountModel:
        """From (n,) expectations and the (n,) counts that came; without a gain the model leaves expectations alone."""
        import lightgbm
        from sklearn.model_selection import GroupKFold

        start = np.log(np.maximum(baseline, _FLOOR))
        boosters, unseen = [], np.zeros(counts.size)
        parts = GroupKFold(settings.folds, shuffle=True, random_state=settings.seed)
        for position, (inside, outside) in enumerate(parts.split(table.values, counts, groups)):
            options = {**_OPTIONS, "num_threads": settings.threads, "seed": settings.seed + position}
            train = lightgbm.Dataset(table.values[inside], counts[inside], init_score=start[inside])
            left_out = lightgbm.Dataset(
                table.values[outside], counts[outside], init_score=start[outside], reference=train
            )
            stop = lightgbm.early_stopping(settings.patience, verbose=False)
            booster = lightgbm.train(options, train, settings.rounds, [left_out], callbacks=[stop])
            booster = lightgbm.Booster(model_str=booster.model_to_string(num_iteration=booster.best_iteration))
            boosters.append(booster)
            unseen[outside] = _scores(booster, table.values[outside])
        expected = np.exp(start + unseen)
        gain = float(np.mean(poisson_deviance(np.exp(start), counts) - poisson_deviance(expected, counts)))
        if gain <= 0:
            return cls(table.names, (), 0.0, gain)
        level = float(np.log(max(counts.sum(), 1.0) / expected.sum()))
        return cls(table.names, tuple(boosters), level, gain)

    def expected(self, table: Table, baseline: Vector, *, keep_total: bool = False) -> Vector:
        """(n,) Expected counts of rows with these (n,) expectations.

        With ``keep_total`` their sum stays that of ``baseline``: for another horizon than the one learnt on, of whose
        level nothing was learnt.
        """
        if not self.boosters:
            return baseline
        scores = np.sum([_scores(booster, table.select(self.names).values) for booster in self.boosters], axis=0)
        value: Vector = np.maximum(baseline, _FLOOR) * np.exp(self.offset + scores / len(self.boosters))
        return value * (baseline.sum() / value.sum()) if keep_total else value


def poisson_deviance(expected: Vector, counts: Vector) -> Vector:
    """(n,) Twice the log-likelihood short of a perfect forecast."""
    safe = np.maximum(expected, 1e-12)
    own = np.where(counts > 0, counts * np.log(np.maximum(counts, 1.0) / safe), 0.0)
    value: Vector = 2.0 * (own - counts + safe)
    return value


def _scores(booster: lightgbm.Booster, values: NDArray[np.float64]) -> Vector:
    if booster.num_trees() == 0:
        return np.zeros(values.shape[0])
    scores: Vector = np.asarray(booster.predict(values, raw_score=True), dtype=float)
    return scores
