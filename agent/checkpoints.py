"""Working memory on the same database as the records: LangGraph's checkpoint tables for SQLite or PostgreSQL.

Only the newest checkpoint of a conversation is kept; the record of what was said is ``store``'s.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from sqlalchemy import make_url

from store import Database

_BUSY_TIMEOUT_S = 60
_TABLES = ("writes", "checkpoints")


class Checkpoints:
    """An open checkpointer; safe to share between threads."""

    def __init__(
        self, saver: BaseCheckpointSaver[Any], forget: Callable[[str, bool], None], close: Callable[[], None]
    ) -> None:
        self.saver = saver
        self._forget = forget
        self._close = close

    @classmethod
    def open(cls, database: Database) -> Checkpoints:
        url = make_url(database.url)
        if url.get_backend_name() == "sqlite":
            return _sqlite(str(url.database))
        return _postgres(url.set(drivername="postgresql").render_as_string(hide_password=False))

    def keep_latest(self, conversation_id: str) -> None:
        """Drop all but the newest checkpoint: each holds the whole memory, so old ones would grow with the square."""
        self._forget(conversation_id, True)

    def delete(self, conversation_id: str) -> None:
        """Forget a conversation."""
        self._forget(conversation_id, False)

    def close(self) -> None:
        self._close()


def _sqlite(file: str) -> Checkpoints:
    from langgraph.checkpoint.sqlite import SqliteSaver

    connection = sqlite3.connect(file, timeout=_BUSY_TIMEOUT_S, check_same_thread=False)
    # What is forgotten is overwritten, not only unlinked.
    connection.execute("PRAGMA secure_delete = ON")
    # It can be made again from the record, which waits for the disk: this need not.
    connection.execute("PRAGMA synchronous = NORMAL")
    saver = SqliteSaver(connection)
    saver.setup()

    def forget(conversation_id: str, keep: bool) -> None:
        newest = "SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ?"
        with saver.cursor() as cursor:
            for table in _TABLES:
                if keep:
                    cursor.execute(
                        f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_id < ({newest})",
                        (conversation_id, conversation_id),
                    )
                else:
                    cursor.execute(f"DELETE FROM {table} WHERE thread_id = ?", (conversation_id,))

    return Checkpoints(saver, forget, connection.close)


def _postgres(address: str) -> Checkpoints:
    from langgraph.checkpoint.postgres import PostgresSaver
    from psycopg import Connection
    from psycopg.rows import DictRow, dict_row
    from psycopg_pool import ConnectionPool

    pool: ConnectionPool[Connection[DictRow]] = ConnectionPool(
        address,
        min_size=1,
        max_size=8,
        kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row},
        open=True,
    )
    saver = PostgresSaver(pool)
    saver.setup()

    def forget(conversation_id: str, keep: bool) -> None:
        saver.prune([conversation_id], strategy="keep_latest" if keep else "delete")

    return Checkpoints(saver, forget, pool.close)
