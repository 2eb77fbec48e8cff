"""Texts to token ids: the extended vocabulary, and what is kept of a text that is too long.

Comes in: texts. Goes out: lists of ids, and where each token stood. Knows nothing of networks.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .vocabulary import build_tokenizer

# No review needs more characters for ``longest`` tokens; a 10 MB line must not be tokenised whole.
_HEAD, _TAIL = 6000, 3000


@dataclass(frozen=True, slots=True)
class TokenText:
    """A text as tokens: ``ids``, and for each the characters (start, end) of the text that it stands for."""

    ids: list[int]
    places: list[tuple[int, int]]
    continues: list[bool]
    """Whether a token goes on in the word of the token before it."""

    def tokens_of(self, start: int, end: int) -> tuple[int, int]:
        """First token and end of those that cover characters ``start`` to ``end``; the first token if none does."""
        first = bisect_right([place[1] for place in self.places[1:-1]], start) + 1
        last = bisect_left([place[0] for place in self.places[1:-1]], end) + 1
        return (first, last) if first < last else (0, 1)

    def within_word(self, place: int) -> bool:
        return self.continues[place]


class TextTokens:
    """Turns texts into ids with the vocabulary of the weights. Safe to use from several threads."""

    def __init__(self, encoder_folder: Path, words: Sequence[str], *, longest: int) -> None:
        self.longest = longest
        self.tokenizer = build_tokenizer(encoder_folder, words)

    def encode(self, texts: Sequence[str], *, longest: int | None = None) -> list[list[int]]:
        """Token ids with [CLS] and [SEP]. Of a long text its first two thirds of ``longest`` tokens and last third."""
        limit = longest or self.longest
        found = self.tokenizer.encode_batch_fast([_readable(text) for text in texts])
        return [cut_middle(one.ids, limit) for one in found]

    def encode_with_places(self, texts: Sequence[str]) -> list[TokenText]:
        """The start of each text, up to ``longest`` tokens, with where each token stands in it."""
        found = []
        for one in self.tokenizer.encode_batch([text[: _HEAD + _TAIL] for text in texts]):
            keep = min(len(one.ids), self.longest)
            ids = [*one.ids[: keep - 1], one.ids[-1]]
            places = [*one.offsets[: keep - 1], (0, 0)]
            continues = [token.startswith("##") for token in one.tokens[: keep - 1]] + [False]
            found.append(TokenText(ids, places, continues))
        return found


def cut_middle(ids: list[int], limit: int) -> list[int]:
    """``ids``, or where they are more than ``limit``, their start and end: two thirds and one third of it."""
    if len(ids) <= limit:
        return ids
    head = (limit - 2) * 2 // 3 + 1
    return ids[:head] + ids[len(ids) - (limit - head) :]


def _readable(text: str) -> str:
    return text if len(text) <= _HEAD + _TAIL else text[:_HEAD] + " " + text[-_TAIL:]
