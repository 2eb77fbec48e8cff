"""``Option``: one thing that could be done at a moment, whether it may be, and all that doing it would take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from ..evidence import EvidenceBook
from ..grounding import check_reply

Surface = Literal["chat", "email", "todo"]
"""Where it would appear: the first two are messages to the customer, the last is a task for the shop's people."""
TASKS = frozenset({"invite_person"})
"""Actions that write to nobody but the shop's own people."""
OFFERS = frozenset({"offer", "offer_shipping", "offer_bundle"})
SELLING = frozenset({"remind", "answer_doubt", "recommend"}) | OFFERS
"""Actions that want a purchase; who buys anyway is spared them."""


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """What is offered, in the terms that the shop's checkout has to keep."""

    code: str
    kind: Literal["percentage", "shipping", "bundle"]
    percent: int
    product_ids: tuple[str, ...]
    cost_minor: int
    """What the shop gives away if it is taken up."""
    currency: str
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Option:
    """A candidate with what it would say."""

    action: str
    eligible: bool
    why: str
    """Why it may or may not be done."""
    text: str | None = None
    products: tuple[str, ...] = ()
    """Shown as cards, and held to be in stock."""
    book: EvidenceBook | None = None
    cost_minor: int = 0
    margin_minor: int = 0
    """What an order is expected to earn after it, a discount already taken off."""
    discount_share: float = 0.0
    offer: OfferTerms | None = None
    asked: str = ""
    """The customer's own words that the text repeats."""

    @property
    def is_task(self) -> bool:
        return self.action in TASKS

    def refused(self, why: str) -> Option:
        """The same, but it may not be done."""
        return replace(self, eligible=False, why=why)


def not_possible(action: str, why: str) -> Option:
    return Option(action, False, why)


def held_by_evidence(option: Option, today: date) -> Option:
    """What cannot be held by evidence is not eligible, whatever its score."""
    if option.text is None or option.book is None or not option.eligible or option.is_task:
        return option
    checked = check_reply(option.text, option.book, asked=option.asked, today=today)
    problems = [one.problem for one in checked if one.problem]
    return option.refused(f"its text is not held by evidence: {problems[0]}") if problems else option
