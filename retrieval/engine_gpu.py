"""The index on a GPU: exact up to a million rows, then inverted lists, or a graph (CAGRA: Ootomo and others, 2023)
where the build of FAISS has cuVS. Needs the package ``faiss-gpu``.

What the GPU indexes lack is made up for here: they take no filter, so more rows are asked for and, where too few of
them are allowed, the allowed ones are compared exactly; a CAGRA graph takes no additions, so new rows lie in an exact
index beside it until they are a tenth of it. The vectors also lie in a file in half precision, to be read by number
and saved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import faiss as _faiss
import numpy as np

from store import ModelError

from .engine import Flags, Rows, Vectors, probes_for, ranked
from .row_file import RowFile

faiss: Any = _faiss
_EXACT_UP_TO = 1_000_000
_MOST = 2_048
"""FAISS returns no more than this from a GPU."""
_TAIL_SHARE = 0.1
_AT_ONCE = 100_000


def gpu_problem() -> str | None:
    """Why vectors cannot lie on a GPU here; ``None`` where they can."""
    if not hasattr(faiss, "StandardGpuResources"):
        return "this build of FAISS is for CPUs; the package faiss-gpu has the other"
    return None if faiss.get_num_gpus() > 0 else "FAISS finds no GPU"


@lru_cache(maxsize=1)
def _resources() -> Any:
    return faiss.StandardGpuResources()


class Gpu:
    """Makes FAISS indexes on the first GPU. Tests put one in its place that makes them on the CPU."""

    def flat(self, dimension: int) -> Any:
        return faiss.GpuIndexFlatIP(_resources(), dimension)

    def lists(self, dimension: int, count: int) -> Any:
        return faiss.GpuIndexIVFFlat(_resources(), dimension, count, faiss.METRIC_INNER_PRODUCT)

    def has_graph(self) -> bool:
        return hasattr(faiss, "GpuIndexCagra")

    def graph(self, vectors: Vectors) -> Any:
        index = faiss.GpuIndexCagra(_resources(), vectors.shape[1], faiss.METRIC_INNER_PRODUCT)
        index.train(vectors)
        return index


class GpuEngine:
    """Vectors on a GPU, and in a file of half-precision rows."""

    kind = "gpu"

    def __init__(self, dimension: int, rows: RowFile | None = None, *, gpu: Gpu | None = None) -> None:
        problem = gpu_problem() if gpu is None else None
        if problem is not None:
            raise ModelError(f"vectors cannot lie on a GPU: {problem}", advice="Set retrieval.index.kind to auto")
        self._gpu = gpu or Gpu()
        self._rows = rows or RowFile(dimension)
        self._main: Any = None
        """Lists or a graph over the first rows; ``None`` while all are few enough to be compared."""
        self._tail: Any = self._gpu.flat(dimension)
        self._tail_start = 0
        if rows is not None:
            self._place()

    @classmethod
    def read(cls, files: Mapping[str, Path], *, gpu: Gpu | None = None) -> Self:
        """What ``writers`` wrote, brought onto the GPU."""
        path = files["rows.f16"]
        dimension = int(files["dimension.txt"].read_text())
        return cls(dimension, RowFile.copied(path, dimension), gpu=gpu)

    @property
    def size(self) -> int:
        return self._rows.size

    @property
    def memory_bytes(self) -> int:
        """Of the GPU."""
        return self.size * self._rows.dimension * 4

    def add(self, vectors: Vectors) -> None:
        self._rows.append(vectors)
        if self._main is not None and not self._takes_more:
            self._tail.add(vectors)
            if self.size - self._tail_start > max(_TAIL_SHARE * self.size, 1):
                self._place()
        elif self._main is not None:
            self._main.add(vectors)
        else:
            self._tail.add(vectors)
            if self.size > _EXACT_UP_TO:
                self._place()

    def search(self, queries: Vectors, k: int, allowed: Flags | None) -> tuple[Vectors, Rows]:
        if allowed is None:
            return self._near(queries, k)
        wide = int(1.5 * k / max(float(allowed.mean()), 1e-6)) + 16
        scores, rows = self._near(queries, max(min(wide, self.size, _MOST), k))
        fit = (rows >= 0) & allowed[np.maximum(rows, 0)]
        scores[~fit] = -np.inf
        scores, rows = ranked(scores, np.where(fit, rows, -1), k)
        others: Rows = np.flatnonzero(allowed).astype(np.int64)
        for query in np.flatnonzero(fit.sum(1) < min(k, len(others))):
            exact, found = ranked((queries[query : query + 1] @ self._rows.read(others).T), others[None, :], k)
            scores[query, : exact.shape[1]], rows[query, : exact.shape[1]] = exact[0], found[0]
        return scores, rows

    def vectors(self, rows: Rows) -> Vectors:
        return self._rows.read(rows)

    def writers(self) -> Mapping[str, Callable[[Path], None]]:
        return {
            "rows.f16": self._rows.write,
            "dimension.txt": lambda path: path.write_text(str(self._rows.dimension)) and None,
        }

    def _near(self, queries: Vectors, k: int) -> tuple[Vectors, Rows]:
        if self._main is None:
            scores, rows = self._tail.search(queries, k)
            return scores, rows
        if self._takes_more:
            self._main.nprobe = probes_for(int(self._main.nlist), None)
        scores, rows = self._main.search(queries, k)
        if not self._tail.ntotal:
            return scores, rows
        more_scores, more_rows = self._tail.search(queries, min(k, self._tail.ntotal))
        more_rows = np.where(more_rows >= 0, more_rows + self._tail_start, -1)
        scores = np.concatenate([scores, more_scores], axis=1)
        rows = np.concatenate([rows, more_rows], axis=1)
        scores[rows < 0] = -np.inf
        return ranked(scores, rows, k)

    @property
    def _takes_more(self) -> bool:
        return not self._gpu.has_graph()

    def _place(self) -> None:
        """Bring all rows onto the GPU anew, in the form that their number asks for."""
        count, dimension = self.size, self._rows.dimension
        self._tail = self._gpu.flat(dimension)
        self._main = None
        if count <= _EXACT_UP_TO:
            for start in range(0, count, _AT_ONCE):
                self._tail.add(self._read(start, min(start + _AT_ONCE, count)))
            return
        if self._gpu.has_graph():
            self._main = self._gpu.graph(self._read(0, count))
        else:
            lists = int(np.clip(4 * count**0.5, 1, count // 39 or 1))
            self._main = self._gpu.lists(dimension, lists)
            self._main.train(self._rows.read(np.sort(np.random.default_rng(0).permutation(count)[: 64 * lists])))
            for start in range(0, count, _AT_ONCE):
                self._main.add(self._read(start, min(start + _AT_ONCE, count)))
        self._tail_start = count

    def _read(self, start: int, end: int) -> Vectors:
        return self._rows.read(np.arange(start, end, dtype=np.int64))
