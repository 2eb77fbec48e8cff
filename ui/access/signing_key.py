"""The shop's own signing secret, made at first use."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from store import ConfigError

_LEAST_BYTES = 32


def signing_key(home: Path) -> str:
    """The secret in ``<home>/page.key``, readable by its owner only. Raises ``ConfigError`` if it is too short."""
    file = home / "page.key"
    if not file.exists():
        home.mkdir(parents=True, exist_ok=True)
        # Written whole under another name first: a second process must never read half a secret.
        fresh = home / f"page.key.{secrets.token_hex(4)}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(secrets.token_urlsafe(32))
        with contextlib.suppress(FileExistsError):
            os.link(fresh, file)
        fresh.unlink()
    key = file.read_text(encoding="ascii", errors="replace").strip()
    if len(key) < _LEAST_BYTES:
        raise ConfigError(
            "the page's signing secret is too short", value=str(file), advice="Delete the file; a new one is made"
        )
    return key
