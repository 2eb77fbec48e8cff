"""The help pages: the same topics in both languages, and the rules that the shop's numbers follow."""

from __future__ import annotations

import pytest

from store import InputError
from store.demo import help_pages
from store.demo.fulfilment import shipping_minor


def test_both_languages_have_the_same_topics() -> None:
    english, chinese = help_pages("en"), help_pages("zh")
    assert [page.topic for page in english] == [page.topic for page in chinese]
    assert {page.topic for page in english} == {"contact", "payments", "returns", "shipping", "warranty"}
    assert all(page.title and page.text.startswith("# ") for page in (*english, *chinese))
    with pytest.raises(InputError, match="en, zh"):
        help_pages("fr")


def test_shipping_costs_what_the_page_says() -> None:
    page = next(page for page in help_pages() if page.topic == "shipping").text
    assert "€4.90 and is free from €50" in page
    assert "€12.90 and is free from €120" in page
    assert [shipping_minor(goods, "DE") for goods in (4999, 5000)] == [490, 0]
    assert [shipping_minor(goods, "CN") for goods in (11999, 12000)] == [1290, 0]
