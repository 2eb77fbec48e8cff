"""A JSON file that is whole or not there: written beside its place and put there by one rename, with a checksum.

For what is learnt from a shop and must not be used when it is damaged or of another version of the program.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from .errors import ModelError

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """One kind of file, and what is said where it cannot be used."""

    format: int
    missing: str
    other_version: str
    damaged: str
    advice: str

    def write(self, target: Path, body: dict[str, Any], *, before: Path | None = None) -> None:
        """Put ``body`` in place of what was in ``target``, which is kept as ``before``.

        Raises ``OSError`` if the folder cannot be written.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(body, sort_keys=True)
        whole = json.dumps({"format": self.format, "sha256": _sha256(text), "body": text})
        fresh = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            with fresh.open("w", encoding="utf-8") as file:
                file.write(whole)
                file.flush()
                os.fsync(file.fileno())
            if before is not None and target.exists():
                target.replace(before)
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)

    def read(self, path: Path, make: Callable[[dict[str, Any]], Made]) -> Made:
        """What ``make`` makes of what was written. Raises ``ModelError`` if there is nothing, or it is damaged (a body
        that ``make`` cannot take, too) or of another version."""
        try:
            whole = json.loads(path.read_text(encoding="utf-8"))
            if whole["format"] != self.format:
                raise ModelError(
                    self.other_version, value=whole["format"], allowed=str(self.format), advice=self.advice
                )
            if whole["sha256"] != _sha256(whole["body"]):
                raise ModelError(self.damaged, value=str(path), advice=self.advice)
            return make(json.loads(whole["body"]))
        except FileNotFoundError as error:
            raise ModelError(self.missing, value=str(path), advice=self.advice) from error
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(self.damaged, value=str(path), advice=self.advice) from error


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
