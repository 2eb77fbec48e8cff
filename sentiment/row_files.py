"""Rows out of files that shops really have: CSV, TSV, JSONL and Parquet, gzipped or not, or standard input.

Comes in: a path. Goes out: ``Row`` and ``BadRow``, numbered, one at a time, so that memory does not grow with the file.
A bad row costs itself alone: after a quote that never closes, reading goes on in the next line.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from store import InputError

if TYPE_CHECKING:
    import pyarrow

Format = Literal["csv", "tsv", "jsonl", "parquet"]
FORMATS: tuple[Format, ...] = ("csv", "tsv", "jsonl", "parquet")
_SUFFIXES: dict[str, Format] = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
_LONGEST_ROW_BYTES = 16 * 2**20
_MOST_COLUMNS = 10_000
# A quoted field may hold line breaks; one that holds more than this many is taken for a quote that never closes.
_MOST_LINES_PER_ROW = 1000
csv.field_size_limit(_LONGEST_ROW_BYTES)
_Q = b'"'


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was read: ``number`` is its first line in the file (Parquet: its row), from 1."""

    number: int
    values: dict[str, object]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read, with the reason and its beginning."""

    number: int
    reason: str
    beginning: str


def format_of(path: str, given: str | None = None) -> tuple[Format, bool]:
    """The format of ``path`` by its suffix (or as ``given``), and whether it is gzipped."""
    suffixes = [one.lower() for one in Path(path).suffixes]
    gzipped = bool(suffixes) and suffixes[-1] == ".gz"
    if given is not None:
        if given not in FORMATS:
            raise InputError("not a format that can be read or written", value=given, allowed=FORMATS)
        return given, gzipped
    if path == "-":
        return "csv", False
    suffix = suffixes[-2] if gzipped and len(suffixes) > 1 else suffixes[-1] if suffixes else ""
    if suffix not in _SUFFIXES:
        raise InputError(
            "the file's name does not tell its format", value=path, allowed=_SUFFIXES, advice="Or give the format"
        )
    return _SUFFIXES[suffix], gzipped


class RowReader:
    """Iterates over the rows of a file (``-``: standard input) once.

    Raises ``InputError`` when there is no such file, or its header or container cannot be read.
    """

    def __init__(self, source: str, format_name: Format, gzipped: bool) -> None:
        if source != "-" and not Path(source).is_file():
            raise InputError("there is no such file", value=source)
        self._source, self._format, self._gzipped = source, format_name, gzipped
        self._raw: IO[bytes] | None = None
        self._share: float | None = None
        self.schema: pyarrow.Schema | None = None
        """The types of the columns, where the file has them (Parquet), once reading has begun."""

    def __iter__(self) -> Iterator[Row | BadRow]:
        if self._format == "parquet":
            yield from self._parquet_rows()
            return
        with nullcontext(sys.stdin.buffer) if self._source == "-" else Path(self._source).open("rb") as raw:
            self._raw = raw
            file: Any = gzip.GzipFile(fileobj=raw) if self._gzipped else raw
            lines = _lines(file, self._source)
            if self._format == "jsonl":
                yield from _jsonl_rows(lines)
            else:
                yield from _csv_rows(lines, "," if self._format == "csv" else "\t", self._source)
            self._raw = None

    def share(self) -> float | None:
        """How much of the file was read, 0 to 1; ``None`` for standard input."""
        if self._raw is not None and self._source != "-":
            self._share = self._raw.tell() / max(1, Path(self._source).stat().st_size)
        return self._share

    def _parquet_rows(self) -> Iterator[Row | BadRow]:
        import pyarrow
        import pyarrow.parquet

        place = io.BytesIO(sys.stdin.buffer.read()) if self._source == "-" else self._source
        try:
            file = pyarrow.parquet.ParquetFile(place)
        except (pyarrow.ArrowException, OSError) as error:
            raise InputError(f"not a Parquet file: {error}", value=self._source) from error
        self.schema = file.schema_arrow
        number, total = 0, max(1, file.metadata.num_rows)
        for batch in file.iter_batches(batch_size=2048):
            for values in batch.to_pylist():
                number += 1
                self._share = number / total
                yield Row(number, values)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    content: bytes
    too_long: bool = False


def _lines(file: Any, source: str) -> Iterator[_Line]:
    """Lines of at most ``_LONGEST_ROW_BYTES``; of a longer one only the beginning is kept."""
    number = 0
    try:
        start = file.peek(4)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"not a gzip file: {error}", value=source) from error
    if start[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise InputError("the file is in UTF-16", value=source, advice="Save it as UTF-8")
    if start[:3] == b"\xef\xbb\xbf":
        file.read(3)
    while True:
        try:
            content = file.readline(_LONGEST_ROW_BYTES)
            if not content:
                return
            if len(content) >= _LONGEST_ROW_BYTES and not content.endswith(b"\n"):
                yield _Line(number := number + 1, _pass_over(file, content[:200]), too_long=True)
                continue
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            yield _Line(number + 1, f"the compressed file breaks off here: {error}".encode(), too_long=True)
            return
        yield _Line(number := number + 1, content)


def _pass_over(file: IO[bytes], beginning: bytes) -> bytes:
    """Read on to the end of a line that is too long, keeping none of it."""
    while (more := file.readline(_LONGEST_ROW_BYTES)) and not more.endswith(b"\n"):
        pass
    return beginning


def decoded(content: bytes) -> str:
    """Text of a line: UTF-8, else GB18030 where that gives Chinese, else Windows-1252; pasted files hold several."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        guess = content.decode("gb18030")
        foreign = [one for one in guess if ord(one) > 127]
        han = sum("\u4e00" <= one <= "\u9fff" or one in "，。！？：；、（）“”" for one in foreign)
        # An accent and the letter after it make a Han character too, but a lonely one.
        if han * 10 >= len(foreign) * 9 and han * 3 >= len(guess) - len(foreign):
            return guess
    except UnicodeDecodeError:
        pass
    return content.decode("cp1252", errors="replace")


