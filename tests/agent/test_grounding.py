"""No sentence with a fact that was not looked up goes out; true ones do."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import EvidenceItem
from agent.evidence import EvidenceBook
from agent.grounding import check_reply

_ROWS: list[tuple[str, str, str, str, str | None, str | None]] = [
    ("product:1", "id", "id", "P0001", None, None),
    ("product:1", "title", "name", "Rain Jacket 3", None, None),
    ("product:1", "price", "amount", "4990", "EUR", None),
    ("product:1", "in_stock", "status", "in stock", None, None),
    ("product:1", "rating", "number", "4.5", None, None),
    ("product:1", "review_count", "number", "12", None, None),
    ("product:1", "weight", "text", "310 g", None, None),
    ("product:2", "title", "name", "Desk Lamp", None, None),
    ("product:2", "price", "amount", "2000", "EUR", None),
    ("product:2", "in_stock", "status", "out of stock", None, None),
    ("product:2", "weight", "text", "900 g", None, None),
    ("review:9", "text", "text", "Kept me dry for 3 days.", None, "product:1"),
    ("order:#W12345", "id", "id", "#W12345", None, None),
    ("order:#W12345", "status", "status", "shipped", None, None),
    ("order:#W12345", "promised", "date", "2026-03-05", None, None),
    ("order:#W12345", "total", "amount", "7480", "EUR", None),
    ("order:#W99999", "id", "id", "#W99999", None, None),
    ("order:#W99999", "status", "status", "delivered", None, None),
    ("order:#W99999", "delivered", "date", "2026-02-20", None, None),
    ("page:returns", "Returns", "text", "You can return anything within 30 days, free of charge.", None, None),
    ("shop", "order_count", "number", "2", None, None),
    ("product:1", "negative_reviews", "number", "3", None, None),
]
EVIDENCE = [EvidenceItem(at, *row) for at, row in enumerate(_ROWS, 1)]  # type: ignore[arg-type]
TODAY = date(2026, 3, 2)
ASKED = "where is #W77777? something under 60 euros in size 43"


def problems(text: str) -> list[str | None]:
    return [one.problem for one in check_reply(text, EVIDENCE, asked=ASKED, today=TODAY)]


@pytest.mark.parametrize(
    "text",
    [
        "Rain Jacket 3 costs €49.90 and Desk Lamp costs €20.00.",
        "€49.90 for Rain Jacket 3 and €20.00 for Desk Lamp, €69.90 together.",
        "The Rain Jacket 3 is 49.90 EUR. It has 12 reviews with 4.5 of 5 stars.",
        "Rain Jacket 3 costs €49.90, Desk Lamp €20.00. The difference is €29.90.",
        "Order #W12345 has been shipped. It will arrive on March 5, 2026.",
        "Order #W12345 is not delivered yet, but #W99999 was delivered on 20 February 2026.",
        "I find no order #W77777 among yours.",
        "We have nothing in size 43.",
        "Rain Jacket 3 fits your limit of under €60.",
        'One reviewer writes: "Kept me dry for 3 days."',
        "You can return anything within 30 days, free of charge.",
        "I cannot cancel or refund orders.",
        "Shall I cancel it for you?",
        "You have two orders.",
        "Rain Jacket 3 weighs 310 g.",
        "雨衣Rain Jacket 3的价格是€49.90。它有12条评价，平均4.5分（满分5分）。",
        "订单#W12345已发货，承诺送达日期为2026年3月5日。",
        "我无法为您退款。",
        "1. Rain Jacket 3, €49.90\n2. Desk Lamp, €20.00, out of stock\n",
        "Hello! How can I help you?",
    ],
)
def test_true_sentences_pass(text: str) -> None:
    assert problems(text) == [None] * len(problems(text))


@pytest.mark.parametrize(
    "text",
    [
        "Rain Jacket 3 costs €20.00.",  # the price of the other one
        "Rain Jacket 3 costs $49.90.",  # the currency
        "Desk Lamp is in stock.",
        "Rain Jacket 3 costs €49.90 and Desk Lamp costs €49.90.",
        "Rain Jacket 3 weighs 900 g.",
        "Order #W12345 is delivered.",
        "Order #W12345 was delivered on 20 February 2026.",
        "Order #W99999 was delivered on 5 March 2026.",
        "Order #W12346 is on its way.",
        "I have cancelled your order.",
        "We will refund you at once.",
        "You'll get a 20% discount.",
        "Shipping is free of charge.",
        "It has a lifetime guarantee.",
        'One reviewer writes: "Kept me dry for 30 days, perfect."',
        "The Mega Storm Jacket is better.",
        "Rain Jacket 3 has 13 reviews.",
        "Rain Jacket 3 has 4.9 of 5 stars.",
        "You have three orders.",
        "It will arrive tomorrow.",
        "Yes, size 43 is there.",
        "Together that is €80.00.",
        "Rain Jacket 3的价格是€20.00。",
        "订单#W12345已送达。",
        "我已为您取消订单。",
        "我们保证七天内退款。",
        "我们会在三天内为您全额退款。",
        "You can return anything within 60 days, free of charge.",
    ],
)
def test_lies_do_not(text: str) -> None:
    assert any(problems(text)), "a lie went through"


@given(st.integers(min_value=1, max_value=999_999))
def test_only_the_one_price_passes(minor: int) -> None:
    held = problems(f"Rain Jacket 3 costs €{minor / 100:.2f}.") == [None]
    assert held == (minor == 4990)


@given(st.text(max_size=300))
def test_any_text_is_checked_without_failing(text: str) -> None:
    assert "".join(one.text for one in check_reply(text, EVIDENCE, asked=text, today=TODAY)) == text


def test_without_evidence_no_fact_passes() -> None:
    text = "It costs €5.00. Your order #W1234 is shipped. It has 3 reviews."
    assert all(one.problem for one in check_reply(text, [], asked="", today=TODAY))


_LINES: list[tuple[str, str, str, str, str | None, str | None]] = [
    ("order:#W1", "id", "id", "#W1", None, None),
    ("order:#W1", "status", "status", "delivered", None, None),
    ("order:#W1", "total", "amount", "310000", "EUR", None),
    ("line:#W1:0", "title", "name", "Jigsaw Puzzle", None, "order:#W1"),
    ("line:#W1:0", "unit_price", "amount", "5000", "EUR", "order:#W1"),
    ("line:#W1:0", "quantity", "number", "1", None, "order:#W1"),
    ("line:#W1:0", "pieces", "text", "1000", None, "order:#W1"),
    ("line:#W1:0", "waterproof", "text", "no", None, "order:#W1"),
    ("line:#W1:1", "title", "name", "Laptop", None, "order:#W1"),
    ("line:#W1:1", "unit_price", "amount", "300000", "EUR", "order:#W1"),
    ("line:#W1:1", "ram", "text", "16GB", None, "order:#W1"),
    ("line:#W1:1", "display", "text", "4K", None, "order:#W1"),
    ("order:#W2", "id", "id", "#W2", None, None),
    ("order:#W2", "total", "amount", "2500", "EUR", None),
    ("line:#W2:0", "title", "name", "Tea Kettle", None, "order:#W2"),
    ("line:#W2:0", "unit_price", "amount", "2000", "EUR", "order:#W2"),
    ("line:#W2:0", "capacity", "text", "1.5 liter", None, "order:#W2"),
]
_OPTIONS = [EvidenceItem(at, *row) for at, row in enumerate(_LINES, 1)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "In order #W1, Laptop (16GB, 4K) was €3,000.00.",
        "- 1 × Jigsaw Puzzle (1000, no), €50.00 each",
        "Order #W1 with Jigsaw Puzzle (1000, no) is delivered.",
        "Your Jigsaw Puzzle is the version with pieces 1000.",
        "1. #W1: Jigsaw Puzzle, Laptop, €3,100.00, delivered",
        "#W2 (Tea Kettle) came to €25.00.",
        "您的订单#W2：Tea Kettle，合计€25.00。",
        "The Laptop with 16GB RAM was €3,000.00.",
    ],
)
def test_names_values_and_totals_with_digits_hold(text: str) -> None:
    assert [one.problem for one in check_reply(text, _OPTIONS, asked="", today=TODAY)] == [None]


@pytest.mark.parametrize(
    "text",
    [
        "In order #W1, Jigsaw Puzzle (16GB) was €50.00.",
        "- 1 × Jigsaw Puzzle (500, no), €50.00 each",
        "Jigsaw Puzzle has 1000 reviews.",
        "Laptop is the version of 1.5 liter.",
        "In order #W1, the Laptop was €3,100.00.",
        "1. #W1: Jigsaw Puzzle, Laptop, €25.00, delivered",
        "#W2 (Tea Kettle) came to €3,100.00.",
        "1000 of the buyers liked the Jigsaw Puzzle.",
    ],
)
def test_such_values_of_something_else_do_not(text: str) -> None:
    assert any(one.problem for one in check_reply(text, _OPTIONS, asked="", today=TODAY)), "a lie went through"


_REASONS = [
    ("product:P1", "title", "name", "Morning Post Black Tea", None, None),
    ("product:P1", "brand", "name", "Morning Post", None, "product:P1"),
    ("product:P1", "why", "text", "Because Simply Good Gift Tin Tea is in your cart", None, None),
    ("product:P2", "title", "name", "Simply Good Harvest Tea", None, None),
    ("product:P2", "brand", "name", "Simply Good", None, "product:P2"),
    ("product:P2", "why", "text", "Because you bought Leaf Kettle", None, None),
]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("1. Morning Post Black Tea (Because Simply Good Gift Tin Tea is in your cart)", True),
        ("Morning Post Black Tea: Because Simply Good Gift Tin Tea is in your cart.", True),
        ("1. Morning Post Black Tea (Because you bought Leaf Kettle)", False),
        ("1. Simply Good Harvest Tea (Because Simply Good Gift Tin Tea is in your cart)", False),
        ("Morning Post Black Tea is by Simply Good.", False),
    ],
)
def test_a_reason_belongs_to_what_it_is_given_for(text: str, holds: bool) -> None:
    evidence = [EvidenceItem(at, *row) for at, row in enumerate(_REASONS, 1)]  # type: ignore[arg-type]
    assert (check_reply(text, evidence, asked="", today=TODAY)[0].problem is None) is holds


def test_tools_that_run_at_once_number_the_evidence_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(*values: Any) -> EvidenceItem:
        time.sleep(0.002)  # the other threads have their turn meanwhile
        return EvidenceItem(*values)

    monkeypatch.setattr("agent.evidence.EvidenceItem", slowly)
    book = EvidenceBook()

    def add(_: int) -> None:
        for at in range(5):
            book.add("order:1", "field", "text", at)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add, range(4)))
    assert [one.number for one in book.new_items()] == [1, 2, 3, 4, 5]
