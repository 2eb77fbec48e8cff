"""Texts to token ids: the extended vocabulary, and what is kept of a text that is too long.

Comes in: texts. Goes out: lists of ids, and where each token stood. Knows nothing of networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .vocabulary import build_tokenizer

# No review needs more characters for ``longest`` tokens; a 10 MB line must not be tokenised whole.
_HEAD, _TAIL = 6000, 3000


class TextTokens:
    """Turns texts into ids with the vocabulary of the weights. Safe to use from several threads."""

    def __init__(self, encoder_folder: Path, words: Sequence[str], *, longest: int) -> None:
        self.longest = longest
        self._tokenizer = build_tokenizer(encoder_folder, words)

    def encode(self, texts: Sequence[str], *, longest: int | None = None) -> list[list[int]]:
        """Token ids with [CLS] and [SEP]. Of a long text its first two thirds of ``longest`` tokens and last third."""
        limit = longest or self.longest
        found = self._tokenizer.encode_batch_fast([_readable(text) for text in texts])
        return [cut_middle(one.ids, limit) for one in found]


def cut_middle(ids: list[int], limit: int) -> list[int]:
    """``ids``, or where they are more than ``limit``, their start and end: two thirds and one third of it."""
    if len(ids) <= limit:
        return ids
    head = (limit - 2) * 2 // 3 + 1
    return ids[:head] + ids[len(ids) - (limit - head) :]


def _readable(text: str) -> str:
    return text if len(text) <= _HEAD + _TAIL else text[:_HEAD] + " " + text[-_TAIL:]
