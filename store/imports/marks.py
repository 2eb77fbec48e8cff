"""Cells that a spreadsheet would run as a formula, made harmless in a way that the import undoes exactly.

A text cell that begins with = + - @ TAB or CR is a formula to spreadsheets (https://owasp.org/www-community/attacks/CSV_Injection).
The export puts an apostrophe before it and names the cell's column in the row's last column, ``MARK``. The import takes
away the apostrophe of just the cells so named; an apostrophe in anyone else's file is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .rows import BadRow, Row

MARK = "apostrophe added to"
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+\-][\d .,:()/-]*")


def marked(cells: dict[str, str]) -> dict[str, str]:
    """The row with its formulas made harmless, and ``MARK`` saying where. Plain numbers and telephone numbers stay."""
    found = [name for name, text in cells.items() if _FORMULA.match(text) and not _NUMBER.fullmatch(text)]
    return {**cells, **{name: "'" + cells[name] for name in found}, MARK: "; ".join(found)}


def unmarked(rows: Iterable[Row | BadRow]) -> Iterator[Row | BadRow]:
    """The rows as they were before ``marked``; files without the column ``MARK`` pass unchanged."""
    for row in rows:
        if isinstance(row, Row) and MARK in row.data:
            for name in str(row.data.pop(MARK)).split("; "):
                row.data[name] = str(row.data[name]).removeprefix("'") if name in row.data else ""
            row.data.pop("", None)
        yield row
