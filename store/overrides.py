"""Settings that were changed while the shop runs, in a file of their own beside the merchant's, whose comments stay.

    # console.yaml
    proactive.max_per_week: 3

Each line is one setting by its dotted name. The file as it was before the last change is kept, to go back to.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

from .errors import ConfigError, InputError
from .settings import check_settings

_Model = TypeVar("_Model", bound=BaseModel)
_HEAD = (
    "# Written by the console's settings, and laid over your own settings file.\n"
    "# A line that is deleted lets the value of your own file hold again.\n"
)


def lay_over(settings: _Model, changes: Mapping[str, object], place: str) -> _Model:
    """``settings`` with ``changes`` (dotted name -> value), checked as any settings are.

    Raises ``ConfigError`` that names ``place``, the setting, its value and what is allowed.
    """
    if not changes:
        return settings
    raw = settings.model_dump()
    for name, value in changes.items():
        *parts, last = name.split(".")
        inner: Any = raw
        for part in parts:
            inner = inner.get(part) if isinstance(inner, dict) else None
        if not isinstance(inner, dict):
            raise ConfigError(f"{place}: there is no such setting", value=name)
        inner[last] = value
    return check_settings(raw, type(settings), place)


class SettingsOverrides:
    """The file. One process at a time writes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._before = path.with_suffix(".before.yaml")

    def read(self) -> dict[str, object]:
        """Dotted name -> value; empty where nothing was changed. Raises ``ConfigError`` for a file that is damaged."""
        return self._read(self.path)

    @property
    def can_go_back(self) -> bool:
        return self._before.exists()

    def write(self, changes: Mapping[str, object]) -> None:
        """Put ``changes`` in place of what was there, and keep that."""
        before = self.path.read_bytes() if self.path.exists() else _HEAD.encode()
        _replace(self._before, before)
        _replace(self.path, (_HEAD + yaml.safe_dump(dict(changes), allow_unicode=True)).encode())

    def before(self) -> dict[str, object]:
        """What ``read`` gave before the last change. Raises ``InputError`` if there was none."""
        if not self.can_go_back:
            raise InputError("no setting was changed here yet", advice="Change one first")
        return self._read(self._before)

    def _read(self, path: Path) -> dict[str, object]:
        if not path.exists():
            return {}
        try:
            found = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, yaml.YAMLError) as error:
            raise ConfigError(f"{path} is not YAML: {error}", advice="Mend it, or delete it") from error
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise ConfigError(f"{path} must hold settings and values", value=type(found).__name__)
        return {str(name): value for name, value in found.items()}


def _replace(path: Path, content: bytes) -> None:
    # Written whole and then moved into place, so that a kill leaves the old file or the new one.
    part = path.with_suffix(".part")
    part.write_bytes(content)
    os.replace(part, path)
