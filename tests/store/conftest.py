"""What the tests of the store share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from store import Database
from store.schema import Base

Dump = Callable[[Database], dict[str, list[dict[str, Any]]]]


@pytest.fixture(scope="session")
def dump() -> Dump:
    """Reads a whole database: table -> rows in the order of their keys; keys that the database counts up are left out,
    for PostgreSQL does not give a number back when a write is undone."""

    def read(database: Database) -> dict[str, list[dict[str, Any]]]:
        with database.read() as session:
            return {
                table.name: [
                    dict(row)
                    for row in session.execute(
                        select(
                            *(column for column in table.columns if column is not table.autoincrement_column)
                        ).order_by(*table.primary_key.columns)
                    ).mappings()
                ]
                for table in Base.metadata.sorted_tables
            }

    return read
