"""How a table of one's own writes its days, where one alone could be read in two ways: 12/31/2025, 31-12-2025.

Day and month are told apart by the whole of what is read of the file, never by one row, and never guessed. What can be
read in one way only (31.12.2025) every import reads by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from store import InputError

if TYPE_CHECKING:
    from store.imports import ColumnMapping, FilePreview

TIME_FIELDS = ("at", "placed_at", "written_at", "created_at", "updated_at")
"""The fields of an imported table that hold a moment."""
_READ, _SHOWN = 500, 5
_DAYS = ("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y")
_HOURS = ("", " %H:%M", " %H:%M:%S", ", %H:%M", ", %H:%M:%S")
FORMS = tuple(day + hour for day, hour in product(_DAYS, _HOURS))


def look_at(path: Path, *, kind: str | None = None, encoding: str | None = None) -> FilePreview:
    """``store.imports.preview_file``, and to the mapping of a table of one's own the form of its days.

    Raises ``InputError`` for a file that is missing, empty or without a readable header, and for an unknown kind.
    """
    from store.imports import KINDS, preview_file

    if kind is not None and kind not in KINDS:
        raise InputError("no such kind of file", value=kind, allowed=KINDS)
    found = preview_file(path, kind=kind, encoding=encoding, limit=_READ)
    mapping = None if found.mapping is None else _dated(found.mapping, found.rows)
    return replace(found, mapping=mapping, rows=found.rows[:_SHOWN])


def with_days(mapping: ColumnMapping, path: Path, *, encoding: str | None = None) -> ColumnMapping:
    """``mapping``, made by hand, with the form of the file's days unless it names one. Raises as ``look_at``."""
    from store.imports import preview_file

    if mapping.time_format is not None:
        return mapping
    return _dated(mapping, preview_file(path, encoding=encoding, limit=_READ).rows)


def _dated(mapping: ColumnMapping, rows: Sequence[Mapping[str, str]]) -> ColumnMapping:
    columns = [mapping.columns[field] for field in TIME_FIELDS if field in mapping.columns]
    return mapping.model_copy(update={"time_format": form_of(row.get(name, "") for row in rows for name in columns)})


def form_of(texts: Iterable[str]) -> str | None:
    """The ``strptime`` pattern that all ``texts`` have; ``None`` if there is none, or day and month could be either."""
    written = {text.strip() for text in texts if text.strip()}
    if not written:
        return None
    fits = [form for form in FORMS if all(_fits(text, form) for text in written)]
    return fits[0] if len(fits) == 1 else None


def example_of(form: str) -> str:
    """The last of 2025 in this form."""
    return datetime(2025, 12, 31, 14, 5).strftime(form)  # noqa: DTZ001 - shown only


def _fits(text: str, form: str) -> bool:
    with suppress(ValueError):
        datetime.strptime(text, form)  # noqa: DTZ007 - only whether it can be read
        return True
    return False
