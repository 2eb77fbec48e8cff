"""HTML of the console. Every text that came from anywhere else is escaped here; nothing in a record is markup.

What can be opened (a number, a customer) is a button with ``data-open``; ``CLICKS`` tells the page which was pressed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from rich.cells import cell_len

from ..dates import day_text
from .words import Words

CLICKS = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-open]");
  if (button && element.contains(button)) trigger("chosen", { open: button.dataset.open });
});
"""
_SENTENCE = 36
"""Columns of a terminal, in which a Chinese character takes two: longer texts of a cell are sentences."""
_LINK = re.compile(r"\[([^\]]+)\]")


class Day(str):
    """A day or a moment as people write it; in a table it stands on one line."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that opens something: ``customer:C1042``, ``decision:...``."""

    text: str
    opens: str


Cell = str | Link


@dataclass(frozen=True, slots=True)
class Table:
    """Rows behind a number."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: int = 0
    """Rows that are not shown."""


def head_html(text: str, below: str = "") -> str:
    return f"<h2>{escape(text)}</h2>" + (f"<p>{escape(below)}</p>" if below else "")


def note_html(text: str) -> str:
    """A calm line in place of something that is not there."""
    return f'<p class="quiet">{escape(text)}</p>'


def problem_html(text: str) -> str:
    return f'<p class="problem" role="alert">{escape(text)}</p>'


def done_html(text: str) -> str:
    return f'<p class="note" role="status">{escape(text)}</p>'


def link_html(link: Link) -> str:
    return f'<button type="button" class="open" data-open="{escape(link.opens)}">{_text_html(link.text)}</button>'


def sentence_html(text: str, opens: str | None) -> str:
    """A sentence whose part in [brackets] opens its rows. ``text`` is escaped."""
    safe = escape(text)
    if opens is None:
        return _LINK.sub(r"<strong>\1</strong>", safe)
    button = f'<button type="button" class="open" data-open="{escape(opens)}">\\1</button>'
    return _LINK.sub(button, safe)


def table_html(table: Table, words: Words) -> str:
    """A table that scrolls within itself on a phone, and can be scrolled by keyboard."""
    if not table.rows:
        return f"<h3>{escape(table.title)}</h3>{note_html(words('nothing'))}"
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
    body = "".join("<tr>" + "".join(map(_td, row)) + "</tr>" for row in table.rows)
    more = note_html(words("and_more", count=f"{table.more:,}")) if table.more else ""
    title = escape(table.title)
    return (
        f'<h3>{title}</h3><div class="rows" role="region" tabindex="0" aria-label="{title}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{more}"
    )


def cell_html(cell: Cell) -> str:
    return link_html(cell) if isinstance(cell, Link) else _text_html(cell)


def tiles_html(tiles: Sequence[tuple[str, str, str]]) -> str:
    """Label, value, and what it is beside (may be empty), each as a tile."""
    drawn = "".join(
        f'<div class="tile"><span>{escape(label)}</span><strong>{escape(value)}</strong>'
        f"{f'<em>{escape(beside)}</em>' if beside else ''}</div>"
        for label, value, beside in tiles
    )
    return f'<div class="tiles">{drawn}</div>'


def day(at: datetime | None, words: Words) -> Day:
    """A day as people write it, in UTC."""
    return Day("–" if at is None else day_text(at, words.language))


def moment(at: datetime | None, words: Words) -> Day:
    return Day("–" if at is None else f"{day(at, words)} {at:%H:%M}")


def since(at: datetime, now: datetime, words: Words) -> Day:
    """How long ago, roughly."""
    minutes = max(0, int((now - at).total_seconds() // 60))
    if minutes < 90:
        return Day(words("minutes", count=minutes))
    if minutes < 48 * 60:
        return Day(words("hours", count=minutes // 60))
    return Day(words("days", count=minutes // 1440))


def _td(cell: Cell) -> str:
    """A sentence keeps the width that it needs to be read, where the other columns would squeeze it."""
    wide = ' class="long"' if isinstance(cell, str) and cell_len(cell) > _SENTENCE else ""
    return f"<td{wide}>{cell_html(cell)}</td>"


def _text_html(text: str) -> str:
    return f'<span class="day">{escape(text)}</span>' if isinstance(text, Day) else escape(text)
