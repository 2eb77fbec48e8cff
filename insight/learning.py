"""One learner for every yes-or-no forecast: boosted trees and a logistic line, blended, calibrated, explained.

Customers are divided into parts. Each part is predicted by models that have not seen it; on these predictions the shape
of the trees, their number, the blend and the calibration are chosen, so no further data is set aside; then all rows are
learnt from. The score is a mean of members in log-odds, and each member's log-odds are a sum of one contribution per
feature (for trees SHAP values: Lundberg and others 2020, "From local explanations to global understanding with
explainable AI for trees"), so the score's are as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from store import InputError

from .calibration import Calibrator
from .line import Line
from .settings import LearnerSettings

if TYPE_CHECKING:
    import lightgbm

Vector: TypeAlias = NDArray[np.float64]
Matrix: TypeAlias = NDArray[np.float64]

_SHARED = {
    "objective": "binary",
    "learning_rate": 0.05,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "max_bin": 127,
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,
}
SHAPES: dict[str, dict[str, float | int | bool]] = {
    "small": {"num_leaves": 7, "min_data_in_leaf": 40, "feature_fraction": 0.5, "lambda_l2": 10.0},
    "medium": {"num_leaves": 15, "min_data_in_leaf": 30, "feature_fraction": 0.6, "lambda_l2": 5.0},
    "large": {"num_leaves": 63, "min_data_in_leaf": 5, "feature_fraction": 0.6, "lambda_l2": 1.0},
    "random": {"num_leaves": 31, "min_data_in_leaf": 10, "feature_fraction": 0.4, "extra_trees": True},
}
"""Shapes of tree ensemble, from cautious to eager, and one with randomised thresholds (Geurts and others 2006)."""
_WEIGHTS = (1.0, 0.85, 0.7, 0.5, 0.3, 0.0)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to learn from or to predict: ``values[i, j]`` is feature ``names[j]`` of row ``i``; NaN: not known."""

    names: tuple[str, ...]
    values: Matrix

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.names):
            raise InputError("a table needs one column per name", value=(self.values.shape, len(self.names)))

    def __len__(self) -> int:
        return int(self.values.shape[0])

    def select(self, names: tuple[str, ...]) -> Table:
        """The columns of these names, in this order. Raises ``InputError`` if one is missing."""
        places = {name: place for place, name in enumerate(self.names)}
        missing = [name for name in names if name not in places]
        if missing:
            raise InputError("features are missing", value=missing[:5], allowed=self.names)
        return Table(names, self.values[:, [places[name] for name in names]])

    def column(self, name: str) -> Vector:
        """(rows,) One feature."""
        values: Vector = self.select((name,)).values[:, 0]
        return values

    def rows(self, which: NDArray[Any]) -> Table:
        """The rows that a boolean mask or positions choose."""
        return Table(self.names, self.values[which])

    def telling(self) -> Table:
        """Without the columns that hold the same value, or nothing, in every row."""
        with np.errstate(invalid="ignore"):
            low, high = np.fmin.reduce(self.values), np.fmax.reduce(self.values)
        some = np.isnan(self.values).any(axis=0) & ~np.isnan(low)
        kept = np.flatnonzero((high > low) | some)
        return Table(tuple(self.names[place] for place in kept), self.values[:, kept])

    @classmethod
    def stacked(cls, tables: Sequence[Table]) -> Table:
        """The rows of all tables, which have the same names."""
        return cls(tables[0].names, np.vstack([one.select(tables[0].names).values for one in tables]))


@dataclass(frozen=True, slots=True)
class Fit:
    """What came of fitting, on rows that the predicting models had not seen."""

    shape: str
    tree_weight: float
    log_loss: float
    rows: int
    positives: int
    trees: int


