"""Bayesian logistic regression: coefficients that start from a belief and move as far as the rows say.

``P(outcome | x) = 1 / (1 + exp(-offset - x @ beta))`` with ``beta ~ Normal(mean, diag(sd^2))``; the posterior by
Laplace's method (Spiegelhalter and Lauritzen 1990, "Sequential updating of conditional probabilities on directed
graphical structures").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import expit

from .batch import Floats

_STEPS = 25
_CLOSE = 1e-4


@dataclass(frozen=True, slots=True)
class Posterior:
    """A normal belief about d coefficients."""

    mean: Floats
    """(d,)"""
    chol: Floats
    """(d, d) lower Cholesky factor of the precision."""

    def draws(self, count: int, seed: int, boldness: Floats | float = 1.0) -> Floats:
        """(count, d) coefficients drawn from the belief; ``boldness``, one or (d,), scales their distances from its
        middle: with 0 for some, the others are drawn from what is believed of them alone.
        """
        noise = np.random.default_rng(seed).normal(size=(self.mean.size, count))
        moved: Floats = solve_triangular(self.chol, noise, lower=True, trans="T").T
        return self.mean + boldness * moved


def fit(
    table: Floats, outcome: Floats, mean: Floats, sd: Floats, *, offset: Floats, start: Floats | None = None
) -> Posterior:
    """The posterior from (n, d) ``table`` and (n,) 0/1 ``outcome``; ``mean`` and ``sd`` (d,) are the prior.

    ``start`` only saves steps. Newton steps, halved until they do not make it worse.
    """
    precision = 1.0 / sd**2
    beta = mean.copy() if start is None else start.copy()

    def loss(at: Floats) -> float:
        margins = offset + table @ at
        fits = np.logaddexp(0.0, margins) - outcome * margins
        return float(fits.sum() + 0.5 * (precision * (at - mean) ** 2).sum())

    now = loss(beta)
    for _ in range(_STEPS):
        chance = expit(offset + table @ beta)
        slope = table.T @ (chance - outcome) + precision * (beta - mean)
        step = cho_solve(cho_factor(_precision(table, chance, precision), lower=True), slope)
        size = 1.0
        while (found := loss(beta - size * step)) > now and size > _CLOSE:
            size /= 2
        if found > now:
            break
        beta, gained, now = beta - size * step, now - found, found
        if gained < _CLOSE * max(1.0, abs(now)) * 0.01:
            break
    last = _precision(table, expit(offset + table @ beta), precision)
    return Posterior(beta, np.linalg.cholesky(last).astype(np.float64))


def _precision(table: Floats, chance: Floats, prior: Floats) -> Floats:
    weighed = table * np.sqrt(chance * (1 - chance))[:, None]
    found: Floats = weighed.T @ weighed
    found[np.diag_indices_from(found)] += prior
    return found
