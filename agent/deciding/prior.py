"""The transparent policy: beliefs stand in the settings, and every score can be redone by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .batch import Batch, Floats
from .policy import ProfitPolicy
from .settings import DecidingSettings

_EDGE = 1e-4


@dataclass(frozen=True, slots=True)
class PriorBelief:
    """The forecast without a word (``buy_chance``), raised by the believed lift of each action in log-odds.

    In log-odds, so that who buys anyway, or surely will not, is hardly moved.
    """

    settings: DecidingSettings

    def chances(self, batch: Batch) -> Floats:
        """(1, n, a): one draw, for the prior is taken at its word."""
        base = np.clip(batch.feature("buy_chance", self.settings.base_chance), _EDGE, 1 - _EDGE)
        chances: Floats = 1 / (1 + np.exp(-(np.log(base / (1 - base))[:, None] + prior_lifts(batch, self.settings))))
        return chances[None]

    def chance_of(self, batch: Batch, chosen: NDArray[np.int64]) -> Floats:
        """(n,) of the actions ``chosen``."""
        found: Floats = self.chances(batch)[0, np.arange(len(batch)), chosen]
        return found

    def earns(self, batch: Batch) -> Floats:
        """(n, a): what was expected."""
        return batch.margin

    def annoyance(self, batch: Batch) -> Floats:
        """(n, a): the fatigue and the complaints that are believed."""
        known = self.settings
        later = known.fatigue * known.base_chance * (1 - known.base_chance) * known.occasions_per_week
        return annoyance(batch, later + known.complaint_rate * known.complaint_share, known)


def annoyance(batch: Batch, share: float, settings: DecidingSettings) -> Floats:
    """(n, a) minor units: ``share`` of the margin at stake, more after other messages; nothing for silence."""
    growth = 1 + settings.fatigue_growth * batch.feature("messages_7d", 0.0)
    cost = np.repeat(share * np.abs(batch.margin[:, :1]) * growth[:, None], len(batch.actions), axis=1)
    cost[:, 0] = 0.0
    return cost


def prior_lifts(batch: Batch, settings: DecidingSettings) -> Floats:
    """(n, a) believed lifts in log-odds; 0 for silence."""
    by_moment = {
        moment: [0.0, *(settings.lift(action, moment) for action in batch.actions[1:])] for moment in set(batch.moments)
    }
    return np.array([by_moment[moment] for moment in batch.moments]).reshape(len(batch), len(batch.actions))


def transparent_policy(settings: DecidingSettings | None = None) -> ProfitPolicy:
    """The policy a shop starts with, and falls back to."""
    known = settings or DecidingSettings()
    return ProfitPolicy(PriorBelief(known), known, "transparent", "1")
