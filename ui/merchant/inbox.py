"""What waits for a person: conversations that were handed over, and wishes that need an approval. Reading only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Records

from store import Database
from store.schema import Conversation, Customer, Message

from ..names import name_of


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation that a person has."""

    conversation_id: str
    customer_id: str
    name: str
    language: str
    handed_at: datetime
    """When it was handed over, or when the customer wrote first since."""
    wish: str
    """What the customer said that led to it."""
    last: str
    """The customer's last words."""
    messages: int
    answered: bool
    """A person spoke last."""
    urgency: int = 0
    """How soon an answer is needed, 0 to 3; of what the customer wrote since a person last answered."""


def read_waiting(database: Database) -> list[Waiting]:
    """Those without an answer come first, of them the most urgent, and of these who waits longest."""
    with database.read() as records:
        found = records.scalars(select(Conversation).where(Conversation.state == "person"))
        waiting = [_waiting(records, one) for one in found]
    return sorted(waiting, key=lambda one: (one.answered, -one.urgency, one.handed_at))


def _waiting(records: Records, conversation: Conversation) -> Waiting:
    of = Message.conversation_id == conversation.id
    handover = records.scalar(
        select(Message).where(of, Message.kind == "handover").order_by(Message.position.desc()).limit(1)
    )
    before = Message.position < (handover.position if handover is not None else 10**9)
    wish = records.scalar(
        select(Message).where(of, Message.role == "customer", before).order_by(Message.position.desc()).limit(1)
    )
    spoken = records.scalars(
        select(Message).where(of, Message.role.in_(("customer", "staff"))).order_by(Message.position.desc()).limit(20)
    ).all()
    said = next((one for one in spoken if one.role == "customer"), None)
    since = next((at for at, one in enumerate(spoken) if one.role == "staff"), len(spoken))
    customer = records.get(Customer, conversation.customer_id)
    return Waiting(
        conversation.id,
        conversation.customer_id,
        name_of(customer, conversation.customer_id),
        conversation.language,
        handover.at if handover is not None else (said.at if said is not None else conversation.started_at),
        wish.text if wish is not None else "",
        said.text if said is not None else "",
        records.scalar(select(func.count(Message.id)).where(of)) or 0,
        bool(spoken) and spoken[0].role == "staff",
        max((int(one.memory.get("urgency", 0)) for one in spoken[:since]), default=0),
    )
