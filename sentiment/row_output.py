"""Scored rows into files: CSV and TSV that a spreadsheet can open safely, JSONL, Parquet.

Comes in: rows and what was found in them. Goes out: part files, and their join. Knows nothing of models.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .records import Sentiment
from .row_files import BadRow, Format, Row

if TYPE_CHECKING:
    import pyarrow

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?%?")


def added_columns(found: Sentiment, *, aspects: bool) -> dict[str, object]:
    """The columns that scoring adds. Shares are rounded to four places, stars to three."""
    columns: dict[str, object] = {
        "sentiment": found.polarity,
        "sentiment_negative": round(found.negative, 4),
        "sentiment_neutral": round(found.neutral, 4),
        "sentiment_positive": round(found.positive, 4),
        "sentiment_stars": round(found.stars, 3),
        "sentiment_language": found.language,
    }
    if aspects:
        told = [asdict(one) | {"confidence": round(one.confidence, 4)} for one in found.aspects]
        columns["sentiment_aspects"] = json.dumps(told, ensure_ascii=False)
    return columns


def write_rows(
    path: Path,
    format_name: Format,
    rows: Sequence[Row],
    found: Sequence[Sentiment],
    *,
    aspects: bool,
    schema: pyarrow.Schema | None = None,
) -> None:
    """Write one part, atomically. ``schema`` holds the types of the columns that were there, where they are known."""
    merged = [_merged(row.values, added_columns(one, aspects=aspects)) for row, one in zip(rows, found, strict=True)]
    unfinished = path.with_suffix(".unfinished")
    if format_name == "jsonl":
        lines = (json.dumps(values, ensure_ascii=False, default=str) + "\n" for values in merged)
        unfinished.write_text("".join(lines), encoding="utf-8")
    elif format_name == "parquet":
        _write_parquet(unfinished, merged, schema)
    else:
        columns = list(dict.fromkeys(name for values in merged for name in values))
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            writer = _writer(file, format_name)
            writer.writerow([safe_cell(name) for name in columns])
            writer.writerows([safe_cell(values.get(name)) for name in columns] for values in merged)
    unfinished.replace(path)


def write_rejects(path: Path, rejects: Iterable[BadRow]) -> None:
    """Write bad rows as JSONL, atomically."""
    unfinished = path.with_suffix(".unfinished")
    lines = (json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in rejects)
    unfinished.write_text("".join(lines), encoding="utf-8")
    unfinished.replace(path)


def join_parts(parts: Sequence[Path], format_name: Format, file: IO[bytes], *, gzipped: bool) -> None:
    """Write ``parts`` one after the other to ``file``, with the union of their columns."""
    if gzipped:
        with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
            join_parts(parts, format_name, packed, gzipped=False)  # type: ignore[arg-type]
    elif format_name == "jsonl":
        for part in parts:
            file.write(part.read_bytes())
    elif format_name == "parquet":
        _join_parquet(parts, file)
    else:
        _join_csv(parts, format_name, file)


def safe_cell(value: object) -> str:
    """A cell's text. What a spreadsheet would take for a formula gets an apostrophe; numbers stay numbers."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value) if isinstance(value, int | float) else _as_json(value)
    if text[:1] in {"=", "+", "-", "@", "\t", "\r"} and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else str(value)


def _merged(values: Mapping[str, object], added: Mapping[str, object]) -> dict[str, object]:
    """``values`` and ``added``; a column that is there already keeps its name, and the added one gets another."""
    merged = dict(values)
    for name, value in added.items():
        while name in merged:
            name += "_2"
        merged[name] = value
    return merged


def _writer(file: Any, format_name: Format) -> Any:
    return csv.writer(file, delimiter="," if format_name == "csv" else "\t", lineterminator="\n")


def _join_csv(parts: Sequence[Path], format_name: Format, file: IO[bytes]) -> None:
    delimiter = "," if format_name == "csv" else "\t"
    headers = []
    for part in parts:
        with part.open(encoding="utf-8", newline="") as one:
            headers.append(next(csv.reader(one, delimiter=delimiter), []))
    columns = list(dict.fromkeys(name for header in headers for name in header))
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = _writer(text, format_name)
    writer.writerow(columns)
    for part, header in zip(parts, headers, strict=True):
        with part.open(encoding="utf-8", newline="") as one:
            cells = csv.reader(one, delimiter=delimiter)
            next(cells, None)
            if header == columns:
                writer.writerows(cells)
            else:
                place = {name: number for number, name in enumerate(header)}
                writer.writerows([row[place[name]] if name in place else "" for name in columns] for row in cells)
    text.flush()
    text.detach()


def _write_parquet(path: Path, merged: Sequence[Mapping[str, object]], schema: pyarrow.Schema | None) -> None:
    import pyarrow
    import pyarrow.parquet

    columns = list(dict.fromkeys(name for values in merged for name in values))
    arrays = {}
    for name in columns:
        cells = [values.get(name) for values in merged]
        known = schema.field(name).type if schema is not None and name in schema.names else None
        try:
            arrays[name] = pyarrow.array(cells, type=known)
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError):
            # A column of mixed types, as JSONL can have: its values as text.
            arrays[name] = pyarrow.array([None if cell is None else _as_json(cell) for cell in cells])
    pyarrow.parquet.write_table(pyarrow.table(arrays), path)


def _join_parquet(parts: Sequence[Path], file: IO[bytes]) -> None:
    import pyarrow
    import pyarrow.parquet

    schemas = [pyarrow.parquet.read_schema(part).remove_metadata() for part in parts]
    try:
        schema = pyarrow.unify_schemas(schemas, promote_options="permissive")
    except pyarrow.ArrowTypeError:
        names = list(dict.fromkeys(name for one in schemas for name in one.names))
        kinds = {name: {str(one.field(name).type) for one in schemas if name in one.names} for name in names}
        first = {name: next(one.field(name).type for one in schemas if name in one.names) for name in names}
        schema = pyarrow.schema([(name, first[name] if len(kinds[name]) == 1 else pyarrow.string()) for name in names])
    with pyarrow.parquet.ParquetWriter(file, schema) as writer:
        for part in parts:
            table = pyarrow.parquet.read_table(part)
            columns = [
                table[field.name].cast(field.type)
                if field.name in table.column_names
                else pyarrow.nulls(len(table), field.type)
                for field in schema
            ]
            writer.write_table(pyarrow.table(columns, schema=schema))
