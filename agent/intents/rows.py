"""Reads a file of utterances to learn intents from: ``utterance`` (or ``text``), ``intent`` and, if there, ``split``.

Comes in: a CSV (also gzipped) of any merchant. Goes out: rows by split. Knows nothing of models.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from store import InputError

UNKNOWN = frozenset({"oos", "out_of_scope", "unknown", "other", "none"})
"""Names of the intent "none of these", in whatever case."""
SPLITS = ("train", "valid", "test")
_VALID, _TEST = 10, 20


@dataclass(frozen=True, slots=True)
class Rows:
    """Utterances and their intents, side by side."""

    texts: tuple[str, ...]
    intents: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)


def read_rows(file: Path) -> dict[str, Rows]:
    """The rows of ``file`` by split: ``train``, ``valid``, ``test``.

    Without a column ``split`` the texts are parted by their sha1: 10 % valid, 10 % test, the rest train. ``dev`` counts
    as ``valid``. Raises ``InputError`` for a file that cannot be read, lacks a column, or has fewer than two intents.
    """
    import pandas as pd

    try:
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(f"the file of utterances cannot be read: {error}", value=str(file)) from error
    text = next((name for name in ("utterance", "text") if name in frame.columns), None)
    if text is None or "intent" not in frame.columns:
        raise InputError(
            "a file of utterances has the wrong columns",
            value=list(frame.columns),
            allowed="utterance (or text), intent, and split if you wish",
        )
    frame = frame[(frame[text].str.strip() != "") & (frame["intent"].str.strip() != "")]
    split = (
        frame["split"].replace({"dev": "valid", "val": "valid"})
        if "split" in frame.columns
        else frame[text].map(_split)
    )
    found = {
        name: Rows(tuple(part[text].str.strip()), tuple(part["intent"].str.strip()))
        for name in SPLITS
        for part in [frame[split == name]]
    }
    if len(set(found["train"].intents)) < 2:
        raise InputError(
            "there must be at least two intents to tell apart in the rows of split train",
            value=len(set(found["train"].intents)),
            advice=f"Check {file}",
        )
    return found


def _split(text: str) -> str:
    bucket = int(hashlib.sha1(text.strip().lower().encode(), usedforsecurity=False).hexdigest()[:8], 16) % 100
    return "valid" if bucket < _VALID else "test" if bucket < _TEST else "train"


def unknown_of(intents: Mapping[str, int] | set[str]) -> str | None:
    """Which of ``intents`` is "none of these", if any."""
    return next((name for name in sorted(intents) if name.lower() in UNKNOWN), None)
