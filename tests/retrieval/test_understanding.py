# ruff: noqa: E501 - a table reads best with a case per line
from __future__ import annotations

from typing import Any

import pytest

from retrieval import ProductSearch

CASES: list[tuple[str, dict[str, Any], str]] = [
    ("waterproof trail shoes under 80 euros", {"max_minor": 8000, "currency": "EUR", "attributes": {"waterproof": ("yes",)}}, "waterproof trail shoes"),
    ("black shoes not leather", {"category": "Shoes", "attributes": {"colour": ("black",)}, "exclude": ("leather",)}, "black shoes"),
    ("八十元以下的黑色跑鞋", {"max_minor": 8000, "currency": "EUR", "attributes": {"colour": ("black",)}}, "黑色跑鞋"),
    ("不要皮的鞋", {"exclude": ("leather",)}, "鞋"),
    ("有货的红色包 100块以内", {"max_minor": 10000, "currency": "EUR", "in_stock": True, "attributes": {"colour": ("red",)}}, "红色包"),
    ("shoes in stock, no red or brown", {"category": "Shoes", "in_stock": True, "exclude": ("red", "brown")}, "shoes"),
    ("norrvik shoes", {"category": "Shoes", "brand": "Norrvik"}, "norrvik shoes"),
    ("socks for norrvik shoes", {}, "socks for norrvik shoes"),
    ("sofas", {"category": "Sofas"}, "sofas"),
    ("t-shirt size M red", {"attributes": {"size": ("m",), "colour": ("red",)}}, "t-shirt size m red"),
    ("M码的红色T恤", {"attributes": {"size": ("m",), "colour": ("red",)}}, "m码的红色t恤"),
    ("cheap red shoes", {"category": "Shoes", "attributes": {"colour": ("red",)}}, "cheap red shoes"),
    ("leather-free shoes", {"category": "Shoes", "exclude": ("leather",)}, "shoes"),
    ("bags but not Marisol", {"category": "Bags", "exclude": ("marisol",)}, "bags"),
    ("不要Marisol的包 不要红色", {"exclude": ("marisol", "red")}, "包"),
    ("除了黑色以外的鞋", {"exclude": ("black",)}, "鞋"),
    ("有没有防水的跑鞋", {"attributes": {"waterproof": ("yes",)}}, "防水的跑鞋"),
    ("anything but leather or cotton", {"exclude": ("leather", "cotton")}, ""),
    ("not too expensive shoes", {}, "not too expensive shoes"),
    ("无线耳机不要黑色", {"exclude": ("black",)}, "无线耳机"),
    ("非常好的鞋", {}, "非常好的鞋"),
    ("gluten-free bread", {}, "gluten-free bread"),
    ("red or black shoes", {"category": "Shoes", "attributes": {"colour": ("red", "black")}}, "red or black shoes"),
    ("navy backpack without wheels", {"attributes": {"colour": ("navy",)}}, "navy backpack without wheels"),
    ("backpack without summit", {"exclude": ("summit",)}, "backpack"),
    ("", {}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("query", "filters", "words"), CASES, ids=[one[0] for one in CASES])
def test_a_query_is_taken_apart(search: ProductSearch, query: str, filters: dict[str, Any], words: str) -> None:
    understood = search.understand(query)
    assert understood.filters.model_dump(exclude_defaults=True) == filters
    assert understood.words == words
    assert understood.assumed_currency is None


def test_a_currency_the_shop_does_not_have_is_taken_as_its_own_and_said(search: ProductSearch) -> None:
    understood = search.understand("shoes under $80")
    assert understood.filters.currency == "EUR"
    assert understood.assumed_currency == "USD"


def test_a_value_that_no_product_has_any_more_is_a_word_again(search: ProductSearch) -> None:
    assert search.understand("grey sofa").filters.attributes == {"colour": ("grey",)}
    with search.index.database.write() as records:
        from store.schema import Product

        records.delete(records.get_one(Product, "P8"))
    search.changed(["P8"])
    assert search.understand("grey sofa").filters.attributes == {}
