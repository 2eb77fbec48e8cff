"""The command ``python -m benchmarks NAME [--quick] [--data FILE ...]``."""

from __future__ import annotations

import argparse
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import cast

from store import BeforehandError

from .frame import Benchmark, Options, write

_FRAME = {"__init__", "__main__", "frame"}


def names() -> list[str]:
    """The benchmarks that there are: the modules of this folder that have ``KEYS`` and ``run``."""
    files = sorted(path for path in Path(__file__).parent.glob("*.py") if path.stem not in _FRAME)
    return [path.stem for path in files if "\nKEYS" in path.read_text(encoding="utf-8")]


def main() -> int:
    """Run one benchmark; 0 when it wrote its figures, 2 when it could not run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure one claim of the README.")
    parser.add_argument("name", choices=names())
    parser.add_argument("--quick", action="store_true", help="small samples: does it run, and about where it stands")
    parser.add_argument("--data", nargs="+", type=Path, default=[], help="files of the same form to measure on instead")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", default=[], metavar="PART", help="parts to measure; the rest stays")
    given = parser.parse_args()
    options = Options(given.quick, tuple(given.data), given.seed, tuple(given.only))
    benchmark = cast(Benchmark, import_module(f"benchmarks.{given.name}"))
    parts = tuple(getattr(benchmark, "PARTS", ()))
    if unknown := [one for one in options.only if one not in parts]:
        parser.error(f"{given.name} has no part {unknown[0]!r}; its parts: {', '.join(parts) or 'none'}")
    began = time.monotonic()
    try:
        figures = benchmark.run(options)
    except BeforehandError as error:
        print(error, file=sys.stderr)
        return 2
    path = write(given.name, options, figures, benchmark.KEYS)
    print(f"\n{path} in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
