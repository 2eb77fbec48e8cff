"""Vectors under string ids, in FAISS: added, replaced and deleted while they are searched, saved all or not at all.

What comes in are vectors of any length; they are normalised, so that ``score = cos(query, vector)``. The index does
not know what a vector stands for.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from store import IndexDamaged, InputError

from .engine import Engine, Flags, Rows, Vectors, change_is_due, choose_kind, new_engine, ranked, read_engine
from .lock import ReadWriteLock
from .saved import load_generation, save_generation
from .settings import IndexSettings

_FEW = 64
"""Fewer replaced rows than this are never worth a rewrite."""
_AT_ONCE = 10_000
"""Up to so many rows are written anew at once; more in the background, this many at a time."""
_TRAINING_ROWS = 200_000
_EXACT_SHARE = 0.05
"""Where a filter leaves at most this share (or ``_EXACT_ROWS``), just those rows are compared, exactly."""
_EXACT_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What is nearest to one query, best first: ``ids[i]`` has the cosine ``scores[i]``."""

    ids: tuple[str, ...]
    scores: NDArray[np.float32]


class VectorIndex:
    """A live index of unit vectors by id. Safe to share between threads.

    Rows are only ever appended: an update appends the new vector and kills the old row, a deletion kills the row. When
    a quarter of the rows is dead, or their number asks for another kind of index, the living ones are written into a
    new engine, a large one in the background while the old one answers. So every kind of index can do it all.
    """

    def __init__(self, dimension: int, *, settings: IndexSettings | None = None) -> None:
        if dimension < 1:
            raise InputError("a vector needs at least one dimension", value=dimension)
        self.dimension = dimension
        self.settings = settings or IndexSettings()
        self._lock = ReadWriteLock()
        nothing = np.zeros((0, dimension), dtype=np.float32)
        self._engine: Engine = new_engine(choose_kind(self.settings, 0), dimension, nothing, 0)
        self._row_of: dict[str, int] = {}
        self._ids: list[str] = []
        self._alive: Flags = np.zeros(0, dtype=np.bool_)
        self._stamps: dict[str, str] = {}
        self._rewriting: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._row_of)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._row_of

    @property
    def kind(self) -> str:
        """The kind of index in use; see ``IndexSettings.kind``."""
        return self._engine.kind

    @property
    def memory_bytes(self) -> int:
        """What the vectors take in memory."""
        return self._engine.memory_bytes

    @property
    def stamps(self) -> dict[str, str]:
        """Id -> the stamp it was added with (a content hash, say); ids without one are left out."""
        with self._lock.read():
            return dict(self._stamps)

    def add(self, ids: Sequence[str], vectors: NDArray[np.floating], *, stamps: Sequence[str] | None = None) -> None:
        """Add ``vectors``, shape (n, dimension), one per id; an id that is there already gets the new vector.

        ``stamps`` are kept beside the ids and saved with them. Raises ``InputError`` for a wrong shape, for an id that
        comes twice, and for a vector that is not finite; then nothing is added.
        """
        rows = self._checked(vectors, len(ids))
        if len(set(ids)) != len(ids):
            twice = next(one for position, one in enumerate(ids) if one in ids[:position])
            raise InputError("an id comes twice in one call", value=twice)
        if stamps is not None and len(stamps) != len(ids):
            raise InputError("as many stamps as ids are needed", value=len(stamps), allowed=str(len(ids)))
        if not len(ids):
            return
        with self._lock.write():
            for id_ in ids:
                self._kill(id_)
            first = len(self._ids)
            self._engine.add(rows)
            self._ids.extend(ids)
            self._row_of.update((id_, first + position) for position, id_ in enumerate(ids))
            self._alive = np.concatenate([self._alive, np.ones(len(ids), dtype=np.bool_)])
            if stamps is not None:
                self._stamps.update(zip(ids, stamps, strict=True))
            self._rewrite_if_due()

    def delete(self, ids: Collection[str]) -> int:
        """Delete ``ids``; unknown ones are ignored. Returns how many were there."""
        with self._lock.write():
            deleted = sum(self._kill(id_) for id_ in set(ids))
            self._rewrite_if_due()
            return deleted

    def search(self, queries: NDArray[np.floating], k: int, allowed: Collection[str] | None = None) -> list[Neighbours]:
        """The ``k`` nearest of each query, shape (n, dimension) or (dimension,), among the ``allowed`` ids.

        Fewer than ``k`` come back only where there are not so many. Raises ``InputError`` for a wrong shape.
        """
        if k < 1:
            raise InputError("at least one neighbour must be asked for", value=k)
        asked = np.atleast_2d(np.asarray(queries))
        rows = self._checked(asked, len(asked))
        with self._lock.read():
            flags = self._alive if allowed is None else self._flags(allowed)
            count = len(self._row_of) if allowed is None else int(flags.sum())
            if not count:
                return [Neighbours((), np.zeros(0, dtype=np.float32)) for _ in rows]
            if count <= max(_EXACT_ROWS, _EXACT_SHARE * len(self._ids)) and self.kind != "flat":
                scores, found = self._compared(rows, min(k, count), flags)
            else:
                every = count == len(self._ids)
                scores, found = self._engine.search(rows, min(k, count), None if every else flags)
            return [self._named(one, of) for one, of in zip(found, scores, strict=True)]

    def vectors(self, ids: Sequence[str]) -> Vectors:
        """The unit vectors of ``ids``, shape (n, dimension); zeros for an id that is not there."""
        with self._lock.read():
            rows = np.fromiter((self._row_of.get(id_, -1) for id_ in ids), dtype=np.int64, count=len(ids))
            there = rows >= 0
            found = np.zeros((len(ids), self.dimension), dtype=np.float32)
            if there.any():
                found[there] = self._engine.vectors(rows[there])
            return found

    def compact(self) -> None:
        """Write the living rows anew, so that nothing of what was deleted is left; returns when that is done."""
        self.settle()
        with self._lock.write():
            if len(self._row_of) < len(self._ids):
                self._rewrite()
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is being written anew in the background."""
        while (thread := self._rewriting) is not None:
            thread.join()

    def save(self, folder: Path, *, facts: dict[str, str] | None = None) -> None:
        """Save to ``folder``, all or nothing. ``facts`` (which encoder made the vectors, say) go into the manifest."""
        with self._lock.read():
            # Dead rows are saved, too, as an empty id; writing anew is not this function's business.
            ids = np.array([id_ if alive else "" for id_, alive in zip(self._ids, self._alive, strict=True)], np.str_)
            stamps = np.array([self._stamps.get(id_, "") for id_ in ids.tolist()], np.str_)

            def write_ids(path: Path) -> None:
                with path.open("wb") as file:
                    np.savez(file, ids=ids, stamps=stamps, alive=self._alive)

            save_generation(
                folder,
                {**self._engine.writers(), "ids.npz": write_ids},
                {"kind": self.kind, "dimension": self.dimension, "count": len(ids), **(facts or {})},
            )

    @classmethod
    def load(
        cls, folder: Path, *, settings: IndexSettings | None = None, facts: dict[str, str] | None = None
    ) -> VectorIndex:
        """Load what was saved in ``folder``; every file is checked against its sha256.

        Raises ``FileNotFoundError`` if there is nothing, ``IndexDamaged`` if a file is damaged or one of ``facts`` is
        not what was saved (vectors of another encoder).
        """
        files, saved = load_generation(folder)
        for name, expected in (facts or {}).items():
            if saved.get(name) != expected:
                raise IndexDamaged(
                    f"the saved index in {folder} was made with another {name}",
                    value=saved.get(name),
                    allowed=expected,
                    advice="Build it anew",
                )
        try:
            index = cls(int(saved["dimension"]), settings=settings)
            engine = read_engine(str(saved["kind"]), files)
            with np.load(files["ids.npz"], allow_pickle=False) as arrays:
                ids, stamps, alive = arrays["ids"].tolist(), arrays["stamps"].tolist(), arrays["alive"].astype(np.bool_)
        except (RuntimeError, KeyError, ValueError, OSError) as error:
            raise IndexDamaged(f"the saved index in {folder} cannot be read ({error})") from error
        row_of = {id_: row for row, id_ in enumerate(ids) if alive[row]}
        if not engine.size == len(ids) == len(stamps) == int(saved["count"]) or len(row_of) != int(alive.sum()):
            raise IndexDamaged(f"the saved index in {folder} does not fit together", value=f"{engine.size} vectors")
        index._engine, index._ids, index._alive, index._row_of = engine, ids, alive, row_of
        index._stamps = {ids[row]: stamps[row] for row in row_of.values() if stamps[row]}
        with index._lock.write():
            index._rewrite_if_due()
        return index

    def _checked(self, vectors: NDArray[np.floating], count: int) -> Vectors:
        """``vectors`` as contiguous unit float32 rows; the zero vector stays zero."""
        rows = np.ascontiguousarray(vectors, dtype=np.float32)
        if rows.shape != (count, self.dimension):
            raise InputError("vectors of a wrong shape", value=rows.shape, allowed=f"({count}, {self.dimension})")
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if not np.isfinite(lengths).all():
            raise InputError("a vector holds a value that is not finite", value=int(np.argmin(np.isfinite(lengths))))
        return np.divide(rows, np.where(lengths > 0, lengths, 1), dtype=np.float32)

    def _kill(self, id_: str) -> bool:
        row = self._row_of.pop(id_, None)
        if row is None:
            return False
        self._alive[row] = False
        self._stamps.pop(id_, None)
        return True

    def _flags(self, allowed: Collection[str]) -> Flags:
        flags = np.zeros(len(self._ids), dtype=np.bool_)
        known = [row for id_ in allowed if (row := self._row_of.get(id_)) is not None]
        flags[known] = True
        return flags

    def _compared(self, queries: Vectors, k: int, flags: Flags) -> tuple[Vectors, Rows]:
        """The exact answer among few rows."""
        rows: Rows = np.flatnonzero(flags).astype(np.int64)
        scores = queries @ self._engine.vectors(rows).T
        return ranked(scores, np.broadcast_to(rows, scores.shape), k)

    def _named(self, rows: Rows, scores: Vectors) -> Neighbours:
        there = int((rows >= 0).sum())
        return Neighbours(tuple(self._ids[row] for row in rows[:there]), scores[:there].copy())

    def _rewrite_if_due(self) -> None:
        """Start a rewrite where one is due. The write lock is held."""
        living, rows = len(self._row_of), len(self._ids)
        too_dead = rows - living > max(_FEW, self.settings.dead_share * rows)
        if self._rewriting is None and (too_dead or change_is_due(self.settings, self.kind, living)):
            self._rewrite()

    def _rewrite(self) -> None:
        """Write the living rows into a new engine: at once if they are few. The write lock is held."""
        living, rows = len(self._row_of), len(self._ids)
        if rows <= _AT_ONCE:
            alive: Rows = np.flatnonzero(self._alive).astype(np.int64)
            vectors = self._engine.vectors(alive) if len(alive) else np.zeros((0, self.dimension), dtype=np.float32)
            engine = new_engine(self._next_kind(living), self.dimension, vectors, living)
            if len(alive):
                engine.add(vectors)
            self._swap(engine, alive)
            return
        self._rewriting = threading.Thread(target=self._rewrite_in_background, daemon=True)
        self._rewriting.start()

    def _next_kind(self, count: int) -> str:
        due = change_is_due(self.settings, self.kind, count)
        return choose_kind(self.settings, count) if due else self.kind

    def _rewrite_in_background(self) -> None:
        """Write the living rows into a new engine while the old one answers and takes changes, then change over."""
        try:
            with self._lock.read():
                old, seen = self._engine, len(self._ids)
                rows: Rows = np.flatnonzero(self._alive).astype(np.int64)
                chosen = np.random.default_rng(0).permutation(rows)[:_TRAINING_ROWS]
                sample = old.vectors(np.sort(chosen))
            engine = new_engine(self._next_kind(len(rows)), self.dimension, sample, len(rows))
            waiting = rows
            while True:
                for start in range(0, len(waiting), _AT_ONCE):
                    with self._lock.read():
                        vectors = old.vectors(waiting[start : start + _AT_ONCE])
                    engine.add(vectors)
                with self._lock.write():
                    waiting = seen + np.flatnonzero(self._alive[seen:]).astype(np.int64)
                    seen = len(self._ids)
                    rows = np.concatenate([rows, waiting])
                    if len(waiting) <= _AT_ONCE:
                        if len(waiting):
                            engine.add(old.vectors(waiting))
                        self._swap(engine, rows)
                        # What died meanwhile may already be too much again.
                        self._rewriting = None
                        self._rewrite_if_due()
                        return
        except BaseException:
            self._rewriting = None
            raise

    def _swap(self, engine: Engine, rows: Rows) -> None:
        """Take ``engine``, whose row ``i`` is what was row ``rows[i]``. The write lock is held."""
        self._ids = [self._ids[row] for row in rows]
        self._alive = self._alive[rows]
        self._row_of = {id_: row for row, id_ in enumerate(self._ids) if self._alive[row]}
        self._engine = engine
