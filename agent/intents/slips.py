"""Puts slips of the pen right before a message is read: "newwletter" is no word that the encoder can know.

Knows the words of the rows that a reader was trained on and those of its encoder's tokenizer; only what is neither is
changed, to the nearest word of the rows (``retrieval.Spelling``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping

from retrieval import Spelling, edit_distance

_WORD = re.compile(r"[A-Za-z]+")
_VOWEL = re.compile(r"[aeiouy]")
_OFTEN = 2
"""A word of one row alone may be a slip itself."""
_SHORT = (3, 4)
_VERY_OFTEN = 0.005
"""A short word is taken for one that comes at least so often as a share of the commonest word."""


def words_of(texts: Iterable[str]) -> dict[str, int]:
    """The words that more than one text has, and how many have each."""
    counts = Counter(word for text in texts for word in {one.lower() for one in _WORD.findall(text)})
    return {word: count for word, count in sorted(counts.items()) if count >= _OFTEN}


class Slips:
    """Corrects towards the words of one set of rows."""

    def __init__(self, words: Mapping[str, int], also_known: Container[str]) -> None:
        """``words``: how many texts have each; ``also_known``: words that are left alone although no text has them."""
        self._words, self._also = dict(words), also_known
        self._spelling = Spelling(self._words)
        most = max(self._words.values(), default=0)
        self._short = [
            word
            for word, count in self._words.items()
            if len(word) in _SHORT and count >= max(_OFTEN, _VERY_OFTEN * most)
        ]

    def corrected(self, text: str) -> str:
        """``text`` with what is no word replaced by the word that it was most likely meant to be."""
        return _WORD.sub(lambda found: self._meant(found.group()), text)

    def _meant(self, written: str) -> str:
        word = written.lower()
        if word in self._words or word in self._also:
            return written
        if len(word) in _SHORT and not _VOWEL.search(word):
            return self._short_word(word) or written
        return self._spelling.nearest(word, lambda one: self._words.get(one, 0)) or written

    def _short_word(self, word: str) -> str | None:
        """Of a short word without a vowel, which is no word: the commonest that begins and ends like it."""
        near = [
            one for one in self._short if one[0] == word[0] and one[-1] == word[-1] and edit_distance(one, word, 1) <= 1
        ]
        return max(near, key=lambda one: self._words[one], default=None)
