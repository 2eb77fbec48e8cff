"""A world of somebody else's, from a Python file."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import cast

from store import InputError

from .interface import WorldMaker


def load_world(named: str) -> tuple[str, WorldMaker]:
    """The class that ``FILE.py`` or ``FILE.py:Class`` names (without a name: ``World``), and the file's stem.

    Runs the file. Raises ``InputError`` if there is no such file or class.
    """
    file, _, name = named.rpartition(":") if ":" in named and not named.endswith(".py") else (named, "", "World")
    path = Path(file)
    spec = importlib.util.spec_from_file_location(path.stem, path) if path.is_file() else None
    if spec is None or spec.loader is None or path.suffix != ".py":
        raise InputError("there is no such world", value=named, allowed="FILE.py or FILE.py:Class")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, name):
        known = sorted(
            one for one, found in vars(module).items() if isinstance(found, type) and hasattr(found, "open_day")
        )
        raise InputError("the file has no such world", value=name, allowed=known, advice="Name it: FILE.py:Class")
    return path.stem, cast(WorldMaker, getattr(module, name))
