"""A tiny encoder whose vectors are known by construction, and a small shop."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval import ProductSearch, RetrievalSettings, SearchSettings
from store import Database
from store.schema import Product, Variant

SYNONYMS = {"sneaker": "shoe", "couch": "sofa", "rucksack": "backpack"}


SETTINGS = RetrievalSettings(search=SearchSettings(min_similarity=0.2, min_similarity_unknown=0.2))
"""A bag of words knows no words that are merely near, so that its cosines are low."""


class BagEncoder:
    """A text is the sum of its words' directions; synonyms share one. Counts what it encodes."""

    dimension = 256

    def __init__(self, sha256: str = "bag-1") -> None:
        self.files = SimpleNamespace(sha256=sha256)
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded.extend(texts)
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().replace(".", " ").replace(",", " ").replace(">", " ").split():
                rows[row] += self._direction(SYNONYMS.get(word.rstrip("s"), word.rstrip("s")))
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.divide(rows, np.where(lengths > 0, lengths, 1), dtype=np.float32)

    def _direction(self, word: str) -> NDArray[np.float32]:
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
        return np.random.default_rng(seed).normal(size=self.dimension).astype(np.float32)


@pytest.fixture
def encoder() -> BagEncoder:
    return BagEncoder()


@pytest.fixture
def new_encoder() -> type[BagEncoder]:
    return BagEncoder


MakeProduct = Callable[..., Product]


@pytest.fixture
def make_product() -> MakeProduct:
    """Builds a product; ``price`` in cents, ``options`` a list of option dicts for several variants."""

    def make(
        id_: str,
        title: str,
        *,
        price: int | None = 5_000,
        currency: str = "EUR",
        stock: int | None = 5,
        options: Sequence[dict[str, str]] = ({},),
        zh: str | None = None,
        **more: object,
    ) -> Product:
        variants = [
            Variant(
                id=f"{id_}-{place}", position=place, currency=currency, price_minor=price, stock=stock, options=option
            )
            for place, option in enumerate(options)
        ]
        translations = {"zh": {"title": zh, "description": ""}} if zh else {}
        return Product(id=id_, title=title, variants=variants, translations=translations, **more)

    return make


@pytest.fixture
def shop(database: Database, make_product: MakeProduct) -> Database:
    """A dozen products, enough for every condition to have something to keep and something to leave out."""
    shoes, bags, home = ["Shoes", "Running shoes"], ["Bags"], ["Home", "Sofas"]
    with database.write() as records:
        records.add_all(
            [
                make_product(
                    "P1",
                    "Trail shoes Ridge",
                    price=7_900,
                    brand="Norrvik",
                    category_path=shoes,
                    attributes={"Color": "black", "material": "mesh", "waterproof": "yes"},
                    zh="防水越野跑鞋 黑色",
                ),
                make_product(
                    "P2",
                    "Road shoes Sprint",
                    price=12_000,
                    brand="Norrvik",
                    category_path=shoes,
                    attributes={"Color": "red", "material": "leather"},
                    zh="公路跑鞋 红色",
                ),
                make_product(
                    "P3",
                    "City shoes Harbor",
                    price=6_000,
                    stock=0,
                    brand="Marisol",
                    category_path=shoes,
                    attributes={"Color": "black", "material": "leather"},
                    zh="城市休闲鞋 黑色",
                ),
                make_product(
                    "P4",
                    "Hidden shoes",
                    price=1_000,
                    visible=False,
                    category_path=shoes,
                    attributes={"Color": "black"},
                    zh="隐藏跑鞋",
                ),
                make_product(
                    "P5",
                    "Swiss shoes",
                    price=5_500,
                    countries=["CH"],
                    category_path=shoes,
                    attributes={"Color": "dark brown"},
                    zh="瑞士跑鞋",
                ),
                make_product(
                    "P6",
                    "Backpack Summit 30L",
                    price=9_900,
                    brand="Fjellborg",
                    category_path=bags,
                    attributes={"Color": "navy blue", "material": "nylon"},
                    zh="登山背包30升",
                ),
                make_product(
                    "P7",
                    "Handbag Luna",
                    price=15_000,
                    brand="Marisol",
                    category_path=bags,
                    attributes={"Color": "red", "material": "faux leather"},
                    zh="手提包 红色",
                ),
                make_product(
                    "P8",
                    "Sofa Nest",
                    price=80_000,
                    category_path=home,
                    attributes={"Color": "grey", "material": "cotton"},
                    zh="布艺沙发 灰色",
                ),
                make_product(
                    "P9",
                    "Headphones WH-1000XM4",
                    price=24_900,
                    brand="Auralis",
                    category_path=["Electronics"],
                    attributes={"Color": "black"},
                    zh="无线降噪耳机",
                ),
                make_product(
                    "P10",
                    "T-shirt Basic",
                    price=1_900,
                    category_path=["Clothing"],
                    attributes={"material": "cotton"},
                    options=[{"color": "red", "size": "M"}, {"color": "blue", "size": "L"}],
                    zh="纯棉T恤",
                ),
            ]
        )
    return database


@pytest.fixture
def search(shop: Database, encoder: BagEncoder, tmp_path: Path) -> ProductSearch:
    return ProductSearch(shop, encoder, SETTINGS, tmp_path / "index")
