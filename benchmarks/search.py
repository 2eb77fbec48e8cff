"""Product search: judged queries of a home improvement shop, 300 queries on the demo shop, and how long a search takes.

Home Depot, zero shot: NDCG@10 re-ranking the judged products of queries with five or more (gain = relevance - 1), and
Recall@50 over the whole catalogue of the products with relevance of 2.33 or more. Peers: BM25 by the package bm25s, and
the plain encoder. Demo shop: Recall@10 (of at most ten) and conditions understood exactly.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from encoders import EncoderSettings, TextEncoder
from retrieval import Filters, ProductSearch
from store import Database
from store.demo import build_demo
from store.schema import Product

from .demo_queries import Query, demo_queries
from .frame import Figures, Options, bootstrap

KEYS = (
    "homedepot_ndcg_10", "homedepot_bm25_ndcg_10", "homedepot_minilm_ndcg_10", "homedepot_tuned_ndcg_10",
    "homedepot_recall_50", "homedepot_bm25_recall_50", "homedepot_minilm_recall_50", "demo_en_recall_10",
    "demo_zh_recall_10", "demo_filter_accuracy", "search_p50_ms", "search_p95_ms", "encode_share",
)  # fmt: skip
_RIGHT = 2.33
_NOW = datetime(2026, 3, 2, tzinfo=UTC)

Ranks = dict[str, list[float]]


def run(options: Options) -> Figures:
    """Measure all of it; ``--quick``: 2,000 products and 200 queries of Home Depot."""
    figures = Figures()
    encoder = TextEncoder.load(EncoderSettings())
    with tempfile.TemporaryDirectory() as folder:
        _home_depot(figures, options, encoder, Path(folder))
        _demo(figures, options, encoder, Path(folder))
    figures.add("homedepot_tuned_ndcg_10", None)
    figures.note("homedepot_tuned_ndcg_10: there is no training for a shop's own judgements yet")
    return figures


def _home_depot(figures: Figures, options: Options, encoder: TextEncoder, folder: Path) -> None:
    titles, judged = _read_home_depot(options.public / "search", options)
    database = Database.open(f"sqlite:///{folder}/homedepot.db")
    with database.write() as records:
        records.add_all(Product(id=id_, title=title) for id_, title in titles.items())
    search = ProductSearch(database, encoder)
    search.sync()
    words = _Bm25(titles)
    queries = sorted(judged)
    ndcg: dict[str, Ranks] = {name: {"ndcg": [], "recall": []} for name in ("", "bm25_", "minilm_")}
    for query in queries:
        relevance = judged[query]
        ids = sorted(relevance)
        vector = encoder.encode([query])[0]
        scores: dict[str, NDArray[np.float32]] = {
            "": np.array([hit.score for hit in search.rate(query, ids)], dtype=np.float32),
            "bm25_": words.scores(query, ids),
            "minilm_": search.index.vectors.vectors(ids) @ vector,
        }
        found = {
            "": [hit.product_id for hit in search.search(query, limit=50).hits],
            "bm25_": words.best(query, 50),
            "minilm_": list(search.index.vectors.search(vector, 50)[0].ids),
        }
        right = {id_ for id_, value in relevance.items() if value >= _RIGHT}
        for name, ranks in ndcg.items():
            if len(ids) >= 5 and max(relevance.values()) > 1:
                ranks["ndcg"].append(_ndcg([relevance[id_] - 1 for id_ in ids], scores[name]))
            if right:
                ranks["recall"].append(len(right & set(found[name])) / len(right))
    for name, ranks in ndcg.items():
        _add_mean(figures, f"homedepot_{name}ndcg_10", ranks["ndcg"], options.seed)
        _add_mean(figures, f"homedepot_{name}recall_50", ranks["recall"], options.seed)
    figures.note(f"Home Depot: {len(queries)} judged queries, {len(titles)} products")
    database.close()


def _demo(figures: Figures, options: Options, encoder: TextEncoder, folder: Path) -> None:
    database = Database.open(f"sqlite:///{folder}/demo.db")
    build_demo(database, folder, seed=options.seed, now=_NOW)
    search = ProductSearch(database, encoder)
    search.sync()
    queries = demo_queries(database, options.seed)
    recalls: dict[str, list[float]] = {"en": [], "zh": []}
    understood: list[float] = []
    took: list[float] = []
    encoding: list[float] = []
    for query in queries:
        began = perf_counter()
        result = search.search(query.text, limit=10, language=query.language)
        took.append((perf_counter() - began) * 1000)
        encoding.append(result.stage_ms.get("encode", 0.0) / max(sum(result.stage_ms.values()), 1e-9))
        hits = {hit.product_id for hit in result.hits}
        recalls[query.language].append(len(hits & query.right) / min(10, len(query.right)))
        if query.wish.stated:
            understood.append(float(understood_right(result.understood, query)))
    for language, values in recalls.items():
        _add_mean(figures, f"demo_{language}_recall_10", values, options.seed)
    _add_mean(figures, "demo_filter_accuracy", understood, options.seed)
    figures.add("search_p50_ms", float(np.percentile(took, 50)))
    figures.add("search_p95_ms", float(np.percentile(took, 95)))
    english = [share for share, query in zip(encoding, queries, strict=True) if query.language == "en"]
    figures.add("encode_share", float(np.mean(english)))
    figures.note(
        f"Demo shop: {len(queries)} queries on {len(search.index.catalogue)} products; encode_share is of English"
    )
    database.close()


def understood_right(understood: Filters, query: Query) -> bool:
    """Whether the conditions are exactly those that the query states. Naming its category besides is no mistake."""
    wish = query.wish
    attributes: dict[str, tuple[str, ...]] = {}
    if wish.colour:
        attributes["colour"] = (wish.colour,)
    if wish.feature:
        attributes[wish.feature] = ("yes",)
    priced = wish.low_minor is not None or wish.high_minor is not None
    return (
        (understood.min_minor, understood.max_minor) == (wish.low_minor, wish.high_minor)
        and understood.currency == ("EUR" if priced else None)
        and understood.attributes == attributes
        and understood.exclude == ((wish.without,) if wish.without else ())
        and understood.in_stock == wish.in_stock
        and understood.category in {None, query.category}
        and understood.brand is None
    )


class _Bm25:
    """The peer: BM25 of the package bm25s, with its own tokenizer and English stop words."""

    def __init__(self, titles: dict[str, str]) -> None:
        import bm25s

        self._tokenize = bm25s.tokenize
        self._ids = list(titles)
        self._row_of = {id_: row for row, id_ in enumerate(self._ids)}
        self._index = bm25s.BM25()
        self._index.index(
            bm25s.tokenize(list(titles.values()), stopwords="en", show_progress=False), show_progress=False
        )

    def _all(self, query: str) -> NDArray[np.float32]:
        tokens = self._tokenize([query], stopwords="en", return_ids=False, show_progress=False)[0]
        scores: NDArray[np.float32] = self._index.get_scores(tokens) if tokens else np.zeros(len(self._ids), np.float32)
        return scores

    def scores(self, query: str, ids: Sequence[str]) -> NDArray[np.float32]:
        return self._all(query)[[self._row_of[id_] for id_ in ids]]

    def best(self, query: str, count: int) -> list[str]:
        scores = self._all(query)
        return [self._ids[row] for row in np.argsort(-scores, kind="stable")[:count] if scores[row] > 0]


def _read_home_depot(folder: Path, options: Options) -> tuple[dict[str, str], dict[str, dict[str, float]]]:
    with gzip.open(folder / "homedepot_products.jsonl.gz", "rt", encoding="utf-8") as lines:
        titles = {str(row["product_uid"]): str(row["title"]) for row in map(json.loads, lines)}
    judged: dict[str, dict[str, float]] = defaultdict(dict)
    with gzip.open(folder / "homedepot_judgements_dev.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            judged[row["search_term"]][row["product_uid"]] = float(row["relevance"])
    if options.quick:
        judged = {query: judged[query] for query in random.Random(options.seed).sample(sorted(judged), 200)}
        needed = {id_ for relevance in judged.values() for id_ in relevance}
        others = random.Random(options.seed).sample(sorted(titles.keys() - needed), 2_000)
        titles = {id_: titles[id_] for id_ in sorted(needed) + others}
    return titles, dict(judged)


def _ndcg(gains: list[float], scores: NDArray[np.float32], k: int = 10) -> float:
    discount = 1 / np.log2(np.arange(2, k + 2))
    ranked = np.array(gains)[np.argsort(-scores, kind="stable")][:k]
    ideal = np.sort(np.array(gains))[::-1][:k]
    return float(ranked @ discount[: len(ranked)] / (ideal @ discount[: len(ideal)]))


def _add_mean(figures: Figures, key: str, values: list[float], seed: int) -> None:
    rows = np.array(values)
    figures.add(key, float(rows.mean()), bootstrap(lambda chosen: float(rows[chosen].mean()), len(rows), seed=seed))
