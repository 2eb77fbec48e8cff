"""Our policy in a world: starts as the transparent one, keeps a ledger, and learns from it as a shop's schedule would.

Sees what a shop sees: the occasions, its own choices, orders and complaints. Nothing else of the world.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from agent.deciding import DecidingSettings, ProfitPolicy, transparent_policy
from agent.deciding.experience import Experience
from agent.deciding.learned import LearnedBelief, learn

from .interface import DayResult, Floats, Integers, Occasions


@dataclass(frozen=True, slots=True)
class _Day:
    occasions: Occasions
    chosen: Integers
    propensity: Floats


class Learner:
    """See the module. ``every_days`` is the schedule of updates."""

    def __init__(
        self, settings: DecidingSettings, *, window_days: int, every_days: int = 2, min_rows: int = 300
    ) -> None:
        self._settings, self._window = settings, window_days
        self._every, self._min_rows = every_days, min_rows
        self.policy = replace(transparent_policy(settings), rows=0)
        self.belief: LearnedBelief | None = None
        self._days: list[_Day] = []
        self._results: list[DayResult] = []
        self._closed: list[Experience] = []
        # Orders by days after the decision; one of each lag to begin with.
        self._lags = np.ones(window_days)

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
        if now >= self._window:
            self._closed.append(self._outcome(now - self._window))
        if now % self._every == 0 and sum(map(len, self._closed)) >= self._min_rows:
            self._closed = [Experience.joined(self._closed)]
            still_open = [self._outcome(at) for at in range(now - self._window + 1, now)]
            experience = Experience.joined(self._closed + still_open)
            self.belief = learn(experience, self._settings, before=self.belief)
            self.policy = ProfitPolicy(self.belief, self._settings, "learned", str(now), rows=len(experience))

    def _outcome(self, at: int) -> Experience:
        """What came of the decisions of day ``at``: each order belongs to the last decision before it."""
        day, now = self._days[at], len(self._results)
        who = day.occasions.customers
        mine = np.ones(who.size, dtype=bool)
        orders, margin, complaints = np.zeros(who.size), np.zeros(who.size), np.zeros(who.size)
        whole = at + self._window <= now
        for later in range(at, min(at + self._window, now)):
            if later > at:
                mine &= ~np.isin(who, self._days[later].occasions.customers)
            result = self._results[later]
            fresh = mine & (orders == 0) & (result.orders[who] > 0)
            if whole:
                self._lags[later - at] += fresh.sum()
            orders += result.orders[who] * mine
            margin += result.profit_minor[who] * mine
            complaints += result.complaints[who] * mine
        come = np.cumsum(self._lags) / self._lags.sum()
        return Experience(
            batch=day.occasions.batch,
            customers=tuple(str(one) for one in who),
            day=np.full(who.size, float(at)),
            chosen=day.chosen,
            propensity=day.propensity,
            bought=orders > 0,
            margin=margin,
            complained=complaints > 0,
            ripe=np.full(who.size, 1.0 if whole else come[now - at - 1]),
        )
