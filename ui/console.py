"""How the command line talks: results on stdout (tables or JSON), everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

Advance = Callable[[str, float, float | None], None]
"""Told of long work: what is being done, how much is done, how much there is in all (``None``: not known)."""


def out() -> Console:
    """Where results go."""
    from rich.console import Console

    # Texts of the shop hold brackets and numbers; nothing of them is markup.
    return Console(markup=False, highlight=False, soft_wrap=True)


def err() -> Console:
    """Where progress, remarks and errors go."""
    from rich.console import Console

    return Console(stderr=True, markup=False, highlight=False, soft_wrap=True)


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=_plain) + "\n")


def print_json_line(value: object) -> None:
    """One JSON document on one line, sent at once: for what comes bit by bit."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=_plain) + "\n")
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table. Where there is no room for it, a long last column, such as a reason, comes below each row."""
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    lines = [tuple(columns), *map(tuple, rows)]
    widths = [max(cell_len(cell) for cell in column) for column in zip(*lines, strict=True)]
    if sum(widths) + 2 * len(widths) > out().width and widths[-1] == max(widths) and len(columns) > 2:
        for line in lines:
            cells = [cell + " " * (width - cell_len(cell)) for cell, width in zip(line[:-1], widths, strict=False)]
            out().print("  ".join(cells).rstrip())
            if line[-1]:
                out().print(f"    {line[-1]}")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    out().print(table)


def print_facts(facts: Mapping[str, object]) -> None:
    """Name and value, one per line, of a list each on a line of its own; what is empty is left out."""
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        for place, one in enumerate(value if isinstance(value, list) else [value]):
            if one not in (None, "", {}):
                out().print(f"{'' if place else name:<{width}}  {one}")


@contextmanager
def progress_bars() -> Iterator[Advance]:
    """Progress bars on stderr, one for each piece of work; only where stderr is a terminal."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = err()
    if not console.is_terminal:
        yield _PlainSteps(console)
        return
    shown = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
    )
    with shown:
        yield _Bars(shown)


class _Bars:
    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, work: str, done: float, total: float | None) -> None:
        # "learning: leaves" and "learning: value" are steps of one piece of work, which has one bar.
        piece = work.partition(":")[0]
        if piece not in self._tasks:
            for task in self._shown.tasks:
                # Pieces follow one another: one that stands unfinished beside the next would mislead.
                self._shown.update(task.id, total=task.total or 1, completed=task.total or 1)
            self._tasks[piece] = self._shown.add_task(work, total=total)
        self._shown.update(self._tasks[piece], description=work.replace("_", " "), completed=done, total=total)


class _PlainSteps:
    """Where nobody watches: one line when a piece of work begins."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun: set[str] = set()

    def __call__(self, work: str, done: float, total: float | None) -> None:
        if work not in self._begun:
            self._begun.add(work)
            self._console.print(f"{work} ...")


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
