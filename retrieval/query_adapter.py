"""The part of search that learnt what shoppers mean: it moves a query's vector towards the products that answer it.

The vectors of products stay those of the plain encoder, so an index keeps its worth whether the adapter is used or
not, and a second encoder need not be loaded. ``adapted = unit(v + outward @ tanh(inward @ v + offset))``, a residual
layer in the way of adapters (Houlsby and others, 2019), behind the encoder.

Comes in: unit vectors of queries. Goes out: unit vectors. Knows nothing of texts or products.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoders import file_sha256
from store import ModelError

Matrix = NDArray[np.float32]
_log = logging.getLogger(__name__)
WEIGHTS, RECORD = "query_adapter.safetensors", "query_adapter.json"
SHIPPED = Path(__file__).parent / "weights"


@dataclass(frozen=True, slots=True)
class QueryAdapter:
    """``inward`` shape (inner, dimension), ``offset`` (inner,), ``outward`` (dimension, inner), all float32."""

    inward: Matrix
    offset: Matrix
    outward: Matrix
    encoder_sha256: str
    """Of the encoder whose vectors it moves; those of another one mean something else to it."""

    def adapted(self, vectors: Matrix) -> Matrix:
        """``vectors`` of queries, shape (queries, dimension), moved; unit rows as before."""
        moved = vectors + np.tanh(vectors @ self.inward.T + self.offset) @ self.outward.T
        unit: Matrix = (moved / np.linalg.norm(moved, axis=1, keepdims=True).clip(1e-9)).astype(np.float32)
        return unit

    def save(self, folder: Path) -> Path:
        """Write it to ``folder`` in half precision, with a record that names the file's sha256."""
        from safetensors.numpy import save_file

        folder.mkdir(parents=True, exist_ok=True)
        record, weights = folder / RECORD, folder / WEIGHTS
        record.unlink(missing_ok=True)
        save_file({name: getattr(self, name).astype(np.float16) for name in ("inward", "offset", "outward")}, weights)
        content = {"encoder_sha256": self.encoder_sha256, "sha256": file_sha256(weights)}
        record.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        return weights

    @classmethod
    def load(cls, folder: Path = SHIPPED) -> QueryAdapter:
        """Read what ``save`` wrote. Raises ``ModelError`` where a file is missing or damaged."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        weights = folder / WEIGHTS
        try:
            record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            if file_sha256(weights) != record["sha256"]:
                raise ModelError("the query adapter is damaged", value=str(weights), advice="Install again")
            parts = {name: part.astype(np.float32) for name, part in load_file(weights).items()}
            return cls(**parts, encoder_sha256=record["encoder_sha256"])
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise ModelError(f"the query adapter cannot be read: {error}", value=str(folder)) from error


def adapter_for(encoder_sha256: str, folder: Path = SHIPPED) -> QueryAdapter | None:
    """The adapter in ``folder`` if it belongs to this encoder. Of a damaged one it warns, and gives none."""
    try:
        if json.loads((folder / RECORD).read_text(encoding="utf-8")).get("encoder_sha256") != encoder_sha256:
            return None
        return QueryAdapter.load(folder)
    except FileNotFoundError:
        return None
    except (ModelError, ValueError) as error:
        _log.warning("Search goes on without its query adapter: %s", error)
        return None
