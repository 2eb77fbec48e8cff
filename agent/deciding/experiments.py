"""A/B tests: who is in which arm, how many customers are needed, and an interval that may be looked at every day.

The interval is a confidence sequence: it holds at all times at once, so a test may be stopped, or go on, whenever one
likes (Robbins 1970; for means of any shape in large samples Waudby-Smith and others 2024, "Time-uniform central limit
theory and asymptotic confidence sequences"). It is wider than the usual interval, which holds at one planned time only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from store import InputError

from .records import Choice, Choosable, Policy, Situation

_FEWEST = 30


@dataclass(frozen=True, slots=True)
class Arm:
    """What is known of the customers in one arm: how many, the mean of what each brought, and its variance."""

    customers: int
    mean: float
    variance: float

    @classmethod
    def of(cls, values: ArrayLike) -> Arm:
        """From one number for each customer (bought or not, or minor units)."""
        found = np.asarray(values, dtype=float)
        variance = float(found.var(ddof=1)) if found.size > 1 else 0.0
        return cls(int(found.size), float(found.mean()) if found.size else 0.0, variance)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The difference between two arms, as it stands now."""

    control: Arm
    variant: Arm
    effect: float
    """Mean of the variant less that of the control."""
    low: float
    high: float
    """Holds at all times at once; infinite while there are too few customers."""
    verdict: str
    """better, worse, or open."""
    told: str
    """In a sentence."""


def arm_of(test: str, customer_id: str, share: float = 0.5) -> bool:
    """Whether the customer is in the variant of ``test``: by a stable hash, independent from test to test."""
    digest = hashlib.sha256(f"ab:{test}:{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share


def sample_size(rate: float, effect: float, *, power: float = 0.8, alpha: float = 0.05, share: float = 0.5) -> int:
    """Customers needed in all to find that ``rate`` became ``rate + effect``, when the test is read once, at the end.

    Looking every day costs about half as many again. ``share`` of the customers is in the variant.
    Raises ``InputError`` if a rate would leave 0 to 1, or there is no effect to find.
    """
    if not (0 < rate < 1 and 0 < rate + effect < 1) or effect == 0:
        raise InputError(
            "not a change of a rate", value=f"{rate} to {rate + effect}", allowed="two rates between 0 and 1"
        )
    spread = rate * (1 - rate) / (1 - share) + (rate + effect) * (1 - rate - effect) / share
    return _needed(spread, effect, power, alpha)


def sample_size_of_mean(
    sd: float, effect: float, *, power: float = 0.8, alpha: float = 0.05, share: float = 0.5
) -> int:
    """The same for an amount with standard deviation ``sd`` in both arms."""
    if sd <= 0 or effect == 0:
        raise InputError(
            "nothing to find", value=f"effect {effect}, standard deviation {sd}", allowed="both other than 0"
        )
    return _needed(sd**2 / (1 - share) + sd**2 / share, effect, power, alpha)


def _needed(spread: float, effect: float, power: float, alpha: float) -> int:
    if not (0 < power < 1 and 0 < alpha < 1):
        raise InputError("power and alpha are probabilities", value=f"{power}, {alpha}", allowed="between 0 and 1")
    return ceil((float(norm.ppf(1 - alpha / 2)) + float(norm.ppf(power))) ** 2 * spread / effect**2)


def compare(control: Arm, variant: Arm, *, planned: int = 1000, alpha: float = 0.05) -> Comparison:
    """The arms as they stand. ``planned`` (customers in all) only says where the interval is narrowest; fix it before
    the first look.
    """
    effect = variant.mean - control.mean
    total = control.customers + variant.customers
    if min(control.customers, variant.customers) < _FEWEST:
        told = f"too few customers yet: {control.customers} and {variant.customers}, at least {_FEWEST} in each"
        return Comparison(control, variant, effect, -np.inf, np.inf, "open", told)
    squared_error = control.variance / control.customers + variant.variance / variant.customers
    # In units of one customer's share of the error, so that the tuning holds for any outcome.
    unit = squared_error * total
    radius = _radius(total, planned, alpha) * sqrt(unit) if unit else 0.0
    low, high = effect - radius, effect + radius
    verdict = "better" if low > 0 else "worse" if high < 0 else "open"
    told = {
        "better": f"the variant is better: by {effect:.4g}, surely between {low:.4g} and {high:.4g}",
        "worse": f"the variant is worse: by {-effect:.4g}, surely between {-high:.4g} and {-low:.4g}",
        "open": f"not decided: the difference lies between {low:.4g} and {high:.4g}",
    }[verdict]
    return Comparison(control, variant, effect, low, high, verdict, told)


def _radius(count: int, planned: int, alpha: float) -> float:
    """Of the mean of ``count`` terms with variance 1: the normal mixture's bound, narrowest near ``planned``."""
    level = -2 * log(alpha) + log(-2 * log(alpha) + 1)
    rho2 = level / max(planned, 1)
    grown = count * rho2 + 1
    return sqrt(2 * grown / (count**2 * rho2) * log(sqrt(grown) / alpha))


@dataclass(frozen=True)
class SplitPolicy:
    """A test of two policies: each customer is always decided on by the same one."""

    test: str
    control: Policy
    variant: Policy
    share: float = 0.5

    @property
    def name(self) -> str:
        """Of the test; a choice carries the name of the policy that made it."""
        return f"ab:{self.test}"

    @property
    def version(self) -> str:
        """Of both policies."""
        return f"{self.control.version}/{self.variant.version}"

    def choose(self, situation: Situation, options: Sequence[Choosable], key: str) -> Choice:
        """See ``Policy``."""
        chooser = self.variant if arm_of(self.test, situation.customer_id, self.share) else self.control
        return chooser.choose(situation, options, key)
