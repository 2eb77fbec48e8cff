"""Why rows were rejected: the reason that most of them share, out of the rejects file."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_OF_A_GROUP = re.compile(r"^belongs to .*?, which cannot go in: (line \d+: )?")
_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason, as the first of its rows has it."""

    text: str
    rows: int


def commonest_reason(rejects: Path) -> Reason:
    """Reasons that differ in a value or a line number are the same one; a row whose order or product was rejected
    for another row has the reason of that row. ``rejects`` holds at least one row."""
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    with rejects.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            reason = _OF_A_GROUP.sub("", str(json.loads(line)["reason"]))
            key = _VALUE.sub("…", reason)
            counts[key] += 1
            first.setdefault(key, reason)
    key, rows = counts.most_common(1)[0]
    return Reason(first[key], rows)
