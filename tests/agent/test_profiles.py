"""What is kept of a customer can be seen, exported and deleted; then nothing of it is left, in no table and no file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Column, func, select, text

from agent import Agent, Session
from store import Database, FixedClock
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


STAYS = {
    "customers": "the shop knows who he is",
    "orders": "the shop's books",
    "payment_methods": "the shop's books",
    "reviews": "he published them",
    "mutes": "they protect who said it",
    "audit_entries": "what staff saw of him",
}
"""Tables with a customer that deletion leaves alone, and why. Every other one is emptied."""
NOT_EXPORTED = {"agenda", "stirs"}
"""They hold nothing but that he is to be looked at again."""


def _filled(column: Column[Any], customer: str, clock: FixedClock) -> Any:
    """A value of the column's type; texts say whose they are."""
    if column.name == "customer_id":
        return customer
    whose = f"{'id' if column.foreign_keys else column.name} of {customer}"
    number = sum(customer.encode())
    values = {str: whose, bytes: whose.encode(), bool: False, int: number, float: number}
    other = [whose] if isinstance(column.type, JSON) else clock()
    return values.get(column.type.python_type, other)


def test_every_table_of_a_customer_is_exported_and_emptied(agent: Agent, shop: Database, clock: FixedClock) -> None:
    tables = [one for one in Base.metadata.sorted_tables if "customer_id" in one.columns and one.name not in STAYS]
    messages = Base.metadata.tables["messages"]
    for customer in ("anna", "wei"):
        with shop.write() as records:
            for table in sorted({*tables, messages}, key=Base.metadata.sorted_tables.index):
                row = {
                    one.name: _filled(one, customer, clock)
                    for one in table.columns
                    if one.foreign_keys or one.name == "customer_id" or not one.nullable
                }
                records.execute(table.insert().values(row))
    exported = json.dumps(agent.export_profile(ANNA))
    before = _everything(shop)
    agent.forget(ANNA)
    after = _everything(shop)
    with shop.read() as records:
        for table in tables:
            left = dict(records.execute(select(table.c.customer_id, func.count()).group_by(table.c.customer_id)).all())
            assert "anna" not in left, table.name
            assert left["wei"] >= 1, table.name
            text_columns = [one.name for one in table.columns if one.type.python_type is str and not one.foreign_keys]
            told = [f"{one} of anna" for one in text_columns if one != "customer_id"]
            assert table.name in NOT_EXPORTED or all(one in exported for one in told if one in before), table.name
    assert " of anna" in before
    assert " of anna" not in after
    assert " of wei" in after


def test_his_embedding_goes_too(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    gone: list[str] = []
    monkeypatch.setattr(type(agent._parts.recommender), "forget", lambda _, customer: gone.append(customer))
    agent.forget(ANNA)
    assert gone == ["anna"]
