"""Things that take several rows: rows that follow one another and have the same value in one column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .rows import BadRow, Row

MAX_ROWS = 10_000
MAX_BYTES = 64 * 1024 * 1024
"""A group that is larger than either is cut there and the rest rejected: a damaged file cannot fill the memory."""
_LOOSE = 100


@dataclass(slots=True)
class Group:
    """The rows of one product or order, in order."""

    key: str
    rows: list[Row] = field(default_factory=list)
    broken: list[BadRow] = field(default_factory=list)
    """Rows that stand in the group but could not be read; of those beyond its limits, the first."""
    size: int = 0
    full: bool = False


def grouped(rows: Iterable[Row | BadRow], column: str) -> Iterator[Group | BadRow]:
    """Groups of neighbouring rows by ``column``.

    An unreadable row belongs to the group that it follows or precedes if it holds the group's key, else to none.
    """
    group: Group | None = None
    loose: list[BadRow] = []
    for row in rows:
        if isinstance(row, BadRow):
            if group is not None and isinstance(row.raw, str) and group.key in row.raw and len(group.broken) < _LOOSE:
                group.broken.append(row)
            else:
                loose.append(row)
            if len(loose) > _LOOSE:
                yield loose.pop(0)
            continue
        key = str(row.data.get(column) if row.data.get(column) is not None else "").strip()
        if group is None or key != group.key or not key:
            if group is not None:
                yield group
            group = None
            mine = [bad for bad in loose if key and isinstance(bad.raw, str) and key in bad.raw]
            yield from (bad for bad in loose if bad not in mine)
            loose = []
            if not key:
                yield row.bad(f"{column}: empty")
                yield from mine
                continue
            group = Group(key, broken=mine)
        if not group.full and len(group.rows) < MAX_ROWS and group.size + row.size <= MAX_BYTES:
            group.rows.append(row)
            group.size += row.size
            continue
        beyond = row.bad(f"{column} {key}: larger than {MAX_ROWS:,} rows or {MAX_BYTES:,} bytes")
        if group.full:
            yield beyond
        else:
            group.full = True
            group.broken.append(beyond)
    if group is not None:
        yield group
    yield from loose


def all_bad(group: Group, reason: str, at: Row | None = None) -> Iterator[BadRow]:
    """Every row of a group that cannot go in, with ``reason``; if ``at`` is at fault, the others point to it."""
    for row in group.rows:
        if at is None or row is at:
            yield row.bad(reason)
        else:
            yield row.bad(f"belongs to {group.key}, which cannot go in: line {at.line}: {reason}")
    yield from group.broken
