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
    fatigue: float = Field(default=0.05, ge=0)
    """By how much an unasked message is believed to lower the log-odds of later purchases, in the week after it."""
    occasions_per_week: float = Field(default=1.0, ge=0)
    """How often a customer is believed to be at such a moment."""
    complaint_rate: float = Field(default=0.01, ge=0, le=1)
    """Believed share of messages after which the customer wants no more of them."""
    complaint_share: float = Field(default=0.5, ge=0)
    """What such a customer costs, as a share of the margin at stake."""
    fatigue_growth: float = Field(default=0.25, ge=0)
    """By how much of its cost each message of the last seven days makes the next one dearer."""
    exploration: float = Field(default=0.03, ge=0, le=0.5)
    """Share of decisions drawn among all that is allowed. Without it nothing is learnt or can be checked."""
    learned_exploration: float = Field(default=0.01, ge=0, le=0.5)
    """The same for a learned policy, whose draws try what is in doubt: this is for what it has no doubt of, which may
    have changed."""
    bearable_share: float = Field(default=0.01, gt=0)
    """A learned policy explores an option that is believed to cost so much of the margin at stake half as often as the
    best one, and what costs more more seldom still."""
    draws: int = Field(default=64, ge=8)
    """Draws from what was learnt: an option is chosen as often as it is best in one."""
    boldness: float = Field(default=0.3, ge=0, le=2)
    """How far the draws lie from the middle of the belief, as a share of what is not known: 1 is Thompson sampling,
    which suits a shop that has years; less earns more in the first months."""
    min_rows: int = Field(default=300, ge=20)
    """Fewer settled decisions teach nothing: the transparent policy decides."""
    learn_every_days: float = Field(default=1.0, gt=0)
    """How often the learned policy is fitted anew, where it is the one that decides or the shadow."""
    max_messages_7d: int = Field(default=7, ge=0)
    """A customer with so many unasked messages in seven days gets none, whatever the scores say."""
    seed: int = 0

    def lift(self, action: str, moment: str) -> float:
        """The believed lift in log-odds of ``action`` at ``moment``."""
        prior = self.actions.get(action, self.other_actions)
        return prior.by_moment.get(moment, prior.lift)
