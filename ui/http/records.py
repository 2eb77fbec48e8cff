"""What travels over HTTP: requests and answers of the programming interface, checked by pydantic."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
)

from insight import CustomerInsight


def _storable(text: str) -> str:
    """Text that a database takes: no NUL, no half of a surrogate pair."""
    if "\x00" in text or any(0xD800 <= ord(one) <= 0xDFFF for one in text):
        raise ValueError("holds a character that is no text")
    return text


def _in_range(at: datetime) -> datetime:
    if not 1970 <= at.year <= 2999:
        raise ValueError("must lie between the years 1970 and 2999")
    return at.astimezone(UTC)


def _whole(value: object) -> object:
    """1.0 is a whole number in JSON; true and "1" are none."""
    if isinstance(value, bool | str):
        raise ValueError("must be a whole number")
    return value


Text = Annotated[str, AfterValidator(_storable)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\s].*$"), AfterValidator(_storable)]
Short = Annotated[str, StringConstraints(max_length=500), AfterValidator(_storable)]
Time = Annotated[
    AwareDatetime,
    AfterValidator(_in_range),
    Field(
        description="With a time zone, from 1970 to 2999", json_schema_extra={"pattern": "^(19[789]|2[0-9]{2})[0-9]-"}
    ),
]
Minor = Annotated[int, Field(ge=-(2**53), le=2**53), BeforeValidator(_whole)]
Count = Annotated[int, Field(ge=0, le=2**31 - 1), BeforeValidator(_whole)]


class Strict(BaseModel):
    """A request: a field that is not known is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """An answer, read off the attributes of what the parts of the shop hand out."""

    model_config = ConfigDict(from_attributes=True)


# Products.


class Product(Answer):
    """A product as the shop shows it."""

    id: str
    title: str
    price_minor: int | None
    currency: str
    price: str
    image: str | None
    rating: float | None
    review_count: int
    in_stock: bool
    why: str


class Products(BaseModel):
    products: list[Product]


# Chat.


class ChatRequest(Strict):
    text: Annotated[Text, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)]
    conversation_id: Id | None = None
    """Without it the customer's latest conversation goes on."""
    language: Literal["en", "zh"] | None = None
    new_conversation: StrictBool = False


class Evidence(Answer):
    """A looked-up fact that the reply rests on."""

    number: int
    record: str
    field: str
    kind: str
    value: str
    currency: str | None


class ChatReply(Answer):
    """One turn's result. A program reads the fields, never the wording."""

    text: str
    kind: str
    options: list[str]
    proposal_id: str | None
    evidence: list[Evidence]
    products: list[Product]
    conversation_id: str
    message_id: str | None


class Message(Answer):
    id: str
    position: int
    role: str
    """customer, assistant, or staff."""
    text: str
    kind: str
    at: datetime
    products: list[Product]
    proposal_id: str | None


class Conversation(Answer):
    """A conversation of record and its messages, in order."""

    id: str
    state: str
    """Who answers: agent, or person."""
    language: str
    started_at: datetime
    messages: list[Message]


class Conversations(BaseModel):
    conversations: list[Conversation]


# The customer's own data.


class Promised(Answer):
    """Something that the customer was told would be done, or was done."""

    operation: str
    order_id: str | None
    state: str
    """waiting, or done."""
    at: datetime


class Profile(Answer):
    """What is kept of the customer, in short."""

    customer_id: str
    name: str
    language: str
    conversations: int
    messages: int
    first_at: datetime | None
    last_at: datetime | None
    may_write_first: bool
    may_use_history: bool
    promised: list[Promised]


class Forgotten(Answer):
    """How much was deleted."""

    conversations: int
    messages: int
    decisions: int
    proposals: int
    events: int


# Reviews.


class ScoreRequest(Strict):
    texts: Annotated[list[Annotated[Text, StringConstraints(max_length=20_000)]], Field(min_length=1, max_length=256)]
    aspects: StrictBool = False


class FoundAspect(Answer):
    aspect: str
    polarity: str
    confidence: float
    start: int | None
    end: int | None


class Score(Answer):
    polarity: str
    negative: float
    neutral: float
    positive: float
    stars: float
    language: str
    aspects: list[FoundAspect]


class Scores(BaseModel):
    scores: list[Score]


# Events.


class EventIn(Strict):
    """Something that a customer or an anonymous visitor did. Sent again under its id it changes nothing."""

    id: Id
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    """view, search, cart_add, cart_remove, checkout_start, purchase, or the shop's own name for it."""
    at: Time
    customer_id: Id | None = None
    anonymous_id: Id | None = None
    visit_id: Id | None = None
    product_id: Id | None = None
    variant_id: Id | None = None
    order_id: Id | None = None
    quantity: Minor | None = None
    value_minor: Minor | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    query: Short | None = None
    results: Count | None = None
    """Of a search: how many products it showed. 0 is a search in vain."""
    in_stock: StrictBool | None = None
    """Of a view: whether the product could be bought."""


class EventBatch(Strict):
    events: Annotated[list[EventIn], Field(min_length=1, max_length=1000)]


class EventsTaken(BaseModel):
    """All of them are in the shop's records now."""

    new: int
    known: int
    """Had the id of an event that is there already."""


# Decisions and forecasts.


class Option(Answer):
    action: str
    score: float
    eligible: bool
    why: str


class Decision(Answer):
    """What was, or would be, done and why; silence too."""

    id: str | None
    customer_id: str
    at: datetime
    moment: str
    action: str
    reason: str
    candidates: list[Option]
    policy: str
    propensity: float
    holdout: bool
    cost_minor: int
    text: str | None
    message_id: str | None
    outcome: str | None = None


class Decisions(Answer):
    decisions: list[Decision]


class Forecast(BaseModel):
    """A calibrated probability, what is usual in this shop, and the reasons in words."""

    forecast: str
    probability: float
    usual: float
    subject: str | None
    """The visit's or the product's id; ``None``: the customer as such."""
    reasons: list[str]


class Value(Answer):
    """What the customer is expected to bring in the next ``days``."""

    days: int
    purchases: float
    amount_minor: int
    currency: str
    still_customer: float


class CustomerForecasts(BaseModel):
    customer_id: str
    at: datetime
    segment: str
    segment_name: str
    withheld: bool
    """The customer does not allow the use of his history: nothing was read and nothing is foreseen."""
    forecasts: list[Forecast]
    value: Value | None

    @classmethod
    def of(cls, one: CustomerInsight, language: str) -> CustomerForecasts:
        forecasts = [
            Forecast(
                forecast=found.forecast,
                probability=found.probability,
                usual=found.usual,
                subject=found.subject,
                reasons=[reason.words(language) for reason in found.reasons],
            )
            for found in one.predictions
        ]
        return cls(
            customer_id=one.customer_id,
            at=one.at,
            segment=one.segment,
            segment_name=one.segment_name(language),
            withheld=one.withheld,
            forecasts=forecasts,
            value=None if one.value is None else Value.model_validate(one.value),
        )


class RankedCustomer(Answer):
    customer_id: str
    probability: float


class RankedCustomers(Answer):
    customers: list[RankedCustomer]


class Segment(Answer):
    """One segment of the shop."""

    key: str
    name: str
    customers: int
    share: float
    revenue_share: float
    mean_spent_minor: int
    currency: str


class Segments(BaseModel):
    segments: list[Segment]
