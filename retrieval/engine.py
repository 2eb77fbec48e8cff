"""The kinds of vector index behind one small interface: rows of unit vectors, appended and searched.

An engine numbers its rows from 0 in the order in which they came. It knows nothing of ids, updates and deletions:
``VectorIndex`` keeps those, and hands in which rows may be found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from store import IndexDamaged

from .settings import IndexSettings

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]

_LEAST_TRAINED = 2_000
"""With fewer rows there is nothing to train a compact index on."""


class Engine(Protocol):
    """One kind of index over unit vectors, compared by inner product (the cosine, as they are normalised)."""

    kind: str

    @property
    def size(self) -> int:
        """Number of rows."""
        ...

    @property
    def memory_bytes(self) -> int:
        """What the index takes in memory."""
        ...

    def add(self, vectors: Vectors) -> None:
        """Append ``vectors``, shape (n, dimension), as rows ``size .. size + n - 1``."""
        ...

    def search(self, queries: Vectors, k: int, allowed: Flags | None) -> tuple[Vectors, Rows]:
        """The ``k`` best rows of each query among those ``allowed`` (a flag per row): scores and rows, each of shape
        (n, k), best first; row -1 where there are not so many."""
        ...

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of ``rows``, shape (n, dimension)."""
        ...

    def writers(self) -> Mapping[str, Callable[[Path], None]]:
        """File name -> function that writes it: everything needed to read the engine again."""
        ...


def choose_kind(settings: IndexSettings, count: int) -> str:
    """The kind for ``count`` vectors: what the settings name, else exact as long as that is quick."""
    if settings.kind == "compact" and count < _LEAST_TRAINED:
        return "flat"
    if settings.kind != "auto":
        return settings.kind
    return "flat" if count < settings.flat_below else "hnsw"


def change_is_due(settings: IndexSettings, kind: str, count: int) -> bool:
    """Whether ``count`` vectors should move from ``kind`` to another. Back to exact search only at half the number at
    which it was left, so that an index near the border does not go to and fro."""
    wanted = choose_kind(settings, count)
    if wanted == kind:
        return False
    if wanted != "flat" or settings.kind == "flat":
        return kind == "flat" or settings.kind != "auto"
    return 2 * count < (settings.flat_below if settings.kind == "auto" else _LEAST_TRAINED)


def new_engine(kind: str, dimension: int, sample: Vectors, count: int) -> Engine:
    """An empty engine of ``kind`` for about ``count`` rows; ``sample`` are rows for those kinds that are trained."""
    if kind == "hnsw":
        from .engine_hnsw import HnswEngine

        return HnswEngine(dimension)
    if kind == "compact":
        from .engine_compact import CompactEngine

        return CompactEngine.trained(sample, count)
    from .engine_flat import FlatEngine

    return FlatEngine(dimension)


def read_engine(kind: str, files: Mapping[str, Path]) -> Engine:
    """The engine that was written to ``files``. Raises ``IndexDamaged`` for a kind that this program does not know."""
    if kind == "flat":
        from .engine_flat import FlatEngine

        return FlatEngine.read(files)
    if kind == "hnsw":
        from .engine_hnsw import HnswEngine

        return HnswEngine.read(files)
    if kind == "compact":
        from .engine_compact import CompactEngine

        return CompactEngine.read(files)
    raise IndexDamaged("a saved index is of an unknown kind", value=kind, allowed=("flat", "hnsw", "compact"))
