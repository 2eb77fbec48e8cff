"""Exact search: each query is compared with every row. Nothing to train, quick up to some tens of thousands of rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from .engine import Flags, Rows, Vectors, selector_of
from .engine_whole import VECTORS, WholeVectors, faiss


class FlatEngine(WholeVectors):
    """All vectors as they are, in one block."""

    kind = "flat"

    def __init__(self, dimension: int, *, stored: Any = None) -> None:
        super().__init__(faiss.IndexFlatIP(dimension) if stored is None else stored)

    @classmethod
    def read(cls, files: Mapping[str, Path]) -> Self:
        """What ``writers`` wrote. Raises ``RuntimeError`` where FAISS cannot read it."""
        stored = faiss.read_index(str(files[VECTORS]))
        return cls(int(stored.d), stored=stored)

    @property
    def memory_bytes(self) -> int:
        return self.size * int(self._index.d) * 4

    def search(self, queries: Vectors, k: int, allowed: Flags | None) -> tuple[Vectors, Rows]:
        parameters = None
        if allowed is not None:
            selector = selector_of(allowed)  # held by name: the parameters only point to it
            parameters = faiss.SearchParameters(sel=selector)
        scores, rows = self._index.search(queries, k, params=parameters)
        return scores, rows
