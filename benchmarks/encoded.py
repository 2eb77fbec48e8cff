"""Vectors of texts that benchmarks need again and again, kept in the user's cache folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoders import TextEncoder

CACHE = Path.home() / ".cache" / "beforehand" / "benchmarks"


def encoded(
    encoder: TextEncoder, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
) -> NDArray[np.float32]:
    """Unit vectors of ``texts``, from the cache where they were made before with the same weights."""
    key = hashlib.sha256((encoder.files.sha256 + "\0".join(texts)).encode()).hexdigest()[:16]
    path = CACHE / f"history-{key}.npy"
    if not path.is_file():
        vectors = encoder.encode(texts, progress=progress)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors)
    loaded: NDArray[np.float32] = np.load(path)
    return loaded
