"""Writing rows to JSON lines, CSV, TSV or Parquet, whole or not at all.

A file is written beside its target and put in its place at the end, so that a kill never leaves half an export.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TextIO, cast

from ..errors import InputError
from ..imports.marks import MARK, marked

FORMATS = ("csv", "tsv", "jsonl", "parquet")
_ROWS = 1000


def format_of(target: Path) -> str:
    """csv, tsv, jsonl or parquet, by the target's name. Raises ``InputError`` for any other."""
    name = target.name.lower().removesuffix(".gz")
    for ending in FORMATS:
        if name.endswith("." + ending):
            return ending
    raise InputError(
        "the target's name does not say its format", value=str(target), allowed=".csv, .tsv, .jsonl, .parquet"
    )


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path beside ``target`` to write to; it takes ``target``'s place at the end, and is removed on an error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield draft
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def write_json_lines(target: Path, rows: Iterable[dict[str, Any]]) -> int:
    """One object per line, UTF-8. Returns how many."""
    count = 0
    with replacing(target) as draft, _text(draft, target) as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
            count += 1
    return count


def write_table(
    target: Path, columns: list[str], rows: Iterable[dict[str, str]], *, delimiter: str = ",", spreadsheet_safe: bool
) -> int:
    """A CSV or TSV file with a header, UTF-8. Returns how many rows.

    ``spreadsheet_safe``: cells that a spreadsheet would run are made harmless; see ``store.imports.marks``.
    """
    count = 0
    header = [*columns, MARK] if spreadsheet_safe else columns
    with replacing(target) as draft, _text(draft, target) as out:
        writer = csv.DictWriter(out, header, restval="", delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(marked(row) if spreadsheet_safe else row)
            count += 1
    return count


def write_parquet(target: Path, columns: dict[str, str], rows: Iterable[dict[str, Any]]) -> int:
    """A Parquet file. ``columns``: name -> text, number, whole, yes_no or time. Returns how many rows."""
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    types = {
        "text": arrow.string(),
        "number": arrow.float64(),
        "whole": arrow.int64(),
        "yes_no": arrow.bool_(),
        "time": arrow.timestamp("us", tz="UTC"),
    }
    schema = arrow.schema([(name, types[kind]) for name, kind in columns.items()])
    count = 0
    with replacing(target) as draft, parquet.ParquetWriter(draft, schema) as writer:
        batch: list[dict[str, Any]] = []
        for row in rows:
            batch.append(row)
            count += 1
            if len(batch) == _ROWS:
                writer.write_table(arrow.Table.from_pylist(batch, schema))
                batch = []
        if batch:
            writer.write_table(arrow.Table.from_pylist(batch, schema))
    return count


@contextmanager
def _text(draft: Path, target: Path) -> Iterator[TextIO]:
    """``draft`` opened for text; compressed if ``target`` is named .gz (the same bytes for the same rows)."""
    if target.suffix.lower() != ".gz":
        with draft.open("w", encoding="utf-8", newline="") as out:
            yield out
        return
    with (
        draft.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as packed,
        io.TextIOWrapper(cast(IO[bytes], packed), encoding="utf-8", newline="") as out,
    ):
        yield out
