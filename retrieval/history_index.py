"""The history model at work: products and customers in one space, each in a FAISS index of its own.

A customer's embedding is made anew from what was done up to this moment, so that an event changes the next answer; a
product that is new to the model is found by its text. Follows the product index; safe to share between threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from store import IndexDamaged

from .history_model import HistoryModel
from .product_index import ProductIndex
from .settings import IndexSettings, RetrievalSettings
from .shop_histories import Done, ShopHistories, customer_sequence
from .vector_index import VectorIndex

Vectors = NDArray[np.float32]
MODEL, CUSTOMERS = "model", "customers"
"""Folders below that of the history model."""
_TOOK = 5
"""Of each customer so many of the latest products are remembered."""
_AT_ONCE = 4_096


@dataclass(frozen=True, slots=True)
class Alike:
    """Another customer with a taste like the one asked about."""

    customer_id: str
    likeness: float
    """Cosine of the two embeddings."""
    took: tuple[str, ...]
    """Products of the other's latest deeds, the latest first."""


class HistoryIndex:
    """Embeddings of the products and customers of one shop by one history model."""

    def __init__(self, model: HistoryModel, index: ProductIndex, settings: IndexSettings) -> None:
        self.model = model
        self.index = index
        dimension = model.sequence.dimension
        self._changing = threading.Lock()
        # Both in one, so that who reads them gets a pair that fits together.
        self._table: tuple[dict[str, int], Vectors] = ({}, np.zeros((1, dimension), dtype=np.float32))
        self._longest = 0.0
        # One dimension more: see _lifted.
        self.products = VectorIndex(dimension + 1, settings=settings)
        self.customers = VectorIndex(dimension, settings=settings)
        self._took: dict[str, tuple[str, ...]] = {}

    def sync(self) -> None:
        """Make the vectors of all products of the catalogue anew, as their texts are now."""
        with self.index.lock.read():
            ids = sorted(self.index.catalogue.row_of)
        with self._changing:
            parts = [self._computed(ids[start : start + _AT_ONCE]) for start in range(0, len(ids), _AT_ONCE)]
            dimension = self.model.sequence.dimension
            vectors = np.concatenate([np.zeros((1, dimension), dtype=np.float32), *parts])
            self._longest = float(np.linalg.norm(vectors, axis=1).max(initial=0.0))
            gone = self._table[0].keys() - set(ids)
            self._table = {id_: row for row, id_ in enumerate(ids, start=1)}, vectors
            if ids:
                self.products.add(ids, self._lifted(vectors[1:]))
            self.products.delete(gone)

    def embedding(self, done: Sequence[Done]) -> Vectors | None:
        """The customer's embedding, shape (dimension,), from what was done, the oldest first; ``None`` where no product
        in it is in the catalogue."""
        self._take_in([one.product_id for one in done])
        rows, vectors = self._table
        sequence = customer_sequence(done, rows)
        if not len(sequence.items):
            return None
        # Only the few products of this history go to the device.
        used, places = np.unique(sequence.items, return_inverse=True)
        table = np.concatenate([np.zeros((1, vectors.shape[1]), dtype=np.float32), vectors[used]])
        found: Vectors = self.model.sequence.customers(replace(sequence, items=places + 1), table)[0]
        return found

    def scores(self, embedding: Vectors, product_ids: Sequence[str]) -> Vectors:
        """``embedding @ product`` for each id; the lowest of them for one that is not in the catalogue."""
        self._take_in(product_ids)
        rows, vectors = self._table
        places = np.array([rows.get(id_, 0) for id_ in product_ids], dtype=np.int64)
        found = vectors[places] @ embedding
        known = places > 0
        if known.any():
            found[~known] = found[known].min()
        return np.asarray(found, dtype=np.float32)

    def unit_vectors(self, product_ids: Sequence[str]) -> Vectors:
        """The products' vectors, normalised, shape (n, dimension); zeros for one that is not in the catalogue."""
        rows, vectors = self._table
        found = vectors[[rows.get(id_, 0) for id_ in product_ids]]
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        return np.divide(found, np.where(lengths > 0, lengths, 1), dtype=np.float32)

    def near(self, embedding: Vectors, count: int) -> tuple[str, ...]:
        """The ``count`` products with the highest ``embedding @ product``, the best first."""
        if not len(self.products):
            return ()
        return self.products.search(np.append(embedding, np.float32(0)), count)[0].ids

    def alike(self, customer_id: str, embedding: Vectors, count: int) -> list[Alike]:
        """The ``count`` other customers whose taste is nearest, the nearest first."""
        if not len(self.customers):
            return []
        [found] = self.customers.search(embedding, count + 1)
        return [
            Alike(id_, float(score), self._took.get(id_, ()))
            for id_, score in zip(found.ids, found.scores, strict=True)
            if id_ != customer_id
        ][:count]

    def remember(self, customer_id: str, embedding: Vectors, done: Sequence[Done]) -> None:
        """Take in what a customer's taste is now, for others to be compared with."""
        took = tuple(dict.fromkeys(one.product_id for one in reversed(done)))[:_TOOK]
        if self._took.get(customer_id) != took:
            self.customers.add([customer_id], embedding[None])
            self._took[customer_id] = took

    def forget(self, customer_id: str) -> None:
        """Take a customer out, who has withdrawn consent or is gone."""
        self.customers.delete([customer_id])
        self._took.pop(customer_id, None)

    def erase(self, customer_id: str, folder: Path | None) -> None:
        """Take a customer out for good: of memory, and of the index that was saved in ``folder``."""
        self.forget(customer_id)
        self.customers.compact()
        if folder is not None:
            self.save_customers(folder)

    def take_customers(self, histories: ShopHistories, progress: Callable[[int, int], None] | None = None) -> None:
        """The embeddings of all customers in ``histories``."""
        rows = np.flatnonzero(histories.is_customer & (histories.sequences.lengths > 0))
        row_of, table = self._table
        own = np.array([0, *(row_of.get(id_, 0) for id_ in histories.product_ids)], dtype=np.int64)
        for start in range(0, len(rows), _AT_ONCE):
            some = histories.sequences.rows(rows[start : start + _AT_ONCE])
            names = [histories.who[row] for row in rows[start : start + _AT_ONCE]]
            vectors = self.model.sequence.customers(replace(some, items=own[some.items]), table)
            self.customers.add(names, vectors)
            for place, name in enumerate(names):
                latest = some.items[some.starts[place] : some.starts[place + 1]][::-1].tolist()
                products = dict.fromkeys(histories.product_ids[item - 1] for item in latest)
                self._took[name] = tuple(products)[:_TOOK]
            if progress is not None:
                progress(start + len(names), len(rows))

    def save_customers(self, folder: Path) -> None:
        """Save the index of customers."""
        took = {id_: "\n".join(products) for id_, products in self._took.items()}
        ids = list(took)
        self.customers.add(ids, self.customers.vectors(ids), stamps=[took[id_] or "\n" for id_ in ids])
        self.customers.save(folder, facts={"dimension_of": "customers"})

    def load_customers(self, folder: Path) -> None:
        """Load what was saved; where there is nothing, or it is damaged, the index fills as customers come."""
        try:
            loaded = VectorIndex.load(folder, settings=self.customers.settings)
        except (FileNotFoundError, IndexDamaged):
            return
        if loaded.dimension == self.customers.dimension:
            self.customers = loaded
            self._took = {id_: tuple(part for part in text.split("\n") if part) for id_, text in loaded.stamps.items()}

    def _take_in(self, product_ids: Sequence[str]) -> None:
        """Make the vectors of products that came after the last ``sync``."""
        with self.index.lock.read():
            catalogue = self.index.catalogue.row_of
            known = self._table[0]
            fresh = [id_ for id_ in dict.fromkeys(product_ids) if id_ not in known and id_ in catalogue]
        if not fresh:
            return
        with self._changing:
            row_of, table = self._table
            fresh = [id_ for id_ in fresh if id_ not in row_of]
            if not fresh:
                return
            vectors, first = self._computed(fresh), len(table)
            self._longest = max(self._longest, float(np.linalg.norm(vectors, axis=1).max()))
            self.products.add(fresh, self._lifted(vectors))
            added = {id_: first + place for place, id_ in enumerate(fresh)}
            self._table = row_of | added, np.concatenate([table, vectors])

    def _computed(self, ids: Sequence[str]) -> Vectors:
        return self.model.product_vectors(ids, self.index.vectors.vectors(ids))

    def _lifted(self, vectors: Vectors) -> Vectors:
        """``vectors`` with one dimension more that makes all equally long, so that the nearest by cosine are those with
        the highest inner product (Bachrach and others 2014)."""
        rest = np.maximum(self._longest**2 - (vectors**2).sum(axis=1, keepdims=True), 0)
        return np.concatenate([vectors, np.sqrt(rest)], axis=1)


def open_history(folder: Path, index: ProductIndex, settings: RetrievalSettings) -> HistoryIndex | None:
    """The model that ``train_history`` put into ``folder``, at work on the products of ``index``; ``None`` if there is
    none. Raises ``ModelError`` if it is damaged or of another encoder."""
    from encoders import pick_device

    model = HistoryModel.load(folder / MODEL, index.encoder.files.sha256, pick_device())
    if model is None:
        return None
    opened = HistoryIndex(model, index, settings.index)
    opened.load_customers(folder / CUSTOMERS)
    return opened