def _fault(line: _Line) -> BadRow | None:
    beginning = decoded(line.content[:200]).strip()
    if line.too_long:
        return BadRow(line.number, f"longer than {_LONGEST_ROW_BYTES >> 20} MB, or broken off", beginning)
    if b"\0" in line.content:
        return BadRow(line.number, "holds NUL bytes: not text", beginning.replace("\0", ""))
    return None


def _jsonl_rows(lines: Iterator[_Line]) -> Iterator[Row | BadRow]:
    for line in lines:
        if not line.content.strip():
            continue
        fault = _fault(line)
        if fault is None:
            try:
                values = json.loads(decoded(line.content))
            except (ValueError, RecursionError) as error:
                fault = BadRow(line.number, f"not JSON: {error}", decoded(line.content[:200]).strip())
            else:
                if isinstance(values, dict):
                    yield Row(line.number, values)
                    continue
                fault = BadRow(line.number, "not a JSON object", decoded(line.content[:200]).strip())
        yield fault


def _csv_rows(lines: Iterator[_Line], delimiter: str, source: str) -> Iterator[Row | BadRow]:
    columns: list[str] | None = None
    waiting: list[_Line] = []
    while True:
        line = waiting.pop() if waiting else next(lines, None)
        if line is None:
            return
        if not line.content.strip():
            continue
        fault = _fault(line)
        if fault is None:
            text = decoded(line.content)
            cells = _cells(text, delimiter)
            if _open_at_end(text, delimiter):
                cells = _joined(line, lines, waiting, delimiter, columns)
            if cells is None:
                fault = BadRow(line.number, "a quote in this row never closes", text[:200].strip())
            elif columns is not None and len(cells) > len(columns):
                reason = f"{len(cells)} cells where the header has {len(columns)}"
                fault = BadRow(line.number, reason, text[:200].strip())
            elif columns is None:
                columns = _header(cells, source)
                continue
            else:
                cells += [""] * (len(columns) - len(cells))
                yield Row(line.number, dict(zip(columns, cells, strict=True)))
                continue
        yield fault


def _cells(text: str, delimiter: str, *, strict: bool = False) -> list[str] | None:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict))
    except (csv.Error, StopIteration):
        return None


def _joined(
    first: _Line, lines: Iterator[_Line], waiting: list[_Line], delimiter: str, columns: list[str] | None
) -> list[str] | None:
    """The cells of a row whose quoted field goes on in the lines after it. ``None`` if its quote never closes well.

    Then the lines after the first are put back into ``waiting`` and are read as rows of their own.
    """
    parts, size = [first], len(first.content)
    while len(parts) < _MOST_LINES_PER_ROW and size < _LONGEST_ROW_BYTES:
        more = waiting.pop() if waiting else next(lines, None)
        if more is None:
            break
        parts.append(more)
        size += len(more.content)
        if _fault(more) is not None:
            break
        if more.content.count(_Q) % 2:
            cells = _cells("".join(decoded(part.content) for part in parts), delimiter, strict=True)
            if cells is not None and (columns is None or len(cells) == len(columns)):
                return cells
            break
    waiting += reversed(parts[1:])
    return None


def _open_at_end(text: str, delimiter: str) -> bool:
    """Whether a field that began with a quote is still open at the end of ``text``."""
    if text.count('"') % 2 == 0:
        return False
    opened, at_start = False, True
    for one in text:
        if one == '"' and (opened or at_start):
            opened, at_start = not opened, False
        else:
            at_start = one == delimiter and not opened
    return opened


def _header(cells: list[str], source: str) -> list[str]:
    if len(cells) > _MOST_COLUMNS:
        raise InputError(
            f"{source} has more columns than a table of reviews can have",
            value=len(cells),
            allowed=f"1-{_MOST_COLUMNS}",
        )
    columns: list[str] = []
    for place, cell in enumerate(cells):
        name = cell.strip() or f"column_{place + 1}"
        while name in columns:
            name += "_2"
        columns.append(name)
    return columns
