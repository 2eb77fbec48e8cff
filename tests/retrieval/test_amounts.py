from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.amounts import read_prices
from retrieval.words import fold

SAID = [
    ("waterproof trail shoes under 80 euros", None, 80, "EUR", "waterproof trail shoes"),
    ("shoes cheaper than $50", None, 50, "USD", "shoes"),
    ("lamp between 20 and 40", 20, 40, None, "lamp"),
    ("mugs from 20 to 40 euros", 20, 40, "EUR", "mugs"),
    ("20-40 euro mugs", 20, 40, "EUR", "mugs"),
    ("€20-€40 mugs", 20, 40, "EUR", "mugs"),
    ("under fifty euros", None, 50, "EUR", ""),
    ("less than two hundred and fifty dollars", None, 250, "USD", ""),
    ("at least 100 usd", 100, None, "USD", ""),
    ("not less than 30 dollars", 30, None, "USD", ""),
    ("no more than 30 bucks", None, 30, "USD", ""),
    ("1,299.50 dollars max", None, Decimal("1299.50"), "USD", ""),
    ("1.5k dollars or less", None, 1500, "USD", ""),
    ("over 20 but under 60 dollars", 20, 60, "USD", "but"),
    ("headphones around 50", 40, 60, None, "headphones"),
    ("up to 80€ in red", None, 80, "EUR", "in red"),
    ("below £25.50", None, Decimal("25.50"), "GBP", ""),
    ("iphone 13 under $700", None, 700, "USD", "iphone 13"),
    ("gift for dad for 50 euros", 40, 60, "EUR", "gift for dad"),
    ("八十元以下的黑色跑鞋", None, 80, None, "的黑色跑鞋"),
    ("八十以下的黑色跑鞋", None, 80, None, "的黑色跑鞋"),
    ("100块以内", None, 100, None, ""),
    ("一百五以内的耳机", None, 150, None, "的耳机"),
    ("一百零五元以内", None, 105, None, ""),
    ("50到100元之间的杯子", 50, 100, None, "的杯子"),
    ("三十到五十欧的礼物", 30, 50, "EUR", "的礼物"),
    ("不超过200元", None, 200, None, ""),
    ("不低于200元", 200, None, None, ""),
    ("300以上的", 300, None, None, "的"),
    ("预算三百左右", 240, 360, None, ""),
    ("百元以内", None, 100, None, ""),
    ("2千元以内", None, 2000, None, ""),
    ("比50便宜的", None, 50, None, "的"),
    ("８０元以下", None, 80, None, ""),
]
NOT_PRICES = [
    "tv under 40 inches",
    "size 38-40 boots",
    "kids under 5",
    "for women over 50",
    "hotel over 4 stars",
    "within 30 days",
    "一双跑鞋",
    "十个杯子",
    "wh-1000xm4",
    "3/4 in. plywood 4x8",
    "2 in 1 laptop",
    "100 cotton sheets",
    "one person tent",
    "42码的鞋",
    "5升的水壶",
    "",
]


@pytest.mark.parametrize(("text", "low", "high", "currency", "rest"), SAID, ids=[one[0] for one in SAID])
def test_a_price_is_read(text: str, low: object, high: object, currency: str | None, rest: str) -> None:
    prices = read_prices(fold(text))
    assert (prices.low, prices.high, prices.currency, prices.rest) == (low, high, currency, rest)


@pytest.mark.parametrize("text", NOT_PRICES)
def test_what_is_no_price_stays_in_the_text(text: str) -> None:
    prices = read_prices(text)
    assert not prices.found
    assert prices.rest == text


def test_prices_become_minor_units_of_their_currency() -> None:
    prices = read_prices("between 20 and 39.99")
    assert prices.minor("EUR") == (2000, 3999)
    assert prices.minor("JPY") == (20, 39)


@given(st.integers(1, 99_999), st.sampled_from(["under {} euros", "{}元以下", "max {}€", "不超过{}欧元"]))
def test_any_whole_number_is_read(number: int, form: str) -> None:
    assert read_prices(form.format(number)).high == number


@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    read_prices(fold(text))
