"""Products side by side: which are meant, what the table holds, and that it is kept with the message."""

from __future__ import annotations

import pytest

from agent import Agent, ProductComparison, Reply, Session
from store import Database
from store.schema import Product

ANNA, WEI = Session.for_customer("anna"), Session.for_customer("wei")


def table(reply: Reply) -> dict[str, tuple[str, ...]]:
    assert reply.comparison is not None
    return {row.name: row.values for row in reply.comparison.rows}


def compared(reply: Reply) -> list[str]:
    return [] if reply.comparison is None else [one.id for one in reply.comparison.products]


def test_two_named_products_make_a_table(agent: Agent) -> None:
    reply = agent.reply(ANNA, "compare the Aurora Desk Lamp with the Comet Desk Lamp")
    assert compared(reply) == ["P002", "P003"]
    assert table(reply) == {
        "Price": ("€34.50", "€19.90"),
        "Rating": ("5 of 5 (1)", ""),
        "Availability": ("in stock", "in stock"),
        "brand": ("Norrvik", "Norrvik"),
        "power": ("9 W", "5 W"),
    }
    for said in ("€34.50", "€19.90", "9 W", "5 W", "Comet Desk Lamp costs least"):
        assert said in reply.text
    assert {item.record for item in reply.evidence if item.field == "power"} == {"product:P002", "product:P003"}


def test_it_is_kept_with_the_message(agent: Agent) -> None:
    reply = agent.reply(ANNA, "compare the Aurora Desk Lamp with the Comet Desk Lamp")
    seen = agent.conversation(ANNA)
    assert seen is not None
    assert seen.messages[-1].comparison == reply.comparison
    assert seen.messages[0].comparison is None


def test_these_two_are_those_spoken_of_last(agent: Agent) -> None:
    agent.reply(ANNA, "how much is the Pebble Bluetooth Speaker?")
    agent.reply(ANNA, "and how much is the Aurora Desk Lamp?")
    assert compared(agent.reply(ANNA, "compare these two")) == ["P004", "P002"]


def test_places_still_count_in_the_list_after_a_comparison(agent: Agent) -> None:
    listed = [one.id for one in agent.reply(ANNA, "show me desk lamps or speakers").products]
    assert len(listed) >= 3
    first = agent.reply(ANNA, "which is better, the first or the second?")
    assert compared(first) == listed[:2]
    assert compared(agent.reply(ANNA, "compare the first and the third")) == [listed[0], listed[2]]
    assert compared(agent.reply(ANNA, "which of these two is cheaper?")) == [listed[0], listed[2]]


def test_what_no_page_says_of_any_of_them(agent: Agent) -> None:
    agent.reply(ANNA, "compare the Aurora Desk Lamp with the Comet Desk Lamp")
    reply = agent.reply(ANNA, "which one is dishwasher safe?")
    assert compared(reply) == ["P002", "P003"]
    assert "I don't know" in reply.text


def test_in_chinese(agent: Agent) -> None:
    agent.reply(WEI, "有没有台灯")
    reply = agent.reply(WEI, "这两款有什么区别")
    rows = dict(zip(compared(reply), zip(table(reply)["价格"], table(reply)["功率"], strict=True), strict=True))
    assert rows == {"P002": ("€34.50", "9 W"), "P003": ("€19.90", "5 W")}
    assert "彗星台灯最便宜" in reply.text


@pytest.mark.parametrize("said", ["compare them", "what is the difference between these two?"])
def test_with_nothing_shown_it_asks(agent: Agent, said: str) -> None:
    reply = agent.reply(ANNA, said)
    assert reply.kind == "question"
    assert reply.comparison is None


def test_attributes_are_told_in_the_customers_language_where_the_shop_has_them(shop: Database, agent: Agent) -> None:
    with shop.write() as records:
        product = records.get(Product, "P002")
        assert product is not None
        product.translations = {"zh": {"title": "极光台灯", "attributes": "功率：9瓦；可调光"}}
    reply = agent.reply(WEI, "比较极光台灯和彗星台灯")
    assert table(reply)["可调光"] == ("是", "")
    assert isinstance(reply.comparison, ProductComparison)
    assert [row.differs for row in reply.comparison.rows if row.name == "可调光"] == [True]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("the cheap one", "Comet Desk Lamp costs €19.90"),
        ("how much is the most expensive one?", "Pebble Bluetooth Speaker costs €59.00"),
        ("what do people say about the best rated one", "Aurora Desk Lamp has one review"),
    ],
)
def test_a_superlative_points_at_one_of_those_shown(agent: Agent, said: str, told: str) -> None:
    assert len(agent.reply(ANNA, "show me desk lamps or speakers").products) >= 3
    assert told in agent.reply(ANNA, said).text


def test_a_superlative_in_chinese(agent: Agent) -> None:
    assert len(agent.reply(WEI, "有没有台灯").products) >= 2
    assert "€19.90" in agent.reply(WEI, "便宜的那个").text
    assert "€34.50" in agent.reply(WEI, "贵的那款多少钱").text


def test_a_superlative_with_a_name_of_its_own_is_a_new_search(agent: Agent) -> None:
    agent.reply(ANNA, "show me desk lamps")
    assert "P006" in [one.id for one in agent.reply(ANNA, "show me the cheapest hiking boots").products]


@pytest.mark.parametrize("said", ["which one would you take?", "which would you recommend"])
def test_advice_goes_by_what_buyers_say(agent: Agent, said: str) -> None:
    agent.reply(ANNA, "compare the Aurora Desk Lamp with the Comet Desk Lamp")
    reply = agent.reply(ANNA, said)
    assert [one.id for one in reply.products] == ["P002"]
    assert "5 of 5" in reply.text
    assert any(item.field == "rating" and item.record == "product:P002" for item in reply.evidence)


def test_advice_in_chinese(agent: Agent) -> None:
    agent.reply(WEI, "有没有台灯")
    assert [one.id for one in agent.reply(WEI, "你推荐哪个").products] == ["P002"]


def test_a_size_that_no_version_has_is_not_said_to_be_in_stock(agent: Agent) -> None:
    agent.reply(ANNA, "how much are the Trailblazer Hiking Boots?")
    reply = agent.reply(ANNA, "are they in stock in size 47?")
    assert "no version" in reply.text
    assert "42, 43" in reply.text
