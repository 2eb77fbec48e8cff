"""What is kept of a customer can be seen, exported and deleted; then nothing of it is left, in no table and no file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, select, text

from agent import Agent, Session
from agent.profiles import forget
from store import Database
from store.schema import Base, Order

ANNA = Session.for_customer("anna")
SECRET = "My cat Zanzibarius chewed the lamp"


def _everything(database: Database) -> str:
    """All values of all tables, those of the working memory too."""
    with database.engine.connect() as connection:
        names = [row[0] for row in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))]
        return "\n".join(str(row) for name in names for row in connection.execute(text(f'SELECT * FROM "{name}"')))


def test_seen_exported_and_gone(agent: Agent, shop: Database, tmp_path: Path) -> None:
    agent.reply(ANNA, f"{SECRET}. Where is my order #A1002?")
    agent.reply(ANNA, "thanks")
    profile = agent.profile(ANNA)
    assert (profile.name, profile.language, profile.conversations, profile.messages) == ("Anna Berg", "en", 1, 4)
    assert SECRET in json.dumps(agent.export_profile(ANNA))
    assert "Zanzibarius" in _everything(shop)

    forgotten = agent.forget(ANNA)
    assert (forgotten.conversations, forgotten.messages) == (1, 4)
    assert "Zanzibarius" not in _everything(shop)
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"Zanzibarius" not in file.read_bytes(), file
    after = agent.profile(ANNA)
    assert (after.conversations, after.messages, after.promised) == (0, 0, ())
    with shop.read() as records:
        assert set(records.scalars(select(Order.id).where(Order.customer_id == "anna"))) == {"#A1001", "#A1002"}


def test_another_customer_keeps_his(agent: Agent, shop: Database) -> None:
    agent.reply(Session.for_customer("wei"), "我的绿茶订单到哪了？")
    agent.reply(ANNA, "Hello")
    agent.forget(ANNA)
    assert agent.profile(Session.for_customer("wei")).messages == 2


_DELETED = {
    "agenda",
    "attachments",
    "conversations",
    "decisions",
    "occasions",
    "offers",
    "outbox",
    "proposals",
    "stirs",
    "todos",
}
_STAYS = {
    "events", "orders", "payment_methods", "reviews",  # the shop's own records
    "mutes",  # "less of this" protects who said it
    "audit_entries",  # who of the shop's people saw what; no text of the customer's is in it
}  # fmt: skip


def test_every_table_with_a_customer_is_deleted_or_stays_for_a_reason(shop: Database) -> None:
    """One row of Anna's and one of Wei's in each table of the agent, every text in it the secret."""
    tables = [one for one in Base.metadata.sorted_tables if "customer_id" in one.columns]
    assert {one.name for one in tables} == _DELETED | _STAYS
    kept = [one for one in tables if one.name in _DELETED]
    with shop.engine.connect() as connection:
        connection.execute(text("PRAGMA foreign_keys = OFF"))
        for number, customer in enumerate(("anna", "wei")):
            for table in kept:
                row = {
                    one.name: _filled(one, number) for one in table.columns if not one.nullable or one.name == "text"
                }
                row |= {"executed_at": None} if table.name == "proposals" else {}
                connection.execute(table.insert().values({**row, "customer_id": customer}))
        connection.commit()
    with shop.write() as records:
        forget(records, "anna")
    with shop.read() as records:
        left = {one.name: list(records.scalars(select(one.c.customer_id))) for one in kept}
    assert left == {one.name: ["wei"] for one in kept}


def _filled(column: Column[Any], number: int) -> Any:
    kind = str(column.type)
    if kind == "DATETIME":
        return datetime(2026, 3, 1, tzinfo=UTC)
    if kind == "JSON":
        return {"said": SECRET}
    if kind == "BLOB":
        return SECRET.encode()
    if kind in {"BIGINT", "DOUBLE", "BOOLEAN"}:
        return number
    return f"{SECRET} {column.name} {number}"
