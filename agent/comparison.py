"""Products side by side: which properties are told, in which order, and how a value is worded.

Comes in: the looked-up facts of two or more products. Goes out: a row per property with a value per product. Says
nothing about which product is better.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .facts import ComparisonFacts, ProductFacts, RowFacts
from .phrases import say, say_name
from .reply import ComparisonRow, ProductCard, ProductComparison

_MOST_ROWS = 12
"""Attributes and options; those that most of the products have come first."""
_MOST_VALUES = 8
"""Values of an option that are listed."""


def put_side_by_side(products: Sequence[ProductFacts], language: str) -> ComparisonFacts:
    """The comparison of ``products`` (two or more), worded in ``language``."""
    rows = [
        RowFacts(
            kind="price", name=say("row_price", language), values=tuple(_price(one, language) for one in products)
        ),
        RowFacts(
            kind="rating", name=say("row_rating", language), values=tuple(_rating(one, language) for one in products)
        ),
        RowFacts(
            kind="stock", name=say("row_stock", language), values=tuple(_stock(one, language) for one in products)
        ),
    ]
    options = [_options(one, language) for one in products]
    rows += _rows(
        "attribute", [_attributes(one, known) for one, known in zip(products, options, strict=True)], language
    )
    rows += _rows("option", options, language)
    return ComparisonFacts(products=tuple(products), rows=tuple(one for one in rows if any(one.values)))


def _rows(kind: Any, known: Sequence[Mapping[str, str]], language: str) -> list[RowFacts]:
    """A row per name, those that most products have first, else in the order of the products' pages."""
    having = Counter(name for one in known for name in one)
    return [
        RowFacts(
            kind=kind,
            name=say_name(name, language),
            values=tuple(say_name(one[name], language) if name in one else "" for one in known),
        )
        for name, _ in having.most_common(_MOST_ROWS)
    ]


def _attributes(product: ProductFacts, options: Mapping[str, str]) -> dict[str, str]:
    """What is the same for all its versions; the brand where the title does not say it."""
    named = product.brand and product.brand.lower() in product.title.lower()
    brand = {"brand": product.brand} if product.brand and not named else {}
    return brand | {name: value for name, value in product.attributes.items() if name not in options}


def _price(product: ProductFacts, language: str) -> str:
    if not product.price:
        return ""
    return say("price_from", language, price=product.price) if product.highest_price else product.price


def _rating(product: ProductFacts, language: str) -> str:
    if product.rating is None:
        return ""
    return say("row_rating_value", language, rating=f"{product.rating:g}", count=product.review_count)


def _stock(product: ProductFacts, language: str) -> str:
    return say("row_in_stock" if product.in_stock else "row_out_of_stock", language)


def _options(product: ProductFacts, language: str) -> dict[str, str]:
    """Option name -> its values that can be bought, else all."""
    found: dict[str, dict[str, None]] = {}
    for variant in [one for one in product.variants if one.in_stock] or product.variants:
        for name, value in variant.options.items():
            found.setdefault(name, {})[say_name(value, language)] = None
    joint = "、" if language == "zh" else ", "
    return {
        name: joint.join(list(values)[:_MOST_VALUES]) + ("…" if len(values) > _MOST_VALUES else "")
        for name, values in found.items()
    }


def to_memory(facts: ComparisonFacts) -> dict[str, Any]:
    """For the record of the message: ids and rows; the cards stand in the message itself."""
    return {
        "products": [one.product_id for one in facts.products],
        "rows": [[one.kind, one.name, list(one.values)] for one in facts.rows],
    }


def from_memory(kept: Mapping[str, Any] | None, cards: Sequence[ProductCard]) -> ProductComparison | None:
    """The comparison of a message with these cards; ``None`` where it has none, or a product has left the shop."""
    if not kept:
        return None
    known = {one.id: one for one in cards}
    columns = [at for at, one in enumerate(kept["products"]) if one in known]
    if len(columns) < 2:
        return None
    rows = [ComparisonRow(kind, name, tuple(values[at] for at in columns)) for kind, name, values in kept["rows"]]
    return ProductComparison(tuple(known[kept["products"][at]] for at in columns), tuple(rows))
