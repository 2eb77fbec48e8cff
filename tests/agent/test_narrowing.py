"""What is said after a list of products: for less, in a size, the best of them, that one."""

from __future__ import annotations

import pytest

from agent import Agent, Reply, Session

ANNA = Session.for_customer("anna")


def _say(agent: Agent, *texts: str) -> Reply:
    room = agent.start(ANNA)
    return [agent.reply(ANNA, text, room) for text in texts][-1]


@pytest.mark.parametrize(
    "texts",
    [
        ("do you have a desk lamp?", "under 25 euros"),
        ("show me desk lamps", "my budget is 25"),
        ("有台灯吗", "预算25以内"),
        ("有台灯吗", "不超过25"),
        ("show me desk lamps", "the cheaper of the two"),
    ],
)
def test_for_less_is_what_was_found_and_costs_less(agent: Agent, texts: tuple[str, ...]) -> None:
    assert [card.id for card in _say(agent, *texts).products] == ["P003"]


@pytest.mark.parametrize("texts", [("show me desk lamps", "the second one then"), ("有台灯吗", "那就第二个吧")])
def test_who_takes_one_is_told_its_price(agent: Agent, texts: tuple[str, ...]) -> None:
    reply = _say(agent, *texts)
    assert len(reply.products) == 1
    assert "€" in reply.text


@pytest.mark.parametrize("text", ["which is the best lamp you have?", "哪款台灯最好"])
def test_the_choice_among_things_of_a_kind_is_left_to_the_shop(agent: Agent, text: str) -> None:
    reply = _say(agent, text)
    assert {card.id for card in reply.products} >= {"P002"}
    assert reply.products[0].id == "P002"  # The only one with a review, a good one.


def test_the_best_of_those_shown_is_advised(agent: Agent) -> None:
    reply = _say(agent, "show me desk lamps", "which is the best?")
    assert [card.id for card in reply.products] == ["P002"]


@pytest.mark.parametrize(
    "texts", [("tell me about the Trailblazer Hiking Boots", "43"), ("介绍一下开拓者登山靴", "43码")]
)
def test_a_bare_size_is_asked_of_what_was_spoken_of(agent: Agent, texts: tuple[str, ...]) -> None:
    reply = _say(agent, *texts)
    assert [card.id for card in reply.products] == ["P006"]
    assert "43" in reply.text
    assert reply.kind == "answer"


def test_who_asks_for_another_thing_is_not_told_of_the_one_before(agent: Agent) -> None:
    reply = _say(agent, "tell me about the Trailblazer Hiking Boots", "有没有雨伞")
    assert "P006" not in {card.id for card in reply.products}


@pytest.mark.parametrize("texts", [("show me desk lamps", "why this?"), ("有台灯吗", "为什么")])
def test_a_search_says_why(agent: Agent, texts: tuple[str, ...]) -> None:
    reply = _say(agent, *texts)
    assert "lamp" in reply.text.split(":", 1)[1] if texts[1] == "why this?" else "台灯" in reply.text
