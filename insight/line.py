"""Logistic regression that takes features as they come: skewed, on any scale, with gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float64]
Matrix: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """Log-odds linear in each feature's squeezed value ``sign(v) log(1 + |v|)``, standardised; gaps have weights."""

    centre: Vector
    scale: Vector
    weights: Vector
    """(features,) Of the standardised values; an unknown value counts as the mean."""
    unknown_weights: Vector
    """(features,) Added where the value is unknown, less ``unknown_share`` of it where it is known."""
    unknown_share: Vector
    base: float
    """Log-odds of a row with mean values."""

    @classmethod
    def fit(cls, values: Matrix, labels: Vector, *, penalty: float = 1.0) -> Line:
        """From (n, features) values, NaN where unknown, and (n,) 0/1 labels; L2-penalised."""
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits

        known = ~np.isnan(values)
        squeezed = np.where(known, _squeeze(values), 0.0)
        count = np.maximum(known.sum(axis=0), 1)
        centre = squeezed.sum(axis=0) / count
        spread = np.sqrt((np.where(known, squeezed - centre, 0.0) ** 2).sum(axis=0) / count)
        scale = np.where(spread > 1e-9, spread, 1.0)
        share = 1.0 - known.mean(axis=0)
        design = np.hstack([np.where(known, (squeezed - centre) / scale, 0.0), ~known - share])
        # The matrices are small: threads that wait for one another would take longer than the work.
        with threadpool_limits(1):
            model = LogisticRegression(C=penalty, solver="newton-cholesky").fit(design, labels.astype(int))
        weights = model.coef_[0]
        half = values.shape[1]
        return cls(centre, scale, weights[:half], weights[half:], share, float(model.intercept_[0]))

    def contributions(self, values: Matrix) -> Matrix:
        """(n, features) What each feature adds to the log-odds."""
        known = ~np.isnan(values)
        standard = np.where(known, (_squeeze(values) - self.centre) / self.scale, 0.0)
        # Far outside what was seen a line has no right to grow on.
        standard = np.clip(standard, -6.0, 6.0)
        result: Matrix = standard * self.weights + (~known - self.unknown_share) * self.unknown_weights
        return result

    def margins(self, values: Matrix) -> Vector:
        """(n,) Log-odds."""
        result: Vector = self.contributions(values).sum(axis=1) + self.base
        return result


def _squeeze(values: Matrix) -> Matrix:
    result: Matrix = np.sign(values) * np.log1p(np.abs(values))
    return result
