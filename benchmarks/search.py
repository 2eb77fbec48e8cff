"""Product search: judged queries of a home improvement shop, 300 queries on the demo shop, and how long a search takes.

Home Depot, zero shot: NDCG@10 re-ranking the judged products of queries with five or more (gain = relevance - 1), and
Recall@50 over the whole catalogue of the products with relevance of 2.33 or more. Peers: BM25 by the package bm25s, and
the plain encoder, compared exactly. Tuned: ``train search`` on half of the queries, measured on the other half. Demo
shop: Recall@10 (of at most ten) and conditions understood exactly. Time: a shop of 100,000 real titles. Each of these
four outlives a run that was stopped.

``--data PRODUCTS JUDGEMENTS`` measures another shop: a file of products (JSONL: product_uid or product, title) and one
of judgements as ``train search`` takes them.
"""

from __future__ import annotations

import csv
import math
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from encoders import EncoderSettings, PairScorer, TextEncoder
from retrieval import (
    Filters,
    ProductSearch,
    SearchResult,
    TrainedSearch,
    graded_ndcg,
    probabilities,
    read_judgements,
    train_search,
    weighed_together,
)
from retrieval import load_trained_search as load_trained
from store import Database, InputError
from store.demo import build_demo
from store.schema import Product

from .demo_queries import Query, demo_queries, describe_in, translated
from .frame import KEPT, Figures, Options, bootstrap
from .parts import kept_part
from .remembered import CACHE, Remembered
from .shops import big_shop, home_depot, priced_queries, titles_of

KEYS = (
    "homedepot_ndcg_10", "homedepot_bm25_ndcg_10", "homedepot_minilm_ndcg_10", "homedepot_tuned_ndcg_10",
    "homedepot_recall_50", "homedepot_bm25_recall_50", "homedepot_minilm_recall_50", "demo_en_recall_10",
    "demo_zh_recall_10", "demo_filter_accuracy", "search_p50_ms", "search_p95_ms", "encode_share",
)  # fmt: skip
PARTS = ("judged", "tuned", "demo", "times")
_RIGHT = 0.66
"""Of grades from 0 to 1: a relevance of 2.33 or more on the scale from 1 to 3."""
_JUDGED = 5
_CODE = (
    "encoders", "retrieval", "store", "benchmarks/search.py", "benchmarks/shops.py", "benchmarks/demo_queries.py",
)  # fmt: skip
_NOW = datetime(2026, 3, 2, tzinfo=UTC)

Scores = NDArray[np.float32]


def run(options: Options) -> Figures:
    """Measure all of it; ``--quick``: 2,000 products and 200 queries of Home Depot, a tenth of the large shop."""
    figures = Figures()
    if options.data and len(options.data) != 2:
        raise InputError("--data takes a file of products and one of judgements", value=len(options.data))
    parts: dict[str, Callable[[Figures, Options, TextEncoder, Path], None]] = {
        "judged": _judged, "tuned": _tuned, "demo": _demo, "times": _times
    }  # fmt: skip
    wanted = options.only or (PARTS[:2] if options.data else PARTS)
    encoder = TextEncoder.load(EncoderSettings())
    for name in wanted:
        measured = partial(_measured, parts[name], options, encoder)
        figures.take(kept_part(f"search-{name}", options, _CODE, measured))
    return figures


def _measured(
    measure: Callable[[Figures, Options, TextEncoder, Path], None], options: Options, encoder: TextEncoder
) -> Figures:
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        measure(figures, options, encoder, Path(folder))
    return figures


@dataclass(frozen=True, slots=True)
class _Shop:
    """A shop with judged queries, its search open."""

    name: str
    titles: dict[str, str]
    judged: dict[str, dict[str, float]]
    known: Remembered
    search: ProductSearch

    def graded(self, query: str) -> tuple[list[str], Scores]:
        """The products judged for ``query`` that the shop has, and their grades."""
        rated = sorted(id_ for id_ in self.judged[query] if id_ in self.titles)
        return rated, np.array([self.judged[query][id_] for id_ in rated], dtype=np.float32)

    def ndcg(self, query: str) -> float | None:
        """NDCG@10 of the search as it is; ``None``: too few judged, or none of them answers."""
        rated, gains = self.graded(query)
        if len(rated) < _JUDGED or gains.max() <= 0:
            return None
        return graded_ndcg(gains, np.array([hit.score for hit in self.search.rate(query, rated)], dtype=np.float32))


