"""What the agent keeps of one customer: a short profile that he can see, all of it as an export, and its deletion.

The profile is read from the record each time, so nothing about him stands anywhere that the record does not show. What
was executed stays: it belongs to the order. It is cut loose from the conversations and holds no words of his.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session as Records

from store import Database
from store.schema import (
    Agenda,
    Attachment,
    Conversation,
    Customer,
    Decision,
    Event,
    Message,
    Mute,
    Occasion,
    Offer,
    Outgoing,
    Proposal,
    ProposalStep,
    Stir,
    Todo,
)

_OPEN = ("proposed", "waiting")


@dataclass(frozen=True, slots=True)
class Promise:
    """Something that the customer was told would be done, or was done."""

    operation: str
    order_id: str | None
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Profile:
    """What the agent goes by, in short."""

    customer_id: str
    name: str
    language: str
    conversations: int
    messages: int
    first_at: datetime | None
    last_at: datetime | None
    may_write_first: bool
    may_use_history: bool
    promised: tuple[Promise, ...]
    """Newest first."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much was deleted."""

    conversations: int
    messages: int
    decisions: int
    proposals: int
    events: int


def read_profile(records: Records, customer_id: str) -> Profile:
    """The customer's profile as the record has it now."""
    customer = records.get(Customer, customer_id)
    own = select(Conversation.id).where(Conversation.customer_id == customer_id)
    count, first, last = records.execute(
        select(func.count(), func.min(Message.at), func.max(Message.at)).where(Message.conversation_id.in_(own))
    ).one()
    rows = records.scalars(
        select(Proposal)
        .where(Proposal.customer_id == customer_id, Proposal.state.in_(("waiting", "done")))
        .order_by(Proposal.created_at.desc(), Proposal.id)
    )
    promised = tuple(
        Promise(row.operation, row.arguments.get("order_id"), row.state, row.executed_at or row.created_at)
        for row in rows
    )
    return Profile(
        customer_id=customer_id,
        name=customer.full_name if customer else "",
        language=customer.language if customer else "en",
        conversations=records.scalar(select(func.count()).select_from(own.subquery())) or 0,
        messages=count,
        first_at=first,
        last_at=last,
        may_write_first=customer.consent_proactive if customer else False,
        may_use_history=customer.consent_personal if customer else False,
        promised=promised,
    )


def export_profile(records: Records, customer_id: str) -> dict[str, Any]:
    """Everything that the agent keeps of the customer, as plain data for a JSON file; pictures in Base64."""
    tables: dict[str, Any] = {}
    own = select(Conversation.id).where(Conversation.customer_id == customer_id)
    wanted = {
        "conversations": select(Conversation).where(Conversation.customer_id == customer_id),
        "messages": select(Message).where(Message.conversation_id.in_(own)).order_by(Message.at, Message.position),
        "pictures": select(Attachment).where(Attachment.customer_id == customer_id).order_by(Attachment.at),
        "proposals": select(Proposal).where(Proposal.customer_id == customer_id).order_by(Proposal.created_at),
        "offers": select(Offer).where(Offer.customer_id == customer_id).order_by(Offer.made_at),
        "less_of_this": select(Mute).where(Mute.customer_id == customer_id).order_by(Mute.moment),
        "decisions": select(Decision).where(Decision.customer_id == customer_id).order_by(Decision.at),
        "occasions": select(Occasion).where(Occasion.customer_id == customer_id).order_by(Occasion.key),
        "messages_sent": select(Outgoing).where(Outgoing.customer_id == customer_id).order_by(Outgoing.id),
        "tasks_for_staff": select(Todo).where(Todo.customer_id == customer_id).order_by(Todo.id),
        "events": select(Event).where(Event.customer_id == customer_id).order_by(Event.at, Event.id),
    }
    for name, statement in wanted.items():
        tables[name] = [_plain(row) for row in records.scalars(statement)]
    return {"customer": customer_id, **tables}


def _plain(row: Any) -> dict[str, Any]:
    values = {column.name: getattr(row, column.name) for column in row.__table__.columns}
    return {name: _plain_value(value) for name, value in values.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    return value.isoformat() if isinstance(value, datetime) else value


def forget(records: Records, customer_id: str) -> tuple[Forgotten, list[str]]:
    """Delete what the agent keeps of the customer; also returns the ids of his conversations, for their checkpoints.

    Must run in a write transaction. Orders, and what was executed on them, stay with the shop, as do reviews.
    """
    if records.bind is not None and records.bind.dialect.name == "sqlite":
        # Deleted rows are overwritten, not only unlinked.
        records.execute(text("PRAGMA secure_delete = ON"))
    ids = list(records.scalars(select(Conversation.id).where(Conversation.customer_id == customer_id)))
    idle = select(Proposal.id).where(Proposal.customer_id == customer_id, Proposal.executed_at.is_(None))
    records.execute(delete(ProposalStep).where(ProposalStep.proposal_id.in_(idle)))
    proposals = _count(
        records, delete(Proposal).where(Proposal.customer_id == customer_id, Proposal.executed_at.is_(None))
    )
    records.execute(update(Proposal).where(Proposal.customer_id == customer_id).values(conversation_id=None))
    messages = _count(records, delete(Message).where(Message.conversation_id.in_(ids)))
    conversations = _count(records, delete(Conversation).where(Conversation.id.in_(ids)))
    decisions = _count(records, delete(Decision).where(Decision.customer_id == customer_id))
    events = _count(records, delete(Event).where(Event.customer_id == customer_id))
    for table in (Agenda, Attachment, Occasion, Offer, Outgoing, Stir, Todo):
        # "Less of this" stays: it protects who said it.
        records.execute(delete(table).where(table.customer_id == customer_id))
    return Forgotten(conversations, messages, decisions, proposals, events), ids


def _count(records: Records, statement: Any) -> int:
    return int(records.execute(statement).rowcount)  # type: ignore[attr-defined]  # a delete has a row count


def clean_log(database: Database) -> None:
    """SQLite's write-ahead log holds what was there before: write it back and cut it."""
    if database.engine.dialect.name == "sqlite":
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
