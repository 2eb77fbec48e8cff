"""What every benchmark shares: the machine and versions it ran on, intervals, the table, and the JSON it writes.

Comes in: a benchmark module with ``KEYS`` and ``run(options) -> Figures``. Knows nothing of what is measured.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from store import InputError

RESULTS = Path(__file__).parent / "results"
KEPT = Path(".beforehand/benchmarks")
"""Where networks that were trained for a benchmark are kept, so that the next run need not train them."""
_PACKAGES = (
    "torch",
    "transformers",
    "sentence-transformers",
    "scikit-learn",
    "numpy",
    "onnxruntime",
    "faiss-cpu",
    "lightgbm",
)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line said. ``data`` are files to measure on instead of the public ones."""

    quick: bool = False
    data: tuple[Path, ...] = ()
    seed: int = 0
    only: tuple[str, ...] = ()
    """Parts of the benchmark to measure; what the results file has of the others stays. Empty: all."""

    @property
    def public(self) -> Path:
        """The folder of public data (``BEFOREHAND_DATA``)."""
        named = os.environ.get("BEFOREHAND_DATA")
        if not named or not Path(named).is_dir():
            raise InputError("BEFOREHAND_DATA must name the folder with the public data", value=named)
        return Path(named)


@dataclass(slots=True)
class Figures:
    """Figures by key: ``None`` where a thing was not measured, with the reason in ``notes``."""

    metrics: dict[str, float | None] = field(default_factory=dict)
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, key: str, value: float | None, interval: tuple[float, float] | None = None) -> None:
        """Keep a figure, and print it: a long benchmark tells what it has."""
        self.metrics[key] = value
        if interval is not None:
            self.intervals[key] = interval
        shown = "not measured" if value is None else f"{value:.4f}"
        within = f"  [{interval[0]:.4f}, {interval[1]:.4f}]" if interval else ""
        print(f"{key:<40} {shown}{within}", flush=True)

    def take(self, other: Figures) -> None:
        """Keep what ``other`` holds, too."""
        self.metrics.update(other.metrics)
        self.intervals.update(other.intervals)
        self.notes.extend(other.notes)

    def note(self, text: str) -> None:
        self.notes.append(text)
        print(f"# {text}", flush=True)


class Benchmark(Protocol):
    """A benchmark module."""

    KEYS: tuple[str, ...]

    def run(self, options: Options) -> Figures: ...


def bootstrap(
    measure: Callable[[NDArray[np.int64]], float], rows: int, *, times: int = 200, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of ``measure(positions)`` over ``rows`` rows drawn with replacement."""
    draw = np.random.default_rng(seed)
    values = [measure(draw.integers(0, rows, rows)) for _ in range(times)]
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def write(name: str, options: Options, figures: Figures, keys: Sequence[str]) -> Path:
    """Write ``results/NAME.json`` (``NAME.quick.json`` for a quick run, ``NAME.data.json`` for other files)."""
    kind = ".data" if options.data else ".quick" if options.quick else ""
    path = RESULTS / f"{name}{kind}.json"
    if options.only and path.is_file():
        figures = _with_others(figures, options.only, json.loads(path.read_text(encoding="utf-8")))
    for key in keys:
        if key not in figures.metrics and not options.data:
            figures.metrics[key] = None
            figures.notes.append(f"{key}: not measured in this run")
    path.parent.mkdir(exist_ok=True)
    content = {
        "name": name,
        "command": f"python -m benchmarks {' '.join(sys.argv[1:])}",
        "quick": options.quick,
        "seed": options.seed,
        "commit": _commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(),
        "metrics": {key: None if one is None else round(one, 5) for key, one in figures.metrics.items()},
        "intervals": {key: [round(low, 5), round(high, 5)] for key, (low, high) in figures.intervals.items()},
        "notes": " ".join(f"{note.rstrip('.')}." for note in figures.notes),
    }
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _with_others(figures: Figures, only: Sequence[str], before: dict[str, Any]) -> Figures:
    """``figures`` of the parts ``only``, and those of the other parts as an earlier run left them."""
    whole = Figures({**before["metrics"], **figures.metrics}, {**before["intervals"]}, [*figures.notes])
    for key in figures.metrics:
        whole.intervals.pop(key, None)
    whole.intervals.update(figures.intervals)
    earlier = f"of {before['commit']}, {before['date'][:10]}: {before['notes']}"
    whole.notes.append(f"Measured in this run: {', '.join(only)}. All else is {earlier}")
    return whole


def machine() -> dict[str, str | int | float]:
    """Processor, cores, memory, and the GPU where there is one."""
    told: dict[str, str | int | float] = {"processor": platform.processor() or platform.machine()}
    told["cores"] = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    told["system"] = f"{platform.system()} {platform.release()}"
    info = Path("/proc/cpuinfo")
    if info.is_file():
        models = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        told["processor"] = models[0] if models else told["processor"]
    if hasattr(os, "sysconf"):
        told["memory_gib"] = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    if "torch" in sys.modules:
        import torch

        if torch.cuda.is_available():
            told["gpu"] = torch.cuda.get_device_name()
    return told


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that decide figures."""
    told = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            told[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return told


def _commit() -> str:
    """The commit that was measured, ``-dirty`` where other files than results of benchmarks have changed since."""

    def told(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
        ).stdout.strip()

    changed = told("status", "--porcelain", "--untracked-files=no", "--", ":/", ":(exclude)results")
    name = told("describe", "--always", "--abbrev=12")
    return f"{name}-dirty" if name and changed else name or "unknown"
