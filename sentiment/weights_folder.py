"""The folder of trained weights: what is in it, how it is read and written, and that it is whole.

``model.json`` names the other files with their sha256, so that a damaged or half-written folder is never used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from encoders import EncoderFiles, apply_deltas, load_deltas, save_deltas
from store import ModelError, Settings

from .calibration import Calibration
from .first_stage import FirstStage

if TYPE_CHECKING:
    from torch import Tensor

BUILT_IN = Path(__file__).parent / "weights"
_ENCODER, _WORDS, _VOCABULARY = "encoder.safetensors", "words.safetensors", "words.txt"
# Of the aspect layers' changes. Keeps four megabytes out of every seven.
_ASPECT_RANK = 64
_ASPECTS, _FIRST = "aspects.safetensors", "first_stage.safetensors"
_WORD_VECTORS = "bert.embeddings.word_embeddings.weight"


class CalibrationRecord(Settings):
    """``Calibration`` as it stands in ``model.json``."""

    temperature: float
    bias: tuple[float, ...]
    label_weights: tuple[float, float, float]


class ModelRecord(Settings):
    """The content of ``model.json``."""

    name: str
    base: str
    base_sha256: str
    files: dict[str, str]
    """File name to sha256."""
    calibrations: dict[str, CalibrationRecord]
    """By language: ``en``, ``zh``; of the first stage: ``first_en``, ``first_zh``."""
    thresholds: dict[str, float] = Field(default_factory=dict)
    """By language, from which sureness on the first stage settles a text."""
    blend: dict[str, float] = Field(default_factory=dict)
    """By language, what the first stage's logits are worth beside the network's."""


@dataclass(frozen=True, slots=True)
class SentimentWeights:
    """Trained weights, ready to be built into an ``Engine``."""

    name: str
    """Name and the first letters of the weights' sha256: what ``ReviewSentiment.model`` records."""
    state: dict[str, Tensor]
    words: list[str]
    calibrations: dict[str, Calibration]
    first_stages: dict[str, FirstStage] = field(default_factory=dict)
    """By language; empty where there is none."""
    thresholds: dict[str, float] = field(default_factory=dict)
    blend: dict[str, float] = field(default_factory=dict)


