"""The one way to the records: SQLite in WAL mode by default, PostgreSQL by URL.

``Database.read()`` and ``Database.write()`` each give a SQLAlchemy session in one transaction. A write takes
SQLite's write lock at its start, so that two writers wait for one another instead of failing half-way.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import Session

from .errors import StoreError

_BUSY_TIMEOUT_S = 60


class Database:
    """An open database. Safe to share between threads; each transaction has its own connection."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = engine.execution_options(beforehand_write=True)
        # SQLite lets a writer that waits ask again after ever longer naps, in no order: the threads of a process stand
        # in line here instead. Other processes are still met by SQLite's own lock.
        self._line = threading.Lock() if engine.dialect.name == "sqlite" else None

    @classmethod
    def open(cls, url: str, *, migrate: bool = True) -> Database:
        """Open ``url`` (``sqlite:///shop.db``, ``postgresql+psycopg://...``) and bring its tables up to date.

        Raises ``StoreError`` if the URL is not one, or the server does not answer.
        """
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise StoreError(
                "not a database URL", value=url, allowed="sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
            ) from error
        if parsed.get_backend_name() == "sqlite":
            engine = _open_sqlite(url, parsed.database)
        else:
            engine = create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
        database = cls(engine)
        if migrate:
            try:
                database.migrate()
            except OperationalError as error:
                shown = parsed.render_as_string(hide_password=True)
                raise StoreError(
                    f"the database does not answer ({error.orig})", value=shown, advice="Check that it runs"
                ) from error
        return database

    @property
    def url(self) -> str:
        return self.engine.url.render_as_string(hide_password=False)

    def migrate(self) -> None:
        """Bring the tables to the version of this program (Alembic ``upgrade head``)."""
        from alembic import command
        from alembic.config import Config as AlembicConfig

        config = AlembicConfig()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self._writing.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading: one consistent snapshot, rolled back at the end."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session for writing: committed at the end, rolled back on any exception."""
        waited = self._line is not None and self._line.acquire(timeout=_BUSY_TIMEOUT_S)
        try:
            with Session(self._writing, expire_on_commit=False) as session, session.begin():
                yield session
        finally:
            if waited and self._line is not None:
                self._line.release()

    def close(self) -> None:
        self.engine.dispose()


def _open_sqlite(url: str, file: str | None) -> Engine:
    if not file or file == ":memory:":
        raise StoreError("an in-memory database cannot be shared between threads", value=url, allowed="sqlite:///FILE")
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_S, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        # The driver's own transaction handling would delay BEGIN; SQLAlchemy begins by itself, below.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("beforehand_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
