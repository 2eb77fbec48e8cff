"""The decision ledger as the merchant reads it: the list, one decision whole, and what writing first brings.

Reading only. Shares carry 95 % intervals by Wilson (1927).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from sqlalchemy import func, select

from store import Database, NotFound, format_amount
from store.schema import Customer, Decision, Order

from ..names import name_of

_SHOWN = 60
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the ledger in the list."""

    id: str
    at: datetime
    customer_id: str
    name: str
    moment: str
    action: str
    reason: str
    outcome: str | None
    holdout: bool


@dataclass(frozen=True, slots=True)
class Option:
    """What could have been done."""

    action: str
    score: float
    eligible: bool
    why: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A decision with everything that stands in the ledger."""

    entry: Entry
    text: str | None
    policy: str
    propensity: float
    known: tuple[tuple[str, str], ...]
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Customers whose moment was decided, and how many of them bought within the window after it."""

    customers: int
    bought: int

    @property
    def share(self) -> float:
        return self.bought / self.customers if self.customers else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of ``share``."""
        count = self.customers
        if not count:
            return 0.0, 1.0
        middle = (self.share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
        half = _Z / (1 + _Z**2 / count) * sqrt(self.share * (1 - self.share) / count + _Z**2 / (4 * count**2))
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Sums over the last ``days``, and the latest entries."""

    days: int
    decided: int
    written: int
    silent: int
    withheld: int
    """In the holdout: a message would have been written, and was not."""
    entries: tuple[Entry, ...]


def read_ledger(database: Database, now: datetime, action: str | None = None, days: int = 30) -> Ledger:
    """``action``: only entries of that action are listed; the sums are of all."""
    recent = Decision.at > now - timedelta(days=days)
    asked = select(Decision, Customer).outerjoin(Customer, Customer.id == Decision.customer_id).where(recent)
    if action:
        asked = asked.where(Decision.action == action)
    with database.read() as records:
        rows = list(records.execute(asked.order_by(Decision.at.desc(), Decision.id).limit(_SHOWN)))
        sums = records.execute(
            select(
                func.count(Decision.id),
                func.count(Decision.message_id),
                func.count(Decision.id).filter(Decision.holdout),
            ).where(recent)
        ).one()
    entries = tuple(_entry(decision, customer) for decision, customer in rows)
    decided, written, withheld = (int(one) for one in sums)
    return Ledger(days, decided, written, decided - written, withheld, entries)


def read_whole(database: Database, decision_id: str, language: str, currency: str) -> Whole:
    """Amounts that were known are in ``currency``, unless it is known, too.

    Raises ``NotFound`` for an id that is not in the ledger.
    """
    with database.read() as records:
        row = records.get(Decision, decision_id)
        if row is None:
            raise NotFound("there is no such decision", value=decision_id)
        customer = records.get(Customer, row.customer_id)
    options = tuple(
        Option(str(one["action"]), float(one["score"]), bool(one["eligible"]), str(one["why"]))
        for one in row.candidates
    )
    money = str(row.known.get("currency") or currency)
    known = tuple(
        _told(name, value, language, money) for name, value in row.known.items() if value not in (None, "", {}, [])
    )
    return Whole(_entry(row, customer), row.text, row.policy, row.propensity, known, options)


def read_effect(database: Database, now: datetime, window: timedelta = timedelta(days=7)) -> tuple[Group, Group]:
    """Written to, and held out: each customer once, by the first decision whose window has passed.

    Only decisions where a message was written, or would have been but for the holdout, are compared.
    """
    asked = (
        select(Decision.customer_id, Decision.at, Decision.holdout)
        .where(Decision.at <= now - window, Decision.message_id.is_not(None) | Decision.holdout)
        .order_by(Decision.at)
    )
    with database.read() as records:
        first: dict[str, tuple[datetime, bool]] = {}
        for customer_id, at, holdout in records.execute(asked):
            first.setdefault(customer_id, (at, holdout))
        bought: set[str] = set()
        people = list(first)
        for start in range(0, len(people), 500):
            orders = select(Order.customer_id, Order.placed_at).where(
                Order.customer_id.in_(people[start : start + 500]), Order.status != "cancelled"
            )
            for who, placed in records.execute(orders):
                if who is not None and placed is not None and first[who][0] < placed <= first[who][0] + window:
                    bought.add(who)
    return _group(first, bought, holdout=False), _group(first, bought, holdout=True)


def _group(first: dict[str, tuple[datetime, bool]], bought: set[str], *, holdout: bool) -> Group:
    members = [one for one, (_, held) in first.items() if held == holdout]
    return Group(len(members), sum(one in bought for one in members))


def actions_of(entries: Sequence[Entry]) -> list[str]:
    return sorted({one.action for one in entries})


def _entry(row: Decision, customer: Customer | None) -> Entry:
    return Entry(
        row.id, row.at, row.customer_id, name_of(customer, row.customer_id), row.moment, row.action, row.reason,
        row.outcome, row.holdout,
    )  # fmt: skip


def _told(name: str, value: object, language: str, currency: str) -> tuple[str, str]:
    """A fact as the ledger keeps it, for people: its name, and its value in words."""
    if name.endswith("_minor") and isinstance(value, int | float):
        return name.removesuffix("_minor").replace("_", " "), format_amount(round(value), currency)
    if isinstance(value, dict) and language in value:
        return name, str(value[language])
    return name.replace("_", " "), _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        # What counts nothing says nothing.
        return ", ".join(f"{name.replace('_', ' ')} {_plain(one)}" for name, one in value.items() if one)
    return ", ".join(_plain(one) for one in value) if isinstance(value, list) else str(value)
