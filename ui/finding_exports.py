"""A shop's export files, found below a folder and told apart by what stands in them. Reads their starts only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from store import BeforehandError

from .table_days import look_at

if TYPE_CHECKING:
    from store.imports import FilePreview

_SUFFIXES = {".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".gz"}
_MOST = 200
_ORDER = {"products": 0, "customers": 1, "orders": 2, "reviews": 3, "events": 4}


@dataclass(frozen=True, slots=True)
class Exports:
    """What a folder holds."""

    ready: list[FilePreview]
    """Can be imported as understood; in the order in which they are to be, products before what names them."""
    left: list[str]
    """Of each other table its path, and why it is left alone."""


def find_exports(folder: Path) -> Exports:
    ready, left = [], []
    for file in _files(folder):
        try:
            preview = look_at(file)
        except BeforehandError as error:
            left.append(f"{file}: {error}")
            continue
        if preview.ready:
            ready.append(preview)
        else:
            left.append(not_ready(preview))
    return Exports(sorted(ready, key=lambda one: (import_order(one.kind), str(one.path))), left)


def import_order(kind: str | None) -> int:
    """Where a kind of file stands among others: what is named by others goes in before them."""
    return _ORDER.get((kind or "").split("-")[-1], 9)


def not_ready(found: FilePreview) -> str:
    """What is missing of a table that cannot be imported as it is understood, and what to do."""
    columns = ", ".join(found.columns)
    if found.kind is None:
        return (
            f"{found.path}: like no kind of file that is known. If it is of the shop, say what it is: beforehand "
            f"import {found.path} --kind {'|'.join(_ORDER)} --map FIELD=COLUMN,... (columns: {columns})"
        )
    return (
        f"{found.path}: it looks like {found.kind}, but no column is {' or '.join(found.missing)}. Say which: "
        f"beforehand import {found.path} --kind {found.kind} --map FIELD=COLUMN,... (columns: {columns})"
    )


def _files(folder: Path) -> Iterator[Path]:
    """Of the folder and one level below it; hidden files and the rejects of earlier imports are passed over."""
    for count, file in enumerate(sorted([*folder.glob("*"), *folder.glob("[!.]*/*")])):
        if count >= _MOST:
            return
        ours = ".rejects." in file.name or file.name.startswith(".")
        if file.is_file() and not ours and _SUFFIXES & {suffix.lower() for suffix in file.suffixes}:
            yield file
