"""An encoder that encodes a text once, on this machine ever: benchmarks ask for the same public texts again and again.

Vectors are kept in the user's cache folder, under the encoder's sha256 and the texts'.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoders import TextEncoder

CACHE = Path.home() / ".cache" / "beforehand" / "benchmarks"

Matrix = NDArray[np.float32]


def encoded(encoder: TextEncoder, texts: Sequence[str], name: str) -> Matrix:
    """Unit vectors of ``texts``, from the cache where they were made before."""
    key = hashlib.sha256((encoder.files.sha256 + "\0".join(texts)).encode()).hexdigest()[:16]
    path = CACHE / f"{name}-{key}.npy"
    if not path.is_file():
        vectors = encoder.encode(texts, progress=_told)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors)
    loaded: Matrix = np.load(path)
    return loaded


class Remembered:
    """What search needs of an encoder; texts that ``learn`` was given are not encoded again."""

    def __init__(self, encoder: TextEncoder) -> None:
        self.encoder = encoder
        self.files = encoder.files
        self.dimension = encoder.dimension
        self._known: dict[str, Matrix] = {}

    def learn(self, texts: Sequence[str], name: str) -> None:
        """Encode ``texts`` at once, or take them from the cache."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        if fresh:
            self._known.update(zip(fresh, encoded(self.encoder, fresh, name), strict=True))

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors, shape (len(texts), dimension)."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        new = dict(zip(fresh, self.encoder.encode(fresh), strict=True))
        return np.array([self._known[text] if text in self._known else new[text] for text in texts], dtype=np.float32)


def _told(done: int, total: int) -> None:
    print(f"\rencoding {done} of {total}", end="" if done < total else "\n", flush=True)
