"""Our policy in a world: starts as the transparent one, keeps a ledger, and learns from it as a shop's schedule would.

Sees what a shop sees: the occasions, its own choices, orders and complaints. Nothing else of the world.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agent.deciding import Batch, DecidingSettings, PriorBelief, ProfitPolicy, transparent_policy
from agent.deciding.attribution import Claims, share_orders
from agent.deciding.experience import Experience
from agent.deciding.learned import LearnedBelief, learn

from .interface import DayResult, Floats, Integers, Occasions


@dataclass(frozen=True, slots=True)
class _Day:
    occasions: Occasions
    chosen: Integers
    propensity: Floats


class Learner:
    """See the module. It learns anew when its decisions have grown by the share ``growth``: often while few."""

    def __init__(
        self, settings: DecidingSettings, *, window_days: int, growth: float = 0.15, min_rows: int = 300
    ) -> None:
        self._settings, self._window = settings, window_days
        self._growth, self._min_rows = growth, min_rows
        self.policy = transparent_policy(settings)
        self.belief: LearnedBelief | None = None
        self._days: list[_Day] = []
        self._results: list[DayResult] = []
        self._batch: Batch | None = None
        self._learnt = 0
        """Days in ``_batch``."""

    def choose(self, occasions: Occasions) -> Integers:
        """See ``Contestant``."""
        chosen, weights = self.policy.choose_many(occasions.batch)
        propensity = weights.probabilities[np.arange(chosen.size), chosen]
        self._days.append(_Day(occasions, chosen, propensity))
        return chosen

    def see(self, result: DayResult) -> None:
        """Write down what came of the day, and learn if it is time."""
        costs = np.zeros(result.profit_minor.size)
        day = self._days[-1]
        costs[day.occasions.customers] = day.occasions.batch.cost[np.arange(day.chosen.size), day.chosen]
        self._results.append(DayResult(result.profit_minor + costs, result.orders, result.complaints))
        now = len(self._results)
        rows = sum(len(one.occasions.batch) for one in self._days)
        known = len(self._batch) if self._batch is not None else 0
        if rows >= max(self._min_rows, (1 + self._growth) * known):
            self.belief = learn(self._experience(), self._settings, before=self.belief)
            self.policy = ProfitPolicy(self.belief, self._settings, "learned", str(now), learnt=True)

    def _experience(self) -> Experience:
        """All decisions, and what came of them so far; an order is shared among those that may have led to it."""
        parts = [one.occasions.batch for one in self._days[self._learnt :]]
        self._batch = Batch.joined(parts if self._batch is None else [self._batch, *parts])
        self._learnt = len(self._days)
        chosen = np.concatenate([one.chosen for one in self._days])
        who = np.concatenate([one.occasions.customers for one in self._days])
        day = np.repeat(np.arange(len(self._days)), [one.chosen.size for one in self._days])
        window = np.full(chosen.size, float(self._window))
        ordered, came = np.nonzero(np.stack([one.orders for one in self._results]) > 0)
        margins = np.stack([one.profit_minor for one in self._results])[ordered, came]
        # An order of the same day comes after the occasion.
        claims = Claims.of(who, day.astype(float), window, came, ordered.astype(np.float64) + 0.5)
        believed: PriorBelief | LearnedBelief = self.belief or PriorBelief(self._settings)
        shares = share_orders(claims, believed.chance_of(self._batch, chosen))
        complaints = np.stack([one.complaints for one in self._results])[day, who]
        return Experience(
            batch=self._batch,
            customers=tuple(str(one) for one in who),
            day=day.astype(float),
            chosen=chosen,
            propensity=np.concatenate([one.propensity for one in self._days]),
            bought=np.minimum(shares.total(np.ones(came.size)), 1.0),
            margin=shares.total(margins),
            complained=complaints > 0,
            ripe=shares.come_by(len(self._results) - day.astype(float), window),
        )
