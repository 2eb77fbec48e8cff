"""Whom to look at: customers whose records changed, and those for whom a time has come. Never everybody.

The database itself writes down who changed (``store.schema.Stir``); what is due by time alone stands in the agenda.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session as Records

from store.schema import Agenda, Event, Stir

from .moments.reading import chunks

_STIRS = 2_000
_AUDIENCE_DAYS = 30
_AUDIENCE = 5_000


@dataclass(frozen=True, slots=True)
class Round:
    """Who is looked at in one go."""

    customer_ids: tuple[str, ...]
    stir_ids: tuple[int, ...]
    """What led to them; gone once they were looked at."""


def next_round(records: Records, at: datetime, limit: int) -> Round:
    """The next customers, those first who changed longest ago; no customers when there are none."""
    found: dict[str, None] = {}
    stirs: list[int] = []
    for stir_id, customer_id, product_id in records.execute(
        select(Stir.id, Stir.customer_id, Stir.product_id).order_by(Stir.id).limit(_STIRS)
    ):
        if customer_id is not None:
            if customer_id not in found and len(found) >= limit:
                break
            found[customer_id] = None
        elif product_id is not None:
            if found and len(found) >= limit:
                break
            found.update(dict.fromkeys(_audience(records, product_id, at)))
        stirs.append(stir_id)
    if len(stirs) == _STIRS or len(found) >= limit:
        # After an import much waits: of whom is looked at, all of it is done with.
        for part in chunks(found):
            known = set(stirs)
            more = records.scalars(select(Stir.id).where(Stir.customer_id.in_(part)))
            stirs.extend(one for one in more if one not in known)
    if len(found) < limit:
        due = select(Agenda.customer_id).where(Agenda.due_at <= at).order_by(Agenda.due_at).limit(limit - len(found))
        found.update(dict.fromkeys(records.scalars(due)))
    return Round(tuple(found), tuple(stirs))


def _audience(records: Records, product_id: str, at: datetime) -> Sequence[str]:
    """Who looked at the product lately: what it is now may matter to them."""
    seen = (
        select(Event.customer_id)
        .where(
            Event.product_id == product_id,
            Event.at > at - timedelta(days=_AUDIENCE_DAYS),
            Event.customer_id.is_not(None),
        )
        .distinct()
        .limit(_AUDIENCE)
    )
    return [one for one in records.scalars(seen) if one is not None]


def from_later(records: Records, customer_ids: Sequence[str], at: datetime) -> dict[str, datetime]:
    """Where a shop's clock runs ahead of ours, when its next event will have happened: it must not be missed."""
    found: dict[str, datetime] = {}
    for part in chunks(customer_ids):
        rows = records.execute(
            select(Event.customer_id, func.min(Event.at))
            .where(Event.customer_id.in_(part), Event.at > at)
            .group_by(Event.customer_id)
        )
        found.update((customer, first) for customer, first in rows if customer is not None)
    return found


def close_round(records: Records, looked: Round, look_again: Mapping[str, datetime], at: datetime) -> None:
    """Cross off who was looked at, and note when to look next. Must run in a write transaction."""
    for ids in _id_chunks(looked.stir_ids):
        records.execute(delete(Stir).where(Stir.id.in_(ids)))
    for part in chunks(looked.customer_ids):
        # What lies ahead stays: another process may have seen more than we did. Looking once too often does no harm.
        records.execute(delete(Agenda).where(Agenda.customer_id.in_(part), Agenda.due_at <= at))
    put_on_agenda(records, look_again)


def put_on_agenda(records: Records, due: Mapping[str, datetime]) -> None:
    """Look at each customer at that time at the latest. Must run in a write transaction."""
    if not due:
        return
    postgres = records.get_bind().dialect.name == "postgresql"
    added = postgres_insert(Agenda) if postgres else sqlite_insert(Agenda)
    earlier = case((added.excluded.due_at < Agenda.due_at, added.excluded.due_at), else_=Agenda.due_at)
    upsert = added.on_conflict_do_update(index_elements=[Agenda.customer_id], set_={"due_at": earlier})
    # In one order, so that two processes on PostgreSQL never wait for one another in a circle.
    rows = [{"customer_id": one, "due_at": due[one]} for one in sorted(due)]
    records.connection().execute(upsert, rows)


def _id_chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    for start in range(0, len(ids), 400):
        yield ids[start : start + 400]
