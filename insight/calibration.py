"""Probabilities that mean what they say: the map from scores to probabilities, and how far off it is.

The error is judged against chance: with few rows even a perfect forecast shows some calibration error, so
``calibration_excess`` takes off what perfectly calibrated forecasts of the same size and spread would show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

Vector: TypeAlias = NDArray[np.float64]

_BINS = 10
_DRAWS = 200


@dataclass(frozen=True, slots=True)
class Calibrator:
    """Platt scaling (Platt 1999) with a hinge: ``logit p = offset + slope * m + bend * max(m - knot, 0)``.

    ``m`` is the score in log-odds. The hinge lets the two ends of the scale be stretched differently, as they often
    need to be; slope and slope + bend are positive, so the order of the customers never changes.
    """

    offset: float = 0.0
    slope: float = 1.0
    bend: float = 0.0
    knot: float = 0.0

    def __call__(self, margins: Vector) -> Vector:
        """(n,) log-odds -> (n,) probabilities."""
        scaled = self.offset + self.slope * margins + self.bend * np.maximum(margins - self.knot, 0.0)
        value: Vector = expit(scaled)
        return value

    @classmethod
    def fit(
        cls, margins: Vector, labels: Vector, *, strength: float = 4.0, start: Calibrator | None = None
    ) -> Calibrator:
        """Least log loss on (n,) margins and 0/1 labels, drawn towards ``start`` (default: the identity).

        ``strength`` is how many rows' worth the pull is: few labels move the map little. Without both outcomes in
        ``labels`` only the offset could be learnt, and that only as infinite, so ``start`` is returned.
        """
        before = start or cls(knot=float(np.median(margins)) if margins.size else 0.0)
        if margins.size == 0 or labels.min() == labels.max():
            return before
        hinge = np.maximum(margins - before.knot, 0.0)
        prior = np.array(
            [before.offset, np.log(before.slope), np.log(before.slope + before.bend) - np.log(before.slope)]
        )

        def loss(free: Vector) -> float:
            slope = np.exp(free[1])
            scaled = free[0] + slope * margins + slope * (np.exp(free[2]) - 1.0) * hinge
            each = np.logaddexp(0.0, scaled) - labels * scaled
            pull = ((free - prior) ** 2 * np.array([0.25, 1.0, 4.0])).sum()
            return float(each.sum() + strength * pull) / margins.size

        found = minimize(loss, prior, method="L-BFGS-B", bounds=[(-20.0, 20.0), (-3.0, 3.0), (-2.0, 2.0)]).x
        slope = float(np.exp(found[1]))
        return cls(float(found[0]), slope, slope * (float(np.exp(found[2])) - 1.0), before.knot)


def calibration_error(probabilities: Vector, labels: Vector, bins: int = _BINS) -> float:
    """Expected calibration error: mean gap between forecast and outcome over ``bins`` groups of equal size."""
    order = np.argsort(probabilities, kind="stable")
    gaps = [
        abs(probabilities[part].sum() - labels[part].sum())
        for part in np.array_split(order, min(bins, max(order.size, 1)))
    ]
    return float(np.sum(gaps)) / max(probabilities.size, 1)


def calibration_excess(
    probabilities: Vector, labels: Vector, *, bins: int = _BINS, draws: int = _DRAWS, seed: int = 0
) -> float:
    """``calibration_error`` less its mean over outcomes drawn from the forecasts themselves. May fall below 0."""
    generator = np.random.default_rng(seed)
    chance = [
        calibration_error(probabilities, (generator.random(probabilities.size) < probabilities).astype(float), bins)
        for _ in range(draws)
    ]
    return calibration_error(probabilities, labels, bins) - float(np.mean(chance))
