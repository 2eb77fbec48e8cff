"""Working memory on both databases: it is kept, pruned, forgotten, and made again from the record."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import text

from agent import Agent, AgentSettings, Reply, Session
from agent.checkpoints import Checkpoints
from store import Database, FixedClock
from store.schema import Customer

ANNA = Session.for_customer("anna")


@pytest.fixture
def talking(any_database: Database, clock: FixedClock) -> Any:
    with any_database.write() as records:
        records.add(Customer(id="anna", first_name="Anna"))
        records.add(Customer(id="bert", first_name="Bert"))
    agent = Agent(any_database, products=None, recommender=None, encoder=None, settings=AgentSettings(), clock=clock)
    yield agent
    agent.close()


def count(database: Database, table: str = "checkpoints") -> int:
    with database.read() as records:
        return int(records.execute(text(f"SELECT count(*) FROM {table}")).scalar() or 0)


def test_a_conversation_keeps_one_checkpoint(talking: Agent, any_database: Database) -> None:
    before = count(any_database)
    for said in ("hello", "thanks", "what is the weather"):
        talking.reply(ANNA, said)
    assert count(any_database) == before + 1


def test_deleting_leaves_nothing_of_it(talking: Agent, any_database: Database) -> None:
    reply = talking.reply(ANNA, "hello")
    talking._checkpoints.delete(reply.conversation_id)
    with any_database.read() as records:
        for table in ("checkpoints", "writes" if "sqlite" in any_database.url else "checkpoint_writes"):
            found = records.execute(
                text(f"SELECT count(*) FROM {table} WHERE thread_id = :id"), {"id": reply.conversation_id}
            )
            assert found.scalar() == 0


def test_many_customers_at_once_do_not_mix(talking: Agent) -> None:
    """Two customers, four conversations each, all at the same time: every reply lands where it belongs."""
    replies: dict[str, list[Reply]] = {}

    def talk(who: str, number: int) -> None:
        session = Session.for_customer(who)
        conversation = talking.start(session)
        replies[f"{who}{number}"] = [talking.reply(session, said, conversation) for said in ("hello", "thanks", "bye")]

    threads = [threading.Thread(target=talk, args=(who, number)) for who in ("anna", "bert") for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 8
    for key, said in replies.items():
        session = Session.for_customer(key[:4])
        view = talking.conversation(session, said[0].conversation_id)
        assert view is not None
        assert [one.position for one in view.messages] == list(range(6))
        assert [one.text for one in view.messages if one.role == "assistant"] == [one.text for one in said]


def test_the_same_conversation_twice_at_once_waits(talking: Agent) -> None:
    conversation = talking.start(ANNA)
    threads = [threading.Thread(target=talking.reply, args=(ANNA, "hello", conversation)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    view = talking.conversation(ANNA, conversation)
    assert view is not None
    assert sorted(one.role for one in view.messages) == ["assistant"] * 5 + ["customer"] * 5


def test_a_damaged_checkpoint_is_made_again_from_the_record(talking: Agent, any_database: Database) -> None:
    conversation = talking.reply(ANNA, "hello").conversation_id
    with any_database.write() as records:
        if "sqlite" in any_database.url:
            records.execute(text("UPDATE checkpoints SET checkpoint = x'00ff'"))
        else:
            records.execute(text("UPDATE checkpoint_blobs SET blob = '\\x00ff'"))
    assert talking.reply(ANNA, "thanks", conversation).text.startswith("You're welcome")


def test_opening_twice_is_harmless(any_database: Database) -> None:
    Checkpoints.open(any_database).close()
    Checkpoints.open(any_database).close()
