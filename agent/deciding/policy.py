"""The policy: the option with the highest expected profit beyond that of silence, and a little exploration.

Comes in: a belief about how probable a purchase is after each action (``Belief``): the prior one, which a merchant can
read in the settings, or one learnt from the ledger. Goes out: choices with exact propensities. Where the belief is
uncertain it is given as several draws, and an option is chosen as often as it is the best one (Thompson 1933,
"On the likelihood that one unknown probability exceeds another").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .batch import Batch, Flags, Floats
from .draws import draw, uniforms
from .records import SILENCE, Choice, Choosable, Situation, Weighed
from .settings import DecidingSettings
from .wording import why_chosen, why_scored


class Belief(Protocol):
    """What is believed of purchases."""

    def chances(self, batch: Batch) -> Floats:
        """(k, n, a) chance of a purchase within the window after each action, in k draws from the belief."""
        ...

    def earns(self, batch: Batch) -> Floats:
        """(n, a) minor units that an order after each action earns."""
        ...

    def annoyance(self, batch: Batch) -> Floats:
        """(n, a) minor units that a message costs in later orders; 0 for silence."""
        ...


@dataclass(frozen=True, slots=True)
class Weights:
    """How a batch was weighed; all arrays are (n, a)."""

    chances: Floats
    earns: Floats
    scores: Floats
    annoyance: Floats
    probabilities: Floats


@dataclass(frozen=True)
class ProfitPolicy:
    """``score[a] = chance[a] * earns[a] - chance[silence] * earns[silence] - cost[a] - annoyance[a]``.

    Guard rails: only what is eligible, no more messages than the cap, and the exploration in the settings.
    """

    belief: Belief
    settings: DecidingSettings
    name: str
    version: str
    learnt: bool = False
    """Whether the belief comes from the shop's own rows: then its draws try what is in doubt, so less is explored
    beside them, and what it believes to cost much is spared, as it can be trusted to say.
    """

    def weigh(self, batch: Batch) -> Weights:
        """Scores, and how probable each action is to be chosen."""
        chances, earns = self.belief.chances(batch), self.belief.earns(batch)
        annoyance = self.belief.annoyance(batch)
        scores = incremental_profit(chances, earns, batch.cost + annoyance)
        eligible = within_cap(batch, self.settings)
        allowed = np.where(eligible, scores, -np.inf)
        best = np.argmax(allowed, axis=2)
        won = (best[:, :, None] == np.arange(len(batch.actions))).mean(axis=0)
        score = scores.mean(axis=0)
        share = self.settings.learned_exploration if self.learnt else self.settings.exploration
        tried = self._tried(batch, score, eligible)
        return Weights(chances.mean(axis=0), earns, score, annoyance, (1 - share) * won + share * tried)

    def _tried(self, batch: Batch, score: Floats, eligible: Flags) -> Floats:
        """(n, a) what exploration draws: evenly, or by the inverse of what each is believed to cost (after Foster and
        Rakhlin 2020, "Beyond UCB: optimal and efficient contextual bandits with regression oracles").
        """
        weight = eligible.astype(float)
        if self.learnt:
            allowed = np.where(eligible, score, -np.inf)
            lost = np.where(eligible, allowed.max(axis=1, keepdims=True) - score, 0.0)
            bearable = np.maximum(self.settings.bearable_share * np.abs(batch.margin[:, :1]), 1e-9)
            weight /= 1 + lost / bearable
        found: Floats = weight / weight.sum(axis=1, keepdims=True)
        return found

    def choose_many(self, batch: Batch) -> tuple[NDArray[np.int64], Weights]:
        """(n,) columns of the chosen actions, and how they were weighed."""
        weights = self.weigh(batch)
        return draw(weights.probabilities, uniforms(self.settings.seed, batch.keys)), weights

    def choose(self, situation: Situation, options: Sequence[Choosable], key: str) -> Choice:
        """See ``Policy``."""
        batch = Batch.of_one(situation, options, key)
        chosen, weights = self.choose_many(batch)
        weighed = [self._weighed(batch, weights, column) for column in range(len(batch.actions))]
        action = weighed[int(chosen[0])]
        ranked = tuple(sorted(weighed, key=lambda one: (-one.score_minor, one.action != SILENCE, one.action)))
        return Choice(
            action=action.action,
            propensity=action.probability,
            weighed=ranked,
            reason=why_chosen(action, ranked),
            policy=self.name,
            version=self.version,
        )

    def _weighed(self, batch: Batch, weights: Weights, column: int) -> Weighed:
        chance, silent = float(weights.chances[0, column]), float(weights.chances[0, 0])
        why = why_scored(
            batch.actions[column],
            chance=chance,
            silent=silent,
            margin_minor=float(weights.earns[0, column]),
            silent_margin_minor=float(weights.earns[0, 0]),
            cost_minor=float(batch.cost[0, column]),
            annoyance_minor=float(weights.annoyance[0, column]),
        )
        score, probability = float(weights.scores[0, column]), float(weights.probabilities[0, column])
        return Weighed(batch.actions[column], round(score, 4), chance, probability, why)


def within_cap(batch: Batch, settings: DecidingSettings) -> Flags:
    """(n, a) what is eligible; silence alone for who has had as many messages as a week may bring."""
    eligible = batch.eligible & (batch.feature("messages_7d", 0.0) < settings.max_messages_7d)[:, None]
    eligible[:, 0] = True
    return eligible


def incremental_profit(chances: Floats, earns: Floats, costs: Floats) -> Floats:
    """(..., n, a) expected profit beyond that of silence, in minor units; exactly 0 for silence."""
    earned = chances * earns - costs
    return earned - earned[..., :1]
