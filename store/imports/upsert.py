"""Writes records in bulk: what is new goes in, what differs is changed, what is the same is left alone.

Only the columns that a record names are compared and written. All rows of one call have the same columns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, bindparam, delete, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ..schema import Base
from .rows import Record

TABLES: dict[str, Table] = dict(Base.metadata.tables)
_OWNER = {
    "variants": "product_id",
    "payment_methods": "customer_id",
    "order_lines": "order_id",
    "payments": "order_id",
    "shipments": "order_id",
    "returns": "order_id",
}
_KEYS_PER_QUERY = 500


@dataclass(slots=True)
class Counts:
    """How many records were new, changed, or already there as they are."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0


def write(session: Session, records: Sequence[Record]) -> Counts:
    """Bring ``records``, all of one kind and with different ids, into the shop."""
    counts = Counts()
    if not records:
        return counts
    table = records[0].table
    stored = _stored(session, table, [one.values for one in records] + [row for one in records for row in one.siblings])
    child_tables = [name for name in TABLES if name in records[0].children]
    children = {name: _stored_children(session, name, records, stored) for name in child_tables}
    roots: list[dict[str, Any]] = []
    added: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        rows = [record.values, *record.siblings]
        changed = [row for row in rows if stored.get(row["id"]) != row]
        is_new = record.id not in stored
        for name in child_tables:
            before = children[name].get(record.id, {})
            now = {_key(name, row): row for row in record.children[name]}
            different = [row for key, row in now.items() if before.get(key) != row]
            gone = before.keys() - now.keys()
            if gone:
                _remove(session, name, record.id, gone)
            if different or gone:
                changed = changed or [record.values]
            added[name].extend(different)
        roots.extend(changed)
        if is_new:
            counts.new += 1
        elif changed:
            counts.updated += 1
        else:
            counts.unchanged += 1
    upsert(session, table, roots)
    for name in child_tables:
        upsert(session, name, added[name])
    return counts


def upsert(session: Session, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows; where a row's key is there already, set the other columns."""
    if not rows:
        return
    table = TABLES[name]
    keys = [column.name for column in table.primary_key.columns]
    named = [column for column in rows[0] if column not in keys]
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement: Any = dialect.insert(table)
    if named:
        statement = statement.on_conflict_do_update(
            index_elements=keys, set_={column: statement.excluded[column] for column in named}
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    # In the order of their keys: two imports at once then never wait for one another in a circle.
    session.execute(statement, sorted(rows, key=lambda row: [row[key] for key in keys]))


def foreign_children(session: Session, records: Sequence[Record]) -> dict[int, str]:
    """Records whose child (a variant, a payment method) belongs to something else in the shop: place -> the reason.

    Writing them would silently take the child away from its owner.
    """
    found: dict[int, str] = {}
    for name in ("variants", "payment_methods"):
        table, owner = TABLES[name], _OWNER[name]
        wanted = {row["id"]: place for place, record in enumerate(records) for row in record.children.get(name, [])}
        for part in _parts(sorted(wanted)):
            for key, owned_by in session.execute(select(table.c.id, table.c[owner]).where(table.c.id.in_(part))):
                place = wanted[key]
                if owned_by != records[place].id:
                    found[place] = f"{name[:-1].replace('_', ' ')} {key!r} belongs to {owned_by!r} in the shop"
    return found


def _stored(session: Session, name: str, rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What the shop has for the ids of ``rows``, in the same columns."""
    table = TABLES[name]
    columns = [table.c[column] for column in rows[0]]
    found: dict[str, dict[str, Any]] = {}
    for part in _parts([row["id"] for row in rows]):
        for row in session.execute(select(*columns).where(table.c.id.in_(part))).mappings():
            found[row["id"]] = dict(row)
    return found


def _stored_children(
    session: Session, name: str, records: Sequence[Record], stored: dict[str, Any]
) -> dict[str, dict[tuple[Any, ...], dict[str, Any]]]:
    """Owner id -> key -> row, in the columns that the records name."""
    table, owner = TABLES[name], _OWNER[name]
    example = next((row for record in records for row in record.children[name]), None)
    keys = [column.name for column in table.primary_key.columns]
    names = list(dict.fromkeys([*(example or {}), *keys, owner]))
    found: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = defaultdict(dict)
    for part in _parts([record.id for record in records if record.id in stored]):
        query = select(*(table.c[column] for column in names)).where(table.c[owner].in_(part))
        for row in session.execute(query).mappings():
            found[row[owner]][_key(name, row)] = dict(row)
    return found


def _remove(session: Session, name: str, owner: str, keys: set[tuple[Any, ...]]) -> None:
    table = TABLES[name]
    columns = list(table.primary_key.columns)
    session.execute(
        delete(table).where(table.c[_OWNER[name]] == bindparam("owner"), tuple_(*columns).in_(sorted(keys))),
        {"owner": owner},
    )


def _key(name: str, row: Any) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in TABLES[name].primary_key.columns)


def _parts(keys: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), _KEYS_PER_QUERY):
        yield keys[start : start + _KEYS_PER_QUERY]
