"""Before a policy may decide: what it would have made of the last days, and whether the shop is still as it knew it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .design import Design
from .evaluation import Evaluation, Log, evaluate
from .experience import Experience
from .learned import LearnedBelief
from .policy import ProfitPolicy

_FAR = 4.0


@dataclass(frozen=True, slots=True)
class Drift:
    """Orders expected and orders that came, over decisions that the belief had not seen."""

    expected: float
    came: int
    deviation: float
    """In standard deviations of chance."""

    @property
    def noticed(self) -> bool:
        return abs(self.deviation) > _FAR

    @property
    def told(self) -> str:
        """In a sentence."""
        known = f"{self.expected:.0f} orders were expected and {self.came} came"
        return f"the shop has changed: {known}" if self.noticed else known


def replay(policy: ProfitPolicy, lately: Experience) -> Evaluation:
    """What ``policy`` would have earned per decision in ``lately``, beside what was earned. It must not have learnt
    from these rows. Raises ``InputError`` if there are too few.
    """
    design = Design.of(lately.batch)
    features, _ = design.base(lately.batch, policy.settings)
    # The log's own choices say what could have been chosen: each of its actions had the floor of exploration.
    log = Log(features[:, 1:], lately.chosen, lately.propensity, lately.reward)
    return evaluate(log, policy.weigh(lately.batch).probabilities)


def drift(belief: LearnedBelief, lately: Experience) -> Drift:
    """Whether the orders of ``lately`` are as many as ``belief`` expected. Its rows must be new to it."""
    chances = belief.chances(lately.batch).mean(axis=0)[np.arange(len(lately)), lately.chosen]
    expected, came = float(chances.sum()), round(float(lately.bought.sum()))
    # The belief itself is uncertain by some; a tenth of what is expected is no news.
    spread = np.sqrt(float((chances * (1 - chances)).sum()) + (0.1 * expected) ** 2 + 1e-9)
    return Drift(expected, came, (came - expected) / float(spread))
