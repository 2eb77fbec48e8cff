"""What acting first needs beside the ledger: who is to be looked at, what was settled, offers, tasks, the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class Stir(Base):
    """Something changed about a customer or a product, and nobody has looked yet.

    Written by the database itself (triggers of migration 0004), in the transaction of the change, so that no writer can
    forget it. Whoever looks deletes the rows that he has seen.
    """

    __tablename__ = "stirs"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    customer_id: Mapped[str | None]
    product_id: Mapped[str | None]


class Agenda(Base):
    """When a customer is to be looked at again although nothing happens: a cart grows cold, a parcel becomes late."""

    __tablename__ = "agenda"

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(index=True)


class Occasion(Base):
    """An occasion that was settled in silence because nothing could have been done: its key, so that it stays settled.

    What could have been done stands in the ledger instead (``Decision``).
    """

    __tablename__ = "occasions"

    key: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(index=True)


class Tally(Base):
    """Counts per UTC day: silences by moment and rule, what offers may cost, offers by group of customers."""

    __tablename__ = "tallies"

    name: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    """ISO 8601."""
    count: Mapped[int] = mapped_column(default=0)
    amount_minor: Mapped[int] = mapped_column(default=0)


class Mute(Base):
    """A customer said "less of this" about a moment."""

    __tablename__ = "mutes"

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    moment: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    decision_id: Mapped[str | None]


class Offer(Base):
    """What one customer was offered, in the terms that the shop's checkout must keep to."""

    __tablename__ = "offers"

    code: Mapped[str] = mapped_column(primary_key=True)
    decision_id: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    """percentage, shipping or bundle."""
    percent: Mapped[int] = mapped_column(default=0)
    product_ids: Mapped[list[str]] = mapped_column(default=list)
    cost_minor: Mapped[int]
    """What it costs the shop if it is taken up; it is held against the budget."""
    currency: Mapped[str]
    made_at: Mapped[datetime]
    valid_until: Mapped[datetime]


class Todo(Base):
    """A task for the shop's people that a decision led to."""

    __tablename__ = "todos"

    id: Mapped[str] = mapped_column(primary_key=True)
    decision_id: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[str] = mapped_column(index=True)
    moment: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None] = mapped_column(index=True)
    done_by: Mapped[str | None]


class Outgoing(Base):
    """Something to be sent outside: at least once, each time under the same key."""

    __tablename__ = "outbox"
    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    key: Mapped[str]
    """Idempotency key: the receiver may throw away what it has had under it."""
    channel: Mapped[str]
    """webhook or email."""
    customer_id: Mapped[str] = mapped_column(index=True)
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    """When it is to be tried; ``None``: it was sent, or given up."""
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    problem: Mapped[str | None]
    """Of the last attempt that failed."""
