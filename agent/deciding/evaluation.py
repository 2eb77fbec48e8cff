"""What another policy would have earned, from decisions that were made by chance: off-policy evaluation.

Comes in: what was chosen with which propensity and what it earned, and how probable the other policy would have made
each action. Goes out: its value per decision with an interval, and a warning where the log says little about it.

- IPS: ``mean(w * r)`` with ``w = target / propensity`` (Horvitz and Thompson 1952).
- SNIPS: ``sum(w * r) / sum(w)`` (Swaminathan and Joachims 2015, "The self-normalized estimator").
- DR: ``mean(sum_a target[a] * q[a] + w * (r - q[chosen]))`` (Dudik, Langford and Li 2011, "Doubly robust policy
  evaluation and learning"), with ``q`` from other parts of the log than the row (cross-fitting).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from store import InputError

from .batch import Floats

_FOLDS = 5
_FEW = 100.0
_HEAVY = 0.05


@dataclass(frozen=True, slots=True)
class Log:
    """n logged decisions among a actions."""

    features: Floats
    """(n, f), no NaN."""
    chosen: NDArray[np.int64]
    """(n,)"""
    propensity: Floats
    """(n,)"""
    reward: Floats
    """(n,)"""

    def __post_init__(self) -> None:
        if self.chosen.size < 2 * _FOLDS:
            raise InputError(
                "too few decisions to judge a policy by", value=self.chosen.size, allowed=f"at least {2 * _FOLDS}"
            )
        if float(self.propensity.min()) <= 0:
            raise InputError("a propensity must be above 0", value=float(self.propensity.min()))


@dataclass(frozen=True, slots=True)
class Estimate:
    """Value per decision, in the unit of the reward."""

    value: float
    low: float
    high: float
    """95 % interval."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much of the log speaks about the other policy."""

    effective_rows: float
    """``sum(w)^2 / sum(w^2)`` (Kish): as many rows of the policy's own would say as much."""
    largest_share: float
    """Of all weight, on a single row."""
    unseen: float
    """Share of the policy's choices that the log's policy could not have made: the estimate leaves them out."""
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All three estimates. ``dr`` is the one to go by; where the three disagree, look at ``overlap``."""

    ips: Estimate
    snips: Estimate
    dr: Estimate
    logged: Estimate
    """What the log's own policy earned."""
    gain: Estimate
    """DR less what was earned, row by row, so that what both share cancels."""
    overlap: Overlap


def evaluate(log: Log, target: Floats, supported: NDArray[np.bool_] | None = None) -> Evaluation:
    """``target`` (n, a): the other policy's probabilities. ``supported`` (n, a): which actions the log's policy gave a
    probability above 0; without it all are taken to be.
    """
    rows = np.arange(log.chosen.size)
    weights = target[rows, log.chosen] / log.propensity
    expected = cross_fitted(log, target.shape[1])
    shortfall = 0.0 if supported is None else float((target * ~supported).sum(axis=1).mean())
    model = (target * expected).sum(axis=1)
    residual = weights * (log.reward - expected[rows, log.chosen])
    ratio = float((weights * log.reward).sum() / max(float(weights.sum()), 1e-12))
    # The linearised ratio (delta method) has the variance of SNIPS.
    snips_terms = ratio + weights * (log.reward - ratio) / max(float(weights.mean()), 1e-12)
    return Evaluation(
        ips=mean_of(weights * log.reward),
        snips=mean_of(snips_terms),
        dr=mean_of(model + residual),
        logged=mean_of(log.reward),
        gain=mean_of(model + residual - log.reward),
        overlap=overlap(weights, shortfall),
    )


def mean_of(terms: Floats) -> Estimate:
    """The mean with a 95 % interval by Student's t, moved for skewed terms (Hall 1992, "On the removal of skewness by
    transformation").

    Importance weights make terms skewed; the plain interval then lies too low as a whole.
    """
    count, value, sd = terms.size, float(terms.mean()), float(terms.std(ddof=1))
    if sd == 0:
        return Estimate(value, value, value)
    skew = float(((terms - value) ** 3).mean()) / sd**3
    quantiles = student.ppf([0.975, 0.025], count - 1) / np.sqrt(count)
    moved = [_hall(float(one), skew, count) for one in quantiles]
    return Estimate(value, value - sd * moved[0], value - sd * moved[1])


def _hall(at: float, skew: float, count: int) -> float:
    if abs(skew) < 1e-9:
        return at
    inner = 1 + skew * (at - skew / (6 * count))
    return float(3 / skew * (np.cbrt(inner) - 1))


def overlap(weights: Floats, unseen: float) -> Overlap:
    """What the (n,) importance weights tell of the log."""
    total, squares = float(weights.sum()), float((weights**2).sum())
    effective = total**2 / squares if squares else 0.0
    largest = float(weights.max()) / total if total else 1.0
    warnings = []
    if effective < _FEW:
        warnings.append(
            f"the log speaks of this policy as {effective:.0f} decisions of its own would: too few to go by"
        )
    if largest > _HEAVY:
        warnings.append(f"a single decision carries {largest:.0%} of the weight")
    if unseen > 0.01:
        warnings.append(f"{unseen:.1%} of its choices were never possible in the log, and are left out")
    return Overlap(effective, largest, unseen, tuple(warnings))


def cross_fitted(log: Log, actions: int) -> Floats:
    """(n, a) expected reward of each action, from a ridge regression on the parts of the log that the row is not in.

    One regression for all actions: features, actions, and each action's own slopes drawn towards none.
    """
    scale = log.features.std(axis=0)
    features = np.clip((log.features - log.features.mean(axis=0)) / np.where(scale > 0, scale, 1.0), -4.0, 4.0)
    count, width = features.shape
    base = np.column_stack((np.ones(count), features))
    wide = np.zeros((count, actions, width + 1))
    wide[np.arange(count), log.chosen] = base
    table = np.column_stack((base, wide.reshape(count, -1)))
    # How many rows' worth each coefficient is drawn towards 0; the overall mean is free.
    own = np.array([2.0, *[20.0] * width])
    penalty = np.concatenate(([1e-6], np.full(width, 5.0), np.tile(own, actions)))
    expected = np.zeros((count, actions))
    part = np.arange(count) % _FOLDS
    gram, right = table.T @ table, table.T @ log.reward
    for fold in range(_FOLDS):
        out = part == fold
        held = table[out]
        left = gram - held.T @ held
        left[np.diag_indices_from(left)] += penalty
        beta = np.linalg.solve(left, right - held.T @ log.reward[out])
        slopes = beta[: width + 1] + beta[width + 1 :].reshape(actions, width + 1)
        expected[out] = base[out] @ slopes.T
    return expected
