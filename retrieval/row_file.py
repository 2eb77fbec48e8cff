"""Rows of half-precision numbers in a file, appended and read by number, so that they need no memory of the process."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class RowFile:
    """A file of float16 rows of one length. The file is the object's own and goes with it."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.size = 0
        self._file = tempfile.NamedTemporaryFile(prefix="beforehand-rows-")  # noqa: SIM115 - lives as long as this

    @classmethod
    def copied(cls, path: Path, dimension: int) -> RowFile:
        """A copy of a file that ``write`` wrote."""
        rows = cls(dimension)
        with path.open("rb") as source:
            shutil.copyfileobj(source, rows._file)
        rows._file.flush()
        rows.size = path.stat().st_size // (2 * dimension)
        return rows

    def append(self, rows: NDArray[np.float32]) -> None:
        """Append ``rows``, shape (n, dimension)."""
        self._file.seek(0, 2)
        self._file.write(rows.astype(np.float16).tobytes())
        self._file.flush()
        self.size += len(rows)

    def read(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The rows with these numbers, shape (n, dimension)."""
        if not len(rows):
            return np.zeros((0, self.dimension), dtype=np.float32)
        mapped = np.memmap(self._file.name, dtype=np.float16, mode="r", shape=(self.size, self.dimension))
        return mapped[rows].astype(np.float32)

    def write(self, path: Path) -> None:
        """Write a copy to ``path``."""
        shutil.copyfile(self._file.name, path)
