"""The shop's own conversations as dialogues: what is learnt of them, and nobody's name in them."""

from __future__ import annotations

from datetime import timedelta

from agent import Agent, AgentSettings, Session, kept_dialogues
from agent.conversations import append
from agent.local_models.kept_dialogues import made_up
from store import Database, FixedClock

ANNA = Session.for_customer("anna")


def test_what_was_looked_up_is_learnt_with_the_calls_and_without_the_customer(
    agent: Agent, shop: Database, clock: FixedClock
) -> None:
    first = agent.reply(ANNA, "I am Anna Berg, anna@example.com. How much is the Aurora Desk Lamp?")
    with shop.write() as records:
        append(records, first.conversation_id, "staff", "Eva here: 10 % off for you.", clock() + timedelta(minutes=1))
    agent.reply(ANNA, "Where is my order #A1002?")
    agent.reply(Session.for_customer("wei"), "I want to talk to a human")
    (dialogue,) = kept_dialogues(shop, AgentSettings(policy="retail"), "Lamp House")
    roles = [one.role for one in dialogue.messages]
    assert roles[:2] == ["system", "user"]
    assert "Lamp House" in (dialogue.messages[0].content or "")
    calls = [call.function.name for one in dialogue.messages for call in one.tool_calls or ()]
    assert "get_order" in calls
    assert roles.count("tool") == len(calls)
    learnt = [one.content for one in dialogue.messages if one.learnt and not one.tool_calls]
    assert any("€34.50" in str(text) for text in learnt)
    (staff,) = [one for one in dialogue.messages if "Eva here" in (one.content or "")]
    assert not staff.learnt, "what a person promised is not the agent's to learn"
    names = {tool["function"]["name"] for tool in dialogue.tools}
    assert {"get_order", "propose_cancel_order"} <= names
    whole = dialogue.model_dump_json()
    for secret in ("Anna", "Berg", "anna@example.com", "Elm Street", "53111", "<NAME_", first.conversation_id):
        assert secret not in whole


def test_a_reply_whose_lookups_are_lost_is_only_read(agent: Agent, shop: Database) -> None:
    first = agent.reply(ANNA, "How much is the Aurora Desk Lamp?")
    agent._checkpoints.delete(first.conversation_id)
    agent.reply(ANNA, "thanks")
    (dialogue,) = kept_dialogues(shop, AgentSettings(), "")
    told = [one for one in dialogue.messages if one.role == "assistant" and "34.50" in (one.content or "")]
    assert [one.learnt for one in told] == [False]


def test_made_up_values_are_of_their_kind_and_stay_the_same_in_a_conversation() -> None:
    assert made_up("<NAME_1>", "c1") == made_up("<NAME_1>", "c1")
    assert {made_up("<NAME_1>", f"c{at}") for at in range(50)} > {made_up("<NAME_1>", "c1")}
    assert made_up("<EMAIL_1>", "c").endswith("@example.com")
    assert made_up("<PHONE_2>", "c").isdigit()
    assert "Street" in made_up("<ADDRESS_1>", "c")
