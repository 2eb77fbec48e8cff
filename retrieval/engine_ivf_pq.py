"""Little memory and the quickest on many: four bits for every two dimensions, in lists of which only the nearest are
looked at; the best are compared anew with their own vectors.

Inverted lists with product quantisation (Jégou, Douze & Schmid, 2011), the codes laid out so that sixteen distances
come out of one look-up (André, Kermarrec & Le Scouarnec, 2015). The codes take a fifteenth of the vectors' own memory;
the vectors lie in a file in half precision and are read for the few best rows of each query, and when the index is
written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import faiss as _faiss
import numpy as np

from .engine import Flags, Rows, Vectors, probes_for, ranked, selector_of, trained_lists
from .row_file import RowFile

faiss: Any = _faiss
_COMPARED_ANEW = (4, 60)
"""Of each query, so many times the rows asked for, and so many more, are compared with their own vectors."""


class IvfPqEngine:
    """Codes in memory, vectors in a file."""

    kind = "ivf_pq"

    def __init__(self, index: Any, rows: RowFile) -> None:
        self._index = index
        self._rows = rows

    @classmethod
    def trained(cls, sample: Vectors, count: int) -> Self:
        """An empty engine for about ``count`` rows that are like those of ``sample``."""
        dimension = sample.shape[1]
        parts = dimension // 2 if dimension % 2 == 0 else dimension
        return cls(trained_lists(f"PQ{parts}x4fs", sample, count), RowFile(dimension))

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
        selector = selector_of(allowed)
        parameters = faiss.SearchParametersIVF(nprobe=probes_for(int(self._index.nlist), allowed), sel=selector)
        times, more = _COMPARED_ANEW
        _, rows = self._index.search(queries, min(times * k + more, self.size), params=parameters)
        vectors = self._rows.read(np.maximum(rows, 0).ravel()).reshape(*rows.shape, -1)
        scores = np.einsum("qrd,qd->qr", vectors, queries).astype(np.float32)
        scores[rows < 0] = -np.inf
        return ranked(scores, rows, k)

    def vectors(self, rows: Rows) -> Vectors:
        return self._rows.read(rows)

    def writers(self) -> Mapping[str, Callable[[Path], None]]:
        return {
            "vectors.faiss": lambda path: faiss.write_index(self._index, str(path)),
            "rows.f16": self._rows.write,
        }
