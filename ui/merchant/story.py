"""One customer's whole story as a time line: visits, orders, parcels, returns, reviews, talks, decisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session as Records

from store import Database, NotFound, format_amount
from store.schema import Conversation, Customer, Decision, Event, Message, Order, Product, Review, ReviewSentiment

from ..names import name_of
from .words import Words

_LATEST = 80
_EVENTS = 600
_PAUSE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Chapter:
    """Something that happened."""

    at: datetime
    kind: str
    """visit, order, parcel, return, review, talk, message or decision."""
    text: str
    below: str = ""
    """What was said or bought, in the customer's or the shop's own words."""


@dataclass(frozen=True, slots=True)
class Story:
    """A customer and what happened, the latest first."""

    customer_id: str
    name: str
    known: tuple[tuple[str, str], ...]
    """Label and value of what is known of the person."""
    chapters: tuple[Chapter, ...]
    purchases: tuple[tuple[datetime, float, str], ...]
    """When, how much in major units, and which order; oldest first."""
    currency: str


def read_story(database: Database, customer_id: str, now: datetime, words: Words) -> Story:
    """The story up to ``now``. Raises ``NotFound`` for nobody's id."""
    with database.read() as records:
        customer = records.get(Customer, customer_id)
        orders = list(
            records.scalars(select(Order).where(Order.customer_id == customer_id).order_by(Order.placed_at.desc()))
        )
        if customer is None and not orders:
            raise NotFound("there is no such customer", value=customer_id)
        chapters = [
            *_visits(records, customer_id, words),
            *_orders(orders, words),
            *_reviews(records, customer_id, words),
            *_talks(records, customer_id, words),
            *_decisions(records, customer_id, words),
        ]
        latest = sorted((one for one in chapters if one.at <= now), key=lambda one: one.at, reverse=True)[:_LATEST]
        return Story(
            customer_id,
            name_of(customer, customer_id),
            _known(customer, orders, words),
            tuple(latest),
            tuple(sorted(_purchases(orders))),
            orders[0].currency if orders else "",
        )


def _known(customer: Customer | None, orders: Sequence[Order], words: Words) -> tuple[tuple[str, str], ...]:
    live = [one for one in orders if one.status != "cancelled"]
    spent = sum(one.total_minor for one in live)
    facts = [(words("known_orders"), f"{len(live):,}")]
    if live:
        facts.append((words("known_spent"), format_amount(spent, live[0].currency)))
    if customer is not None:
        facts.append((words("known_language"), customer.language))
        if customer.country:
            facts.append((words("known_country"), customer.country))
        asks = words("yes" if customer.consent_proactive else "no")
        uses = words("yes" if customer.consent_personal else "no")
        facts += [(words("known_written"), asks), (words("known_history"), uses)]
    return tuple(facts)


def _visits(records: Records, customer_id: str, words: Words) -> Iterator[Chapter]:
    asked = (
        select(Event, Product.title)
        .outerjoin(Product, Product.id == Event.product_id)
        .where(Event.customer_id == customer_id, Event.kind.in_(("view", "search", "cart_add", "cart_remove")))
        .order_by(Event.at.desc())
        .limit(_EVENTS)
    )
    rows = list(records.execute(asked))[::-1]
    number, last, numbered = 0, None, []
    for event, title in rows:
        number += last is not None and event.at - last > _PAUSE
        last = event.at
        numbered.append((number, event, title))
    for _, visit in groupby(numbered, key=lambda one: one[0]):
        events = [(event, title) for _, event, title in visit]
        looked = list(dict.fromkeys(title for event, title in events if event.kind == "view" and title))
        parts = [words("visit_looked", count=len(looked))] if looked else []
        parts += [
            words("visit_searched", query=event.query) for event, _ in events if event.kind == "search" and event.query
        ][:2]
        carted = list(dict.fromkeys(title for event, title in events if event.kind == "cart_add" and title))
        parts += [words("visit_carted", title=title) for title in carted[:3]]
        if parts:
            yield Chapter(events[-1][0].at, "visit", words("joiner").join(parts), ", ".join(looked[:4]))


def _orders(orders: Sequence[Order], words: Words) -> Iterator[Chapter]:
    for order in orders:
        goods = ", ".join(f"{line.quantity} × {line.title}" for line in order.lines)
        total = format_amount(order.total_minor, order.currency)
        if order.placed_at is not None:
            status = words.named("status", order.status)
            yield Chapter(
                order.placed_at, "order", words("story_order", id=order.id, total=total, status=status), goods
            )
        for parcel in order.shipments:
            if parcel.shipped_at is not None:
                yield Chapter(parcel.shipped_at, "parcel", words("story_shipped", id=order.id))
            if parcel.delivered_at is not None:
                late = parcel.promised_at is not None and parcel.delivered_at > parcel.promised_at + timedelta(days=1)
                key = "story_delivered_late" if late else "story_delivered"
                yield Chapter(parcel.delivered_at, "parcel", words(key, id=order.id))
        for back in order.returns:
            if back.requested_at is not None:
                yield Chapter(back.requested_at, "return", words("story_return", id=order.id), back.reason or "")


def _purchases(orders: Sequence[Order]) -> Iterator[tuple[datetime, float, str]]:
    from store import minor_digits

    for order in orders:
        if order.placed_at is not None and order.status != "cancelled":
            yield order.placed_at, order.total_minor / 10 ** minor_digits(order.currency), order.id


def _reviews(records: Records, customer_id: str, words: Words) -> Iterator[Chapter]:
    asked = (
        select(Review, ReviewSentiment.stars, Product.title)
        .outerjoin(ReviewSentiment, ReviewSentiment.review_id == Review.id)
        .outerjoin(Product, Product.id == Review.product_id)
        .where(Review.customer_id == customer_id)
    )
    for review, read, title in records.execute(asked):
        stars = review.stars if review.stars is not None else read
        if review.written_at is not None:
            shown = "–" if stars is None else f"{stars:.0f}"
            said = words("story_review", stars=shown, title=title or review.product_id)
            yield Chapter(review.written_at, "review", said, f"{review.title} {review.text}".strip()[:400])


def _talks(records: Records, customer_id: str, words: Words) -> Iterator[Chapter]:
    asked = (
        select(Message, Conversation.state)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.customer_id == customer_id, Message.role.in_(("customer", "staff")))
        .order_by(Message.at.desc())
        .limit(_LATEST)
    )
    for message, _ in records.execute(asked):
        yield Chapter(message.at, "talk", words(f"story_{message.role}"), message.text[:400])


def _decisions(records: Records, customer_id: str, words: Words) -> Iterator[Chapter]:
    asked = select(Decision).where(Decision.customer_id == customer_id).order_by(Decision.at.desc()).limit(_LATEST)
    for one in records.scalars(asked):
        said = words(
            "story_decided", moment=words.named("moment", one.moment), action=words.named("action", one.action)
        )
        yield Chapter(one.at, "message" if one.message_id else "decision", said, one.text or one.reason)
