"""What can be set about deciding. Cheap to import."""

from __future__ import annotations

from pydantic import Field

from store import Settings


class ActionPrior(Settings):
    """What is believed of an action before the shop's own experience says more."""

    lift: float = 0.2
    """How much it raises the log-odds of a purchase: at a chance of 10 %, 0.2 makes it 11.9 %."""
    by_moment: dict[str, float] = Field(default_factory=dict)
    """Other lifts at certain moments."""


_PRIORS = {
    "remind": ActionPrior(lift=0.3),
    "answer_doubt": ActionPrior(lift=0.35),
    "recommend": ActionPrior(lift=0.25),
    "reassure": ActionPrior(lift=0.2),
    "offer": ActionPrior(lift=0.6),
    "ask": ActionPrior(lift=0.05, by_moment={"searched_in_vain": 0.3, "first_days": 0.15}),
    "invite_person": ActionPrior(lift=0.1),
    "apologise": ActionPrior(lift=0.2),
}


class DecidingSettings(Settings):
    """How options are weighed. Amounts are shares of the margin at stake, so they hold in any currency."""

    base_chance: float = Field(default=0.1, gt=0, lt=1)
    """Chance of a purchase without a word from us, where no forecast (``buy_chance``) is known."""
    actions: dict[str, ActionPrior] = Field(default_factory=lambda: dict(_PRIORS))
    other_actions: ActionPrior = ActionPrior()
    """For actions that are not named."""
    annoyance_share: float = Field(default=0.01, ge=0)
    """What an unasked message costs in goodwill, as a share of the margin at stake."""
    annoyance_growth: float = Field(default=0.5, ge=0)
    """By how much of that each message of the last seven days makes the next one dearer."""
    exploration: float = Field(default=0.05, ge=0, le=0.5)
    """Share of decisions drawn evenly among what is allowed. Without it nothing is learnt or can be checked."""
    seed: int = 0

    def lift(self, action: str, moment: str) -> float:
        """The believed lift in log-odds of ``action`` at ``moment``."""
        prior = self.actions.get(action, self.other_actions)
        return prior.by_moment.get(moment, prior.lift)
