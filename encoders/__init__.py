"""Pretrained text encoders: where their weights come from, on which device they run, and vectors out of them.

Every package with a transformer in it starts here. Knows nothing of shops, labels or indexes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .files import EncoderFiles, file_sha256, find_encoder
from .packing import MULTIPLE, pack_by_tokens, rounded_up
from .settings import EncoderSettings

if TYPE_CHECKING:
    from .bert_layers import Dropout, blocked_scores, embedded, encoded
    from .contrastive import ContrastiveSettings, TextGroup, Tuned, tune_encoder
    from .deltas import Deltas, apply_deltas, load_deltas, save_deltas
    from .device import Device, answer_on_one_thread, pick_device
    from .learning import WeightMean, learnt_weights, put_back, schedule
    from .pair_scorer import PairScorer
    from .pair_tuning import PairSettings, tune_pairs
    from .text import TextEncoder, padded

__all__ = [
    "MULTIPLE",
    "ContrastiveSettings",
    "Deltas",
    "Device",
    "Dropout",
    "EncoderFiles",
    "EncoderSettings",
    "PairScorer",
    "PairSettings",
    "TextEncoder",
    "TextGroup",
    "Tuned",
    "WeightMean",
    "answer_on_one_thread",
    "apply_deltas",
    "blocked_scores",
    "embedded",
    "encoded",
    "file_sha256",
    "find_encoder",
    "learnt_weights",
    "load_deltas",
    "pack_by_tokens",
    "padded",
    "pick_device",
    "put_back",
    "rounded_up",
    "save_deltas",
    "schedule",
    "tune_encoder",
    "tune_pairs",
]

_HEAVY = {
    "Dropout": "bert_layers",
    "blocked_scores": "bert_layers",
    "embedded": "bert_layers",
    "encoded": "bert_layers",
    "ContrastiveSettings": "contrastive",
    "TextGroup": "contrastive",
    "Tuned": "contrastive",
    "tune_encoder": "contrastive",
    "Deltas": "deltas",
    "apply_deltas": "deltas",
    "load_deltas": "deltas",
    "save_deltas": "deltas",
    "Device": "device",
    "answer_on_one_thread": "device",
    "pick_device": "device",
    "WeightMean": "learning",
    "learnt_weights": "learning",
    "put_back": "learning",
    "schedule": "learning",
    "PairScorer": "pair_scorer",
    "PairSettings": "pair_tuning",
    "tune_pairs": "pair_tuning",
    "TextEncoder": "text",
    "padded": "text",
}


def __getattr__(name: str) -> Any:
    # These modules import torch; they load when first used.
    if name in _HEAVY:
        from importlib import import_module

        return getattr(import_module(f".{_HEAVY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
