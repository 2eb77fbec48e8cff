"""Product search: judged queries of a home improvement shop, 300 queries on the demo shop, and how long a search takes.

Home Depot, zero shot: NDCG@10 re-ranking the judged products of queries with five or more (gain = relevance - 1), and
Recall@50 over the whole catalogue of the products with relevance of 2.33 or more. Peers: BM25 by the package bm25s, and
the plain encoder, compared exactly. Tuned: ``train search`` on half of the queries, measured on the other half. Demo
shop: Recall@10 (of at most ten) and conditions understood exactly. Time: a shop of 100,000 real titles.

``--data PRODUCTS JUDGEMENTS`` measures another shop: a file of products (JSONL: product_uid or product, title) and one
of judgements as ``train search`` takes them.
"""

from __future__ import annotations

import csv
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from encoders import EncoderSettings, TextEncoder
from retrieval import Filters, Judgements, ProductSearch, graded_ndcg, read_judgements, train_search
from retrieval import load_trained_search as load_trained
from store import Database, InputError
from store.demo import build_demo
from store.schema import Product

from .demo_queries import Query, demo_queries
from .frame import Figures, Options, bootstrap
from .remembered import CACHE, Remembered
from .shops import big_shop, home_depot, priced_queries, titles_of

KEYS = (
    "homedepot_ndcg_10", "homedepot_bm25_ndcg_10", "homedepot_minilm_ndcg_10", "homedepot_tuned_ndcg_10",
    "homedepot_recall_50", "homedepot_bm25_recall_50", "homedepot_minilm_recall_50", "demo_en_recall_10",
    "demo_zh_recall_10", "demo_filter_accuracy", "search_p50_ms", "search_p95_ms", "encode_share",
)  # fmt: skip
_RIGHT = 0.66
"""Of grades from 0 to 1: a relevance of 2.33 or more on the scale from 1 to 3."""
_JUDGED = 5
_NOW = datetime(2026, 3, 2, tzinfo=UTC)

Scores = NDArray[np.float32]


def run(options: Options) -> Figures:
    """Measure all of it; ``--quick``: 2,000 products and 200 queries of Home Depot, a tenth of the large shop."""
    figures = Figures()
    encoder = TextEncoder.load(EncoderSettings())
    with tempfile.TemporaryDirectory() as folder:
        if options.data:
            if len(options.data) != 2:
                raise InputError("--data takes a file of products and one of judgements", value=len(options.data))
            products, judged = options.data
            shop = titles_of(products), read_judgements(judged).grades
            _judged(figures, options, encoder, Path(folder), products.name.split(".")[0], *shop)
            return figures
        shop = home_depot(options.public / "search", options)
        _judged(figures, options, encoder, Path(folder), "homedepot", *shop)
        _demo(figures, options, encoder, Path(folder))
        _times(figures, options, encoder, Path(folder))
    return figures


@dataclass(frozen=True, slots=True)
class _Found:
    """Of one way of searching: NDCG of each query that has it, and recall of each query that has it."""

    ndcg: dict[str, float]
    recall: dict[str, float]


