"""Which rows of a file were seen already: occurrence numbers, and duplicate ids.

Kept in a temporary SQLite file with a bounded cache, so that memory does not grow with the file.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import tempfile
from pathlib import Path


def digest(*parts: object) -> bytes:
    """16 bytes that tell contents apart (BLAKE2b); each part by its text."""
    made = hashlib.blake2b(digest_size=16)
    for part in parts:
        text = str(part).encode("utf-8", "surrogatepass")
        # The length goes in too: ("ab", "c") is not ("a", "bc").
        made.update(len(text).to_bytes(8, "little"))
        made.update(text)
    return made.digest()


class Seen:
    """What one run over one file has come past. Starts empty with each run, which rereads the file from its start."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="beforehand-import-")
        self._rows = sqlite3.connect(str(Path(self._folder.name) / "seen.db"), isolation_level=None)
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -65536", "locking_mode = EXCLUSIVE"):
            self._rows.execute(f"PRAGMA {setting}")
        self._rows.execute("CREATE TABLE contents (key BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID")
        self._rows.execute("CREATE TABLE ids (key BLOB PRIMARY KEY, line INTEGER, content BLOB) WITHOUT ROWID")
        self._rows.execute("BEGIN")

    def occurrence(self, content: bytes) -> int:
        """How often this content came before: 0 the first time."""
        found = self._rows.execute(
            "INSERT INTO contents VALUES (?, 0) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times", (content,)
        ).fetchone()
        return int(found[0])

    def first(self, key: bytes, line: int, content: bytes) -> tuple[int, bool] | None:
        """``None`` the first time; later the line where the key stood first, and whether its content is the same."""
        added = self._rows.execute("INSERT OR IGNORE INTO ids VALUES (?, ?, ?)", (key, line, content)).rowcount
        if added:
            return None
        found = self._rows.execute("SELECT line, content FROM ids WHERE key = ?", (key,)).fetchone()
        return int(found[0]), found[1] == content

    def forget(self, key: bytes) -> None:
        """Take a key back, since its record did not go in after all."""
        self._rows.execute("DELETE FROM ids WHERE key = ?", (key,))

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._rows.close()
        self._folder.cleanup()
