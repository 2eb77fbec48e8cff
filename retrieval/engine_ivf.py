"""Whole vectors in lists, of which only the nearest are looked at (IVF: Sivic & Zisserman, 2003).

Quicker to build than a graph and takes hardly more memory than the vectors; slower to search than ``ivf_pq``, but needs
no file beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import faiss as _faiss

from .engine import Flags, Rows, Vectors, probes_for, selector_of, trained_lists

faiss: Any = _faiss


class IvfEngine:
    """Inverted lists of the vectors themselves."""

    kind = "ivf"

    def __init__(self, index: Any) -> None:
        self._index = index
        # Where each row lies in the lists, so that rows can be read back by number.
        self._index.make_direct_map()

    @classmethod
    def trained(cls, sample: Vectors, count: int) -> Self:
        """An empty engine for about ``count`` rows that are like those of ``sample``."""
        return cls(trained_lists("Flat", sample, count))

    @classmethod
    def read(cls, files: Mapping[str, Path]) -> Self:
        """What ``writers`` wrote. Raises ``RuntimeError`` where FAISS cannot read it."""
        return cls(faiss.read_index(str(files["vectors.faiss"])))

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    @property
    def memory_bytes(self) -> int:
        dimension, lists = int(self._index.d), int(self._index.nlist)
        return self.size * (dimension * 4 + 16) + lists * dimension * 4

    def add(self, vectors: Vectors) -> None:
        self._index.add(vectors)

    def search(self, queries: Vectors, k: int, allowed: Flags | None) -> tuple[Vectors, Rows]:
        selector = selector_of(allowed)
        parameters = faiss.SearchParametersIVF(nprobe=probes_for(int(self._index.nlist), allowed), sel=selector)
        scores, rows = self._index.search(queries, k, params=parameters)
        return scores, rows

    def vectors(self, rows: Rows) -> Vectors:
        found: Vectors = self._index.reconstruct_batch(rows)
        return found

    def writers(self) -> Mapping[str, Callable[[Path], None]]:
        return {"vectors.faiss": lambda path: faiss.write_index(self._index, str(path))}
