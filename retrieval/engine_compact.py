"""Little memory: four bits per dimension, in lists of which only the nearest are looked at; the best are compared anew.

Inverted lists with RaBitQ codes (Gao & Long, "RaBitQ", 2024; several bits: Gao and others, 2025) take about a seventh
of the vectors' own memory. The vectors themselves lie in a file in half precision and are read for the few best rows of
each query, and when the index is written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import faiss as _faiss
import numpy as np

from .engine import Flags, Rows, Vectors
from .row_file import RowFile

faiss: Any = _faiss
_BITS = 4
_PER_LIST = 64
"""Training rows per list."""
_COMPARED_ANEW = 4
"""So many times the rows asked for are compared with their own vectors."""


class CompactEngine:
    """Codes in memory, vectors in a file."""

    kind = "compact"

    def __init__(self, index: Any, rows: RowFile) -> None:
        self._index = index
        self._rows = rows

    @classmethod
    def trained(cls, sample: Vectors, count: int) -> Self:
        """An empty engine for about ``count`` rows that are like those of ``sample``."""
        dimension = sample.shape[1]
        lists = int(np.clip(4 * count**0.5, 16, len(sample) // 39))
        index = faiss.index_factory(dimension, f"IVF{lists},RaBitQ{_BITS}", faiss.METRIC_INNER_PRODUCT)
        index.cp.max_points_per_centroid = _PER_LIST
        index.cp.niter = 10
        index.train(sample)
        return cls(index, RowFile(dimension))

    @classmethod
    def read(cls, files: Mapping[str, Path]) -> Self:
        """What ``writers`` wrote. Raises ``RuntimeError`` where FAISS cannot read it."""
        index = faiss.read_index(str(files["vectors.faiss"]))
        rows = RowFile.copied(files["rows.f16"], int(index.d))
        if rows.size != int(index.ntotal):
            raise RuntimeError(f"{rows.size} rows for {index.ntotal} codes")
        return cls(index, rows)

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    @property
    def memory_bytes(self) -> int:
        dimension, lists = int(self._index.d), int(self._index.nlist)
        return self.size * (int(self._index.code_size) + 8) + lists * dimension * 4

    def add(self, vectors: Vectors) -> None:
        self._rows.append(vectors)
        self._index.add(vectors)

    def search(self, queries: Vectors, k: int, allowed: Flags | None) -> tuple[Vectors, Rows]:
        lists = int(self._index.nlist)
        probes = 3.0 * lists**0.5
        selector = None
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")  # held by name: the selector only points to it
            selector = faiss.IDSelectorBitmap(bits)
            probes /= max(float(allowed.mean()), 1e-6)
        parameters = faiss.SearchParametersIVF(nprobe=int(min(max(probes, 8), lists)), sel=selector)
        _, rows = self._index.search(queries, min(_COMPARED_ANEW * k, self.size), params=parameters)
        vectors = self._rows.read(np.maximum(rows, 0).ravel()).reshape(*rows.shape, -1)
        scores = np.einsum("qrd,qd->qr", vectors, queries).astype(np.float32)
        scores[rows < 0] = -np.inf
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(scores, order, axis=1), np.take_along_axis(rows, order, axis=1)

    def vectors(self, rows: Rows) -> Vectors:
        return self._rows.read(rows)

    def writers(self) -> Mapping[str, Callable[[Path], None]]:
        return {
            "vectors.faiss": lambda path: faiss.write_index(self._index, str(path)),
            "rows.f16": self._rows.write,
        }
