"""Shops made of public catalogues, and queries for them."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from store import InputError, parse_amount
from store.schema import Product, Variant

from .frame import Options


def home_depot(folder: Path, options: Options) -> tuple[dict[str, str], dict[str, dict[str, float]]]:
    """Titles by product id, and of each judged query the products with their grades, 0 to 1 (relevance 1 to 3)."""
    titles = titles_of(folder / "homedepot_products.jsonl.gz")
    judged: dict[str, dict[str, float]] = defaultdict(dict)
    with gzip.open(folder / "homedepot_judgements_dev.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            judged[row["search_term"]][row["product_uid"]] = (float(row["relevance"]) - 1) / 2
    if options.quick:
        judged = {query: judged[query] for query in random.Random(options.seed).sample(sorted(judged), 200)}
        needed = {id_ for grades in judged.values() for id_ in grades}
        others = random.Random(options.seed).sample(sorted(titles.keys() - needed), 2_000)
        titles = {id_: titles[id_] for id_ in sorted(needed) + others}
    return titles, dict(judged)


def titles_of(path: Path) -> dict[str, str]:
    """Titles by product id. Raises ``InputError`` for a file without them."""
    try:
        return {str(row.get("product_uid") or row["product"]): str(row["title"]) for row in rows_of(path)}
    except (KeyError, ValueError, OSError) as error:
        raise InputError(
            "not a file of products", value=str(path), allowed="JSONL: product_uid or product, title"
        ) from error


def big_shop(public: Path, count: int) -> list[Product]:
    """``count`` products with real titles, those that have a price first."""
    made: list[Product] = []
    for place, row in enumerate(rows_of(public / "search" / "catalog_priced.jsonl.gz")):
        currency = row["currency"] or "USD"
        price = None if row["price"] is None else parse_amount(row["price"], currency)
        variant = Variant(id=f"p{place}", currency=currency, price_minor=price)
        path = [part.strip() for part in (row["category"] or "").split(">") if part.strip()]
        made.append(
            Product(
                id=f"p{place}", title=row["title"], brand=row["brand"] or None, category_path=path, variants=[variant]
            )
        )
    seen: set[str] = set()
    for row in rows_of(public / "search" / "retrotech_products.jsonl.gz"):
        if row["upc"] not in seen:
            seen.add(row["upc"])
            made.append(Product(id=f"r{row['upc']}", title=row["name"], brand=row["manufacturer"] or None))
    made.extend(
        Product(id=f"h{id_}", title=title)
        for id_, title in titles_of(public / "search" / "homedepot_products.jsonl.gz").items()
    )
    return made[:count]


def priced_queries(public: Path, count: int, seed: int) -> list[str]:
    """Queries as they were typed in other shops, every second one with a price condition added."""
    folder = public / "search"
    with gzip.open(folder / "wands_queries.tsv.gz", "rt", encoding="utf-8", newline="") as lines:
        typed = [row["query"] for row in csv.DictReader(lines, delimiter="\t")]
    typed += [row["query"] for row in rows_of(folder / "bestbuy_query_suggestions.jsonl.gz")]
    with gzip.open(folder / "homedepot_judgements_dev.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        typed += sorted({row["search_term"] for row in csv.DictReader(lines)})
    chosen = random.Random(seed).sample(typed, count)
    return [f"{query} under ${20 + place}" if place % 2 else query for place, query in enumerate(chosen)]


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSONL file, ``.gz`` or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
