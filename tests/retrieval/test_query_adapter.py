"""The adapter learns where queries should point, leaves others' vectors alone, and is checked when it is read."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from encoders import EncoderSettings, file_sha256, find_encoder
from retrieval import (
    ProductSearch,
    QueryAdapter,
    QueryTrainSettings,
    RetrievalSettings,
    SearchSettings,
    train_query_adapter,
)
from retrieval.made_queries import MadeQuery
from retrieval.product_texts import SOURCES
from retrieval.query_adapter import adapter_for
from retrieval.query_adapter_training import CARD, Task, fit_adapter
from store import Database, InputError, ModelError


def turned(count: int, seed: int) -> Task:
    """Queries that lie a fixed turn away from the products that answer them."""
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(np.random.default_rng(7).normal(size=(16, 16)))
    products = rng.normal(size=(count, 16))
    products /= np.linalg.norm(products, axis=1, keepdims=True)
    made = tuple(MadeQuery("", (row,), wrong=((row + 1) % count,)) for row in range(count))
    return Task((products @ turn).astype(np.float32), products.astype(np.float32), made)


@pytest.fixture(scope="module")
def learnt() -> QueryAdapter:
    plan = QueryTrainSettings(
        inner=64, epochs=12, rate=1e-2, queries_per_batch=64, drawn_negatives=128, weight_decay=0.0, kept=1.0
    )
    return fit_adapter(turned(640, 0), "enc", plan, lambda *_: None)


def test_it_learns_where_answers_lie(learnt: QueryAdapter) -> None:
    held = turned(100, 1)
    assert held.ndcg(learnt) > held.ndcg() + 0.3
    assert np.allclose(np.linalg.norm(learnt.adapted(held.queries), axis=1), 1, atol=1e-5)


def test_it_is_read_as_it_was_written(learnt: QueryAdapter, tmp_path: Path) -> None:
    weights = learnt.save(tmp_path)
    again = adapter_for("enc", tmp_path)
    assert again is not None
    queries = turned(10, 2).queries
    assert np.allclose(again.adapted(queries), learnt.adapted(queries), atol=1e-2)
    assert adapter_for("another encoder", tmp_path) is None
    with weights.open("ab") as file:
        file.write(b"x")
    assert adapter_for("enc", tmp_path) is None
    with pytest.raises(ModelError, match="damaged"):
        QueryAdapter.load(tmp_path)


def test_without_weights_there_is_none(tmp_path: Path) -> None:
    assert adapter_for("enc", tmp_path) is None


def test_what_comes_along_belongs_to_the_built_in_encoder() -> None:
    assert adapter_for(find_encoder(EncoderSettings()).sha256) is not None


def test_search_uses_it_unless_it_is_told_not_to(
    database: Database, make_product: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.write() as records:
        records.add_all([make_product("UP", "One thing"), make_product("DOWN", "Another thing")])
    vectors = {"One thing": [1.0, 0.0], "Another thing": [0.0, 1.0]}
    encoder: Any = SimpleNamespace(
        files=SimpleNamespace(sha256="two"),
        dimension=2,
        encode=lambda texts: np.array([vectors.get(text, [0.8, 0.6]) for text in texts], np.float32),
    )
    down = QueryAdapter(np.zeros((1, 2), np.float32), np.ones(1, np.float32), np.array([[0], [9]], np.float32), "two")
    monkeypatch.setattr("retrieval.product_search.adapter_for", lambda sha256: down if sha256 == "two" else None)
    search = ProductSearch(database, encoder)
    assert [hit.product_id for hit in search.search("thing").hits] == ["DOWN", "UP"]
    search.settings = RetrievalSettings(search=SearchSettings(query_adapter=False))
    assert [hit.product_id for hit in search.search("thing").hits] == ["UP", "DOWN"]


class LetterEncoder:
    """Vectors that count letters."""

    files = SimpleNamespace(sha256="letters")
    dimension = 26

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        counts = np.array([[text.lower().count(chr(97 + one)) + 0.1 for one in range(26)] for text in texts])
        unit: NDArray[np.float32] = (counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32)
        return unit


def test_it_is_learnt_from_files_of_product_texts(tmp_path: Path) -> None:
    plan = QueryTrainSettings(queries=60, validated_queries=10, inner=4, epochs=1, queries_per_batch=32)
    with pytest.raises(InputError, match="missing"):
        train_query_adapter(tmp_path, tmp_path / "weights", LetterEncoder(), settings=plan)
    things, colours = ("Kettle", "Lamp", "Chair", "Towel"), ("Red", "Blue", "Green", "Black", "White")
    for number, source in enumerate(SOURCES):
        rows = [
            {
                "title": title, "name": title, "brand": "Norrvik", "manufacturer": "Norrvik", "category": "Home > Den",
                "categories": ["Home", "Living"], "description": "", "short_description": "A thing of use at home.",
            }
            for title in (f"{colour} {number} inch {thing}" for thing in things for colour in colours)
        ]  # fmt: skip
        path = tmp_path / source.path
        path.parent.mkdir(exist_ok=True)
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    report = train_query_adapter(tmp_path, tmp_path / "weights", LetterEncoder(), settings=plan)
    assert adapter_for("letters", tmp_path / "weights") is not None
    assert report.queries == 60
    card = (report.weights.parent / CARD).read_text(encoding="utf-8")
    assert all(source.path in card and file_sha256(tmp_path / source.path) in card for source in SOURCES)
    assert file_sha256(report.weights) in card
