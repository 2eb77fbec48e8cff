"""A model elsewhere that fails, hangs, breaks off or costs too much: everybody is answered, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from agent import Agent, AgentSettings, Session
from encoders import TextEncoder
from store import Database, FixedClock
from store.schema import Message
from tests.agent import scripted_server as scripted

ANNA = Session.for_customer("anna")
ASKED = "How much is the Aurora Desk Lamp?"
LOOK = ("get_product", {"product_id": "P002"})
RIGHT = "I looked: the Aurora Desk Lamp costs €34.50."


@pytest.fixture
def opened(
    shop: Database, clock: FixedClock, encoder: TextEncoder, server: Any, open_agent: Callable[..., Agent]
) -> Iterator[Callable[..., Agent]]:
    agents: list[Agent] = []
    server.requests.clear()

    def start(**settings: Any) -> Agent:
        given = {"chat_model": "openai:scripted", "base_url": server.url, "timeout_s": 30, "retries": 0, **settings}
        agents.append(open_agent(shop, clock, encoder, AgentSettings(**given)))
        return agents[-1]

    yield start
    for one in agents:
        one.close()


def _kept(shop: Database) -> list[tuple[str, str]]:
    with shop.read() as records:
        return [(one.role, one.text) for one in records.scalars(select(Message).order_by(Message.position))]


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "after a tool"])
@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (500, "scripted failure"),
        (60.0, "Timeout"),
        (b'{"id": "1", "object": "chat.comp', "Error"),
        (("get_product", '{"product_id": '), "cannot be read"),
        ("The Aurora Desk Lamp costs…", "cut off"),
        ("", "empty reply"),
    ],
    ids=["an error", "a hang", "a broken answer", "half a call", "cut off", "nothing"],
)
def test_the_builtin_model_finishes_and_no_message_is_lost(
    opened: Callable[..., Agent],
    server: Any,
    shop: Database,
    caplog: pytest.LogCaptureFixture,
    failure: Any,
    said: str,
    at_once: bool,
) -> None:
    agent = opened(timeout_s=2 if isinstance(failure, float) else 30)
    server.script = lambda messages: failure if at_once or scripted.results(messages) else LOOK
    reply = agent.reply(ANNA, ASKED)
    assert "€34.50" in reply.text
    assert _kept(shop) == [("customer", ASKED), ("assistant", reply.text)]
    assert len(server.requests) == 1 + (not at_once)
    (why,) = [one.getMessage() for one in caplog.records if "finishes the turn" in one.getMessage()]
    assert said in why
    # The next turn asks the model again.
    server.script = lambda messages: RIGHT if scripted.results(messages) else LOOK
    assert agent.reply(ANNA, ASKED).text == RIGHT


def test_a_model_that_calls_a_tool_that_is_not_there_is_told_and_may_go_on(
    opened: Callable[..., Agent], server: Any
) -> None:
    agent = opened()
    seen: list[str] = []

    def script(messages: Any) -> Any:
        if messages[-1]["role"] != "tool":
            return "get_price", {"product": "lamp"}
        seen.append(messages[-1]["content"])
        return RIGHT if len(seen) > 1 else LOOK

    server.script = script
    assert agent.reply(ANNA, ASKED).text == RIGHT
    assert "not a valid tool" in seen[0]


@pytest.mark.parametrize(("retries", "by_the_model"), [(1, True), (0, False)])
def test_a_failed_call_is_tried_again_as_often_as_set(
    opened: Callable[..., Agent], server: Any, retries: int, by_the_model: bool
) -> None:
    agent = opened(retries=retries)

    def script(messages: Any) -> Any:
        if len(server.requests) == 1:
            return 500
        return RIGHT if scripted.results(messages) else LOOK

    server.script = script
    reply = agent.reply(ANNA, ASKED)
    assert (reply.text == RIGHT) is by_the_model
    assert "€34.50" in reply.text


def test_tokens_are_counted_and_the_cap_holds_in_the_middle_of_a_turn(
    opened: Callable[..., Agent], server: Any
) -> None:
    agent = opened(daily_tokens=2)  # the server reports one token read and one written for each call
    server.script = lambda messages: RIGHT if scripted.results(messages) else LOOK
    reply = agent.reply(ANNA, ASKED)
    assert reply.text != RIGHT
    assert "€34.50" in reply.text
    assert len(server.requests) == 1
    today = agent.spending.today
    assert (today.calls, today.input_tokens, today.output_tokens) == (1, 1, 1)
    assert "€34.50" in agent.reply(ANNA, ASKED).text
    assert len(server.requests) == 1, "the cap holds for the rest of the day"


def test_the_providers_are_asked_for_no_more_tokens_than_set(opened: Callable[..., Agent], server: Any) -> None:
    agent = opened(max_tokens=77)
    server.script = lambda messages: "Hello!"
    agent.reply(ANNA, "hi")
    sent = server.requests[0]
    assert 77 in (sent.get("max_tokens"), sent.get("max_completion_tokens"))
    assert sent["temperature"] == 0
