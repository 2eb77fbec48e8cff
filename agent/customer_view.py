"""What the customer can ask and say about messages that came unasked: why did I get this, less of this.

Read from the customer's own decisions alone. In the chat it is understood by a few patterns; everything else is left to
the agent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session as Records

from store import Database, NotFound
from store.schema import Decision, Message, Mute

from .language import spoken
from .outcomes import LESS
from .phrases import say
from .rules import MESSAGES

RECENT = timedelta(days=30)
_WHY = re.compile(
    r"why (?:did|do|am|are|have|was|were) (?:i|you|u)\b.{0,30}?(?:get|got|getting|receiv\w*|sent?|send(?:ing)?|show\w*)"
    r" ?(?:me |to me )?(?:(?:this|that|it|these)(?: (?:message|reminder|e-?mail|mail|note)s?)?\W*$"
    r"|(?:a |the |your |these |such )?(?:message|reminder|e-?mail|mail|note)s?\b)"
    r"|why (?:are you|do you|did you|have you) (?:been )?(?:writ\w*|wrote|messag\w*|contact\w*|remind\w*)"
    r"|why (?:this|that|the) (?:message|reminder|e-?mail)"
    r"|为(?:什么|何).{0,12}(?:收到(?:这|你|您)|发(?:给我|来|这)|写给我|给我发|提醒我|联系我)"
    r"|怎么(?:会)?(?:收到这|给我发)",
    re.I,
)
_LESS = re.compile(
    r"less (?:of (?:this|that|these|those)\b|often\b|messages|reminders)"
    r"|fewer (?:of (?:these|those)|messages|reminders|e-?mails)"
    r"|(?:write|message|send|remind|contact|e-?mail) (?:to )?(?:me )?(?:\w+ )?less\b"
    r"|少发|少一?点(?:消息|提醒)|别(?:老|总)(?:是)?(?:发|提醒)|不要(?:老|总|这么频繁).{0,4}(?:发|提醒)|减少(?:消息|提醒)",
    re.I,
)
Wish = Literal["why", "less"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the customer got a message."""

    decision_id: str
    at: datetime
    moment: str
    text: str
    """The message."""
    because: str
    """A sentence in the customer's language."""
    muted: bool
    """He has said "less of this" about it."""


def wish_about_messages(text: str) -> Wish | None:
    """Whether ``text`` asks why a message came, or wants less of it."""
    if _LESS.search(text):
        return "less"
    return "why" if _WHY.search(text) else None


def reasons(database: Database, customer_id: str, language: str, at: datetime, limit: int = 5) -> list[Reason]:
    """The customer's latest unasked messages, each with why, the newest first."""
    with database.read() as records:
        rows = list(records.scalars(_sent(customer_id, at).limit(limit)))
        muted = set(records.scalars(select(Mute.moment).where(Mute.customer_id == customer_id)))
    return [
        Reason(
            row.id,
            row.at,
            row.moment,
            row.text or "",
            say("why_got_this", language, because=_because(row, language)),
            row.moment in muted,
        )
        for row in rows
    ]


def less_of_this(database: Database, customer_id: str, decision_id: str | None, at: datetime) -> str:
    """Note that the customer wants less of what led to a decision (his latest message if none is named).

    Returns the moment. Raises ``NotFound`` if there was no such message to this customer.
    """
    with database.write() as records:
        row = _own(records, customer_id, decision_id, at)
        if records.get(Mute, (customer_id, row.moment)) is None:
            records.add(Mute(customer_id=customer_id, moment=row.moment, at=at, decision_id=row.id))
        if row.outcome is None:
            # The reward follows when the window is over, with what was bought in it.
            row.known = {**row.known, "answered": LESS}
        return row.moment


def undo_less(database: Database, customer_id: str, moment: str) -> None:
    """The customer wants messages of that moment again."""
    with database.write() as records:
        row = records.get(Mute, (customer_id, moment))
        if row is not None:
            records.delete(row)


def answer_about_messages(database: Database, customer_id: str, message: Message, language: str) -> str | None:
    """The reply to a customer's message about messages; ``None`` if it is about something else."""
    wish, language, at = wish_about_messages(message.text), spoken(language), message.at
    if wish is None:
        return None
    found = reasons(database, customer_id, language, at, limit=1)
    if not found:
        return say("why_got_none", language) if wish == "why" else None
    if wish == "less":
        less_of_this(database, customer_id, found[0].decision_id, at)
        return say("less_noted", language)
    joint = "" if language == "zh" else " "
    return joint.join((found[0].because, say("why_got_this_stop", language)))


def _sent(customer_id: str, at: datetime):  # type: ignore[no-untyped-def]  # SQLAlchemy's Select is inferred
    return (
        select(Decision)
        .where(
            Decision.customer_id == customer_id,
            Decision.surface.in_(MESSAGES),
            Decision.at <= at,
            Decision.at > at - RECENT,
        )
        .order_by(Decision.at.desc(), Decision.id)
    )


def _own(records: Records, customer_id: str, decision_id: str | None, at: datetime) -> Decision:
    found: Decision | None
    if decision_id is None:
        found = records.scalar(_sent(customer_id, at).limit(1))
    else:
        found = records.get(Decision, decision_id)
    if found is None or found.customer_id != customer_id:
        raise NotFound("there is no such message to this customer", value=decision_id or customer_id)
    return found


def _because(row: Decision, language: str) -> str:
    """As it was said in the message; once the row is thinned, in general words."""
    said: dict[str, str] = row.known.get("because", {})
    return said.get(language) or say("unasked_other", language)
