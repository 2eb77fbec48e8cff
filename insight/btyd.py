"""Buy till you die: how often a customer will come back, whether he still does, and what an order is worth.

BG/NBD (Fader, Hardie and Lee 2005, "Counting your customers" the easy way) for counts, gamma-gamma (Fader and Hardie
2013, "The gamma-gamma model of monetary value") for amounts. In go three numbers a customer, out come expectations
and probabilities. Knows nothing of shops; the unit of time is the caller's (days here, weeks in the papers).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, digamma, gammaln, hyp2f1

from store import InputError

Vector: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PurchaseCounts:
    """What BG/NBD needs to know of n customers; times in one unit, counted from each customer's first purchase."""

    repeats: Vector
    """(n,) Purchases after the first (``x`` in the papers)."""
    last: Vector
    """(n,) Time of the last purchase; 0 where there was but one (``t_x``)."""
    observed: Vector
    """(n,) Time from the first purchase to now (``T``), at least ``last``."""

    def __post_init__(self) -> None:
        if not (self.repeats.shape == self.last.shape == self.observed.shape):
            raise InputError(
                "the three arrays must be of one length",
                value=(self.repeats.shape, self.last.shape, self.observed.shape),
            )
        if np.any(self.repeats < 0) or np.any(self.last < 0) or np.any(self.observed < self.last - 1e-9):
            raise InputError("purchase counts need repeats >= 0 and 0 <= last <= observed")


