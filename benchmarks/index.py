"""The vector index on embeddings of distinct real titles and sentences: recall and speed against exact search.

100,000 and 500,000 vectors, other 10,000 texts as queries, 64 at a time, 2 threads. Speed is queries per second of the
chosen kind over that of the flat kind, both through ``VectorIndex``. Texts that could not be encoded before are encoded
once and kept in the user's cache folder.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

import faiss
import numpy as np
from numpy.typing import NDArray

from encoders import EncoderSettings, TextEncoder
from retrieval import IndexSettings, VectorIndex

from .frame import Figures, Options

KEYS = (
    "recall_10_500k", "speedup_500k", "recall_10_100k", "speedup_100k", "compact_recall_10", "compact_memory_ratio",
    "gpu_flat_qps", "gpu_flat_bandwidth_share", "gpu_ivf_qps", "gpu_cagra_qps",
)  # fmt: skip
_QUERIES = 10_000
_BATCH = 64
_THREADS = 2
_CACHE = Path.home() / ".cache" / "beforehand" / "benchmarks"
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
    vectors = _encoded(texts[: max(sizes) + count])
    queries, rest = vectors[:count], vectors[count:]
    for size in sizes:
        exact, exact_qps, exact_memory = _measured(rest[:size], queries, IndexSettings(kind="flat"))
        for kind in ("hnsw", "compact"):
            found, qps, memory = _measured(rest[:size], queries, IndexSettings.model_validate({"kind": kind}))
            recall = float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact, found, strict=True)]))
            name = f"{size // 1000}k"
            if kind == "hnsw":
                figures.add(f"recall_10_{name}", recall)
                figures.add(f"speedup_{name}", qps / exact_qps)
            elif size == max(sizes):
                figures.add("compact_recall_10", recall)
                figures.add("compact_memory_ratio", memory / exact_memory)
            figures.note(f"{kind} {name}: recall@10 {recall:.4f}, {qps:.0f} against {exact_qps:.0f} queries/s")
    for key in KEYS[6:]:
        figures.add(key, None)
    figures.note("gpu_*: there is no GPU kind yet")
    return figures


def _measured(rows: Matrix, queries: Matrix, settings: IndexSettings) -> tuple[list[tuple[str, ...]], float, int]:
    """The ten nearest of each query, queries per second, and the memory of the index."""
    index = VectorIndex(rows.shape[1], settings=settings)
    index.add([str(number) for number in range(len(rows))], rows)
    index.settle()
    found: list[tuple[str, ...]] = []
    took = float("inf")
    for _ in range(2):  # the first round also warms the caches
        found = []
        began = perf_counter()
        for start in range(0, len(queries), _BATCH):
            found.extend(one.ids for one in index.search(queries[start : start + _BATCH], 10))
        took = min(took, perf_counter() - began)
    return found, len(queries) / took, index.memory_bytes


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


def _encoded(texts: Sequence[str]) -> Matrix:
    """Unit vectors of ``texts``, from the cache where they were made before."""
    encoder = TextEncoder.load(EncoderSettings(threads=_THREADS))
    key = hashlib.sha256((encoder.files.sha256 + "\0".join(texts)).encode()).hexdigest()[:16]
    path = _CACHE / f"index-{key}.npy"
    if not path.is_file():
        vectors = encoder.encode(texts, progress=_told)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors)
    loaded: Matrix = np.load(path)
    return loaded


def _told(done: int, total: int) -> None:
    print(f"\rencoding {done} of {total}", end="" if done < total else "\n", flush=True)
