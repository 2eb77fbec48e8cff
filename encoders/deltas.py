"""Fine-tuned weights as differences to a pretrained base, so that a repository can carry them.

A tensor that both have is kept as the difference ``tuned - base``: quantised to int8 with one scale per row, for
changed rows only where most rows are equal, or as a low-rank product. Rows that the base lacks (a larger vocabulary)
and tensors that it lacks (heads) are kept themselves. The file is safetensors; its metadata names the base by sha256.

Comes in: state dicts (name to tensor). Knows nothing of model classes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from store import ModelError

_FORMAT = "beforehand-deltas-1"
# Tensors smaller than this (biases, norms, heads) are kept as float16: int8 would save nothing worth having.
_SMALL = 16384


@dataclass(frozen=True, slots=True)
class Deltas:
    """The content of a delta file: parts of tensors by ``name|part``, the base they belong to, and free text."""

    base_sha256: str
    parts: dict[str, Tensor]
    metadata: dict[str, str] = field(default_factory=dict)


def save_deltas(
    path: Path,
    base: Mapping[str, Tensor],
    tuned: Mapping[str, Tensor],
    *,
    base_sha256: str,
    rank: int | None = None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write what turns ``base`` into ``tuned`` to ``path``, atomically.

    With ``rank``, the difference of a matrix is kept as the product of two float16 matrices of that rank (its truncated
    singular value decomposition); without it, as int8 with one scale per row, so the largest error of an entry is
    1/254 of the largest change in its row.
    """
    parts: dict[str, Tensor] = {}
    for name, tensor in tuned.items():
        now = tensor.detach().float().cpu()
        before = base[name].detach().float().cpu() if name in base else None
        if before is None or now.dim() != before.dim() or now.shape[1:] != before.shape[1:]:
            _keep(parts, name, "new", now)
            continue
        shared = min(len(now), len(before))
        _keep_difference(parts, name, now[:shared] - before[:shared], rank)
        if len(now) > shared:
            _keep(parts, name, "more", now[shared:])
    about = {"format": _FORMAT, "base_sha256": base_sha256, "user": json.dumps(dict(metadata or {}))}
    unfinished = path.with_name(path.name + ".part")
    save_file({name: part.contiguous() for name, part in parts.items()}, unfinished, metadata=about)
    unfinished.replace(path)


def load_deltas(path: Path) -> Deltas:
    """Read a file of ``save_deltas``. Raises ``ModelError`` when it is missing, damaged or of another format."""
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            parts = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"the weights cannot be read: {error}", value=str(path)) from error
    if about.get("format") != _FORMAT:
        raise ModelError("not a file of weight deltas", value=str(path), allowed=_FORMAT)
    return Deltas(about["base_sha256"], parts, json.loads(about["user"]))


def apply_deltas(base: Mapping[str, Tensor], deltas: Deltas, *, base_sha256: str) -> dict[str, Tensor]:
    """The tuned state dict, float32: ``base`` plus ``deltas``. Tensors without a delta are those of the base.

    Raises ``ModelError`` when the deltas were made over another base.
    """
    if deltas.base_sha256 != base_sha256:
        raise ModelError(
            "these weights were trained on another encoder",
            value=base_sha256[:12],
            allowed=deltas.base_sha256[:12],
            advice="Use the encoder that the model card names, or train again on this one",
        )
    tuned = {name: tensor.float().clone() for name, tensor in base.items()}
    for name in dict.fromkeys(key.split("|")[0] for key in deltas.parts):
        new = _kept(deltas.parts, name, "new")
        if new is not None:
            tuned[name] = new
            continue
        _add_difference(tuned[name], deltas.parts, name)
        more = _kept(deltas.parts, name, "more")
        if more is not None:
            tuned[name] = torch.cat([tuned[name], more])
    return tuned


def _keep_difference(parts: dict[str, Tensor], name: str, difference: Tensor, rank: int | None) -> None:
    if not difference.any():
        return
    if difference.dim() < 2 or difference.numel() < _SMALL:
        parts[f"{name}|change"] = difference.half()
        return
    changed = difference.abs().amax(dim=1).nonzero().flatten()
    if len(changed) < len(difference) // 2:
        parts[f"{name}|rows"] = changed.to(torch.int32)
        _keep(parts, name, "change", difference[changed])
    elif rank is not None and rank < min(difference.shape):
        left, values, right = torch.linalg.svd(difference, full_matrices=False)
        root = values[:rank].sqrt()
        parts[f"{name}|left"] = (left[:, :rank] * root).half()
        parts[f"{name}|right"] = (right[:rank] * root[:, None]).half()
    else:
        _keep(parts, name, "change", difference)


def _add_difference(tensor: Tensor, parts: Mapping[str, Tensor], name: str) -> None:
    change = _kept(parts, name, "change")
    if f"{name}|left" in parts:
        change = parts[f"{name}|left"].float() @ parts[f"{name}|right"].float()
    if change is None:
        return
    if f"{name}|rows" in parts:
        tensor.index_add_(0, parts[f"{name}|rows"].long(), change)
    else:
        tensor[: len(change)] += change


def _keep(parts: dict[str, Tensor], name: str, part: str, tensor: Tensor) -> None:
    """Keep a tensor under ``name|part``: float16 where it is small, else int8 and a scale per row."""
    if tensor.dim() < 2 or tensor.numel() < _SMALL:
        parts[f"{name}|{part}"] = tensor.half()
        return
    scale = (tensor.abs().amax(dim=1, keepdim=True) / 127).clamp_min(1e-12)
    parts[f"{name}|{part}"] = (tensor / scale).round().to(torch.int8)
    parts[f"{name}|{part}_scale"] = scale


def _kept(parts: Mapping[str, Tensor], name: str, part: str) -> Tensor | None:
    found = parts.get(f"{name}|{part}")
    if found is None:
        return None
    scale = parts.get(f"{name}|{part}_scale")
    return found.float() if scale is None else found.float() * scale
