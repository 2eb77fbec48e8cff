"""What must hold before the shop writes first: consent, holdout, "less of this", caps over all channels, quiet hours.

A rule that is against it either settles the occasion in silence, or (quiet hours, a chat going on) puts it off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session as Records

from store.schema import Conversation, Decision, Message, Mute, Offer

from ..moments import Moment, Person
from ..moments.reading import chunks
from ..settings import ProactiveSettings
from .holdout import in_holdout
from .quiet import is_quiet, quiet_until

CHATTING = timedelta(minutes=10)
HISTORY_DAYS = 60
MESSAGES = ("chat", "email")
"""Surfaces that count as a message to the customer."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The first rule that is against writing."""

    rule: str
    why: str
    again_at: datetime | None = None
    """It will be different then by itself: decide again."""


@dataclass
class Contact:
    """What passed between the shop and one customer lately."""

    sent: list[tuple[datetime, str]] = field(default_factory=list)
    """When each unasked message went, over all channels, and its moment."""
    muted: set[str] = field(default_factory=set)
    """Moments of which the customer wants less."""
    offered_at: datetime | None = None
    with_person: bool = False
    """A person has the conversation."""
    wrote_at: datetime | None = None
    """The customer's last message."""

    def since(self, at: datetime, back: timedelta) -> list[datetime]:
        """The times of the messages in ``back`` before ``at``, oldest first."""
        return sorted(one for one, _ in self.sent if at - back < one <= at)


_SENT = select(Decision.customer_id, Decision.at, Decision.moment).where(
    Decision.customer_id.in_(bindparam("ids", expanding=True)),
    Decision.at > bindparam("since"),
    Decision.surface.in_(MESSAGES),
)
_MUTES = select(Mute.customer_id, Mute.moment).where(
    Mute.customer_id.in_(bindparam("ids", expanding=True)), Mute.at <= bindparam("until")
)
_OFFERS = (
    select(Offer.customer_id, func.max(Offer.made_at))
    .where(Offer.customer_id.in_(bindparam("ids", expanding=True)), Offer.made_at <= bindparam("until"))
    .group_by(Offer.customer_id)
)
_TALKS = (
    select(Conversation.customer_id, Conversation.state)
    .where(
        Conversation.customer_id.in_(bindparam("ids", expanding=True)), Conversation.started_at <= bindparam("until")
    )
    .order_by(Conversation.started_at, Conversation.id)
)
_WROTE = (
    select(Conversation.customer_id, func.max(Message.at))
    .join(Conversation, Conversation.id == Message.conversation_id)
    .where(
        Conversation.customer_id.in_(bindparam("ids", expanding=True)),
        Message.role == "customer",
        Message.at <= bindparam("until"),
    )
    .group_by(Conversation.customer_id)
)


def read_contacts(records: Records, customer_ids: Sequence[str], at: datetime) -> dict[str, Contact]:
    """One ``Contact`` for each id."""
    found: dict[str, Contact] = defaultdict(Contact)
    for part in chunks(dict.fromkeys(customer_ids)):
        ids = {"ids": part, "until": at}
        for one in part:
            found[one] = Contact()
        for customer, sent_at, moment in records.execute(
            _SENT, {"ids": part, "since": at - timedelta(days=HISTORY_DAYS)}
        ):
            found[customer].sent.append((sent_at, moment))
        for customer, moment in records.execute(_MUTES, ids):
            found[customer].muted.add(moment)
        for customer, offered_at in records.execute(_OFFERS, ids):
            found[customer].offered_at = offered_at
        for customer, state in records.execute(_TALKS, ids):
            found[customer].with_person = state == "person"
        for customer, wrote_at in records.execute(_WROTE, ids):
            found[customer].wrote_at = wrote_at
    return dict(found)


def first_objection(person: Person, contact: Contact, settings: ProactiveSettings, moment: Moment) -> Ruling | None:
    """The rule that forbids a message to ``person`` about ``moment`` now, or ``None``."""
    return _for_good(person, contact, settings, moment) or _for_now(person, contact, settings, moment.at)


def _for_good(person: Person, contact: Contact, settings: ProactiveSettings, moment: Moment) -> Ruling | None:
    if not person.known:
        return Ruling("unknown", "the customer's record is not there, so no consent is known")
    if not person.consent_proactive:
        return Ruling("consent", "the customer has not agreed to be written to")
    if moment.name in contact.muted:
        return Ruling("less", "the customer wants less of this")
    if in_holdout(person.id, settings):
        return Ruling("holdout", f"one of the {settings.holdout_share:.0%} who are never written to, for comparison")
    if contact.with_person:
        return Ruling("person", "a person has the customer's conversation")
    pause = timedelta(days=moment.kind.pause_days)
    same = [one for one, name in contact.sent if name == moment.name and moment.at - pause < one <= moment.at]
    if same:
        why = f"the last message of this moment is less than {moment.kind.pause_days:g} days old"
        return Ruling("pause", why, _while_it_matters(max(same) + pause, moment))
    return _cap(contact, settings, moment)


def _cap(contact: Contact, settings: ProactiveSettings, moment: Moment) -> Ruling | None:
    most = min(settings.max_per_week, 1) if contact.muted else settings.max_per_week
    week = contact.since(moment.at, timedelta(days=7))
    if len(week) < most:
        return None
    why = f"{len(week)} messages in the last seven days, at most {most} are allowed"
    # What still matters when a message of this week is a week old waits until then.
    free_at = week[len(week) - most] + timedelta(days=7) if most else None
    return Ruling("cap", why, _while_it_matters(free_at, moment))


def _while_it_matters(at: datetime | None, moment: Moment) -> datetime | None:
    """``at``, if the occasion still stands then."""
    return at if at is not None and moment.at < at < moment.signal.until else None


def _for_now(person: Person, contact: Contact, settings: ProactiveSettings, at: datetime) -> Ruling | None:
    if is_quiet(person.time_zone, settings, at):
        why = f"quiet hours until {settings.quiet_to:%H:%M} in {person.time_zone}"
        return Ruling("quiet", why, quiet_until(person.time_zone, settings, at))
    gap = timedelta(hours=settings.min_gap_hours)
    recent = contact.since(at, gap)
    if recent:
        return Ruling("gap", f"the last message is less than {settings.min_gap_hours:g} hours old", recent[-1] + gap)
    if contact.wrote_at is not None and at - contact.wrote_at < CHATTING:
        return Ruling("chatting", "the customer is writing right now", contact.wrote_at + CHATTING)
    return None