@contextmanager
def _shop(options: Options, encoder: TextEncoder, folder: Path) -> Iterator[_Shop]:
    if options.data:
        products, judgements = options.data
        name, titles, judged = products.name.split(".")[0], titles_of(products), read_judgements(judgements).grades
    else:
        name = "homedepot"
        titles, judged = home_depot(options.public / "search", options)
    database = Database.open(f"sqlite:///{folder}/judged.db")
    with database.write() as records:
        records.add_all(Product(id=id_, title=title) for id_, title in titles.items())
    known = Remembered(encoder)
    known.learn(list(titles.values()), f"{name}-titles")
    known.learn(sorted(judged), f"{name}-queries")
    search = ProductSearch(database, known, folder=CACHE / f"{name}-index{'-quick' if options.quick else ''}")
    search.sync()
    known.learn([search.encoded_text(query) for query in sorted(judged)], f"{name}-queries-asked")
    yield _Shop(name, titles, judged, known, search)
    database.close()


@dataclass(frozen=True, slots=True)
class _Found:
    """Of one way of searching: NDCG of each query that has it, and recall of each query that has it."""

    ndcg: dict[str, float]
    recall: dict[str, float]


def _judged(figures: Figures, options: Options, encoder: TextEncoder, folder: Path) -> None:
    """Zero shot, beside both peers."""
    with _shop(options, encoder, folder) as shop:
        name, titles, judged = shop.name, shop.titles, shop.judged
        words, ids = _Bm25(titles), list(titles)
        place = {id_: row for row, id_ in enumerate(ids)}
        vectors = shop.known.encode([titles[id_] for id_ in ids])
        ways = {way: _Found({}, {}) for way in ("", "bm25_", "minilm_")}
        for query in sorted(judged):
            rated, gains = shop.graded(query)
            rows = [place[id_] for id_ in rated]
            right = {id_ for id_, gain in zip(rated, gains, strict=True) if gain >= _RIGHT}
            peers = (("bm25_", words.scores(query)), ("minilm_", vectors @ shop.known.encode([query])[0]))
            ours = shop.ndcg(query)
            if ours is not None:
                ways[""].ndcg[query] = ours
                for way, scores in peers:
                    ways[way].ndcg[query] = graded_ndcg(gains, scores[rows])
            if right:
                found = {hit.product_id for hit in shop.search.search(query, limit=50).hits}
                ways[""].recall[query] = len(right & found) / len(right)
                for way, scores in peers:
                    best = np.argpartition(-scores, 50)[:50]
                    ways[way].recall[query] = len(right & {ids[row] for row in best if scores[row] > 0}) / len(right)
    for way, each in ways.items():
        _add_mean(figures, f"{name}_{way}ndcg_10", list(each.ndcg.values()), options.seed)
        _add_mean(figures, f"{name}_{way}recall_50", list(each.recall.values()), options.seed)
    for way in ("bm25_", "minilm_"):
        over = np.array(list(ways[""].ndcg.values())) - np.array(list(ways[way].ndcg.values()))
        _add_mean(figures, f"{name}_ndcg_10_over_{way.rstrip('_')}", over.tolist(), options.seed)
    figures.note(f"{name}: {len(judged)} judged queries, {len(titles)} products")


