"""What the shop's own decisions say about purchases: the belief that the learned policy draws from.

A Bayesian logistic regression over what was known and what was done. Its prior is the transparent policy, so with few
rows it chooses as that does, and every row moves it a little.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from .batch import Batch, Floats
from .design import Design, Spreads
from .experience import Experience
from .logistic import Posterior, fit
from .prior import annoyance
from .settings import DecidingSettings

_WORTH_ORDERS = 25.0


@dataclass(frozen=True)
class LearnedBelief:
    """See the module. The draws are the same ones until the next update."""

    design: Design
    posterior: Posterior
    worth: Floats
    """(a,) by how much an order after each action earned more than expected, as a share of one after silence."""
    annoyance_share: float
    """What a message costs in later orders, as a share of the margin at stake."""
    settings: DecidingSettings
    rows: int
    coefficients: Floats
    """(k, d) drawn from the posterior."""

    @classmethod
    def of(
        cls,
        design: Design,
        posterior: Posterior,
        *,
        worth: Floats,
        annoyance_share: float,
        settings: DecidingSettings,
        rows: int,
    ) -> LearnedBelief:
        """With the draws that belong to the rest."""
        drawn = posterior.draws(settings.draws, settings.seed + rows, design.boldness(settings))
        return cls(design, posterior, worth, annoyance_share, settings, rows, drawn)

    def chances(self, batch: Batch) -> Floats:
        """See ``Belief``. An action that was never seen has the prior lift and what all messages share."""
        base, offset = self.design.base(batch, self.settings)
        lift = self.design.lift(batch)
        size, block = self.design.base_size, self.design.block
        common = offset + self.coefficients[:, :size] @ base.T
        blocks = self.coefficients[:, size:].reshape(len(self.coefficients), -1, block) @ lift.T
        logits = np.repeat(common[:, :, None], len(batch.actions), axis=2)
        for column, action in enumerate(batch.actions):
            if column == 0:
                continue
            logits[:, :, column] += blocks[:, 0]
            if action in self.design.actions:
                logits[:, :, column] += blocks[:, self.design.actions.index(action)]
            else:
                logits[:, :, column] += [self.settings.lift(action, one) for one in batch.moments]
        chances: Floats = expit(logits)
        return chances

    def chance_of(self, batch: Batch, chosen: NDArray[np.int64]) -> Floats:
        """(n,) chance of a purchase after each row's ``chosen`` action, by the middle of the belief."""
        middle = replace(self, coefficients=self.posterior.mean[None])
        found: Floats = middle.chances(batch)[0, np.arange(len(batch)), chosen]
        return found

    def earns(self, batch: Batch) -> Floats:
        """See ``Belief``."""
        known = dict(zip(self.design.actions, self.worth, strict=True))
        more = np.array([known.get(action, 0.0) for action in batch.actions])
        earned: Floats = batch.margin + more * np.abs(batch.margin[:, :1])
        return earned

    def annoyance(self, batch: Batch) -> Floats:
        """See ``Belief``."""
        return annoyance(batch, self.annoyance_share, self.settings)


def learn(experience: Experience, settings: DecidingSettings, *, before: LearnedBelief | None = None) -> LearnedBelief:
    """Fit anew on all of ``experience``; ``before`` only saves steps."""
    design = Design.of(experience.batch)
    outcome = experience.bought
    table, offset = design.chosen(experience.batch, experience.chosen, settings)
    # What may still come is no "no": where few of the orders have come, few are expected.
    offset = offset + np.log(experience.ripe)
    mean, sd = design.prior(settings, Spreads())
    start = before.posterior.mean if before is not None and before.design.columns == design.columns else None
    found = fit(table, outcome, mean, sd, offset=offset, start=start)
    return LearnedBelief.of(
        design,
        found,
        worth=_worth(experience),
        annoyance_share=_annoyance(experience, design, found, settings),
        settings=settings,
        rows=len(experience),
    )


def _annoyance(experience: Experience, design: Design, found: Posterior, settings: DecidingSettings) -> float:
    """How much less is bought in the week after a message, and what its complaints cost."""
    per_message = max(-float(found.mean[design.fatigue]), 0.0)
    chance = float(experience.bought.mean())
    days = float(np.ptp(experience.day)) + 1.0
    seen, customers = len(experience) + 100 * settings.occasions_per_week, len(set(experience.customers)) + 100
    occasions = seen / customers * 7.0 / days if days >= 7 else settings.occasions_per_week
    messages = experience.chosen > 0
    complaints = float((experience.complained & messages).sum()) + 200 * settings.complaint_rate
    rate = complaints / (float(messages.sum()) + 200)
    return per_message * chance * (1 - chance) * occasions + rate * settings.complaint_share


def _worth(experience: Experience) -> Floats:
    rows, batch = np.arange(len(experience)), experience.batch
    more = experience.margin - experience.bought * batch.margin[rows, experience.chosen]
    usual = experience.bought * np.abs(batch.margin[:, 0])
    strength = _WORTH_ORDERS * float(usual.sum()) / max(float(experience.bought.sum()), 1.0)
    if not strength:
        return np.zeros(len(batch.actions))
    overall = float(more.sum()) / (float(usual.sum()) + strength)
    found = []
    for column in range(len(batch.actions)):
        mine = experience.chosen == column
        found.append((float(more[mine].sum()) + overall * strength) / (float(usual[mine].sum()) + strength))
    return np.array(found)
