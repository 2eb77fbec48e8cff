"""Parts of a long benchmark that outlive it: a run that was stopped goes on with the parts that are missing.

A part is taken from an earlier run only if it was measured by the very same code with the same options.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from .frame import KEPT, Figures, Options

_ROOT = Path(__file__).parent.parent


def kept_part(name: str, options: Options, code: Sequence[str], measure: Callable[[], Figures]) -> Figures:
    """The figures of the part ``name``: as an earlier run of the same ``code`` left them, else of ``measure()``.

    ``code`` names packages and modules of the project (``"retrieval"``, ``"benchmarks/history.py"``): everything that
    may decide a figure. The weights that lie in a package count too.
    """
    path = KEPT / "parts" / f"{name}-{_stamp(options, code)}.json"
    if path.is_file():
        content = json.loads(path.read_text(encoding="utf-8"))
        intervals = {key: (low, high) for key, (low, high) in content["intervals"].items()}
        return Figures(content["metrics"], intervals, content["notes"])
    figures = measure()
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    content = {"metrics": figures.metrics, "intervals": figures.intervals, "notes": figures.notes}
    unfinished.write_text(json.dumps(content), encoding="utf-8")
    unfinished.replace(path)
    return figures


def _stamp(options: Options, code: Sequence[str]) -> str:
    told = hashlib.sha256(repr((options.quick, [str(path) for path in options.data], options.seed)).encode())
    for one in code:
        place = _ROOT / one
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and path.suffix != ".pyc":
                told.update(path.read_bytes())
    return told.hexdigest()[:16]