def write_weights(
    folder: Path,
    state: Mapping[str, Tensor],
    words: list[str],
    calibrations: Mapping[str, Calibration],
    base: EncoderFiles,
    *,
    first_stages: Mapping[str, FirstStage] | None = None,
    thresholds: Mapping[str, float] | None = None,
    blend: Mapping[str, float] | None = None,
    name: str = "beforehand-sentiment",
) -> None:
    """Write ``state`` (names of ``BertForSequenceClassification``) as deltas over ``base`` into ``folder``.

    ``model.json`` comes last: until it is there, the folder does not count as weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").unlink(missing_ok=True)
    before = base_state(base)
    word_part = {_WORD_VECTORS: state[_WORD_VECTORS]}
    rest = {key: tensor for key, tensor in state.items() if key != _WORD_VECTORS}
    save_deltas(folder / _ENCODER, before, rest, base_sha256=base.sha256)
    save_deltas(folder / _WORDS, before, word_part, base_sha256=base.sha256)
    (folder / _VOCABULARY).write_text("\n".join(words) + "\n", encoding="utf-8")
    files = {file: _sha256(folder / file) for file in (_ENCODER, _WORDS, _VOCABULARY)}
    record = ModelRecord(name=name, base=base.name, base_sha256=base.sha256, files=files, calibrations={})
    write_choices(folder, calibrations, first_stages or {}, thresholds or {}, blend or {}, record=record)


def write_choices(
    folder: Path,
    calibrations: Mapping[str, Calibration],
    first_stages: Mapping[str, FirstStage],
    thresholds: Mapping[str, float],
    blend: Mapping[str, float],
    *,
    record: ModelRecord | None = None,
) -> None:
    """Put first stages and choices of dev into ``folder``. Network and aspects stay byte for byte.

    ``record``: of weights that are being written; ``None`` goes on from what ``folder`` has.
    """
    record = record or _read_record(folder)
    files = {file: digest for file, digest in record.files.items() if file != _FIRST}
    if first_stages:
        _write_first_stages(folder / _FIRST, first_stages)
        files[_FIRST] = _sha256(folder / _FIRST)
    told = {
        language: CalibrationRecord(
            temperature=round(one.temperature, 4),
            bias=tuple(round(value, 4) for value in one.bias),
            label_weights=one.label_weights,
        )
        for language, one in calibrations.items()
    }
    chosen = {"files": files, "thresholds": dict(thresholds), "blend": dict(blend), "calibrations": told}
    _write_record(folder, record.model_copy(update=chosen))


def read_weights(folder: Path, base: EncoderFiles) -> SentimentWeights:
    """Read a folder of ``write_weights``. Raises ``ModelError`` when a file is missing, damaged or of another base."""
    record = _read_record(folder)
    for file, digest in record.files.items():
        if not (folder / file).is_file() or _sha256(folder / file) != digest:
            raise ModelError(
                "a file of the sentiment weights is missing or damaged",
                value=str(folder / file),
                advice="Install again, or train again: beforehand train sentiment",
            )
    state = base_state(base)
    for file in (_ENCODER, _WORDS):
        state = apply_deltas(state, load_deltas(folder / file), base_sha256=base.sha256)
    words = (folder / _VOCABULARY).read_text(encoding="utf-8").split("\n")[:-1]
    calibrations = {
        language: Calibration(one.temperature, one.bias, one.label_weights)
        for language, one in record.calibrations.items()
    }
    first = _read_first_stages(folder / _FIRST) if _FIRST in record.files else {}
    name = f"{record.name}@{record.files[_ENCODER][:12]}"
    return SentimentWeights(name, state, words, calibrations, first, dict(record.thresholds), dict(record.blend))


def write_aspect_weights(folder: Path, state: Mapping[str, Tensor], learnt: Mapping[str, Tensor]) -> Path:
    """Add ``learnt`` (of ``AspectNetwork.weights``) to ``folder``, as low-rank deltas over its sentiment weights."""
    record = _read_record(folder)
    save_deltas(folder / _ASPECTS, state, learnt, base_sha256=record.files[_ENCODER], rank=_ASPECT_RANK)
    files = {**record.files, _ASPECTS: _sha256(folder / _ASPECTS)}
    _write_record(folder, record.model_copy(update={"files": files}))
    return folder / _ASPECTS


def has_aspect_weights(folder: Path) -> bool:
    """Whether aspect weights were added to ``folder``."""
    return _ASPECTS in _read_record(folder).files


def read_aspect_weights(folder: Path, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The aspect network's tensors over the sentiment weights ``state`` of the same folder.

    Raises ``ModelError`` when the folder holds none, or they belong to other sentiment weights.
    """
    record = _read_record(folder)
    if _ASPECTS not in record.files:
        raise ModelError("no aspect weights here", value=str(folder), advice="Train them: beforehand train aspects")
    deltas = load_deltas(folder / _ASPECTS)
    names = {key.split("|")[0] for key in deltas.parts}
    upper = {name: tensor for name, tensor in state.items() if name.startswith("bert.encoder.layer.")}
    whole = apply_deltas(upper, deltas, base_sha256=record.files[_ENCODER])
    return {name: tensor for name, tensor in whole.items() if name in names or name.startswith("bert.")}


def base_state(base: EncoderFiles) -> dict[str, Tensor]:
    """The base encoder's tensors under the names of ``BertForSequenceClassification``."""
    from safetensors.torch import load_file

    return {
        f"bert.{name}": tensor
        for name, tensor in load_file(base.path / "model.safetensors").items()
        if name.split(".")[0] in {"embeddings", "encoder", "pooler"} and tensor.is_floating_point()
    }


def _write_first_stages(path: Path, stages: Mapping[str, FirstStage]) -> None:
    """The tables in int8 with one scale per star."""
    import numpy as np
    from safetensors.numpy import save_file

    kept = {}
    for language, first in stages.items():
        scale = np.maximum(np.abs(first.table).max(axis=0), 1e-9).astype(np.float32) / 127
        kept[f"{language}.table"] = np.round(first.table / scale).astype(np.int8)
        kept[f"{language}.runs"], kept[f"{language}.scale"] = first.runs, scale
        kept[f"{language}.bias"] = first.bias
    save_file(kept, path)


def _read_first_stages(path: Path) -> dict[str, FirstStage]:
    from safetensors.numpy import load_file

    kept = load_file(path)
    parts = {
        language: {name: kept[f"{language}.{name}"] for name in ("runs", "table", "scale", "bias")}
        for language in sorted({name.split(".")[0] for name in kept})
    }
    return {
        language: FirstStage(one["runs"], one["table"] * one["scale"], one["bias"]) for language, one in parts.items()
    }


def _read_record(folder: Path) -> ModelRecord:
    try:
        return ModelRecord.model_validate_json((folder / "model.json").read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise ModelError(
            f"no sentiment weights here ({error})", value=str(folder), advice="Train them: beforehand train sentiment"
        ) from error


def _write_record(folder: Path, record: ModelRecord) -> None:
    unfinished = folder / "model.json.part"
    unfinished.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
    unfinished.replace(folder / "model.json")


def _sha256(path: Path) -> str:
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
