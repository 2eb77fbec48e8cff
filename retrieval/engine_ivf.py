"""Whole vectors in lists, of which only the nearest are looked at (IVF: Sivic & Zisserman, 2003).

Quicker to build than a graph and takes hardly more memory than the vectors; slower to search than ``ivf_pq``, but needs
no file beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from .engine import Flags, Rows, Vectors, probes_for, selector_of, trained_lists
from .engine_whole import VECTORS, WholeVectors, faiss


class IvfEngine(WholeVectors):
    """Inverted lists of the vectors themselves."""

    kind = "ivf"

    def __init__(self, index: Any) -> None:
        super().__init__(index)
        # Where each row lies in the lists, so that rows can be read back by number.
        self._index.make_direct_map()

    @classmethod
    def trained(cls, sample: Vectors, count: int) -> Self:
        """An empty engine for about ``count`` rows that are like those of ``sample``."""
        return cls(trained_lists("Flat", sample, count))

    @classmethod
    def read(cls, files: Mapping[str, Path]) -> Self:
        """What ``writers`` wrote. Raises ``RuntimeError`` where FAISS cannot read it."""
        return cls(faiss.read_index(str(files[VECTORS])))

    @property
    def memory_bytes(self) -> int:
        dimension, lists = int(self._index.d), int(self._index.nlist)
        return self.size * (dimension * 4 + 16) + lists * dimension * 4

    def search(self, queries: Vectors, k: int, allowed: Flags | None) -> tuple[Vectors, Rows]:
        selector = selector_of(allowed)
        parameters = faiss.SearchParametersIVF(nprobe=probes_for(int(self._index.nlist), allowed), sel=selector)
        scores, rows = self._index.search(queries, k, params=parameters)
        return scores, rows
