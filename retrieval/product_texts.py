"""Texts of products that search may learn from without a shop: public catalogues, without what anybody did or judged.

Home Depot's titles are not among them: its data is for measuring. Comes in: the folder of public data. Goes out: titles
with brand, category and the start of the description, each title once, in a fixed order.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store import InputError

from .words import fold

_DETAILS_LETTERS = 160


@dataclass(frozen=True, slots=True)
class ProductText:
    """What is written about one product."""

    title: str
    brand: str = ""
    category: tuple[str, ...] = ()
    """From the widest to the narrowest."""
    details: str = ""
    """The start of the description."""

    @property
    def passage(self) -> str:
        """Everything as one text, in the order in which a shop's products are encoded."""
        parts = (self.title, " > ".join(self.category), self.brand, self.details)
        return ". ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Source:
    """A file of products: where it lies, how a row is read, and its licence as the origin states it."""

    path: str
    licence: str
    read: Callable[[Mapping[str, Any]], ProductText | None]


def _priced(row: Mapping[str, Any]) -> ProductText | None:
    path = tuple(part.strip() for part in (row["category"] or "").split(">") if part.strip())
    return _text(row["title"], row["brand"], path, row["description"])


def _electronics(row: Mapping[str, Any]) -> ProductText | None:
    # Rows without a maker or a description are films and music, whose titles say nothing of what goods are called.
    if not row["manufacturer"] or not row["short_description"]:
        return None
    return _text(row["name"], row["manufacturer"], (), row["short_description"])


def _amazon(row: Mapping[str, Any]) -> ProductText | None:
    return _text(row["title"], row["brand"], (row["category"].replace("_", " "),), row["description"])


def _beauty(row: Mapping[str, Any]) -> ProductText | None:
    return _text(row["title"], row["brand"], tuple(row["categories"]), "")


SOURCES = (
    Source(
        "search/catalog_priced.jsonl.gz",
        "by source: typesense and ditto Apache-2.0, meilisearch MIT, Flipkart not stated",
        _priced,
    ),
    Source("search/amazon18_items.jsonl.gz", "Apache-2.0 (repository)", _amazon),
    Source("recsys/Beauty_items.jsonl.gz", "titles BSD-3-Clause, id map MIT, the others not stated", _beauty),
    Source("search/retrotech_products.jsonl.gz", "not stated", _electronics),
)


def read_product_texts(data: Path, *, most_of_each: int) -> list[ProductText]:
    """The first ``most_of_each`` products of each of ``SOURCES`` in the folder ``data``, each title once.

    Raises ``InputError`` where a file is missing.
    """
    found: dict[str, ProductText] = {}
    for source in SOURCES:
        taken = 0
        for row in _rows(data / source.path):
            text = source.read(row)
            if text is not None and fold(text.title) not in found:
                found[fold(text.title)] = text
                taken += 1
            if taken >= most_of_each:
                break
    return list(found.values())


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    except OSError as error:
        raise InputError("a file of product texts is missing", value=str(path)) from error


def _text(title: str | None, brand: str | None, category: tuple[str, ...], details: str | None) -> ProductText | None:
    name = " ".join((title or "").split())
    if len(name.split()) < 2:
        return None
    start = " ".join((details or "").split())[:_DETAILS_LETTERS].rsplit(" ", 1)[0] if details else ""
    return ProductText(name, (brand or "").strip(), category, start)
