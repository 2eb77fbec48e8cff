"""Files that are saved all or not at all: a manifest names the files of one generation with their checksums.

The manifest is written last, by rename, so that a crash at any point leaves the older generation in force.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from store import IndexDamaged

_MANIFEST = "manifest.json"
_FORMAT = 1


def save_generation(folder: Path, files: Mapping[str, Callable[[Path], None]], facts: Mapping[str, str | int]) -> None:
    """Write ``files`` (name -> function that writes to a path) and then, atomically, the manifest with ``facts``."""
    folder.mkdir(parents=True, exist_ok=True)
    generation = secrets.token_hex(6)
    listed: dict[str, dict[str, str]] = {}
    for name, write in files.items():
        path = folder / f"{generation}-{name}"
        write(path)
        _sync(path)
        listed[name] = {"file": path.name, "sha256": _sha256(path)}
    manifest = folder / f"{generation}-{_MANIFEST}"
    manifest.write_text(json.dumps({"format": _FORMAT, "facts": dict(facts), "files": listed}, indent=1))
    _sync(manifest)
    os.replace(manifest, folder / _MANIFEST)
    _sync(folder)
    _remove_others(folder, {_MANIFEST, *(one["file"] for one in listed.values())})


def load_generation(folder: Path) -> tuple[dict[str, Path], dict[str, str | int]]:
    """The files (name -> path) and facts that the manifest in ``folder`` names.

    Raises ``FileNotFoundError`` if nothing was ever saved there, ``IndexDamaged`` if a file is missing or changed.
    """
    path = folder / _MANIFEST
    text = path.read_text()
    try:
        manifest = json.loads(text)
        form = manifest["format"]
        listed = {str(name): (str(one["file"]), str(one["sha256"])) for name, one in manifest["files"].items()}
        facts: dict[str, str | int] = dict(manifest["facts"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexDamaged("the manifest of a saved index cannot be read", value=str(path), advice=_ADVICE) from error
    if form != _FORMAT:
        raise IndexDamaged("a saved index is of another version", value=form, allowed=str(_FORMAT), advice=_ADVICE)
    for name, (file, expected) in listed.items():
        found = _sha256(folder / file) if (folder / file).is_file() else "no such file"
        if found != expected:
            raise IndexDamaged(
                f"{name} of the saved index in {folder} is damaged", value=found, allowed=expected, advice=_ADVICE
            )
    return {name: folder / file for name, (file, _) in listed.items()}, facts


_ADVICE = "Delete the folder; the index is built anew from the database"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_others(folder: Path, keep: set[str]) -> None:
    """Remove the files of older generations, and what a crash left behind."""
    for path in folder.iterdir():
        generation, dash, _ = path.name.partition("-")
        if path.name not in keep and dash and len(generation) == 12 and path.is_file():
            path.unlink(missing_ok=True)
