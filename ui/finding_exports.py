"""A shop's export files, found below a folder and told apart by what stands in them. Reads their starts only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from store import BeforehandError

if TYPE_CHECKING:
    from store.imports import FilePreview

_SUFFIXES = {".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".gz"}
_MOST = 200
_ORDER = {"products": 0, "customers": 1, "orders": 2, "reviews": 3, "events": 4}


def find_exports(folder: Path) -> list[FilePreview]:
    """Files that are understood, in the order in which they are to be imported: products before what names them."""
    from store.imports import preview_file

    found = []
    for file in _files(folder):
        try:
            preview = preview_file(file)
        except BeforehandError:
            continue
        if preview.ready:
            found.append(preview)
    return sorted(found, key=lambda one: (import_order(one.kind), str(one.path)))


def import_order(kind: str | None) -> int:
    """Where a kind of file stands among others: what is named by others goes in before them."""
    return _ORDER.get((kind or "").split("-")[-1], 9)


def _files(folder: Path) -> Iterator[Path]:
    """Of the folder and one level below it; hidden files and the rejects of earlier imports are passed over."""
    for count, file in enumerate(sorted([*folder.glob("*"), *folder.glob("[!.]*/*")])):
        if count >= _MOST:
            return
        ours = ".rejects." in file.name or file.name.startswith(".")
        if file.is_file() and not ours and _SUFFIXES & {suffix.lower() for suffix in file.suffixes}:
            yield file
