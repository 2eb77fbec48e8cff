"""Search on real catalogues: judged queries of a home improvement shop, and electronics with prices."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from encoders import EncoderSettings, TextEncoder
from retrieval import Filters, ProductSearch, RetrievalSettings, SearchSettings
from store import Database, parse_amount
from store.schema import Product, Variant

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    return TextEncoder.load(EncoderSettings())


@pytest.fixture(scope="module")
def new_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = Database.open(f"sqlite:///{tmp_path_factory.mktemp('shop')}/shop.db")
    yield opened
    opened.close()


class Remembering:
    """Encodes each text once, for the same queries are asked in several ways."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder
        self._known: dict[str, NDArray[np.float32]] = {}
        self.files, self.dimension = encoder.files, encoder.dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(fresh, self._encoder.encode(fresh), strict=True))
        return np.array([self._known[text] for text in texts])


def rows_of(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def judgements(folder: Path) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = defaultdict(dict)
    with gzip.open(folder / "search/homedepot_judgements_dev.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found[row["search_term"]][row["product_uid"]] = float(row["relevance"])
    return found


def test_words_and_meaning_together_beat_either_alone(
    data_folder: Path, new_shop: Database, encoder: TextEncoder
) -> None:
    judged = judgements(data_folder)
    queries = random.Random(0).sample(sorted(judged), 120)
    needed = {product for query in queries for product in judged[query]}
    titles = {
        str(row["product_uid"]): row["title"] for row in rows_of(data_folder / "search/homedepot_products.jsonl.gz")
    }
    others = random.Random(1).sample(sorted(titles.keys() - needed), 800)
    with new_shop.write() as records:
        records.add_all(Product(id=id_, title=titles[id_]) for id_ in sorted(needed) + others)
    search = ProductSearch(new_shop, Remembering(encoder))
    search.sync()

    def recall(dense_weight: float) -> float:
        search.settings = RetrievalSettings(search=SearchSettings(dense_weight=dense_weight))
        shares = []
        for query in queries:
            right = {product for product, relevance in judged[query].items() if relevance >= 2.33}
            if right:
                found = {hit.product_id for hit in search.search(query, limit=20).hits}
                shares.append(len(found & right) / len(right))
        return float(np.mean(shares))

    words, meaning, both = recall(0.0), recall(1.0), recall(SearchSettings().dense_weight)
    assert both > words + 0.01
    assert both > meaning + 0.02
    assert both > 0.85


def test_a_real_catalogue_keeps_its_prices(data_folder: Path, new_shop: Database, encoder: TextEncoder) -> None:
    rows = [row for row in rows_of(data_folder / "search/catalog_priced.jsonl.gz") if row["source"] == "ditto_walmart"]
    kinds = ("headphone", "camera", "laptop")
    priced = {f"w{row['sid']}": row for row in rows if any(kind in row["title"] for kind in kinds)}
    with new_shop.write() as records:
        records.query(Product).delete()
        for id_, row in priced.items():
            price = None if row["price"] is None else parse_amount(row["price"], "USD")
            records.add(
                Product(
                    id=id_,
                    title=row["title"],
                    description=row["description"] or "",
                    brand=row["brand"] or None,
                    category_path=[part.strip() for part in (row["category"] or "").split(">") if part.strip()],
                    variants=[Variant(id=id_, sku=row.get("modelno"), currency="USD", price_minor=price)],
                )
            )
    search = ProductSearch(new_shop, encoder)
    search.sync()
    for query, low, high in (
        ("headphones under $30", 0, 3_000),
        ("laptop sleeve between 15 and 25 dollars", 1_500, 2_500),
        ("camera over $150", 15_000, 10**9),
        ("30美元以下的 headphones", 0, 3_000),
    ):
        found = search.search(query, limit=20)
        assert found.hits, query
        for hit in found.hits:
            assert low <= parse_amount(priced[hit.product_id]["price"], "USD") <= high, (query, hit)
    assert search.understand("camera for canon").filters.brand is None
    understood = search.search("canon cameras not black").understood
    assert (understood.brand, understood.exclude) == ("canon", ("black",))
    with_model = next(row for row in priced.values() if len(row.get("modelno") or "") > 5)
    found = [priced[hit.product_id]["title"] for hit in search.search(with_model["modelno"]).hits]
    assert found[0] == with_model["title"]
    assert search.search("zxqv wvutq", filters=Filters(country="DE")).hits == ()
