"""The products in memory and their vectors, kept in agreement with the database.

What is saved are the vectors, each with the stamp of the text it was made of; everything else is read anew from the
database. So after a crash at any point only what is not saved is encoded again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from store import Database, IndexDamaged
from store.schema import Product

from .catalogue import Catalogue
from .documents import Document, document_of
from .facts import ProductFacts, facts_of
from .lock import ReadWriteLock
from .settings import RetrievalSettings
from .vector_index import VectorIndex

_log = logging.getLogger(__name__)
_SAVE_EVERY = 5_000
"""Products encoded between two saves, so that a killed first build goes on where it was."""
_READ_AT_ONCE = 500


class Weights(Protocol):
    """Which weights an encoder has."""

    @property
    def sha256(self) -> str:
        """Vectors of other weights are never mixed with these."""
        ...


class Encoder(Protocol):
    """What search needs of ``encoders.TextEncoder``."""

    @property
    def files(self) -> Weights:
        """Where the weights come from."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension)."""
        ...


class ProductIndex:
    """Catalogue and vectors of one shop. Readers of ``catalogue`` hold ``lock.read()``."""

    def __init__(self, database: Database, encoder: Encoder, settings: RetrievalSettings, folder: Path | None) -> None:
        self.database = database
        self.encoder = encoder
        self.settings = settings
        self.folder = folder
        self.catalogue = Catalogue()
        self.lock = ReadWriteLock()
        self.vectors = VectorIndex(encoder.dimension, settings=settings.index)
        self._changing = threading.Lock()
        self._loaded = False
        self._saved = True

    def ready(self) -> None:
        """Make sure that there has been a first ``sync``."""
        if not self._loaded:
            self.sync()

    def sync(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Agree with the database; only products whose text changed are encoded. Returns how many.

        ``progress(done, total)`` counts the products to encode. May be killed and run again.
        """
        with self._changing:
            if not self._loaded:
                self._load()
            seen: set[str] = set()
            waiting: list[Document] = []
            stamps = self.vectors.stamps
            for document in self._documents(None):
                seen.add(document.facts.product_id)
                with self.lock.write():
                    self.catalogue.put(document)
                if stamps.get(document.facts.product_id) != document.stamp:
                    waiting.append(document)
            self._forget((self.catalogue.row_of.keys() | stamps.keys()) - seen)
            self._encode(waiting, progress)
            self._loaded = True
            self._save()
            return len(waiting)

    def changed(self, product_ids: Collection[str]) -> None:
        """Take in these products as the database has them now: new, altered or gone."""
        self.ready()
        with self._changing:
            wanted = set(product_ids)
            found = list(self._documents(sorted(wanted)))
            with self.lock.write():
                for document in found:
                    self.catalogue.put(document)
            self._forget(wanted - {document.facts.product_id for document in found})
            stamps = self.vectors.stamps
            self._encode([one for one in found if stamps.get(one.facts.product_id) != one.stamp], None)

    def save(self) -> None:
        """Save the vectors, if they changed since the last time."""
        with self._changing:
            self._save()

    def facts(self, product_ids: Sequence[str]) -> dict[str, ProductFacts]:
        """The facts of these products as the database has them at this moment; one that is gone is left out."""
        with self.database.read() as records:
            rows = records.scalars(
                select(Product).where(Product.id.in_(product_ids)).options(selectinload(Product.variants))
            )
            return {product.id: facts_of(product) for product in rows}

    def passages(self, product_ids: Collection[str]) -> dict[str, str]:
        """The texts of these products as they are encoded; one that is gone is left out."""
        return {one.facts.product_id: one.passage for one in self._documents(sorted(product_ids))}

    def near(self, vector: NDArray[np.float32], count: int, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The catalogue rows of the ``count`` products nearest to ``vector`` among those ``allowed`` (a flag per row).

        Call it with ``lock.read()`` held.
        """
        rows = np.flatnonzero(allowed)
        if not len(rows):
            return rows
        every = len(rows) == len(self.catalogue)
        if every or 2 * len(rows) > len(self.catalogue):
            # Most are allowed: naming them all would take longer than looking at some too many.
            asked = count if every else 2 * count
            found = self._rows_of(self.vectors.search(vector, asked)[0].ids)
            kept = found[allowed[found]][:count]
            if every or len(kept) == count or asked >= len(self.vectors):
                return kept
        names = [id_ for row in rows if (id_ := self.catalogue.id_at(int(row))) is not None]
        return self._rows_of(self.vectors.search(vector, count, names)[0].ids)

    def _rows_of(self, product_ids: Sequence[str]) -> NDArray[np.int64]:
        row_of = self.catalogue.row_of
        return np.array([row_of[id_] for id_ in product_ids if id_ in row_of], dtype=np.int64)

    def _documents(self, product_ids: list[str] | None) -> Iterator[Document]:
        """The documents of all products, or of these, read in batches, so that memory does not grow with the shop."""
        asked = select(Product).options(selectinload(Product.variants)).order_by(Product.id)
        with self.database.read() as records:
            if product_ids is None:
                for product in records.scalars(asked.execution_options(yield_per=_READ_AT_ONCE)):
                    yield document_of(product, self.settings.search.encoder_languages)
                return
            for start in range(0, len(product_ids), _READ_AT_ONCE):
                some = product_ids[start : start + _READ_AT_ONCE]
                for product in records.scalars(asked.where(Product.id.in_(some))):
                    yield document_of(product, self.settings.search.encoder_languages)

    def _encode(self, documents: Sequence[Document], progress: Callable[[int, int], None] | None) -> None:
        size = self.settings.search.batch_size
        for start in range(0, len(documents), size):
            batch = documents[start : start + size]
            vectors = self.encoder.encode([document.passage for document in batch])
            self.vectors.add(
                [document.facts.product_id for document in batch],
                vectors,
                stamps=[document.stamp for document in batch],
            )
            self._saved = False
            if progress is not None:
                progress(start + len(batch), len(documents))
            if start // _SAVE_EVERY != (start + size) // _SAVE_EVERY and start + size < len(documents):
                self._save()

    def _forget(self, product_ids: Collection[str]) -> None:
        if not product_ids:
            return
        with self.lock.write():
            for id_ in product_ids:
                self.catalogue.remove(id_)
        if self.vectors.delete(product_ids):
            self._saved = False

    def _load(self) -> None:
        if self.folder is None:
            return
        try:
            self.vectors = VectorIndex.load(
                self.folder, settings=self.settings.index, facts={"encoder": self.encoder.files.sha256}
            )
        except FileNotFoundError:
            return
        except IndexDamaged as error:
            _log.warning("%s The index is built anew.", error)

    def _save(self) -> None:
        if self.folder is not None and not self._saved:
            self.vectors.save(self.folder, facts={"encoder": self.encoder.files.sha256})
            self._saved = True
