"""The nearest known word to one that is not known: edit distance with transpositions (Damerau, 1964).

Knows only the words it was given. Model numbers and short words are left alone: there a slip is another thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

_PENDING = 500


class Spelling:
    """Words to correct towards."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._known: set[str] = set()
        self._words: list[str] = []
        self._letters: NDArray[np.uint32] = np.zeros(0, dtype=np.uint32)
        self._lengths: NDArray[np.int16] = np.zeros(0, dtype=np.int16)
        self.add(words)

    def add(self, words: Iterable[str]) -> None:
        """Add words; those that cannot be corrected towards (short, with digits, not Latin) are passed over."""
        fresh = {word for word in words if correctable(word)} - self._known
        self._known |= fresh
        self._words.extend(fresh)
        if len(self._words) - len(self._letters) > _PENDING:
            self._take_in()

    def nearest(self, word: str, frequency: Callable[[str], int]) -> str | None:
        """The known word that ``word`` was most likely meant to be, or ``None``.

        One slip is allowed from five letters on, two from seven on. Among the nearest, one with the same first letter
        and then the most frequent wins; a word of frequency 0 is never chosen.
        """
        if not correctable(word):
            return None
        allowed = 1 if len(word) < 7 else 2
        best: tuple[int, int, int, str] | None = None
        for candidate in self._candidates(word, allowed):
            away = edit_distance(word, candidate, allowed)
            if away > allowed:
                continue
            often = frequency(candidate)
            rank = (away, int(candidate[0] != word[0]), -often, candidate)
            if often and (best is None or rank < best):
                best = rank
        return best[3] if best else None

    def _candidates(self, word: str, allowed: int) -> list[str]:
        if len(self._letters) < len(self._words):
            self._take_in()
        unlike = np.bitwise_count(self._letters ^ np.uint32(_letters(word)))
        near = (unlike <= 2 * allowed) & (np.abs(self._lengths - len(word)) <= allowed)
        return [self._words[position] for position in np.flatnonzero(near)]

    def _take_in(self) -> None:
        fresh = self._words[len(self._letters) :]
        self._letters = np.concatenate([self._letters, np.array([_letters(word) for word in fresh], dtype=np.uint32)])
        self._lengths = np.concatenate([self._lengths, np.array([len(word) for word in fresh], dtype=np.int16)])


def correctable(word: str) -> bool:
    """Whether a slip in ``word`` can be told from another word: Latin letters only, five or more."""
    return len(word) >= 5 and word.isascii() and word.isalpha()


def edit_distance(left: str, right: str, limit: int) -> int:
    """Slips between two words: letters added, left out, changed or swapped with the next; ``limit + 1`` if more."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, letter in enumerate(left, start=1):
        current = [row]
        for column, other in enumerate(right, start=1):
            cost = min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == right[column - 2] and left[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return min(previous[-1], limit + 1)


def _letters(word: str) -> int:
    """A bit for each letter of the alphabet that ``word`` holds."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) - ord("a"))
    return bits