def _tuned(figures: Figures, options: Options, encoder: TextEncoder, folder: Path) -> None:
    """``train search`` on half of the queries, given as a file; NDCG@10 on the others, before and after."""
    with _shop(options, encoder, folder) as shop:
        queries = sorted(shop.judged)
        random.Random(options.seed).shuffle(queries)
        half = queries[: len(queries) // 2]
        path = folder / "judgements.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("query", "product", "grade"))
            writer.writerows((query, id_, grade) for query in half for id_, grade in sorted(shop.judged[query].items()))
        kept = KEPT / f"{shop.name}-search{'-quick' if options.quick else ''}"
        report = train_search(shop.search, read_judgements(path), kept, progress=_told)
        found = {query: shop.ndcg(query) for query in queries[len(half) :]}
        before = {query: value for query, value in found.items() if value is not None}
        after = _after(shop, list(before), load_trained(kept), figures)
    key = f"{shop.name}_tuned"
    _add_mean(figures, f"{key}_ndcg_10", [after.get(query, value) for query, value in before.items()], options.seed)
    _add_mean(figures, f"{shop.name}_untuned_half_ndcg_10", list(before.values()), options.seed)
    gains = [after.get(query, value) - value for query, value in before.items()]
    _add_mean(figures, f"{key}_gain", gains, options.seed)
    figures.note(
        f"{key}: trained on {report.queries} queries; ranker {report.ranker}, {report.before:.4f} to "
        f"{report.after:.4f} in cross-validation"
    )
    if report.pairs_epochs:
        figures.note(
            f"{key}: encoder {'tuned' if report.encoder_kept else 'as it was'}; by epoch on queries not tuned on: "
            f"words and meaning {_row(report.epochs)}, the cross-encoder alone {_row(report.pairs_epochs)}"
        )


def _after(shop: _Shop, queries: Sequence[str], trained: TrainedSearch, figures: Figures) -> dict[str, float]:
    """NDCG@10 of each query with what was learnt: nothing where nothing was kept."""
    if trained.ranker is None:
        return {}
    passages = shop.search.index.passages({id_ for query in queries for id_ in shop.graded(query)[0]})
    asked = [shop.search.encoded_text(query) for query in queries]
    cosines = _cosines(shop, trained.deltas, dict(zip(queries, asked, strict=True)), passages)
    read = _read(shop, trained, dict(zip(queries, asked, strict=True)), passages)
    found: dict[str, float] = {}
    for query in queries:
        rated, gains = shop.graded(query)
        scores = trained.ranker.scores(shop.search.features(query, rated, cosines.get(query)))
        if query in read:
            scores = weighed_together(scores, read[query], trained.ranker.reading)
        found[query] = graded_ndcg(gains, scores)
    reader = trained.reader()
    if reader is not None:
        took: list[float] = []
        for query, text in list(zip(queries, asked, strict=True))[:50]:
            texts = shop.search.index.passages({hit.product_id for hit in shop.search.search(query, limit=20).hits})
            began = perf_counter()
            reader.scores(text, list(texts.values()), within_ms=math.inf)
            took.append((perf_counter() - began) * 1000)
        figures.add(f"{shop.name}_reading_20_p50_ms", float(np.percentile(took, 50)))
    return found


def _cosines(
    shop: _Shop, deltas: Path | None, asked: Mapping[str, str], passages: Mapping[str, str]
) -> dict[str, Scores]:
    """Of each query, the cosines of the tuned encoder with the judged products; none where it was not tuned."""
    if deltas is None:
        return {}
    encoder = TextEncoder.load(EncoderSettings(deltas=deltas))
    vectors = dict(zip(passages, encoder.encode(list(passages.values())), strict=True))
    queries = zip(asked, encoder.encode(list(asked.values())), strict=True)
    return {
        query: np.maximum(np.array([vectors[id_] for id_ in shop.graded(query)[0]]) @ vector, 0)
        for query, vector in queries
    }


def _read(
    shop: _Shop, trained: TrainedSearch, asked: Mapping[str, str], passages: Mapping[str, str]
) -> dict[str, Scores]:
    """Of each query, what the cross-encoder says of the judged products; all are read at once, which is quicker."""
    if trained.pairs is None:
        return {}
    scorer = PairScorer.load(trained.pairs)
    tokens = [scorer.tokens(text, [passages[id_] for id_ in shop.graded(query)[0]]) for query, text in asked.items()]
    read = probabilities(scorer.scores([pair for pairs in tokens for pair in pairs]))
    return dict(zip(asked, np.split(read, np.cumsum([len(pairs) for pairs in tokens])[:-1]), strict=True))


def _row(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.4f}" for value in values)


def _demo(figures: Figures, options: Options, encoder: TextEncoder, folder: Path) -> None:
    """The demo shop as it is; then described in English only and asked in Chinese, and the reverse."""
    database = Database.open(f"sqlite:///{folder}/demo.db")
    build_demo(database, folder, seed=options.seed, now=_NOW)
    search = ProductSearch(database, encoder)
    search.sync()
    queries = demo_queries(database, options.seed)
    understood: list[float] = []
    for language in ("en", "zh"):
        asked = [query for query in queries if query.language == language]
        found = [search.search(query.text, limit=10, language=language) for query in asked]
        stated = [(one, query) for one, query in zip(found, asked, strict=True) if query.wish.stated]
        understood += [float(understood_right(one.understood, query)) for one, query in stated]
        _add_mean(figures, f"demo_{language}_recall_10", _recalls(found, asked), options.seed)
    _add_mean(figures, "demo_filter_accuracy", understood, options.seed)
    figures.note(f"Demo shop: {len(queries)} queries on {len(search.index.catalogue)} products")
    texts = translated(database)
    for described, language in (("en", "zh"), ("zh", "en")):
        describe_in(database, described, texts)
        search.sync()
        asked = [query for query in queries if query.language == language]
        found = [search.search(query.text, limit=10, language=language) for query in asked]
        _add_mean(figures, f"demo_{language}_on_{described}_recall_10", _recalls(found, asked), options.seed)
    database.close()


def _recalls(found: Sequence[SearchResult], asked: Sequence[Query]) -> list[float]:
    """Recall@10 of each query, of at most ten right products."""
    return [
        len({hit.product_id for hit in one.hits} & query.right) / min(10, len(query.right))
        for one, query in zip(found, asked, strict=True)
    ]


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
