"""What the tools give back: small records that a chat model reads as JSON and the built-in model reads as they are.

Amounts are shown as text; the minor units behind them stay out of the JSON and go into the evidence.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Facts(BaseModel):
    """Base of all tool results."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def to_text(self) -> str:
        return self.model_dump_json(exclude_none=True, exclude_defaults=True)


class Problem(Facts):
    """Why a tool has no result. ``what`` is one of a few words, so that it can be said in any language."""

    problem: Literal[
        "no_such_order", "no_such_product", "no_reviews", "unavailable", "bad_argument", "no_page", "not_confirmed"
    ]
    value: str = ""
    advice: str = ""


class VariantFacts(Facts):
    variant_id: str
    options: dict[str, str] = Field(default_factory=dict)
    price: str | None = None
    price_minor: int | None = Field(default=None, exclude=True)
    in_stock: bool
    pieces_in_stock: int | None = None


class ProductFacts(Facts):
    """One product with its variants, in the language it was asked for."""

    product_id: str
    title: str
    brand: str | None = None
    category: str = ""
    description: str = ""
    attributes: dict[str, str] = Field(default_factory=dict)
    price: str | None = None
    """Lowest price of what can be bought; of everything if nothing can."""
    highest_price: str | None = None
    """Only if it differs from ``price``."""
    price_minor: int | None = Field(default=None, exclude=True)
    highest_price_minor: int | None = Field(default=None, exclude=True)
    currency: str = ""
    in_stock: bool = False
    rating: float | None = None
    review_count: int = 0
    variants: tuple[VariantFacts, ...] = ()
    variant_count: int = 0
    why: str = ""


class ProductList(Facts):
    """Products found or recommended, best first."""

    products: tuple[ProductFacts, ...] = ()
    query: str = ""
    from_history: bool = False
    """They were chosen by what this customer did, not by words."""
    limits: str = ""
    """Price and stock limits that were understood and kept to."""


class RowFacts(Facts):
    """One property of products that are compared."""

    kind: Literal["price", "rating", "stock", "attribute", "option"]
    name: str
    values: tuple[str, ...]
    """In the order of the products; empty: the shop does not say."""


class ComparisonFacts(Facts):
    """Products side by side. What is known of each of them stands in ``products``."""

    products: tuple[ProductFacts, ...]
    rows: tuple[RowFacts, ...]


class Quote(Facts):
    review_id: str
    stars: float | None = None
    text: str
    """Verbatim."""


class ReviewFacts(Facts):
    """What the reviewers of one product say, counted."""

    product_id: str
    title: str = ""
    review_count: int
    rating: float | None = None
    positive: int = 0
    neutral: int = 0
    negative: int = 0
    liked: tuple[Quote, ...] = ()
    disliked: tuple[Quote, ...] = ()
    about: str = ""
    """Words that the quotes were chosen for, if any."""
    about_count: int = 0


class LineFacts(Facts):
    product_id: str | None = None
    variant_id: str | None = None
    title: str
    options: dict[str, str] = Field(default_factory=dict)
    quantity: int = 1
    unit_price: str
    unit_price_minor: int = Field(default=0, exclude=True)


class ShipmentFacts(Facts):
    status: str
    carrier: str | None = None
    tracking_ids: tuple[str, ...] = ()
    promised: str | None = None
    shipped: str | None = None
    delivered: str | None = None


class PaymentFacts(Facts):
    kind: str
    amount: str
    amount_minor: int = Field(default=0, exclude=True)
    method: str = ""


class OrderFacts(Facts):
    """One order of the session's customer. Dates are ISO 8601 days in UTC."""

    order_id: str
    status: str
    placed: str | None = None
    currency: str = ""
    total: str
    total_minor: int = Field(default=0, exclude=True)
    lines: tuple[LineFacts, ...] = ()
    shipments: tuple[ShipmentFacts, ...] = ()
    payments: tuple[PaymentFacts, ...] = ()
    returns: tuple[str, ...] = ()
    """Kind and status of each return or exchange."""
    address: str = ""
    address_parts: dict[str, str] = Field(default_factory=dict)
    paid_with: str | None = None
    """Id of the way to pay of its first payment."""
    possible: tuple[str, ...] = ()
    """Operations that may be asked for now."""
    cancel_reason: str | None = None


class OrderList(Facts):
    """All orders of the session's customer, newest first; ``orders`` may hold the first of them only."""

    orders: tuple[OrderFacts, ...] = ()
    count: int
    spent: str | None = None
    """Sum of all orders that were not cancelled, where they share a currency."""
    spent_minor: int | None = Field(default=None, exclude=True)


class MethodFacts(Facts):
    """A way to pay on file."""

    method_id: str
    kind: str
    brand: str | None = None
    last_four: str | None = None
    balance: str | None = None
    """Of gift cards."""
    balance_minor: int | None = Field(default=None, exclude=True)


class AccountFacts(Facts):
    """The session's customer: address, ways to pay, and what the shop takes as a reason for calling an order off."""

    address: str = ""
    address_parts: dict[str, str] = Field(default_factory=dict)
    methods: tuple[MethodFacts, ...] = ()
    currency: str = ""
    cancel_reasons: dict[str, str] = Field(default_factory=dict)
    """Name -> as shown in the customer's language; empty: any reason will do."""
    once: tuple[str, ...] = ()
    """Operations that can be done to an order once only, so that everything has to be said before."""


class OperationFacts(Facts):
    """A proposal, or what came of it, told sentence by sentence in the customer's language."""

    proposal_id: str
    operation: str
    state: str
    """proposed: waits for the customer's yes; waiting: for a person of the shop; done, refused, declined, ..."""
    order_id: str | None = None
    told: tuple[str, ...] = ()
    """All that it would do, or did. May be repeated word for word."""
    question: str = ""
    """Asks for the customer's yes; empty if nothing waits for it."""


class RefusalFacts(Facts):
    """Why an operation cannot be done; nothing was changed."""

    refused: str
    """The rule."""
    told: tuple[str, ...]
    allowed: tuple[str, ...] = ()
    """What the rule would have accepted."""


class ToldFacts(Facts):
    """Looked-up sentences in the customer's language, on one record."""

    record: str
    told: tuple[str, ...]


class PageFacts(Facts):
    """A passage of the shop's own help pages."""

    page: str
    heading: str
    text: str
    score: float = 0.0


class Stopped(Facts):
    """The customer is not written to unasked any more."""

    stopped: bool = True
    since: str
    """ISO 8601 day."""


class HandOver(Facts):
    """A person has the conversation now."""

    handed_over: bool = True
    summary: str
