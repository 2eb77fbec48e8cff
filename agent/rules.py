"""What must hold before the shop writes first: consent, holdout, caps, quiet hours. In code, above every score.

A rule that is against it either silences the occasion for good, or (quiet hours, a chat going on) puts it off.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Records

from store.schema import Conversation, Customer, Decision, Message

from .settings import ProactiveSettings

_CHATTING = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Ruling:
    """The first rule that is against writing."""

    rule: str
    why: str
    later: bool = False
    """It will be different by itself: decide again later."""


def first_objection(
    records: Records, customer: Customer | None, settings: ProactiveSettings, at: datetime
) -> Ruling | None:
    """The rule that forbids a message to ``customer`` at ``at``, or ``None``."""
    if customer is None:
        return Ruling("unknown", "the customer's record is not there, so no consent is known")
    if not customer.consent_proactive:
        return Ruling("consent", "the customer has not agreed to be written to")
    if in_holdout(customer.id, settings):
        return Ruling("holdout", f"one of the {settings.holdout_share:.0%} who are never written to, for comparison")
    if _with_person(records, customer.id):
        return Ruling("person", "a person has the customer's conversation")
    week = messages_since(records, customer.id, at - timedelta(days=7))
    if week >= settings.max_per_week:
        return Ruling("cap", f"{week} messages in the last seven days, at most {settings.max_per_week} are allowed")
    if is_quiet(customer.time_zone, settings, at):
        return Ruling("quiet", f"quiet hours until {settings.quiet_to:%H:%M} in {customer.time_zone}", later=True)
    if _chatting(records, customer.id, at):
        return Ruling("chatting", "the customer is writing right now", later=True)
    return None


def in_holdout(customer_id: str, settings: ProactiveSettings) -> bool:
    """By a stable hash of the id, so that a customer stays on one side whatever else changes."""
    digest = hashlib.sha256(f"{settings.seed}:{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < settings.holdout_share


def is_quiet(time_zone: str, settings: ProactiveSettings, at: datetime) -> bool:
    """Whether ``at`` lies in the quiet hours of the customer's own day. An unknown zone counts as UTC."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    now: time = at.astimezone(zone).time()
    start, end = settings.quiet_from, settings.quiet_to
    if start <= end:
        return start <= now < end
    return now >= start or now < end


def messages_since(records: Records, customer_id: str, since: datetime) -> int:
    """How many unasked messages the customer got after ``since``."""
    return (
        records.scalar(
            select(func.count()).where(
                Decision.customer_id == customer_id, Decision.at > since, Decision.message_id.is_not(None)
            )
        )
        or 0
    )


def _with_person(records: Records, customer_id: str) -> bool:
    latest = records.scalar(
        select(Conversation.state)
        .where(Conversation.customer_id == customer_id)
        .order_by(Conversation.started_at.desc(), Conversation.id.desc())
        .limit(1)
    )
    return latest == "person"


def _chatting(records: Records, customer_id: str, at: datetime) -> bool:
    last = records.scalar(
        select(func.max(Message.at))
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.customer_id == customer_id, Message.role == "customer", Message.at <= at)
    )
    return last is not None and at - last < _CHATTING
