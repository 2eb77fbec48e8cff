"""Find a chat model on this machine: a folder, else the hub's cache. Downloads only what the settings allow.

Comes in: a path or a hub id, and the folder of an adapter. Goes out: folders that hold what is needed. Knows nothing of
torch: what is missing is said when the shop opens, not when the first customer asks.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from encoders import file_sha256
from store import ConfigError, ModelError

CARD = "card.json"
"""File beside an adapter that says what it was learnt from, and on which weights."""
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_NEEDED = ["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja"]
"""What is taken from the hub. No pickled weights and no code: neither is ever loaded."""
_INSTALL = 'Install it with: pip install -c constraints.txt -e ".[cpu,chat]"'


@dataclass(frozen=True, slots=True)
class ChatModelFiles:
    """A chat model that was found. ``adapter`` is the folder of a LoRA adapter for it, if one is named."""

    name: str
    path: Path
    adapter: Path | None = None

    def sha256(self) -> str:
        """Of the weights: over the sha256 of every safetensors file, in the order of their names."""
        return weights_sha256(self.path)


def find_chat_model(name: str, *, adapter: str | None = None, allow_download: bool = False) -> ChatModelFiles:
    """The files of ``name``, checked to be whole as far as their names tell, and those of ``adapter``.

    Raises ``ModelError`` that says where was looked, and ``ConfigError`` for an adapter that does not fit.
    """
    path = Path(name).expanduser()
    if not path.is_dir():
        path = _from_hub(name, allow_download=allow_download)
    lacking = _lacking(path)
    if lacking:
        raise ModelError(
            f"the chat model in {path} is not whole: {lacking}",
            value=name,
            advice="It must have config.json, a tokenizer with a chat template, and weights in safetensors",
        )
    return ChatModelFiles(name, path, None if adapter is None else _adapter(Path(adapter).expanduser(), path))


def weights_sha256(folder: Path) -> str:
    """One sha256 for all safetensors files of ``folder``."""
    whole = hashlib.sha256()
    for file in sorted(folder.glob("*.safetensors")):
        whole.update(f"{file.name} {file_sha256(file)}\n".encode())
    return whole.hexdigest()


def _from_hub(name: str, *, allow_download: bool) -> Path:
    """The snapshot of ``name`` in the hub's cache; fetched first where the settings allow it."""
    if not _HUB_ID.fullmatch(name):
        raise ModelError("there is no such folder with a chat model", value=name, advice="Give the path of a folder")
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, local_files_only=not allow_download, allow_patterns=_NEEDED))
    except Exception as error:  # the hub's client has an error of its own for each way to fail
        where = "not in the hub's cache" if not allow_download else f"the hub gave none ({error})"
        advice = "Give the path of a folder with it" + (
            "" if allow_download else ", or set agent.allow_download: true to fetch it from the hub once"
        )
        raise ModelError(
            f"no chat model of this name: no such folder, and {where}", value=name, advice=advice
        ) from error


def _lacking(folder: Path) -> str | None:
    """What a folder lacks to be a chat model; ``None`` if nothing."""
    if not (folder / "config.json").is_file():
        return "no config.json"
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        parts = set(_read_json(index).get("weight_map", {}).values())
        missing = sorted(part for part in parts if not (folder / part).is_file())
        if missing:
            return f"{', '.join(missing)} missing"
    elif not any(folder.glob("*.safetensors")):
        return "no weights in safetensors"
    if not (folder / "tokenizer_config.json").is_file():
        return "no tokenizer_config.json"
    templates = (folder / "chat_template.jinja", folder / "chat_template.json")
    if not any(one.is_file() for one in templates) and not _read_json(folder / "tokenizer_config.json").get(
        "chat_template"
    ):
        return "no chat template, so it is no model for conversations"
    return None


def _adapter(folder: Path, base: Path) -> Path:
    if importlib.util.find_spec("peft") is None:
        raise ConfigError("agent.adapter needs the package peft, which is not installed", advice=_INSTALL)
    for needed in ("adapter_config.json", "adapter_model.safetensors"):
        if not (folder / needed).is_file():
            raise ConfigError(
                f"agent.adapter names no LoRA adapter: there is no {needed}",
                value=str(folder),
                advice="Make one with: beforehand train chat",
            )
    card = _read_json(folder / CARD) if (folder / CARD).is_file() else {}
    wanted = card.get("base_sha256")
    if wanted is not None and wanted != weights_sha256(base):
        raise ConfigError(
            f"the adapter was learnt on other weights than those of {base}",
            value=str(folder),
            allowed=f"{card.get('base')} with sha256 {wanted[:12]}…",
        )
    learnt = card.get("adapter_sha256")
    if learnt is not None and learnt != file_sha256(folder / "adapter_model.safetensors"):
        raise ConfigError("the adapter is not the file that its card describes", value=str(folder))
    return folder


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError("this file of a chat model cannot be read", value=str(file)) from error
    return content if isinstance(content, dict) else {}