@dataclass(frozen=True, slots=True)
class BgNbd:
    """BG/NBD: purchases are Poisson with a gamma-distributed rate; after each, a customer leaves with a beta chance."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = float("nan")

    @classmethod
    def fit(cls, counts: PurchaseCounts, *, ridge: float = 0.0) -> BgNbd:
        """Maximum likelihood. ``ridge`` pulls the logarithms of the four parameters towards 0 (small shops).

        Raises ``InputError`` if nobody ever came back: then there is no rate to learn.
        """
        if counts.repeats.size == 0 or not np.any(counts.repeats > 0):
            raise InputError("BG/NBD needs customers who bought more than once", value=int(counts.repeats.size))
        rows = np.column_stack([counts.repeats, counts.last, counts.observed])
        unique, weight = np.unique(rows, axis=0, return_counts=True)
        # In units of the mean observation time all four parameters are near 1, which keeps the search well scaled.
        scale = float(np.average(unique[:, 2], weights=weight)) or 1.0
        x, last, observed = unique[:, 0], unique[:, 1] / scale, unique[:, 2] / scale
        total = float(weight.sum())

        def loss(logs: Vector) -> tuple[float, Vector]:
            free = np.exp(logs)
            values, slopes = _log_likelihood(free[0], free[1], free[2], free[3], x, last, observed)
            value = -float((weight * values).sum()) / total + ridge * float((logs**2).sum())
            return value, -(slopes * weight).sum(axis=1) / total * free + 2.0 * ridge * logs

        start, bounds = np.log([0.5, 0.5, 1.0, 2.0]), [(-7.0, 7.0)] * 4
        options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 500}
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        r, alpha, a, b = (float(one) for one in np.exp(found.x))
        model = cls(r, alpha * scale, a, b)
        return cls(r, alpha * scale, a, b, float((weight * model.log_likelihoods(*unique.T)).sum()))

    def log_likelihoods(self, repeats: Vector, last: Vector, observed: Vector) -> Vector:
        """(n,) Log-likelihood of each customer."""
        return _log_likelihood(self.r, self.alpha, self.a, self.b, repeats, last, observed)[0]

    def alive(self, counts: PurchaseCounts) -> Vector:
        """(n,) Probability that each customer has not left for good."""
        x, ratio = counts.repeats, (self.alpha + counts.observed) / (self.alpha + counts.last)
        with np.errstate(over="ignore", divide="ignore"):
            odds = self.a / np.maximum(self.b + x - 1.0, 1e-12) * ratio ** (self.r + x)
        alive: Vector = np.where(x > 0, 1.0 / (1.0 + odds), 1.0)
        return alive

    def expected(self, counts: PurchaseCounts, horizon: float) -> Vector:
        """(n,) Expected purchases of each customer in the next ``horizon`` (their equation 10)."""
        a = self.a if abs(self.a - 1.0) > 1e-6 else 1.0 + 1e-6
        x, now = counts.repeats, self.alpha + counts.observed
        z = horizon / (now + horizon)
        series = hyp2f1(self.r + x, self.b + x, a + self.b + x - 1.0, z)
        gone = (now / (now + horizon)) ** (self.r + x) * series
        value: Vector = (a + self.b + x - 1.0) / (a - 1.0) * (1.0 - gone) * self.alive(counts)
        # Heavy buyers overflow the hypergeometric series; for them the rate while alive is the bound.
        bound = (self.r + x) / now * horizon
        return np.clip(np.where(np.isfinite(value), value, bound), 0.0, bound)

    def buys_within(self, counts: PurchaseCounts, horizon: float) -> Vector:
        """(n,) Probability of at least one purchase in the next ``horizon``."""
        now = self.alpha + counts.observed
        return self.alive(counts) * (1.0 - (now / (now + horizon)) ** (self.r + counts.repeats))


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """Gamma-gamma: amounts vary around a mean of the customer's own, and these means vary between customers."""

    p: float
    q: float
    v: float

    @classmethod
    def fit(cls, counts: Vector, means: Vector) -> GammaGamma:
        """Maximum likelihood from (n,) numbers of purchases >= 1 and (n,) mean amounts > 0 of customers.

        Raises ``InputError`` if there are no such customers.
        """
        use = (counts > 0) & (means > 0)
        if not np.any(use):
            raise InputError("gamma-gamma needs purchases with an amount above 0", value=int(counts.size))
        x, scale = counts[use], float(means[use].mean())
        m = means[use] / scale

        def loss(logs: Vector) -> float:
            p, q, v = np.exp(logs)
            values = (
                gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
                + (p * x - 1.0) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(x * m + v)
            )  # fmt: skip
            # A whisper of a prior: with all amounts alike, p would grow without bound.
            return float(-values.mean()) + 1e-5 * float((logs**2).sum())

        # q > 1, or the mean over customers does not exist.
        bounds = [(-5.0, 7.0), (np.log(1.05), 7.0), (-7.0, 7.0)]
        found = minimize(loss, np.log([2.0, 3.0, 1.0]), method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-13})
        p, q, v = (float(one) for one in np.exp(found.x))
        return cls(p, q, v * scale)

    def expected(self, counts: Vector, means: Vector) -> Vector:
        """(n,) Expected amount of a next purchase; for who has none (``counts`` 0) the mean over customers."""
        total = np.where(counts > 0, counts * means, 0.0)
        value: Vector = self.p * (self.v + total) / (self.p * counts + self.q - 1.0)
        return value


def _log_likelihood(
    r: float, alpha: float, a: float, b: float, x: Vector, last: Vector, observed: Vector
) -> tuple[Vector, NDArray[np.float64]]:
    """(n,) log-likelihoods (their equation 6) and (4, n) their slopes in r, alpha, a and b."""
    now, then, beta = alpha + observed, alpha + last, betaln(a, b)
    shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stays = betaln(a, b + x) - beta - (r + x) * np.log(now)
    # b + x - 1 > 0 holds for x >= 1; for x = 0 nobody can have left and the term is not there.
    before = b + np.maximum(x, 1.0) - 1.0
    left = np.where(x > 0, betaln(a + 1.0, before) - beta - (r + x) * np.log(then), -np.inf)
    both = np.logaddexp(stays, left)
    stay = np.exp(stays - both)
    leave = 1.0 - stay
    ends = digamma(a + b) - digamma(a + b + x)
    slopes = np.stack(
        [
            digamma(r + x) - digamma(r) + np.log(alpha) - stay * np.log(now) - leave * np.log(then),
            r / alpha - (r + x) * (stay / now + leave / then),
            ends + leave / a,
            ends - digamma(b) + stay * digamma(b + x) + leave * digamma(before),
        ]
    )
    return shared + both, slopes
