"""A learned belief as one file: written whole or not at all, with a checksum; the one before is kept to go back to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from store import CheckedFile

from .design import Design, Scale
from .learned import LearnedBelief
from .logistic import Posterior
from .settings import DecidingSettings

_FILE, _BEFORE = "policy.json", "policy.before.json"
_KIND = CheckedFile(
    format=1,
    missing="no policy was learnt yet",
    other_version="the policy is of another version",
    damaged="the policy is damaged",
    advice="Train it: beforehand train policy",
)


@dataclass(frozen=True, slots=True)
class SavedPolicy:
    """A belief and whether it may decide."""

    belief: LearnedBelief
    version: str
    live: bool
    why: str
    """Why it may decide, or may not."""


def write(folder: Path, saved: SavedPolicy) -> Path:
    """Put ``saved`` in place of what was there, which is kept. Raises ``OSError`` if the folder cannot be written."""
    _KIND.write(folder / _FILE, _record(saved), before=folder / _BEFORE)
    return folder / _FILE


def read(folder: Path, settings: DecidingSettings) -> SavedPolicy:
    """What was written. Raises ``ModelError`` if there is nothing, or it is damaged or of another program version."""
    return _KIND.read(folder / _FILE, lambda body: _saved(body, settings))


def go_back(folder: Path) -> bool:
    """Put the policy before the last one back in its place; ``False`` if there is none."""
    before = folder / _BEFORE
    if not before.exists():
        return False
    before.replace(folder / _FILE)
    return True


def _list(record: dict[str, object], name: str) -> list[Any]:
    found = record[name]
    if not isinstance(found, list):
        raise TypeError(name)
    return found


def _record(saved: SavedPolicy) -> dict[str, object]:
    belief = saved.belief
    return {
        "version": saved.version,
        "live": saved.live,
        "why": saved.why,
        "scales": [[one.name, one.points, one.heights, one.gaps] for one in belief.design.scales],
        "moments": belief.design.moments,
        "actions": belief.design.actions,
        "mean": belief.posterior.mean.tolist(),
        "chol": [row[: at + 1] for at, row in enumerate(belief.posterior.chol.tolist())],
        "worth": belief.worth.tolist(),
        "annoyance_share": belief.annoyance_share,
        "rows": belief.rows,
    }


def _saved(record: dict[str, object], settings: DecidingSettings) -> SavedPolicy:
    found: dict[str, object] = dict(record)
    scales = tuple(
        Scale(name, tuple(points), tuple(heights), gaps) for name, points, heights, gaps in _list(found, "scales")
    )
    mean = np.array(_list(found, "mean"), dtype=float)
    chol = np.zeros((mean.size, mean.size))
    for at, row in enumerate(_list(found, "chol")):
        chol[at, : at + 1] = row
    belief = LearnedBelief.of(
        Design(scales, tuple(_list(found, "moments")), tuple(_list(found, "actions"))),
        Posterior(mean, chol),
        worth=np.array(_list(found, "worth"), dtype=float),
        annoyance_share=float(str(found["annoyance_share"])),
        settings=settings,
        rows=int(str(found["rows"])),
    )
    return SavedPolicy(belief, str(found["version"]), bool(found["live"]), str(found["why"]))
