"""What a message wants: the fine-tuned encoder's probabilities mixed with those of linear heads on words or characters.

Comes in: a sentence and its language. Goes out: a probability per intent. Knows nothing of slots, plans or the shop.
The weights are made by ``train_intents``.
"""

from __future__ import annotations

import logging
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from store import ModelError

from ..language import tokens
from .gloss import read_as

if TYPE_CHECKING:
    from .reader import IntentReader

_log = logging.getLogger(__name__)

WEIGHTS = Path(__file__).parent.parent / "weights" / "intents.safetensors"
ENCODER_WEIGHTS = WEIGHTS.with_name("intent_encoder.safetensors")
_READER_SHARE = 0.45
"""What the fine-tuned encoder counts beside the linear heads; chosen on held-out utterances."""
_KEPT_TEXTS = 2048
WORD_SLOTS = 4096
CHARACTER_SLOTS = 8192
_CONCEPT_WEIGHT = 2
_NUMBER = re.compile(r"#?(?:[a-z]{1,4}-?)?\d[\w-]*", re.I | re.ASCII)

Embed = Callable[[Sequence[str]], Any]
"""Texts -> float32 array (n, dimension), L2-normalised."""


@dataclass(frozen=True, slots=True)
class Intent:
    name: str
    probability: float


def _reader(path: Path) -> IntentReader | None:
    """The fine-tuned encoder; ``None``, with a warning, where it cannot be had: the heads go on alone."""
    from .reader import IntentReader

    try:
        return IntentReader.load(path)
    except ModelError as error:
        _log.warning("intents are read by the linear heads alone: %s", error)
        return None


def normalise(text: str) -> str:
    """Ids and numbers all look alike to the heads: what they are is read from the slots."""
    return _NUMBER.sub(" 0 ", text.lower()).strip()


def word_features(text: str) -> dict[int, float]:
    """Hashed words and pairs of words, weighted to L2 norm 1."""
    words = tokens(normalise(text))
    grams = [*words, *(f"{one} {two}" for one, two in pairwise(words)), f"^{' '.join(words[:2])}"]
    return _hashed(grams, WORD_SLOTS)


def character_features(text: str) -> dict[int, float]:
    """Hashed runs of one to three characters, and what near-synonyms mean, weighted to L2 norm 1."""
    # Names in Latin script say nothing about the wish; that there is one does. Marks are noise.
    plain = re.sub(r"[a-z][a-z'-]*(?:\s+[a-z][a-z'-]*)*", "x", normalise(text))
    framed = "^" + re.sub(r"\W+", "", plain) + "$"
    grams = [framed[at : at + size] for size in (1, 2, 3) for at in range(len(framed) - size + 1)]
    meant = [f"@{name}" for name, words in _concepts().items() if any(word in plain for word in words)]
    return _hashed([*grams, *meant * _CONCEPT_WEIGHT], CHARACTER_SLOTS)


@cache
def _concepts() -> dict[str, tuple[str, ...]]:
    """Near-synonyms: name -> words."""
    lines = (Path(__file__).parent.parent / "utterances" / "concepts.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return {name: tuple(words.split()) for name, _, words in pairs}


def _hashed(grams: Sequence[str], slots: int) -> dict[int, float]:
    counts: dict[int, float] = {}
    for gram in grams:
        slot = zlib.crc32(gram.encode()) % slots
        counts[slot] = counts.get(slot, 0.0) + 1.0
    norm = sum(value * value for value in counts.values()) ** 0.5
    return {slot: value / norm for slot, value in counts.items()} if norm else {}


class IntentModel:
    """The encoder and the heads. Without ``embed`` there are the heads on words and characters alone, and no torch."""

    def __init__(
        self,
        tensors: dict[str, NDArray[Any]],
        labels: Sequence[str],
        embed: Embed | None,
        reader: IntentReader | None = None,
    ) -> None:
        self.labels = tuple(labels)
        self._tensors = {name: tensor.astype(np.float32) for name, tensor in tensors.items()}
        self.embed = embed
        self.reader = reader
        self._kept: dict[tuple[str, str], list[Intent]] = {}
        """A turn reads its message, and what was said before it, anew before each tool call."""

    @classmethod
    def load(cls, embed: Embed | None, path: Path = WEIGHTS) -> IntentModel:
        """Raises ``ModelError`` if the weights are missing or not ours."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="numpy") as file:
                labels = (file.metadata() or {})["labels"].split(",")
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        except (OSError, SafetensorError, KeyError) as error:
            raise ModelError(
                f"the intent weights cannot be read: {error}", value=str(path), advice="Run: beforehand train intents"
            ) from error
        encoder = path.with_name(ENCODER_WEIGHTS.name)
        return cls(tensors, labels, embed, None if embed is None else _reader(encoder))

    @cached_property
    def _position(self) -> dict[str, int]:
        return {label: at for at, label in enumerate(self.labels)}

    def predict(self, texts: Sequence[str], language: str) -> list[list[Intent]]:
        """Per text all intents, most probable first. Those not read lately are embedded in one call."""
        known = {text: row for text in texts if (row := self._kept.get((text, language))) is not None}
        fresh = [text for text in dict.fromkeys(texts) if text not in known]
        if fresh:
            known.update(zip(fresh, self._predict(fresh, language), strict=True))
            if len(self._kept) > _KEPT_TEXTS:
                self._kept = {}
            self._kept.update({(text, language): known[text] for text in fresh})
        return [known[text] for text in texts]

    def _predict(self, texts: Sequence[str], language: str) -> list[list[Intent]]:
        logits = self._read(texts, "zh" if language == "zh" else "en")
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        rows = shifted / shifted.sum(axis=1, keepdims=True)
        if self.reader is not None:
            reading = self.reader.read([normalise(read_as(text)) for text in texts])
            order = [reading.labels.index(label) for label in self.labels]
            rows = _READER_SHARE * reading.probabilities[:, order] + (1 - _READER_SHARE) * rows
        return [
            sorted(
                (Intent(label, float(row[at])) for label, at in self._position.items()), key=lambda i: -i.probability
            )
            for row in rows
        ]

    def _read(self, texts: Sequence[str], language: str) -> NDArray[np.float32]:
        """Logits of the head of ``language``: on sentence vectors and words, or on words (characters) alone."""
        features = character_features if language == "zh" else word_features
        rows = [features(text) for text in texts]
        embedding = self._tensors.get(f"{language}_embedding")
        if self.embed is not None and embedding is not None:
            vectors = np.asarray(self.embed([normalise(read_as(text)) for text in texts]), dtype=np.float32)
            # Another encoder than the one the head was trained on: its vectors mean nothing to it.
            if vectors.shape[1] == embedding.shape[0]:
                return vectors @ embedding + self._sparse(f"{language}_words", rows) + self._tensors[f"{language}_bias"]
        return self._sparse(f"{language}_words_alone", rows) + self._tensors[f"{language}_bias_alone"]

    def _sparse(self, name: str, rows: Sequence[dict[int, float]]) -> NDArray[np.float32]:
        matrix = self._tensors[name]
        result = np.zeros((len(rows), matrix.shape[1]), dtype=np.float32)
        for at, features in enumerate(rows):
            for slot, value in features.items():
                result[at] += value * matrix[slot]
        return result
