"""Parquet files, a batch of rows at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError
from .jsonl import HOLDS_NUL
from .rows import BadRow, Row

_ROWS = 2000


class ParquetSource:
    """A Parquet file. ``damage`` says what ended the reading early, if something did."""

    def __init__(self, path: Path) -> None:
        import pyarrow as arrow
        import pyarrow.parquet as parquet

        self.path = path
        self.bytes_total = path.stat().st_size
        self.bytes_read = 0
        self.damage: str | None = None
        try:
            self._file = parquet.ParquetFile(path)
        except (arrow.ArrowException, OSError) as error:
            raise InputError(f"not a readable Parquet file ({error})", value=str(path)) from error
        self.columns: list[str] = list(self._file.schema_arrow.names)

    def rows(self) -> Iterator[Row | BadRow]:
        """The rows; ``line`` is the row's number, counted from 1."""
        import pyarrow as arrow

        total = max(1, self._file.metadata.num_rows)
        number = 0
        batches = self._file.iter_batches(batch_size=_ROWS)
        while True:
            try:
                batch = next(batches, None)
            except (arrow.ArrowException, OSError) as error:
                self.damage = f"the Parquet file is damaged behind row {number} ({error})"
                return
            if batch is None:
                break
            size = batch.nbytes // max(1, batch.num_rows)
            for found in batch.to_pylist():
                number += 1
                data = {name: _plain(value) for name, value in found.items()}
                if any(isinstance(value, str) and "\x00" in value for value in data.values()):
                    yield BadRow(number, HOLDS_NUL, data, size)
                else:
                    yield Row(number, data, size)
            self.bytes_read = int(self.bytes_total * number / total)
        self.bytes_read = self.bytes_total

    def close(self) -> None:
        self._file.close()


def _plain(value: object) -> object:
    # Missing numbers are often NaN in Parquet files that pandas wrote.
    return None if isinstance(value, float) and math.isnan(value) else value
