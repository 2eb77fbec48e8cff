"""Our policy in a world: starts as the transparent one, keeps a ledger, and learns from it as a shop's schedule would.

Sees what a shop sees: the occasions, its own choices, orders and complaints. Nothing else of the world.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from agent.deciding import Batch, DecidingSettings, ProfitPolicy, transparent_policy
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
        self._batch: Batch | None = None
        self._lags = np.full(window_days, 1 / window_days)
        """Share of orders by days after the occasion that they came of."""

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
        if now % self._every == 0 and rows >= self._min_rows:
            experience = self._experience()
            self.belief = learn(experience, self._settings, before=self.belief)
            self.policy = ProfitPolicy(self.belief, self._settings, "learned", str(now), rows=len(experience))

    def _experience(self) -> Experience:
        """All decisions, and what came of them so far.

        An order may have come of any occasion in the window before it. It is shared among them by how probable each is
        to have led to it: by the usual delay, and by the chance that is believed of what was done.
        """
        fresh = self._days if self._batch is None else self._days[-self._every :]
        parts = [one.occasions.batch for one in fresh]
        self._batch = Batch.joined(parts if self._batch is None else [self._batch, *parts])
        chosen = np.concatenate([one.chosen for one in self._days])
        who = np.concatenate([one.occasions.customers for one in self._days])
        day = np.repeat(np.arange(len(self._days)), [one.chosen.size for one in self._days])
        rows = np.arange(chosen.size)
        row_of = np.full((len(self._days), self._results[0].orders.size), -1)
        row_of[day, who] = rows
        chance = np.ones(chosen.size)
        if self.belief is not None:
            chance = self.belief.chances(self._batch).mean(axis=0)[rows, chosen]
        orders, margin, complaints = np.zeros(chosen.size), np.zeros(chosen.size), np.zeros(chosen.size)
        by_lag = np.ones(self._window)
        for at, result in enumerate(self._results):
            lags = range(min(self._window, at + 1))
            found = np.stack([row_of[at - lag] for lag in lags])
            shares = np.where(found >= 0, self._lags[: len(lags), None] * chance[found], 0.0)
            total = shares.sum(axis=0)
            shares = shares / np.where(total > 0, total, 1.0)
            for lag in lags:
                here = found[lag] >= 0
                mine, share = found[lag][here], shares[lag][here]
                orders[mine] += share * (result.orders[here] > 0)
                margin[mine] += share * result.profit_minor[here]
                complaints[mine] += (result.complaints[here] > 0) * (lag == 0)
                by_lag[lag] += float((share * (result.orders[here] > 0)).sum())
        self._lags = by_lag / by_lag.sum()
        seen = np.cumsum(self._lags)[np.minimum(len(self._results) - 1 - day, self._window - 1)]
        return Experience(
            batch=self._batch,
            customers=tuple(str(one) for one in who),
            day=day.astype(float),
            chosen=chosen,
            propensity=np.concatenate([one.propensity for one in self._days]),
            bought=np.minimum(orders, 1.0),
            margin=margin,
            complained=complaints > 0,
            ripe=np.minimum(seen, 1.0),
        )
