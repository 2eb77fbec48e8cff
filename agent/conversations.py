"""The conversation of record: what was said, by whom, with what evidence. The checkpoint is only working memory."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Records

from store import NotFound
from store.schema import Conversation, Customer, Message, Order

from .comparison import from_memory
from .evidence import from_row, to_row
from .reply import EvidenceItem, ProductCard, ProductComparison


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message as the page shows it."""

    id: str
    position: int
    role: str
    """customer, assistant, or staff."""
    text: str
    kind: str
    at: datetime
    products: tuple[ProductCard, ...] = ()
    evidence: tuple[EvidenceItem, ...] = ()
    decision_id: str | None = None
    proposal_id: str | None = None
    comparison: ProductComparison | None = None


@dataclass(frozen=True, slots=True)
class ConversationView:
    """A conversation and (some of) its messages, in order."""

    id: str
    customer_id: str
    state: str
    """Who answers: agent, or person."""
    language: str
    started_at: datetime
    messages: tuple[MessageView, ...] = ()
    urgency: int = 0
    """How soon the customer needs an answer, 0 to 3; of what he wrote since a person last answered."""


def check_customer(records: Records, customer_id: str) -> Customer | None:
    """The customer's record; ``None`` for one who is known by orders alone. Raises ``NotFound`` for a stranger."""
    customer = records.get(Customer, customer_id)
    if customer is None and not records.scalar(select(func.count()).where(Order.customer_id == customer_id)):
        raise NotFound("there is no such customer", value=customer_id)
    return customer


def start(records: Records, customer_id: str, language: str, at: datetime) -> Conversation:
    conversation = Conversation(
        id=f"conv_{uuid.uuid4().hex}", customer_id=customer_id, state="agent", language=language, started_at=at
    )
    records.add(conversation)
    records.flush()
    return conversation


def latest(records: Records, customer_id: str) -> Conversation | None:
    """The customer's conversation that goes on when none is named: the one begun last."""
    return records.scalar(
        select(Conversation)
        .where(Conversation.customer_id == customer_id)
        .order_by(Conversation.started_at.desc(), Conversation.id.desc())
        .limit(1)
    )


def own(records: Records, customer_id: str, conversation_id: str) -> Conversation:
    """The customer's own conversation. Raises the same ``NotFound`` for another's as for one that does not exist."""
    conversation = records.get(Conversation, conversation_id)
    if conversation is None or conversation.customer_id != customer_id:
        raise NotFound("there is no such conversation", value=conversation_id)
    return conversation


def append(
    records: Records,
    conversation_id: str,
    role: str,
    text: str,
    at: datetime,
    *,
    kind: str = "answer",
    message_id: str | None = None,
    evidence: Iterable[EvidenceItem] = (),
    products: Iterable[ProductCard] = (),
    decision_id: str | None = None,
    proposal_id: str | None = None,
    memory: Mapping[str, Any] | None = None,
) -> Message:
    """Write the next message. Must run in a write transaction: the position is counted under its lock."""
    # On PostgreSQL this row lock keeps two writers from taking the same position; SQLite has one writer anyway.
    records.execute(select(Conversation.id).where(Conversation.id == conversation_id).with_for_update())
    last = records.scalar(select(func.max(Message.position)).where(Message.conversation_id == conversation_id))
    message = Message(
        id=message_id or f"msg_{uuid.uuid4().hex}",
        conversation_id=conversation_id,
        position=0 if last is None else last + 1,
        role=role,
        text=text,
        kind=kind,
        evidence=[to_row(item) for item in evidence],
        products=[asdict(card) for card in products],
        decision_id=decision_id,
        proposal_id=proposal_id,
        memory=dict(memory or {}),
        at=at,
    )
    records.add(message)
    records.flush()
    return message


def messages_of(records: Records, conversation_id: str, *, after: int = -1, last: int | None = None) -> list[Message]:
    """Messages with a position above ``after``, in order; with ``last`` only so many of the newest."""
    asked = select(Message).where(Message.conversation_id == conversation_id, Message.position > after)
    if last is None:
        return list(records.scalars(asked.order_by(Message.position)))
    return list(records.scalars(asked.order_by(Message.position.desc()).limit(last)))[::-1]


def earlier_evidence(messages: Sequence[Message]) -> list[EvidenceItem]:
    """What earlier turns looked up, oldest first."""
    return [from_row(row) for message in messages for row in message.evidence]


def urgencies(records: Records, conversation_ids: Sequence[str]) -> dict[str, int]:
    """How soon each of the conversations needs an answer: the highest since a person last wrote in it."""
    rows = records.execute(
        select(Message.conversation_id, Message.role, Message.memory)
        .where(Message.conversation_id.in_(list(conversation_ids)))
        .order_by(Message.conversation_id, Message.position)
    )
    found: dict[str, int] = {}
    for conversation_id, role, memory in rows:
        known = 0 if role == "staff" else found.get(conversation_id, 0)
        found[conversation_id] = max(known, int(memory.get("urgency", 0)))
    return found


def view(conversation: Conversation, messages: Iterable[Message] = (), urgency: int = 0) -> ConversationView:
    return ConversationView(
        conversation.id,
        conversation.customer_id,
        conversation.state,
        conversation.language,
        conversation.started_at,
        tuple(_message_view(one) for one in messages),
        urgency,
    )


def _message_view(message: Message) -> MessageView:
    cards = tuple(card_from_row(row) for row in message.products)
    return MessageView(
        message.id,
        message.position,
        message.role,
        message.text,
        message.kind,
        message.at,
        cards,
        tuple(from_row(row) for row in message.evidence),
        message.decision_id,
        message.proposal_id,
        from_memory(message.memory.get("comparison"), cards),
    )


_CARD_FIELDS = frozenset(field.name for field in fields(ProductCard))


def card_from_row(row: Mapping[str, Any]) -> ProductCard:
    return ProductCard(**{name: value for name, value in row.items() if name in _CARD_FIELDS})
