"""Amounts: read from what shops write, never a float, never a guess."""

from __future__ import annotations

import pytest

from store import InputError, format_amount, parse_amount


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        ("12.50", "EUR", 1250),
        ("$1,299.00", "USD", 129900),
        ("1.299,00 €", "EUR", 129900),
        ("12,5", "EUR", 1250),
        ("1,299", "USD", 129900),
        (0.615, "USD", 62),
        (29, "CNY", 2900),
        ("¥1200", "JPY", 1200),
        ("-3.10", "GBP", -310),
        ("19.99 USD", "USD", 1999),
    ],
)
def test_reads_amounts(written: str | float, currency: str, minor: int) -> None:
    assert parse_amount(written, currency) == minor


@pytest.mark.parametrize("written", ["N/A", "", "free", "nan", "12..5", "from 10 apples", "--3", "1,2,3"])
def test_refuses_what_is_no_amount(written: str) -> None:
    with pytest.raises(InputError, match="not an amount"):
        parse_amount(written, "USD")


def test_shows_amounts_as_people_write_them() -> None:
    assert format_amount(129900, "EUR") == "€1,299.00"
    assert format_amount(-5, "USD") == "-$0.05"
    assert format_amount(1200, "JPY") == "¥1,200"
    assert format_amount(1999, "CHF") == "CHF 19.99"
