"""A picture that a customer sends: kept with its message, and the conversation goes to a person, who can look at it.

No model here sees pictures, and the customer is told so.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Records

from store import Database, NotAllowed
from store.schema import Attachment

from . import conversations as record
from .language import spoken
from .phrases import say
from .reply import Reply
from .session import Session

PICTURE = "picture"
"""``kind`` of a message that is a picture."""
_MOST_PER_DAY = 30


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is safe to keep and to show: JPEG without metadata. ``width`` and ``height`` in pixels."""

    content: bytes
    width: int
    height: int


def take_picture(database: Database, session: Session, picture: Picture, at: datetime) -> Reply:
    """Keep the picture as the customer's next message, and hand the conversation over.

    Raises ``NotFound`` for an unknown customer, ``NotAllowed`` where there were too many pictures today.
    """
    customer_id = session.customer()
    with database.write() as records:
        customer = record.check_customer(records, customer_id)
        _check_count(records, customer_id, at)
        language = spoken(session.language or (customer.language if customer else None))
        conversation = record.latest(records, customer_id) or record.start(records, customer_id, language, at)
        sent = record.append(records, conversation.id, "customer", say("a_picture", language), at, kind=PICTURE)
        records.add(
            Attachment(
                id=uuid.uuid4().hex,
                customer_id=customer_id,
                message_id=sent.id,
                content=picture.content,
                width=picture.width,
                height=picture.height,
                at=at,
            )
        )
        waits = conversation.state == "person"
        conversation.state = "person"
        text = say("picture_added" if waits else "picture_handed_over", language)
        told = record.append(records, conversation.id, "assistant", text, at, kind="note" if waits else "handover")
        return Reply(text, "handover", conversation_id=conversation.id, message_id=told.id)


def _check_count(records: Records, customer_id: str, at: datetime) -> None:
    today = Attachment.at > at - timedelta(days=1)
    count = records.scalar(select(func.count(Attachment.id)).where(Attachment.customer_id == customer_id, today)) or 0
    if count >= _MOST_PER_DAY:
        raise NotAllowed("too many pictures in one day", value=count, allowed=f"at most {_MOST_PER_DAY}")
