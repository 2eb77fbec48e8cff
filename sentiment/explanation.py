"""Why a text was read as it was: how much the verdict loses when words go.

Each word, and each run of three with it in the middle, is taken out in turn, and the text read again (occlusion;
Zeiler and Fergus 2014). A word's weight is what the verdict's probability loses by it, so the weights speak of the
model itself and not of an approximation to it. Comes in: a model and a text. Goes out: words with weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .calibration import polarity_shares
from .records import Polarity

if TYPE_CHECKING:
    from .model import SentimentModel

_POLARITIES: tuple[Polarity, ...] = ("negative", "neutral", "positive")
_MOST_WORDS = 200


@dataclass(frozen=True, slots=True)
class WordWeight:
    """A word of the text, at characters ``start`` to ``end``, and what the verdict's probability loses without it.

    Below zero, the word speaks against the verdict.
    """

    word: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict, its probability, and the words of the text in order. ``cut``: only its beginning was weighed."""

    polarity: Polarity
    probability: float
    words: tuple[WordWeight, ...]
    cut: bool = False

    def strongest(self, count: int = 5) -> tuple[WordWeight, ...]:
        """The ``count`` words that the verdict rests on most, strongest first."""
        carrying = [word for word in self.words if word.weight > 0]
        return tuple(sorted(carrying, key=lambda word: -word.weight)[:count])


def explain(model: SentimentModel, text: str) -> Explanation:
    """Which words of ``text`` carried the verdict on it. Reads the text about twice as often as it has words."""
    verdict = model.score([text])[0]
    places = words_of(model, text)
    shown = places[:_MOST_WORDS]
    spans = [(one, one + 1) for one in range(len(shown))]
    spans += [(max(0, one - 1), min(len(shown), one + 2)) for one in range(len(shown))]
    without = [without_words(text, shown[first:end]) for first, end in spans]
    label = _POLARITIES.index(verdict.polarity)
    probability = (verdict.negative, verdict.neutral, verdict.positive)[label]
    if not without:
        return Explanation(verdict.polarity, probability, ())
    drops = probability - polarity_shares(model.star_shares(without))[:, label]
    alone, together = drops[: len(shown)], drops[len(shown) :]
    weights = alone + 0.5 * together / 3
    words = tuple(
        WordWeight(text[start:end], start, end, float(weight))
        for (start, end), weight in zip(shown, np.asarray(weights), strict=True)
    )
    return Explanation(verdict.polarity, probability, words, cut=len(places) > len(shown))


def words_of(model: SentimentModel, text: str) -> list[tuple[int, int]]:
    """The words of ``text`` as the model sees them: (start, end) in characters; pieces of one word are one."""
    cut = model.tokens.encode_with_places([text])[0]
    words: list[tuple[int, int]] = []
    for place in range(1, len(cut.ids) - 1):
        start, end = cut.places[place]
        if cut.within_word(place) and words:
            words[-1] = (words[-1][0], end)
        elif end > start:
            words.append((start, end))
    return words


def without_words(text: str, words: list[tuple[int, int]]) -> str:
    """``text`` less the characters of ``words``."""
    kept, last = [], 0
    for start, end in sorted(words):
        kept.append(text[last:start])
        last = max(last, end)
    return "".join(kept) + text[last:]
