"""What is kept of a customer can be seen, exported and deleted; then nothing of it is left, in no table and no file."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import select, text

from agent import Agent, Session
from store import Database
from store.schema import Order

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
