"""The kinds of vector index behind one small interface: rows of unit vectors, appended and searched.

An engine numbers its rows from 0 in the order in which they came. It knows nothing of ids, updates and deletions:
``VectorIndex`` keeps those, and hands in which rows may be found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from store import IndexDamaged

from .settings import IndexSettings

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]

_LEAST_TRAINED = 2_000
"""With fewer rows there is nothing to train lists on."""
_TRAINED = ("ivf", "ivf_pq")
_PER_LIST = 64
"""Training rows per list."""
_PROBES = 2.0
"""Times the square root of their number: how many lists are looked at."""


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
    """The kind for ``count`` vectors: what the settings name, else by number and device."""
    if settings.kind in _TRAINED and count < _LEAST_TRAINED:
        return "flat"
    if settings.kind != "auto":
        return settings.kind
    if count < settings.flat_below:
        return "flat"
    from .engine_gpu import gpu_problem

    if gpu_problem() is None:
        return "gpu"
    return "hnsw" if count < settings.lists_from else "ivf_pq"


def change_is_due(settings: IndexSettings, kind: str, count: int) -> bool:
    """Whether ``count`` vectors should move from ``kind`` to another. Back to what is for fewer only at half the number
    at which that was left, so that an index near a border does not go to and fro."""
    wanted = choose_kind(settings, count)
    if wanted == kind:
        return False
    if settings.kind != "auto":
        return wanted != "flat" or settings.kind == "flat" or 2 * count < _LEAST_TRAINED
    order = ["flat", "hnsw", "ivf_pq"]
    if kind in order and wanted in order and order.index(wanted) < order.index(kind):
        return choose_kind(settings, 2 * count) != kind
    return True


def new_engine(kind: str, dimension: int, sample: Vectors, count: int) -> Engine:
    """An empty engine of ``kind`` for about ``count`` rows; ``sample`` are rows for those kinds that are trained."""
    engine = _engine(kind)
    made: Engine = engine.trained(sample, count) if kind in _TRAINED else engine(dimension)
    return made


def read_engine(kind: str, files: Mapping[str, Path]) -> Engine:
    """The engine that was written to ``files``. Raises ``IndexDamaged`` for a kind that this program does not know."""
    read: Engine = _engine(kind).read(files)
    return read


def _engine(kind: str) -> Any:
    """The class of ``kind``. FAISS loads with the first."""
    match kind:
        case "flat":
            from .engine_flat import FlatEngine

            return FlatEngine
        case "hnsw":
            from .engine_hnsw import HnswEngine

            return HnswEngine
        case "ivf":
            from .engine_ivf import IvfEngine

            return IvfEngine
        case "ivf_pq":
            from .engine_ivf_pq import IvfPqEngine

            return IvfPqEngine
        case "gpu":
            from .engine_gpu import GpuEngine

            return GpuEngine
    kinds = ("flat", "hnsw", "ivf", "ivf_pq", "gpu")
    raise IndexDamaged("a saved index is of an unknown kind", value=kind, allowed=kinds, advice="Build it anew")


def trained_lists(codes: str, sample: Vectors, count: int) -> Any:
    """An empty FAISS index of inverted lists with ``codes`` for about ``count`` rows like those of ``sample``."""
    faiss: Any = import_module("faiss")
    lists = int(np.clip(4 * count**0.5, 16, max(len(sample) // 39, 16)))
    index: Any = faiss.index_factory(sample.shape[1], f"IVF{lists},{codes}", faiss.METRIC_INNER_PRODUCT)
    index.cp.max_points_per_centroid = _PER_LIST
    index.cp.niter = 10
    index.train(sample)
    return index


def probes_for(lists: int, allowed: Flags | None) -> int:
    """How many of ``lists`` to look at; more where a filter leaves only a share of the rows in each."""
    probes = _PROBES * lists**0.5
    if allowed is not None:
        probes /= max(float(allowed.mean()), 1e-6)
    return int(min(max(probes, 8), lists))


def selector_of(allowed: Flags | None) -> Any:
    """``allowed`` as FAISS takes it."""
    if allowed is None:
        return None
    faiss: Any = import_module("faiss")
    bits = np.packbits(allowed, bitorder="little")
    selector: Any = faiss.IDSelectorBitmap(bits)
    selector.held = bits  # the selector only points to them
    return selector


def ranked(scores: Vectors, rows: Rows, k: int) -> tuple[Vectors, Rows]:
    """The ``k`` best of each query, best first."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(rows, order, axis=1)
