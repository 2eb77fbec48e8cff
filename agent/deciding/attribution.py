"""Whose order is it? One order may have come of any decision about that customer in the days before it.

Counted for each of them, orders multiply; counted for the last one only, what a message brought stands with the next
occasion. So every order is shared among the decisions whose windows it falls into, by how probable each is to have led
to it: by the usual delay, and by the chance that is believed of what was done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from store import InputError

from .batch import Floats
from .experience import Experience
from .learned import LearnedBelief, learn
from .prior import PriorBelief
from .settings import DecidingSettings

Integers = NDArray[np.int64]

_ROUNDS = 3
_PRIOR_ORDERS = 5.0
"""How many orders' worth the even spread of delays counts, before the shop's own delays are known."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Which decisions may have led to which orders: one row for each such pair."""

    decision: Integers
    """(p,) positions among n decisions."""
    order: Integers
    """(p,) positions among m orders."""
    lag: Integers
    """(p,) whole days from the decision to the order."""
    decisions: int
    orders: int

    @classmethod
    def of(
        cls, customers: Integers, day: Floats, window: Floats, order_customers: Integers, order_day: Floats
    ) -> Claims:
        """From the (n,) customers, times and windows of decisions, and the (m,) customers and times of orders.

        Times are in days from any fixed moment. An order comes of a decision if it is later by at most the window.
        """
        if np.any(window < 0):
            raise InputError("a window cannot be shorter than nothing", value=float(window.min()))
        ranks = np.unique(day)
        width = ranks.size + 1
        order = np.argsort(customers * width + np.searchsorted(ranks, day), kind="stable")
        keys = (customers * width + np.searchsorted(ranks, day))[order]
        longest = float(window.max(initial=0.0))
        low = np.searchsorted(keys, order_customers * width + np.searchsorted(ranks, order_day - longest), "left")
        high = np.searchsorted(keys, order_customers * width + np.searchsorted(ranks, order_day), "left")
        count = np.maximum(high - low, 0)
        which = np.repeat(np.arange(order_day.size), count)
        place = np.arange(which.size) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
        decision = order[place]
        late = order_day[which] - day[decision]
        near = late <= window[decision]
        return cls(
            decision[near], which[near], np.floor(late[near]).astype(np.int64), int(day.size), int(order_day.size)
        )

    @property
    def claimed(self) -> Integers:
        """(n,) how many orders fall into the window of each decision."""
        found: Integers = np.bincount(self.decision, minlength=self.decisions)
        return found

    @property
    def contested(self) -> bool:
        """Whether any order falls into the windows of several decisions."""
        return self.decision.size > np.unique(self.order).size


@dataclass(frozen=True, slots=True)
class Shares:
    """How the orders were shared."""

    claims: Claims
    share: Floats
    """(p,) of each pair's order; they sum to 1 over the decisions that may have led to it."""
    delays: Floats
    """(days,) share of orders by whole days after the decision that they came of."""

    def total(self, worth: Floats) -> Floats:
        """(n,) what each decision has of the (m,) ``worth`` of the orders."""
        parts = self.share * worth[self.claims.order]
        return np.bincount(self.claims.decision, weights=parts, minlength=self.claims.decisions).astype(float)

    def come_by(self, age: Floats, window: Floats) -> Floats:
        """(n,) share of a decision's orders that have usually come when it is ``age`` days old."""
        whole = np.concatenate([[0.0], np.cumsum(self.delays)])
        ends = np.arange(whole.size)
        due = np.interp(window, ends, whole)
        come: Floats = np.interp(np.minimum(age, window), ends, whole) / np.maximum(due, 1e-12)
        return np.minimum(come, 1.0)


def share_orders(claims: Claims, chance: Floats) -> Shares:
    """Share each order by the usual delay and the (n,) believed ``chance`` of an order after what was done.

    The usual delay is learnt from the shares themselves, in turns.
    """
    days = int(claims.lag.max(initial=0)) + 1
    delays = np.full(days, 1.0 / days)
    share = np.ones(claims.decision.size)
    for _ in range(_ROUNDS):
        weight: Floats = delays[claims.lag] * np.maximum(chance[claims.decision], 1e-9)
        whole = np.bincount(claims.order, weights=weight, minlength=claims.orders).astype(float)
        share = weight / whole[claims.order]
        came = np.bincount(claims.lag, weights=share, minlength=days) + _PRIOR_ORDERS / days
        delays = came / came.sum()
    return Shares(claims, share, delays)


def shared(experience: Experience, claims: Claims, margin: Floats, believed: PriorBelief | LearnedBelief) -> Experience:
    """The same decisions, where each had all the orders within its window, now with its share of them only.

    ``margin`` (m,) is what the orders of ``claims`` earned.
    """
    shares = share_orders(claims, believed.chance_of(experience.batch, experience.chosen))
    kept = np.minimum(shares.total(np.ones(claims.orders)), 1.0)
    others = replace(shares, share=1.0 - shares.share).total(margin)
    bought = np.where(claims.claimed > 0, experience.bought * kept, experience.bought)
    return replace(experience, bought=bought, margin=experience.margin - others)


def learn_shared(experience: Experience, claims: Claims, margin: Floats, settings: DecidingSettings) -> LearnedBelief:
    """Learn from such decisions: orders are shared as the transparent policy believes, and then by what that taught."""
    first = learn(shared(experience, claims, margin, PriorBelief(settings)), settings)
    if not claims.contested:
        return first
    return learn(shared(experience, claims, margin, first), settings, before=first)
