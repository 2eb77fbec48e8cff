"""What the kinds share that keep vectors as they are: one FAISS index from which every row can be read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import faiss as _faiss

from .engine import Rows, Vectors

faiss: Any = _faiss
"""Its type stubs describe the wrapped C++ functions, not the Python ones that are called here."""
VECTORS = "vectors.faiss"


class WholeVectors:
    """Rows of an index of FAISS that holds whole vectors."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    def add(self, vectors: Vectors) -> None:
        self._index.add(vectors)

    def vectors(self, rows: Rows) -> Vectors:
        found: Vectors = self._index.reconstruct_batch(rows)
        return found

    def writers(self) -> Mapping[str, Callable[[Path], None]]:
        return {VECTORS: lambda path: faiss.write_index(self._index, str(path))}
