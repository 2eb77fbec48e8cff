"""The rejects file: one JSON object per row that did not go in, with file, line, reason and the row itself."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TextIO

from ..errors import InputError
from .rows import BadRow

_START = b'{"file": "'


class Rejects:
    """Writes the rejects of one import. The file is made anew with the first of them and absent without any.

    ``target`` ``None``: ``<file>.rejects.jsonl`` beside the file, or in the working folder if that cannot be written.
    """

    def __init__(self, source: Path, target: Path | None) -> None:
        self._source = source
        beside = source.with_name(source.name + ".rejects.jsonl")
        self._candidates = [target] if target is not None else [beside, Path(beside.name).absolute()]
        self._file: TextIO | None = None
        self.path: Path | None = None
        self.count = 0
        for stale in self._candidates:
            # A second run rereads the whole file, so the earlier list is either repeated or out of date.
            if stale.is_file() and os.access(stale.parent, os.W_OK):
                with stale.open("rb") as old:
                    ours = old.read(len(_START)) in (_START, b"")
                if not ours:
                    raise InputError("the rejects file exists and is something else", value=str(stale))
                stale.unlink()

    def add(self, bad: BadRow, file: Path | None = None) -> None:
        if self._file is None:
            self._open()
        assert self._file is not None
        found = {"file": str(file or self._source), "line": bad.line, "reason": bad.reason, "row": bad.raw}
        self._file.write(json.dumps(found, ensure_ascii=False, default=str) + "\n")
        self.count += 1

    def flush(self) -> None:
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _open(self) -> None:
        failure: OSError | None = None
        for path in self._candidates:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                # What was not valid text in the file may hold lone surrogates; they are written as \udcXX.
                self._file = path.open("w", encoding="utf-8", errors="backslashreplace")
            except OSError as error:
                failure = error
            else:
                self.path = path
                return
        raise InputError(
            f"rows were rejected, but the rejects file cannot be written ({failure})",
            value=str(self._candidates[-1]),
            advice="Name a rejects file in a folder that can be written to",
        ) from failure
