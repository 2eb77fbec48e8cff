"""What travels between reading, understanding and writing: lines, rows, bad rows, records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.orm import Session


@dataclass(slots=True)
class Line:
    """A line of the file as UTF-8 bytes, its end included."""

    number: int
    content: bytes


@dataclass(slots=True)
class Row:
    """A row of the file as it was read: column or key -> value."""

    line: int
    data: dict[str, Any]
    size: int
    """Bytes, about: batches are bounded by it."""
    original: dict[str, Any] | None = None
    """The row as it stood in the file, where ``data`` has other names."""

    def bad(self, reason: str) -> BadRow:
        """This row, rejected."""
        return BadRow(self.line, reason, self.data if self.original is None else self.original, self.size)


@dataclass(slots=True)
class BadRow:
    """A row that cannot go in, and why."""

    line: int
    reason: str
    raw: object
    """The row as it was: text where it could not be read, else its columns."""
    size: int = 0
    """Bytes, about, where ``raw`` is not text."""


@dataclass(slots=True)
class Record:
    """One thing to be written: a row of ``table``, and the rows that belong to it.

    ``values`` and each row in ``children`` hold column -> value, only for the columns that the file speaks of.
    Children of a table that is not named here are left as they are in the shop.
    """

    table: str
    values: dict[str, Any]
    rows: list[Row]
    children: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    siblings: list[dict[str, Any]] = field(default_factory=list)
    """Further rows of the same table that stand and fall with this one (the products of one purchase event)."""
    content: bytes | None = None
    """For a record without an id: the digest of what identifies it. Its id is made of it and its occurrence number."""
    customer: dict[str, Any] | None = None
    """The customer as this order shows him; ``Form.prepare`` settles who it is."""

    @property
    def id(self) -> str:
        return str(self.values["id"])


class Form(Protocol):
    """A file form: turns rows into records."""

    def records(self, rows: Iterable[Row | BadRow]) -> Iterator[Record | BadRow]:
        """The records in the order of the file. A row that cannot go in comes out as ``BadRow``, always."""
        ...

    def prepare(self, session: Session, records: list[Record]) -> int:
        """Settle what depends on the shop (which customer, which product) just before writing.

        Returns how many customers were made.
        """
        ...
