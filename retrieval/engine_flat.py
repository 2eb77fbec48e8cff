"""Exact search: each query is compared with every row. Nothing to train, quick up to some tens of thousands of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import faiss as _faiss

from .engine import Flags, Rows, Vectors, selector_of

faiss: Any = _faiss
"""Its type stubs describe the wrapped C++ functions, not the Python ones that are called here."""


class FlatEngine:
    """All vectors as they are, in one block."""

    kind = "flat"

    def __init__(self, dimension: int, *, stored: Any = None) -> None:
        self._index = faiss.IndexFlatIP(dimension) if stored is None else stored

    @classmethod
    def read(cls, files: Mapping[str, Path]) -> Self:
        """What ``writers`` wrote. Raises ``RuntimeError`` where FAISS cannot read it."""
        stored = faiss.read_index(str(files["vectors.faiss"]))
        return cls(int(stored.d), stored=stored)

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    @property
    def memory_bytes(self) -> int:
        return self.size * int(self._index.d) * 4

    def add(self, vectors: Vectors) -> None:
        self._index.add(vectors)

    def search(self, queries: Vectors, k: int, allowed: Flags | None) -> tuple[Vectors, Rows]:
        parameters = None
        if allowed is not None:
            selector = selector_of(allowed)  # held by name: the parameters only point to it
            parameters = faiss.SearchParameters(sel=selector)
        scores, rows = self._index.search(queries, k, params=parameters)
        return scores, rows

    def vectors(self, rows: Rows) -> Vectors:
        found: Vectors = self._index.reconstruct_batch(rows)
        return found

    def writers(self) -> Mapping[str, Callable[[Path], None]]:
        return {"vectors.faiss": lambda path: faiss.write_index(self._index, str(path))}
