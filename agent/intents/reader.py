"""Reads intents with a fine-tuned encoder: probabilities of all intents, and whether a text is none of them.

Comes in: texts. Goes out: ``Reading`` (probabilities, and what is unknown). Weights are a file of deltas over a
pretrained encoder (``encoders.save_deltas``), with labels, threshold and temperature in its metadata.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from encoders import EncoderFiles, EncoderSettings, find_encoder
from store import ModelError

from .slips import Slips

if TYPE_CHECKING:
    from encoders import Device

    from .network import IntentNetwork

_LONGEST = 64
"""Tokens of a text that are read."""


@dataclass(frozen=True, slots=True)
class Scope:
    """How to tell that a text is none of the intents: the probability of the unknown intent is above ``threshold``."""

    unknown: str | None
    threshold: float


@dataclass(frozen=True, slots=True)
class Reading:
    """Probabilities, float32, shape (texts, labels), each row summing to 1; bool, shape (texts,), what is in scope."""

    labels: tuple[str, ...]
    probabilities: NDArray[np.float32]
    in_scope: NDArray[np.bool_]

    def best(self, unknown: str | None) -> list[str]:
        """The most probable intent of each text, ``unknown`` where it is out of scope."""
        shares = self.probabilities.copy()
        if unknown is not None:
            shares[:, self.labels.index(unknown)] = -1.0
        names = [self.labels[at] for at in shares.argmax(axis=1)]
        return [
            name if inside or unknown is None else unknown for name, inside in zip(names, self.in_scope, strict=True)
        ]


class IntentReader:
    """A network with its tokenizer and labels. Safe to use from several threads."""

    def __init__(
        self,
        network: IntentNetwork,
        tokenizer: Any,
        labels: Sequence[str],
        scope: Scope,
        device: Device,
        temperature: float,
        slips: Slips | None = None,
    ) -> None:
        """``slips`` are put right before a text is read."""
        self.labels = tuple(labels)
        self.scope = scope
        self.temperature = temperature
        self.network = network
        self._tokenizer = tokenizer
        self._device = device
        self._slips = slips

    @classmethod
    def load(cls, path: Path, settings: EncoderSettings | None = None) -> IntentReader:
        """Raises ``ModelError`` if the weights are missing, damaged, or were made over another encoder."""
        from encoders import apply_deltas, load_deltas, pick_device

        from .network import IntentNetwork

        deltas = load_deltas(path)
        files = find_encoder(settings)
        try:
            labels = json.loads(deltas.metadata["labels"])
            scope = Scope(deltas.metadata.get("unknown") or None, float(deltas.metadata["threshold"]))
            temperature = float(deltas.metadata["temperature"])
            words: dict[str, int] = json.loads(deltas.metadata.get("words", "{}"))
        except (KeyError, ValueError) as error:
            raise ModelError(
                "not weights of intents", value=str(path), advice="Run: beforehand train intents"
            ) from error
        network = IntentNetwork(files.path, len(labels), dropout=0.0)
        network.load_weights(apply_deltas(network.weights_of_base(), deltas, base_sha256=files.sha256))
        device = pick_device(settings)
        tokenizer = tokenizer_of(files)
        slips = Slips(words, frozenset(tokenizer.get_vocab())) if words else None
        return cls(network.to(device.name).eval(), tokenizer, labels, scope, device, temperature, slips)

    def read(self, texts: Sequence[str]) -> Reading:
        """What each text wants."""
        from .fitting import read

        meant = texts if self._slips is None else [self._slips.corrected(one) for one in texts]
        _, logits = read(self.network, tokens_of(self._tokenizer, meant), self._device)
        return reading_of(logits / self.temperature, self.labels, self.scope)


def reading_of(logits: NDArray[np.float32], labels: Sequence[str], scope: Scope) -> Reading:
    """Probabilities out of calibrated logits, and what the threshold says."""
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    inside = np.ones(len(shares), dtype=bool)
    if scope.unknown is not None:
        inside = shares[:, list(labels).index(scope.unknown)] <= scope.threshold
    return Reading(tuple(labels), shares.astype(np.float32), inside)


def tokenizer_of(files: EncoderFiles) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(files.path), local_files_only=True)


def tokens_of(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Token ids of each text, cut at ``_LONGEST``."""
    if not texts:
        return []
    found: list[list[int]] = tokenizer(list(texts), truncation=True, max_length=_LONGEST)["input_ids"]
    return found