@dataclass(frozen=True)
class ProbabilityModel:
    """A fitted forecast: ``probability[i]`` of the event for row ``i`` of a ``Table`` with the same names."""

    names: tuple[str, ...]
    boosters: tuple[lightgbm.Booster, ...]
    lines: tuple[Line, ...]
    tree_weight: float
    calibrator: Calibrator
    base_rate: float
    fit_report: Fit
    unseen: Vector = field(repr=False, default_factory=lambda: np.empty(0))
    """(n,) Log-odds of the training rows, each by models that had not seen it; empty in a loaded model."""

    @classmethod
    def fit(
        cls, table: Table, labels: Vector, *, groups: NDArray[Any] | None = None, settings: LearnerSettings
    ) -> ProbabilityModel:
        """Learn from (n,) 0/1 ``labels``; rows of one group (a customer) always fall into the same part.

        Raises ``InputError`` if there are fewer rows of either outcome than parts.
        """
        positives = int(labels.sum())
        if min(positives, labels.size - positives) < settings.folds:
            raise InputError(
                "too few examples of one outcome to learn from",
                value=f"{positives} of {labels.size} rows are positive",
                allowed=f"at least {settings.folds} of each",
            )
        parts = [
            part
            for repeat in range(settings.repeats)
            for part in _parts(labels, groups, settings.folds, settings.seed + repeat)
        ]
        line_margins = np.zeros(labels.size)
        for inside, outside in parts:
            line = Line.fit(table.values[inside], labels[inside])
            line_margins[outside] += line.margins(table.values[outside]) / settings.repeats
        best: tuple[float, str, float, int, Vector] | None = None
        for shape in settings.shapes:
            trees, margins = _try(table, labels, parts, shape, settings)
            for weight in _WEIGHTS:
                blended = weight * margins + (1.0 - weight) * line_margins
                loss = log_loss(blended, labels)
                if best is None or loss < best[0] - 1e-6:
                    best = (loss, shape, weight, trees, blended)
        assert best is not None
        loss, shape, weight, trees, blended = best
        return cls(
            names=table.names,
            boosters=_boost(table, labels, shape, trees, settings) if weight > 0 else (),
            lines=(Line.fit(table.values, labels),) if weight < 1 else (),
            tree_weight=weight,
            calibrator=Calibrator.fit(blended, labels),
            base_rate=float(labels.mean()),
            fit_report=Fit(shape, weight, loss, labels.size, positives, trees),
            unseen=blended,
        )

    def settled_on(self, which: NDArray[np.bool_], labels: Vector, *, strength: float = 20.0) -> ProbabilityModel:
        """The same with the calibration drawn to a part of the training rows (the latest), each by unseeing models.

        ``which`` and ``labels`` are over all training rows, in the order of fitting.
        """
        margins = self.unseen[which]
        return replace(
            self, calibrator=Calibrator.fit(margins, labels[which], strength=strength, start=self.calibrator)
        )

    def margins(self, table: Table) -> Vector:
        """(n,) Log-odds before calibration."""
        self._check(table)
        total = np.zeros(len(table))
        for booster in self.boosters if len(table) else ():
            total += self.tree_weight / len(self.boosters) * booster.predict(table.values, raw_score=True)
        for line in self.lines:
            total += (1.0 - self.tree_weight) / len(self.lines) * line.margins(table.values)
        return total

    def probability(self, table: Table) -> Vector:
        """(n,) Calibrated probabilities."""
        return self.calibrator(self.margins(table))

    def contributions(self, table: Table) -> tuple[Matrix, float]:
        """((n, features) what each feature adds to the log-odds before calibration, and the log-odds of a mean row).

        ``margins[i] == contributions[i].sum() + base`` up to rounding.
        """
        self._check(table)
        total = np.zeros((len(table), len(self.names) + 1))
        for booster in self.boosters if len(table) else ():
            total += self.tree_weight / len(self.boosters) * booster.predict(table.values, pred_contrib=True)
        for line in self.lines:
            share = (1.0 - self.tree_weight) / len(self.lines)
            total[:, :-1] += share * line.contributions(table.values)
            total[:, -1] += share * line.base
        return total[:, :-1], float(total[:, -1].mean()) if len(table) else 0.0

    def _check(self, table: Table) -> None:
        if table.names != self.names:
            missing = sorted(set(self.names) - set(table.names)) or list(table.names)
            raise InputError("the features are not those the model was fitted to", value=missing, allowed=self.names)


def log_loss(margins: Vector, labels: Vector) -> float:
    """Mean negative log-likelihood of 0/1 labels under log-odds."""
    return float((np.logaddexp(0.0, margins) - labels * margins).mean())


def _parts(
    labels: Vector, groups: NDArray[Any] | None, folds: int, seed: int
) -> Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    kinds = StratifiedKFold if groups is None else StratifiedGroupKFold
    divide = kinds(n_splits=folds, shuffle=True, random_state=seed)
    return [
        (inside, outside)
        for inside, outside in divide.split(np.zeros(labels.size), labels.astype(int), groups)
        if labels[inside].min() < labels[inside].max()
    ]


def _try(
    table: Table,
    labels: Vector,
    parts: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]],
    shape: str,
    settings: LearnerSettings,
) -> tuple[int, Vector]:
    """The best number of trees, as a mean over the parts, and each row's log-odds by trees that had not seen it."""
    import lightgbm

    counts, margins = [], np.zeros(labels.size)
    for position, (inside, outside) in enumerate(parts):
        train = lightgbm.Dataset(table.values[inside], labels[inside], feature_name=_safe(table.names))
        left_out = lightgbm.Dataset(table.values[outside], labels[outside], reference=train)
        stop = lightgbm.early_stopping(settings.patience, verbose=False)
        options = _options(shape, settings, position)
        booster = lightgbm.train(options, train, settings.rounds, [left_out], callbacks=[stop])
        found = booster.predict(table.values[outside], raw_score=True, num_iteration=booster.best_iteration)
        margins[outside] += np.asarray(found) / settings.repeats
        counts.append(booster.best_iteration)
    return max(int(np.mean(counts)), 1), margins


def _boost(
    table: Table, labels: Vector, shape: str, trees: int, settings: LearnerSettings
) -> tuple[lightgbm.Booster, ...]:
    """Models of all rows that differ by chance alone; their mean is steadier than each."""
    import lightgbm

    train = lightgbm.Dataset(table.values, labels, feature_name=_safe(table.names), free_raw_data=False)
    return tuple(
        lightgbm.train(_options(shape, settings, 100 + member), train, trees) for member in range(settings.members)
    )


def _options(shape: str, settings: LearnerSettings, number: int) -> dict[str, Any]:
    if shape not in SHAPES:
        raise InputError("there is no such shape of trees", value=shape, allowed=sorted(SHAPES))
    return {**_SHARED, **SHAPES[shape], "num_threads": settings.threads, "seed": settings.seed + number}


def _safe(names: Sequence[str]) -> list[str]:
    """LightGBM allows no white space or JSON signs in names."""
    return [f"f{position}" for position in range(len(names))]
