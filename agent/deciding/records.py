"""What travels between the one who knows and the one who chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Situation:
    """One occasion, as it was known when it came up."""

    customer_id: str
    at: datetime
    moment: str
    """Kind of the moment: ``cart_abandoned``, ``price_drop``."""
    features: Mapping[str, float] = field(default_factory=dict)
    """What was known, by name; leave out what is not known. These names mean something to every policy:
    ``buy_chance`` (probability that he buys within the window without a word from us), ``messages_7d`` and
    ``messages_30d`` (unasked messages he had). All others are there to be learnt from."""


@dataclass(frozen=True, slots=True)
class Choosable:
    """Something that may be done: it has passed every rule. Silence is always one of them."""

    action: str
    cost_minor: int = 0
    """What doing it costs, whatever comes of it."""
    margin_minor: int = 0
    """What an order is expected to earn if he buys after this, any discount already taken off."""
    discount_share: float = 0.0
    """Part of the price that is given away, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """One of the options, as the policy saw it."""

    action: str
    score_minor: float
    """Expected profit beyond that of silence. Silence has 0."""
    chance: float
    """Expected probability that he buys within the window, if this is done."""
    probability: float
    """How probable it was that this option would be chosen. They sum to 1."""
    why: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen, and how everything was weighed, best score first."""

    action: str
    propensity: float
    """The probability with which this action was drawn; exact, so that it can be divided by."""
    weighed: tuple[Weighed, ...]
    reason: str
    """In a sentence, for the merchant."""
    policy: str
    version: str


class Policy(Protocol):
    """Chooses one of the options. Deterministic in its arguments, settings and model."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def choose(self, situation: Situation, options: Sequence[Choosable], key: str) -> Choice:
        """``key`` names the occasion (the ledger's idempotency key): with the seed in the settings it decides every
        draw. Raises ``InputError`` if silence is not among the options, or an action is named twice.
        """
        ...
