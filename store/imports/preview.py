"""What an import would make of a file, before anything is written: its kind, how its columns stand for our fields.

A file of a known form needs no mapping. For any other table the mapping is guessed from the names of its columns; it is
a proposal to be looked at, never applied by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import InputError
from .column_names import FIRST, MEANINGS, VALUES, plain_name
from .delimited import delimited_rows
from .detect import FORMS, GENERIC, columns_of, detect, is_json
from .generic_fields import REQUIRED
from .jsonl import json_rows
from .mapping import ColumnMapping
from .marks import unmarked
from .parquet import ParquetSource
from .rows import BadRow, Row
from .run import open_source
from .source import Source
from .tau_retail import is_folder

_CELL = 80


@dataclass(frozen=True, slots=True)
class FilePreview:
    """What was understood of a file."""

    path: Path
    kind: str | None
    """``None``: it is like no kind of file that is known."""
    columns: tuple[str, ...]
    mapping: ColumnMapping | None
    """Guessed; ``None`` where the file needs none, being of a known form or under our own field names."""
    missing: tuple[str, ...]
    """Fields without which the kind cannot be imported, and which no column gives."""
    rows: tuple[Mapping[str, str], ...]
    """The first rows, column -> what stands there, shortened."""
    unreadable: int
    """How many of the first rows cannot be read."""

    @property
    def ready(self) -> bool:
        """Whether it can be imported as it is understood."""
        return self.kind is not None and not self.missing


def preview_file(
    path: str | Path, *, kind: str | None = None, encoding: str | None = None, limit: int = 5
) -> FilePreview:
    """Look at the start of a file (or of a tau-retail folder). ``kind``: what it is to be taken for.

    ``encoding``: a Python codec name; ``None`` takes UTF-8, UTF-16 or UTF-32 as the file shows.

    Raises ``InputError`` for a file that is missing, empty or without a readable header.
    """
    path = Path(path)
    if kind == "tau-retail" or (kind is None and is_folder(path)):
        return FilePreview(path, "tau-retail", (), None, (), (), 0)
    with closing(open_source(path, encoding)) as source:
        json = isinstance(source, Source) and is_json(source)
        columns = source.columns if isinstance(source, ParquetSource) else columns_of(source, json=json)
        found, mapping, missing = _understood(path, columns, kind, json=json)
        read = list(islice(_rows(source, json=json), limit))
    good = [one for one in read if isinstance(one, Row)]
    rows = tuple({name: _short(value) for name, value in row.data.items()} for row in good)
    return FilePreview(path, found, tuple(columns), mapping, missing, rows, len(read) - len(good))


def guess_mapping(columns: list[str], kind: str) -> ColumnMapping | None:
    """How the columns probably stand for the fields of a generic kind; ``None`` if none of them tells anything."""
    found: dict[str, str] = {}
    for field, names in MEANINGS[kind].items():
        for name in (*FIRST.get(field, ()), field, *names):
            column = next((one for one in columns if plain_name(one) == plain_name(name)), None)
            if column is not None and column not in found.values():
                found[field] = column
                break
    if not found:
        return None
    return ColumnMapping(columns=found, values=VALUES.get(kind, {}))


def _understood(
    path: Path, columns: list[str], kind: str | None, *, json: bool
) -> tuple[str | None, ColumnMapping | None, tuple[str, ...]]:
    if kind in FORMS:
        return kind, None, ()
    try:
        named = detect(path, columns, None, json=json)
    except InputError:
        named = None
    if named is not None and kind in (None, named):
        return named, None, ()
    guesses = {one: guess_mapping(columns, one) for one in ((kind,) if kind else GENERIC)}
    best = max(guesses, key=lambda one: _fit(one, guesses[one]))
    mapping = guesses[best]
    if mapping is None or (kind is None and not _enough(best, mapping)):
        return kind, None, tuple(sorted(REQUIRED[kind])) if kind else ()
    return best, mapping, tuple(sorted(REQUIRED[best] - set(mapping.columns)))


def _enough(kind: str, mapping: ColumnMapping) -> bool:
    """Whether so much fits that the file may be called one of this kind: all that is needed, or nearly and more."""
    return len(REQUIRED[kind] - set(mapping.columns)) <= 1 and len(mapping.columns) >= 3


def _fit(kind: str, mapping: ColumnMapping | None) -> tuple[int, int]:
    if mapping is None:
        return (-9, 0)
    return -len(REQUIRED[kind] - set(mapping.columns)), len(mapping.columns)


def _rows(source: Source | ParquetSource, *, json: bool) -> Iterator[Row | BadRow]:
    if isinstance(source, ParquetSource):
        return source.rows()
    return json_rows(source) if json else unmarked(delimited_rows(source))


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"
