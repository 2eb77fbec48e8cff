"""Pretrained text encoders: where their weights come from, on which device they run, and vectors out of them.

Every package with a transformer in it starts here. Knows nothing of shops, labels or indexes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .files import EncoderFiles, file_sha256, find_encoder
from .packing import pack_by_tokens, rounded_up
from .settings import EncoderSettings

if TYPE_CHECKING:
    from .contrastive import ContrastiveSettings, TextGroup, Tuned, tune_encoder
    from .deltas import Deltas, apply_deltas, load_deltas, save_deltas
    from .device import Device, pick_device
    from .text import TextEncoder

__all__ = [
    "ContrastiveSettings",
    "Deltas",
    "Device",
    "EncoderFiles",
    "EncoderSettings",
    "TextEncoder",
    "TextGroup",
    "Tuned",
    "apply_deltas",
    "file_sha256",
    "find_encoder",
    "load_deltas",
    "pack_by_tokens",
    "pick_device",
    "rounded_up",
    "save_deltas",
    "tune_encoder",
]

_HEAVY = {
    "ContrastiveSettings": "contrastive",
    "TextGroup": "contrastive",
    "Tuned": "contrastive",
    "tune_encoder": "contrastive",
    "Deltas": "deltas",
    "apply_deltas": "deltas",
    "load_deltas": "deltas",
    "save_deltas": "deltas",
    "Device": "device",
    "pick_device": "device",
    "TextEncoder": "text",
}


def __getattr__(name: str) -> Any:
    # These modules import torch; they load when first used.
    if name in _HEAVY:
        from importlib import import_module

        return getattr(import_module(f".{_HEAVY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
