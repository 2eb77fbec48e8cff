"""The kinds of FAISS index behind one small interface: rows of unit vectors, appended and searched.

An engine numbers its rows from 0 in the order in which they came. It knows nothing of ids, updates and deletions:
``VectorIndex`` keeps those, and hands in which rows may be found.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import faiss as _faiss
import numpy as np
from numpy.typing import NDArray

faiss: Any = _faiss
"""Its type stubs describe the wrapped C++ functions, not the Python ones that are called here."""

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]


class Engine(Protocol):
    """One kind of index over unit vectors, compared by inner product (the cosine, as they are normalised)."""

    kind: str

    @property
    def size(self) -> int:
        """Number of rows."""
        ...

    @property
    def memory_bytes(self) -> int:
        """What the rows take in memory."""
        ...

    def add(self, vectors: Vectors) -> None:
        """Append ``vectors``, shape (n, dimension), as rows ``size .. size + n - 1``."""
        ...

    def search(self, queries: Vectors, k: int, allowed: NDArray[np.bool_] | None) -> tuple[Vectors, Rows]:
        """The ``k`` best rows of each query among those ``allowed`` (a flag per row): scores and rows, each of shape
        (n, k), best first; row -1 where there are not so many."""
        ...

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of ``rows``, shape (n, dimension), as exact as this kind keeps them."""
        ...

    def write(self, path: Path) -> None:
        """Write the index to ``path``."""
        ...


class FlatEngine:
    """Compares each query with every row: exact, nothing to train, quick up to some hundred thousand rows."""

    kind = "flat"

    def __init__(self, dimension: int, *, stored: Any = None) -> None:
        self._index = faiss.IndexFlatIP(dimension) if stored is None else stored

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    @property
    def memory_bytes(self) -> int:
        return self.size * int(self._index.d) * 4

    def add(self, vectors: Vectors) -> None:
        self._index.add(vectors)

    def search(self, queries: Vectors, k: int, allowed: NDArray[np.bool_] | None) -> tuple[Vectors, Rows]:
        parameters = None
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")  # held by name: the selector only points to it
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))
        scores, rows = self._index.search(queries, k, params=parameters)
        return scores, rows

    def vectors(self, rows: Rows) -> Vectors:
        found: Vectors = self._index.reconstruct_batch(rows)
        return found

    def write(self, path: Path) -> None:
        faiss.write_index(self._index, str(path))


def new_engine(kind: str, dimension: int) -> Engine:
    """An empty engine of ``kind``."""
    return FlatEngine(dimension)


def read_engine(path: Path, kind: str) -> Engine:
    """The engine that was written to ``path``. Raises ``RuntimeError`` where FAISS cannot read it."""
    stored = faiss.read_index(str(path))
    return FlatEngine(int(stored.d), stored=stored)