def _judged(
    figures: Figures,
    options: Options,
    encoder: TextEncoder,
    folder: Path,
    name: str,
    titles: dict[str, str],
    judged: dict[str, dict[str, float]],
) -> None:
    database = Database.open(f"sqlite:///{folder}/judged.db")
    with database.write() as records:
        records.add_all(Product(id=id_, title=title) for id_, title in titles.items())
    known = Remembered(encoder)
    known.learn(list(titles.values()), f"{name}-titles")
    known.learn(sorted(judged), f"{name}-queries")
    search = ProductSearch(database, known, folder=CACHE / f"{name}-index{'-quick' if options.quick else ''}")
    search.sync()
    known.learn([search.encoded_text(query) for query in sorted(judged)], f"{name}-queries-asked")
    words, ids = _Bm25(titles), list(titles)
    place = {id_: row for row, id_ in enumerate(ids)}
    vectors = known.encode([titles[id_] for id_ in ids])
    ways = {way: _Found({}, {}) for way in ("", "bm25_", "minilm_")}
    for query, grades in sorted(judged.items()):
        rated = sorted(id_ for id_ in grades if id_ in place)
        rows = [place[id_] for id_ in rated]
        right = {id_ for id_ in rated if grades[id_] >= _RIGHT}
        by_words, cosines = words.scores(query), vectors @ known.encode([query])[0]
        gains = np.array([grades[id_] for id_ in rated], dtype=np.float32)
        if len(rated) >= _JUDGED and gains.max() > 0:
            hits = np.array([hit.score for hit in search.rate(query, rated)], dtype=np.float32)
            for way, scores in (("", hits), ("bm25_", by_words[rows]), ("minilm_", cosines[rows])):
                ways[way].ndcg[query] = graded_ndcg(gains, scores)
        if right:
            ours = {hit.product_id for hit in search.search(query, limit=50).hits}
            ways[""].recall[query] = len(right & ours) / len(right)
            for way, scores in (("bm25_", by_words), ("minilm_", cosines)):
                best = np.argpartition(-scores, 50)[:50]
                ways[way].recall[query] = len(right & {ids[row] for row in best if scores[row] > 0}) / len(right)
    for way, found in ways.items():
        _add_mean(figures, f"{name}_{way}ndcg_10", list(found.ndcg.values()), options.seed)
        _add_mean(figures, f"{name}_{way}recall_50", list(found.recall.values()), options.seed)
    for way in ("bm25_", "minilm_"):
        gains = np.array(list(ways[""].ndcg.values())) - np.array(list(ways[way].ndcg.values()))
        _add_mean(figures, f"{name}_ndcg_10_over_{way.rstrip('_')}", gains.tolist(), options.seed)
    figures.note(f"{name}: {len(judged)} judged queries, {len(titles)} products")
    _tuned(figures, options, search, folder, name, judged, ways[""])
    database.close()


