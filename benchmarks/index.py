"""The vector index on embeddings of distinct real titles and sentences: recall and speed against exact search.

100,000 and 500,000 vectors, other 10,000 texts as queries, 64 at a time, 2 threads. Speed is queries per second of the
kind that ``auto`` chooses over that of the flat kind, both through ``VectorIndex``. Texts are
encoded once; the vectors are kept in the user's cache folder.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import faiss
import numpy as np
from numpy.typing import NDArray

from encoders import EncoderSettings, TextEncoder
from retrieval import IndexSettings, VectorIndex, gpu_problem

from .frame import Figures, Options, bootstrap
from .remembered import encoded

KEYS = (
    "recall_10_500k", "speedup_500k", "recall_10_100k", "speedup_100k", "compact_recall_10", "compact_memory_ratio",
    "gpu_flat_qps", "gpu_flat_bandwidth_share", "gpu_ivf_qps", "gpu_cagra_qps",
)  # fmt: skip
_QUERIES = 10_000
_BATCH = 64
_THREADS = 2
_GRAPH_UP_TO = 100_000
"""Up to so many vectors every kind is measured; above, building them all would take longer than the rest together."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+")

Matrix = NDArray[np.float32]


def run(options: Options) -> Figures:
    """Measure 100,000 and 500,000 vectors; ``--quick``: 10,000 vectors and 500 queries, which fill no speed key."""
    figures = Figures()
    faiss.omp_set_num_threads(_THREADS)
    sizes = [10_000] if options.quick else [100_000, 500_000]
    count = 500 if options.quick else _QUERIES
    texts = _texts(options, max(sizes) + count)
    sizes = [size for size in sizes if size + count <= len(texts)]
    encoder = TextEncoder.load(EncoderSettings(threads=_THREADS))
    vectors = encoded(encoder, texts[: max(sizes) + count], "index")
    queries, rest = vectors[:count], vectors[count:]
    for size in sizes:
        name = f"{size // 1000}k"
        exact = _measured(rest[:size], queries, IndexSettings(kind="flat"), rounds=1)
        product = _product_qps(rest[:size], queries)
        chosen = _measured(rest[:size], queries, IndexSettings(flat_below=5_000))
        shares = _shares_found(exact, chosen)
        _add_mean(figures, f"recall_10_{name}", shares, options.seed)
        figures.add(f"speedup_{name}", chosen.qps / exact.qps)
        figures.note(
            f"{name}: auto chose {chosen.kind}, {chosen.qps:.0f} queries/s, built in {chosen.build_s:.0f} s; "
            f"flat (FAISS) {exact.qps:.0f}; one matrix product of numpy and a partition {product:.0f}"
        )
        for kind in ("ivf_pq", "ivf", "hnsw"):
            if kind == chosen.kind:
                found = chosen
            elif size <= _GRAPH_UP_TO:
                found = _measured(rest[:size], queries, IndexSettings.model_validate({"kind": kind}))
            else:
                continue
            shares = _shares_found(exact, found)
            recall = float(shares.mean())
            if kind == "ivf_pq" and size == max(sizes):
                _add_mean(figures, "compact_recall_10", shares, options.seed)
                figures.add("compact_memory_ratio", found.memory_bytes / exact.memory_bytes)
            figures.note(
                f"{found.kind} {name}: recall@10 {recall:.4f}, {found.qps:.0f} queries/s, "
                f"{found.memory_bytes / exact.memory_bytes:.3f} of the memory, built in {found.build_s:.0f} s"
            )
    figures.note("compact: the kind ivf_pq, whose vectors lie in a file")
    for key in KEYS[6:]:
        figures.add(key, None)
    figures.note(f"gpu_*: {gpu_problem()}" if gpu_problem() else "gpu_*: not measured in this run")
    return figures


@dataclass(frozen=True, slots=True)
class _Measured:
    """The ten nearest of each query, and what finding them took."""

    kind: str
    found: list[tuple[str, ...]]
    qps: float
    memory_bytes: int
    build_s: float


def _add_mean(figures: Figures, key: str, values: Matrix, seed: int) -> None:
    interval = bootstrap(lambda rows: float(values[rows].mean()), len(values), seed=seed)
    figures.add(key, float(values.mean()), interval)


def _shares_found(exact: _Measured, found: _Measured) -> Matrix:
    """Of each query, the share of the ten truly nearest that was found."""
    pairs = zip(exact.found, found.found, strict=True)
    return np.array([len(set(one) & set(other)) / 10 for one, other in pairs], dtype=np.float32)


def _measured(rows: Matrix, queries: Matrix, settings: IndexSettings, *, rounds: int = 2) -> _Measured:
    """Search ``queries`` in an index of ``rows``; of two rounds the quicker counts, the first warms the caches."""
    began = perf_counter()
    index = VectorIndex(rows.shape[1], settings=settings)
    index.add([str(number) for number in range(len(rows))], rows)
    index.settle()
    build_s = perf_counter() - began
    found: list[tuple[str, ...]] = []
    took = float("inf")
    for _ in range(rounds):
        found = []
        began = perf_counter()
        for start in range(0, len(queries), _BATCH):
            found.extend(one.ids for one in index.search(queries[start : start + _BATCH], 10))
        took = min(took, perf_counter() - began)
    return _Measured(index.kind, found, len(queries) / took, index.memory_bytes, build_s)


def _product_qps(rows: Matrix, queries: Matrix) -> float:
    """Queries per second of the plainest exact search: all inner products at once, and the ten best of each."""
    some = queries[: 10 * _BATCH]
    began = perf_counter()
    for start in range(0, len(some), _BATCH):
        scores = some[start : start + _BATCH] @ rows.T
        np.argpartition(scores, -10, axis=1)[:, -10:]
    return len(some) / (perf_counter() - began)


def _texts(options: Options, count: int) -> list[str]:
    """Distinct titles of products and sentences of reviews, shuffled."""
    found = dict.fromkeys(text for text in _all_texts(options.public) if 12 <= len(text) <= 300)
    texts = sorted(found)
    random.Random(options.seed).shuffle(texts)
    return texts[:count]


def _all_texts(public: Path) -> Iterator[str]:
    for name, field in (
        ("search/homedepot_products.jsonl.gz", "title"),
        ("search/retrotech_products.jsonl.gz", "name"),
        ("search/catalog_priced.jsonl.gz", "title"),
        ("search/amazon18_items.jsonl.gz", "title"),
        ("recsys/Beauty_items.jsonl.gz", "title"),
        ("recsys/Sports_and_Outdoors_items.jsonl.gz", "text_id"),
    ):
        with gzip.open(public / name, "rt", encoding="utf-8") as lines:
            yield from (str(row[field]).strip() for row in map(json.loads, lines) if row.get(field))
    for path in sorted((public / "sentiment").glob("en_*.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            delimiter = "," if ".csv" in path.name else "\t"
            for row in csv.DictReader(lines, delimiter=delimiter):
                text = row.get("text") or ""
                yield from (sentence.strip() for sentence in _SENTENCE.split(text))
