"""Customers as the console lists them: by name, by segment, by how probably they leave. Reading only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session as Records

from store import Database, InputError, ModelError, format_amount
from store.schema import Conversation, Customer, Decision, Order, OrderLine, Proposal, Todo

from ..names import name_of

if TYPE_CHECKING:
    from beforehand import Shop
    from insight import SegmentSummary

_REASONS = 2
_FOUND = 20


@dataclass(frozen=True, slots=True)
class Leaving:
    """A customer who will probably not come back, and why."""

    customer_id: str
    name: str
    probability: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """A customer in a list."""

    customer_id: str
    name: str
    orders: int
    spent: str
    last_order: datetime | None


def customer_of(database: Database, record: type[Conversation | Decision | Proposal | Todo], key: str) -> str | None:
    """Whose the record is, for the log of what staff saw and did; ``None`` if there is no such record."""
    with database.read() as records:
        return records.scalar(select(record.customer_id).where(record.id == key))


def find_people(database: Database, words: str) -> list[Person]:
    """Customers whose name, id, mail address or order number holds ``words``; without words those who bought last."""
    wanted = words.strip()
    asked = select(Customer)
    if wanted:
        like = f"%{wanted.replace('%', '').replace('_', '')}%"
        full = Customer.first_name + " " + Customer.last_name
        chinese = Customer.last_name + Customer.first_name
        ordered = select(Order.customer_id).where(Order.id.in_([wanted, f"#{wanted.lstrip('#')}"]))
        asked = asked.where(
            or_(
                Customer.id == wanted,
                full.ilike(like),
                chinese.ilike(like),
                Customer.email.ilike(like),
                Customer.id.in_(ordered),
            )
        ).order_by(Customer.id)
    else:
        last = select(Order.customer_id, func.max(Order.placed_at).label("last")).group_by(Order.customer_id).subquery()
        asked = asked.join(last, last.c.customer_id == Customer.id).order_by(last.c.last.desc())
    with database.read() as records:
        found = [one.id for one in records.scalars(asked.limit(_FOUND))]
    return read_people(database, found)


def read_people(database: Database, customer_ids: Sequence[str]) -> list[Person]:
    """These customers, in this order."""
    with database.read() as records:
        known = {one.id: one for one in records.scalars(select(Customer).where(Customer.id.in_(customer_ids)))}
        bought = _bought(records, list(customer_ids))
    return [Person(one, name_of(known.get(one), one), *bought.get(one, (0, "–", None))) for one in customer_ids]


def _bought(records: Records, customer_ids: list[str]) -> dict[str, tuple[int, str, datetime | None]]:
    """Customer -> orders, what they paid for goods, and when they ordered last."""
    asked = (
        select(
            Order.customer_id,
            func.count(func.distinct(Order.id)),
            func.sum(OrderLine.quantity * OrderLine.unit_price_minor),
            func.max(Order.currency),
            func.max(Order.placed_at),
        )
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(Order.customer_id.in_(customer_ids), Order.status != "cancelled")
        .group_by(Order.customer_id)
    )
    rows = records.execute(asked)
    return {
        who: (count, format_amount(int(spent), currency), last) for who, count, spent, currency, last in rows if who
    }


class Foresight:
    """What the trained models say of the shop as a whole, kept for a while: reading a whole shop takes seconds."""

    def __init__(self, shop: Shop, keep: timedelta = timedelta(minutes=10)) -> None:
        self._shop, self._keep = shop, keep
        self._read: tuple[datetime, str, list[SegmentSummary], list[Leaving]] | None = None

    @property
    def trained(self) -> bool:
        """Whether the shop's past has been learnt from."""
        try:
            return self._shop.insight is not None
        except ModelError:
            return False

    def forget(self) -> None:
        """Read anew next time."""
        self._read = None

    def look(self, language: str, limit: int = 12) -> tuple[list[SegmentSummary], list[Leaving]]:
        """Segments, and who is about to leave with reasons. Raises ``ModelError`` before anything was learnt."""
        now = self._shop.clock()
        if self._read is not None and now - self._read[0] < self._keep and self._read[1] == language:
            return self._read[2], self._read[3]
        insight = self._shop.insight
        segments, leaving = insight.segments(), self._leaving(language, limit)
        self._read = (now, language, segments, leaving)
        return segments, leaving

    def _leaving(self, language: str, limit: int) -> list[Leaving]:
        insight = self._shop.insight
        try:
            ranked = insight.rank("leaves", limit)
        except InputError:
            return []
        with self._shop.database.read() as records:
            names = {
                one.customer_id: name_of(records.get(Customer, one.customer_id), one.customer_id) for one in ranked
            }
        found = []
        for one in ranked:
            told = insight.customer(one.customer_id).prediction("leaves")
            reasons = told.reasons if told is not None else ()
            said = tuple(reason.fact(language) for reason in reasons if reason.log_odds > 0)[:_REASONS]
            found.append(Leaving(one.customer_id, names[one.customer_id], one.probability, said))
        return found