def _tuned(
    figures: Figures,
    options: Options,
    search: ProductSearch,
    folder: Path,
    name: str,
    judged: dict[str, dict[str, float]],
    before: _Found,
) -> None:
    """``train search`` on half of the queries, given as a file; NDCG@10 on the others, before and after."""
    queries = sorted(judged)
    random.Random(options.seed).shuffle(queries)
    half = queries[: len(queries) // 2]
    path = folder / "judgements.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("query", "product", "grade"))
        writer.writerows((query, id_, grade) for query in half for id_, grade in sorted(judged[query].items()))
    given: Judgements = read_judgements(path)
    report = train_search(search, given, folder / "search", progress=_told)
    trained = load_trained(folder / "search")
    encoder = TextEncoder.load(EncoderSettings(deltas=trained.deltas))
    others = [query for query in queries[len(half) :] if query in before.ndcg]
    passages = search.index.passages({id_ for query in others for id_ in judged[query]})
    ids = sorted(passages)
    place = {id_: row for row, id_ in enumerate(ids)}
    vectors = encoder.encode([passages[id_] for id_ in ids])
    asked = encoder.encode([search.encoded_text(query) for query in others])
    after: list[float] = []
    for query, vector in zip(others, asked, strict=True):
        rated = [id_ for id_ in sorted(judged[query]) if id_ in place]
        meaning = np.maximum(vectors[[place[id_] for id_ in rated]] @ vector, 0)
        if trained.ranker is None:
            after.append(before.ndcg[query])
            continue
        scores = trained.ranker.scores(search.features(query, rated, meaning))
        after.append(graded_ndcg(np.array([judged[query][id_] for id_ in rated], dtype=np.float32), scores))
    _add_mean(figures, f"{name}_tuned_ndcg_10", after, options.seed)
    _add_mean(figures, f"{name}_untuned_half_ndcg_10", [before.ndcg[query] for query in others], options.seed)
    gains = [now - before.ndcg[query] for query, now in zip(others, after, strict=True)]
    _add_mean(figures, f"{name}_tuned_gain", gains, options.seed)
    figures.note(
        f"{name}_tuned: trained on {report.queries} queries; ranker {report.ranker}; the encoder alone by epoch "
        f"{', '.join(f'{value:.4f}' for value in report.epochs)} on queries it was not tuned on"
    )


def _demo(figures: Figures, options: Options, encoder: TextEncoder, folder: Path) -> None:
    database = Database.open(f"sqlite:///{folder}/demo.db")
    build_demo(database, folder, seed=options.seed, now=_NOW)
    search = ProductSearch(database, encoder)
    search.sync()
    queries = demo_queries(database, options.seed)
    recalls: dict[str, list[float]] = {"en": [], "zh": []}
    understood: list[float] = []
    for query in queries:
        result = search.search(query.text, limit=10, language=query.language)
        hits = {hit.product_id for hit in result.hits}
        recalls[query.language].append(len(hits & query.right) / min(10, len(query.right)))
        if query.wish.stated:
            understood.append(float(understood_right(result.understood, query)))
    for language, values in recalls.items():
        _add_mean(figures, f"demo_{language}_recall_10", values, options.seed)
    _add_mean(figures, "demo_filter_accuracy", understood, options.seed)
    figures.note(f"Demo shop: {len(queries)} queries on {len(search.index.catalogue)} products")
    database.close()


def _times(figures: Figures, options: Options, encoder: TextEncoder, folder: Path) -> None:
    """Milliseconds of a search on a shop of 100,000 products, and the share of each stage."""
    products = big_shop(options.public, 10_000 if options.quick else 100_000)
    database = Database.open(f"sqlite:///{folder}/big.db")
    for start in range(0, len(products), 10_000):
        with database.write() as records:
            records.add_all(products[start : start + 10_000])
    known = Remembered(encoder)
    search = ProductSearch(database, known, folder=CACHE / f"big-index{'-quick' if options.quick else ''}")
    known.learn(list(search.index.passages(_ids(database)).values()), "big-titles")
    search.sync()
    search.index.encoder = encoder
    took: list[float] = []
    stages: dict[str, float] = {}
    queries = priced_queries(options.public, 300, options.seed)
    for number, query in enumerate((*queries[:30], *queries), start=1):
        began = perf_counter()
        result = search.search(query, limit=10)
        took.append((perf_counter() - began) * 1000)
        for stage, ms in result.stage_ms.items():
            stages[stage] = stages.get(stage, 0.0) + ms
        if number == 30:
            # The first ones fill caches and compile kernels.
            took, stages = [], {}
    figures.add("search_p50_ms", float(np.percentile(took, 50)))
    figures.add("search_p95_ms", float(np.percentile(took, 95)))
    whole = sum(stages.values())
    figures.add("encode_share", stages.get("encode", 0.0) / whole)
    shares = ", ".join(f"{stage} {ms / whole:.0%}" for stage, ms in stages.items())
    figures.note(
        f"Times: {len(took)} queries, half with a price, on {len(search.index.catalogue)} products, index "
        f"{search.index.vectors.kind}; {shares}"
    )
    database.close()


def _ids(database: Database) -> list[str]:
    with database.read() as records:
        return [row[0] for row in records.query(Product.id)]


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
        self._count = len(titles)
        self._index = bm25s.BM25()
        self._index.index(
            bm25s.tokenize(list(titles.values()), stopwords="en", show_progress=False), show_progress=False
        )

    def scores(self, query: str) -> Scores:
        """Of every product, in the order of the titles."""
        tokens = self._tokenize([query], stopwords="en", return_ids=False, show_progress=False)[0]
        scores: Scores = self._index.get_scores(tokens) if tokens else np.zeros(self._count, np.float32)
        return scores


def _add_mean(figures: Figures, key: str, values: Sequence[float], seed: int) -> None:
    rows = np.array(values)
    figures.add(key, float(rows.mean()), bootstrap(lambda chosen: float(rows[chosen].mean()), len(rows), seed=seed))


def _told(step: str, done: int, total: int) -> None:
    print(f"\r{step} {done} of {total}   ", end="" if done < total else "\n", flush=True)
