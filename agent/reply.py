"""What travels out of the agent: replies, what is shown beside them, and decisions. Plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from store import format_amount

ReplyKind = Literal["answer", "question", "choice", "proposal", "handover"]
EvidenceKind = Literal["amount", "number", "date", "id", "name", "status", "text"]


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One looked-up fact, bound to its record and field."""

    number: int
    """Its number in the conversation, from 1."""
    record: str
    """``order:#W123``, ``product:B01``, ``review:...``, ``page:returns``, ``shop``."""
    field: str
    kind: EvidenceKind
    value: str
    """Amounts in minor units, dates as ISO 8601, numbers as plain decimals, everything else as text."""
    currency: str | None = None
    owner: str | None = None
    """The record this one is part of (a variant's product, a line's order); what is said of the owner may cite it."""


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product as the page shows it, in the customer's language."""

    id: str
    title: str
    price_minor: int | None
    """Lowest price of its variants; ``None``: unknown."""
    currency: str
    image: str | None
    rating: float | None
    """Mean stars, 1 to 5."""
    review_count: int
    why: str
    """Why it is shown, in the customer's language; empty: because it was asked for."""
    in_stock: bool
    price_varies: bool = False
    """Its variants differ in price, so that ``price_minor`` is where they begin."""

    @property
    def price(self) -> str:
        """As people write it: ``€49.90``; empty if the shop has no price for it."""
        return "" if self.price_minor is None else format_amount(self.price_minor, self.currency)


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """What is known of each compared product under one name."""

    kind: Literal["price", "rating", "stock", "attribute", "option"]
    name: str
    """In the customer's language: ``Price``, ``Material``."""
    values: tuple[str, ...]
    """In the order of the products, in the customer's language; empty: the shop does not say."""

    @property
    def differs(self) -> bool:
        """Whether the products that have a value do not all have the same, or some have none."""
        return len(set(self.values)) > 1


@dataclass(frozen=True, slots=True)
class ProductComparison:
    """Products side by side: a table with a column per product and a row per property."""

    products: tuple[ProductCard, ...]
    """At least two."""
    rows: tuple[ComparisonRow, ...]
    """Price, rating and stock first."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One turn's result. A program reads the fields, never the wording."""

    text: str
    """Empty only while a person has the conversation."""
    kind: ReplyKind
    options: tuple[str, ...] = ()
    proposal_id: str | None = None
    evidence: tuple[EvidenceItem, ...] = ()
    products: tuple[ProductCard, ...] = ()
    conversation_id: str = ""
    message_id: str | None = None
    comparison: ProductComparison | None = None
    """The products as a table, where the reply compares some; they are in ``products`` too."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What the agent is doing now, in the customer's language."""

    stage: Literal["tool", "writing"]
    text: str
    tool: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A whole sentence of the reply, checked against the evidence; joined, the sentences are the reply's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that could have been done at a moment."""

    action: str
    score: float
    """Expected profit beyond that of silence, in minor units; 0 for what may not be done."""
    eligible: bool
    why: str
    cost_minor: int = 0
    margin_minor: int = 0
    """What an order is expected to earn after it."""
    probability: float = 0.0
    """How probable it was that the policy would choose it."""


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision and its reasons, as it stands (or, with ``id`` ``None``, would stand) in the ledger."""

    customer_id: str
    at: datetime
    moment: str
    """Name of the moment (``cart_abandoned``), or ``none`` when nothing called for a decision."""
    action: str
    """``remind``, ``answer_doubt``, ``recommend``, ``reassure``, ``apologise``, ``offer``, ``offer_shipping``,
    ``offer_bundle``, ``ask``, ``invite_person`` or ``silence``."""
    reason: str
    candidates: tuple[Candidate, ...] = ()
    """The best first."""
    policy: str = ""
    propensity: float = 1.0
    holdout: bool = False
    cost_minor: int = 0
    currency: str = ""
    text: str | None = None
    surface: str | None = None
    """``chat``, ``email``, or ``todo`` (for the shop's people); ``None``: silence."""
    products: tuple[ProductCard, ...] = field(default=())
    id: str | None = None
    message_id: str | None = None
    known: Mapping[str, object] = field(default_factory=dict)
    """What was known when it was decided."""
    shadow: Mapping[str, object] | None = None
    """What another policy would have done: policy, action, propensity."""
    outcome: str | None = None
    """``bought``, ``returned``, ``clicked``, ``less`` or ``none``; ``None``: its window is still open."""
    reward_minor: int | None = None
