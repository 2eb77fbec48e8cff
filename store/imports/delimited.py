"""CSV and TSV, read so that one wrong quote costs one row and not the rest of the file.

A quoted field may run over several lines. If its quote never closes, or closes where no field can end, or the row then
has the wrong number of columns, only the line where the quote opened is rejected, and reading goes on with the next.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator

from ..errors import InputError
from .jsonl import HOLDS_NUL, not_utf8
from .rows import BadRow, Line, Row
from .source import Source

MAX_ROW_BYTES = 8 * 1024 * 1024
"""How far a quoted field is followed in search of its closing quote."""
_DELIMITERS = (",", "\t", ";", "|")


def delimited_rows(source: Source) -> Iterator[Row | BadRow]:
    """The rows below the header, each column -> text. Blank lines are passed over.

    Raises ``InputError`` if the header cannot be read or names a column twice.
    """
    reader = _Reader(source)
    yield from reader.rows()


def header_of(source: Source) -> list[str]:
    """The column names, without moving ``source``."""
    first = source.text_head().split("\n", 1)[0]
    return _split(first, _delimiter(first, source)) or []


class _Reader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._lines = source.lines()
        self._again: deque[Line | BadRow] = deque()
        # The csv module's own limit is global and small; ours is in MAX_ROW_BYTES.
        csv.field_size_limit(max(csv.field_size_limit(), 2 * MAX_ROW_BYTES))

    def rows(self) -> Iterator[Row | BadRow]:
        columns, delimiter = self._header()
        while (line := self._next()) is not None:
            if isinstance(line, BadRow):
                yield line
                continue
            try:
                text = line.content.decode("utf-8")
            except UnicodeDecodeError as error:
                yield BadRow(line.number, not_utf8(error), line.content.decode("utf-8", "backslashreplace").rstrip())
                continue
            if not text.strip():
                continue
            yield self._row(line, text, columns, delimiter)

    def _header(self) -> tuple[list[str], str]:
        while (line := self._next()) is not None:
            if isinstance(line, BadRow):
                raise InputError(f"the header cannot be read: {line.reason}", value=str(self._source.path))
            try:
                text = line.content.decode("utf-8")
            except UnicodeDecodeError as error:
                raise InputError(f"the header is {not_utf8(error)}", value=str(self._source.path)) from error
            if not text.strip():
                continue
            delimiter = _delimiter(text, self._source)
            columns = _split(text, delimiter)
            if columns is None:
                raise InputError("the header has a quote that does not close", value=text.strip())
            columns = [name.strip() for name in columns]
            while columns and not columns[-1]:
                columns.pop()
            twice = {name for name in columns if columns.count(name) > 1}
            if twice:
                raise InputError("the header names a column more than once", value=", ".join(sorted(twice)))
            return columns, delimiter
        raise InputError("the file is empty", value=str(self._source.path))

    def _row(self, line: Line, text: str, columns: list[str], delimiter: str) -> Row | BadRow:
        pulled: list[Line | BadRow] = []
        if '"' not in text:
            cells = text.rstrip("\r\n").split(delimiter)
        else:
            try:
                cells = next(csv.reader(self._following(text, pulled), delimiter=delimiter, strict=True))
            except csv.Error as error:
                self._again.extendleft(reversed(pulled))
                return BadRow(line.number, _quote_reason(line.number, text, delimiter, columns, error), text.rstrip())
        if len(cells) > len(columns) and not any(cells[len(columns) :]):
            del cells[len(columns) :]
        if len(cells) != len(columns):
            if pulled:
                self._again.extendleft(reversed(pulled))
                wrong = csv.Error("it closes, but the row then has the wrong number of columns")
                return BadRow(line.number, _quote_reason(line.number, text, delimiter, columns, wrong), text.rstrip())
            cut = not line.content.endswith(b"\n") and len(cells) < len(columns)
            reason = f"{len(cells)} columns, but the header has {len(columns)}" + (" (cut off?)" if cut else "")
            return BadRow(line.number, reason, text.rstrip("\r\n"))
        if "\x00" in text or (pulled and any("\x00" in cell for cell in cells)):
            return BadRow(line.number, HOLDS_NUL, text.rstrip("\r\n"))
        return Row(line.number, dict(zip(columns, cells, strict=True)), sum(map(len, cells)))

    def _following(self, text: str, pulled: list[Line | BadRow]) -> Iterator[str]:
        """``text`` and then, as the csv module asks for them, the lines behind it."""
        yield text
        size = len(text)
        while size < MAX_ROW_BYTES and (line := self._next()) is not None:
            pulled.append(line)
            if isinstance(line, BadRow):
                return
            size += len(line.content)
            try:
                yield line.content.decode("utf-8")
            except UnicodeDecodeError:
                return

    def _next(self) -> Line | BadRow | None:
        return self._again.popleft() if self._again else next(self._lines, None)


def _quote_reason(number: int, text: str, delimiter: str, columns: list[str], error: csv.Error) -> str:
    index = _open_column(text, delimiter)
    if index is None:
        return f"a quote closes in the middle of a field on line {number} ({error})"
    name = columns[index] if index < len(columns) else f"number {index + 1}"
    return f"a quote opened on line {number} in column {name!r} never closes properly; only this line is left out"


def _open_column(text: str, delimiter: str) -> int | None:
    """The column whose quoted field is still open at the end of ``text``."""
    column, quoted, start = 0, False, True
    for character in text.rstrip("\r\n"):
        if quoted:
            quoted = character != '"'
        elif character == '"':
            # Behind a closing quote this is the second of a doubled one, which goes on with the field.
            quoted = True
        elif character == delimiter:
            column += 1
        start = False
    return column if quoted and not start else None


def _split(text: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([text.rstrip("\r\n")], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


def _delimiter(header: str, source: Source) -> str:
    """What separates the columns: a tab for .tsv, else the likeliest of those in use."""
    if {".tsv", ".tab"} & {suffix.lower() for suffix in source.path.suffixes}:
        return "\t"
    counts = {one: len(_split(header, one) or header.split(one)) for one in _DELIMITERS}
    return max(_DELIMITERS, key=lambda one: counts[one])
