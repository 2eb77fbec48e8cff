"""The tools: bound to one customer, described for a model, and every result noted as evidence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.tools import BaseTool

from agent.evidence import EvidenceBook, from_row, to_row
from agent.help_pages import HelpPages
from agent.lookups import read_order
from agent.phrases import PHRASES, say
from agent.tools import Parts, Turn, customer_tools
from store import Database, FixedClock, ModelError


class Broken:
    """A search whose index is gone."""

    def search(self, *_: Any, **__: Any) -> Any:
        raise ModelError("the index is gone")


@pytest.fixture
def book() -> EvidenceBook:
    return EvidenceBook()


@pytest.fixture
def tools(shop: Database, clock: FixedClock, book: EvidenceBook) -> dict[str, BaseTool]:
    parts = Parts(shop, Broken(), None, HelpPages(), clock)
    turn = Turn("anna", "conv", "en", book, lambda tool, text: None)
    return {tool.name: tool for tool in customer_tools(parts, turn)}


def call(tools: dict[str, BaseTool], name: str, **arguments: Any) -> Any:
    return json.loads(tools[name].invoke(arguments))


def test_no_tool_takes_a_customer(tools: dict[str, BaseTool]) -> None:
    for tool in tools.values():
        assert not [name for name in tool.args if "customer" in name or "user" in name or name == "self"]


def test_every_tool_says_read_or_write_and_gives_an_example_per_argument(tools: dict[str, BaseTool]) -> None:
    for tool in tools.values():
        assert tool.description.startswith(("READ.", "WRITE."))
        for name, shape in tool.args.items():
            assert "e.g." in shape["description"] or shape.get("type") == "boolean", (tool.name, name)
    writing = [name for name, tool in tools.items() if tool.description.startswith("WRITE.")]
    assert writing == ["stop_messages", "hand_over_to_person"]


def test_orders_are_the_customers_own(tools: dict[str, BaseTool], book: EvidenceBook) -> None:
    assert [one["order_id"] for one in call(tools, "get_orders")["orders"]] == ["#A1002", "#A1001"]
    others, none = (call(tools, "get_order", order_id=one) for one in ("#B2001", "#X0000"))
    assert others | {"value": ""} == none | {"value": ""}
    assert not any("B2001" in item.record or "B2001" in item.value for item in book)


@pytest.mark.parametrize("written", ["#A1002", "A1002", "a1002", " #a1002 "])
def test_an_order_id_may_be_written_carelessly(shop: Database, written: str) -> None:
    with shop.read() as records:
        found = read_order(records, "anna", written)
    assert found is not None
    assert found.order_id == "#A1002"


def test_amounts_are_evidence_in_minor_units_and_not_in_the_json(
    tools: dict[str, BaseTool], book: EvidenceBook
) -> None:
    found = call(tools, "get_order", order_id="#A1002")
    assert found["total"] == "€73.90"
    assert "minor" not in json.dumps(found)
    totals = [item for item in book if item.record == "order:#A1002" and item.field == "total"]
    assert [(item.value, item.currency) for item in totals] == [("7390", "EUR")]
    whole = [item.value for item in book if item.field == "line_price"]
    assert whole == ["6900"]


def test_what_fails_is_a_result_too(tools: dict[str, BaseTool]) -> None:
    assert call(tools, "search_products", query="lamp")["problem"] == "unavailable"
    assert call(tools, "search_products", query="lamp", max_price="cheap")["problem"] == "unavailable"
    assert call(tools, "recommend_products")["problem"] == "unavailable"
    assert call(tools, "get_product", product_id="none")["problem"] == "no_such_product"
    assert call(tools, "summarise_reviews", product_id="P006")["problem"] == "no_reviews"
    assert call(tools, "read_help_pages", question="returns?")["problem"] == "no_page"


def test_review_quotes_are_word_for_word(tools: dict[str, BaseTool], book: EvidenceBook) -> None:
    found = call(tools, "summarise_reviews", product_id="P001", about="zip")
    assert (found["review_count"], found["positive"], found["negative"], found["about_count"]) == (3, 2, 1, 2)
    assert "zip" in found["disliked"][0]["text"]
    texts = "The zip broke after two days, very disappointing. The hood is great and the zip runs smoothly."
    assert all(quote["text"] in texts for quote in found["liked"] + found["disliked"])
    assert [item.value for item in book if item.record.startswith("review:") and item.field == "text"]


def test_evidence_keeps_its_numbers_over_turns(tools: dict[str, BaseTool], book: EvidenceBook) -> None:
    call(tools, "get_product", product_id="P002")
    rows = [to_row(item) for item in book]
    later = EvidenceBook([from_row(row) for row in json.loads(json.dumps(rows))])
    assert later.new_items() == ()
    later.add("product:P002", "price", "amount", "3450", currency="EUR")
    later.add("product:P999", "title", "name", "New")
    known = next(item.number for item in book if item.record == "product:P002" and item.field == "price")
    assert [item.number for item in later.new_items()] == [known, max(item.number for item in book) + 1]


def test_phrases_say_the_same_in_both_languages() -> None:
    import string

    for key, pair in PHRASES.items():
        english, chinese = ({part[1] for part in string.Formatter().parse(one) if part[1]} for one in pair)
        assert english == chinese, key
        assert all(pair), key
    assert say("price_one", "zh-CN", title="茶", price="€1.00") == "茶的价格是€1.00。"
