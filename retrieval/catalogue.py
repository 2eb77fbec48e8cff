"""Every product as search needs it in memory: its words, its facts, the shop's vocabulary. Rebuilt from the database.

Not locked: ``ProductSearch`` sees to that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .columns import Columns, Flags
from .concepts import SURFACES, surface, ways_to_say
from .documents import Document
from .facts import ProductFacts, has_value
from .filters import Filters
from .lexical import LexicalIndex
from .spelling import Spelling, correctable
from .things import PHRASES, other_names
from .vocabulary import ShopVocabulary
from .words import STOP_WORDS, is_chinese, pieces, singular, terms

_SINGLE_CHARACTER = 0.25
"""A single Chinese character says less than a pair."""
_ENOUGH_CHARACTERS = 0.5
_CORRECTED = 0.8
_SET_PHRASE = 3
"""In so many titles at least."""
_LOOKED_AT = 500
_OTHER_NAME = 0.7
"""Another name of the same thing, all its words together."""
_PART = 0.5
"""Of a joined word ("wh-1000xm4"), its parts count half."""


@dataclass(frozen=True, slots=True)
class QueryWords:
    """A query as weighted words, and what was put right in it."""

    weights: dict[str, float]
    shown: dict[str, str]
    """Term -> the word as it was typed; single Chinese characters are left out."""
    corrections: tuple[tuple[str, str], ...]
    """(typed, used) for each word that no product has."""
    text: str
    """What it was made of, with what was put right."""


class Catalogue:
    """The products in memory, one row each."""

    def __init__(self) -> None:
        self.lexical = LexicalIndex()
        self.vocabulary = ShopVocabulary()
        self.facts: list[ProductFacts | None] = []
        self.row_of: dict[str, int] = {}
        self._spelling = Spelling()
        self._fields: dict[str, int] = {}
        self._columns: Columns | None = None
        self._set_phrases: dict[tuple[str, ...], bool] = {}

    def __len__(self) -> int:
        return len(self.row_of)

    def put(self, document: Document) -> None:
        """Add a product or take it in as it is now."""
        id_, texts = document.facts.product_id, hash(document.fields)
        row = self.row_of.get(id_)
        if row is not None and self._fields[id_] == texts:
            old = self.facts[row]
            if old == document.facts:
                return
            if old is not None:
                self.vocabulary.remove(old)
        else:
            self.remove(id_)
            row = self.lexical.add(document.fields)
            self.row_of[id_] = row
            self._fields[id_] = texts
            self._spelling.add(word for text, _ in document.fields for word in terms(text) if correctable(word))
            while len(self.facts) <= row:
                self.facts.append(None)
        self.facts[row] = document.facts
        self.vocabulary.add(document.facts)
        self._changed(row)

    def remove(self, id_: str) -> None:
        """Take a product out; an unknown id is ignored."""
        row = self.row_of.pop(id_, None)
        if row is None:
            return
        del self._fields[id_]
        facts = self.facts[row]
        if facts is not None:
            self.vocabulary.remove(facts)
        self.facts[row] = None
        self.lexical.drop(row)
        self._changed(row)

    def id_at(self, row: int) -> str | None:
        """The id of the product in ``row``."""
        facts = self.facts[row]
        return None if facts is None else facts.product_id

    def meets(self, filters: Filters) -> Flags:
        """A flag per row; see ``Columns.meets``."""
        if self._columns is None:
            self._columns = Columns(self.facts, self._rows_that_may_say)
        return self._columns.meets(filters)

    def is_known(self, word: str) -> bool:
        """Whether any product's text holds ``word``."""
        return self.lexical.frequency(word) > 0

    def is_set_phrase(self, phrase: str, attribute: tuple[str, str]) -> bool:
        """Whether ``phrase`` stands in titles or categories mostly of products without ``attribute``: then it names a
        thing ("olive oil", "face cream"), and no word in it states that attribute."""
        key = (surface(phrase), *attribute)
        if key[0] in PHRASES:
            return True
        if key not in self._set_phrases:
            wanted = key[0]
            postings = [self.lexical.postings(term)[0] for term in terms(phrase)]
            rows = min(postings, key=len)[:_LOOKED_AT] if postings else ()
            saying = [one for row in rows if (one := self.facts[int(row)]) is not None and _says(one, wanted)]
            without = sum(not has_value(one, *attribute) for one in saying)
            self._set_phrases[key] = len(saying) >= _SET_PHRASE and 2 * without > len(saying)
        return self._set_phrases[key]

    def query_words(self, text: str) -> QueryWords:
        """``text`` as weighted words; unknown ones are joined, split or corrected towards the products' words."""
        weights: dict[str, float] = {}
        shown: dict[str, str] = {}
        corrections: list[tuple[str, str]] = []

        def use(term: str, weight: float, typed: str) -> None:
            weights[term] = max(weight, weights.get(term, 0.0))
            shown.setdefault(term, typed)

        typed = pieces(text)
        kept = [piece for piece in typed if piece not in STOP_WORDS] or typed
        for place, piece in enumerate(kept):
            if is_chinese(piece):
                self._use_chinese(piece, weights, shown)
                continue
            whole, *parts = terms(piece) or [piece]
            following = kept[place + 1] if place + 1 < len(kept) else ""
            joined = singular(piece + following)
            if following and joined in self.lexical and not is_chinese(following):
                use(joined, 1.0, f"{piece} {following}")
            if whole in self.lexical or (parts and any(part in self.lexical for part in parts)):
                use(whole, 1.0, piece)
                for part in parts:
                    use(part, _PART if whole in self.lexical else 1.0, piece)
                continue
            instead = self._instead_of(piece) or self._instead_of(whole)
            for term in instead:
                use(term, _CORRECTED, piece)
            if instead and not (following and joined in self.lexical):
                corrections.append((piece, " ".join(instead)))
            use(whole, 1.0, piece)
        self._widen(text, weights, shown)
        return QueryWords(weights, shown, tuple(corrections), _corrected(text, corrections))

    def _widen(self, text: str, weights: dict[str, float], shown: dict[str, str]) -> None:
        """Add the other names of the things that ``text`` names, the rarest word of each name in full."""
        for typed, names in other_names(text).items():
            for name in names:
                known = [term for term in terms(name) if term in self.lexical]
                if not known or len(known) < len(terms(name)):
                    continue
                kept = [term for term in known if len(term) > 1 or not is_chinese(term)] or known
                for term in kept:
                    if term not in weights:
                        weights[term] = _OTHER_NAME / len(kept)
                        shown.setdefault(term, typed)

    def answers(self, words: QueryWords) -> Flags:
        """A flag per row: whether the text has any of ``words``, or most of the Chinese characters in them."""
        single = [word for word in words.weights if word not in words.shown]
        whole = [word for word in words.weights if word in words.shown]
        return (self.lexical.share(whole) > 0) | (self.lexical.share(single) > _ENOUGH_CHARACTERS)

    def _use_chinese(self, piece: str, weights: dict[str, float], shown: dict[str, str]) -> None:
        if len(piece) == 1:
            weights[piece] = 1.0
            shown[piece] = piece
        for start in range(len(piece) - 1):
            pair = piece[start : start + 2]
            if pair not in STOP_WORDS:
                weights[pair] = 1.0
                shown.setdefault(pair, pair)
        for character in piece:
            if character not in STOP_WORDS:
                weights.setdefault(character, _SINGLE_CHARACTER)

    def _instead_of(self, word: str) -> list[str]:
        """The known words that an unknown one stands for: two that were written as one, or the nearest by spelling."""
        if surface(word) in SURFACES:
            return []  # a word of the trade, even though this shop has none of it
        if word.isalpha() and word.isascii():
            for cut in range(3, len(word) - 2):
                left, right = singular(word[:cut]), singular(word[cut:])
                if self._go_together(left, right):
                    return [left, right]
        nearest = self._spelling.nearest(word, self.lexical.frequency)
        return [nearest] if nearest else []

    def _go_together(self, left: str, right: str) -> bool:
        """Whether the rarer of two words mostly stands beside the other: "trail shoes", but not "ear phone"."""
        rows, others = self.lexical.postings(left)[0], self.lexical.postings(right)[0]
        both = len(np.intersect1d(rows, others))
        return both > 0 and 2 * both >= min(len(rows), len(others))

    def _rows_that_may_say(self, word: str) -> NDArray[np.int32]:
        found: list[NDArray[np.int32]] = []
        for way in ways_to_say(word):
            postings = [self.lexical.postings(term)[0] for term in set(terms(way))]
            if postings:
                found.append(min(postings, key=len))
        return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int32)

    def matched(self, words: QueryWords, rows: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """Row -> the words of the query, as they were typed, that the product's text holds."""
        wanted = np.fromiter(rows, dtype=np.int32)
        found: dict[int, list[str]] = {int(row): [] for row in wanted}
        for term, typed in words.shown.items():
            for row in wanted[np.isin(wanted, self.lexical.postings(term)[0])]:
                if typed not in found[int(row)]:
                    found[int(row)].append(typed)
        return {row: _without_repeats(typed) for row, typed in found.items()}

    def _changed(self, row: int) -> None:
        self._set_phrases.clear()
        if self._columns is not None:
            self._columns.changed(row)


def _corrected(text: str, corrections: Iterable[tuple[str, str]]) -> str:
    for typed, used in corrections:
        text = re.sub(rf"(?<!\w){re.escape(typed)}(?!\w)", used, text)
    return text


def _says(facts: ProductFacts, phrase: str) -> bool:
    return any(f" {phrase} " in f" {surface(text)} " for text in (*facts.titles, *facts.categories))


def _without_repeats(typed: list[str]) -> tuple[str, ...]:
    """Words as typed, each once, without a name of several words that are all there on their own."""
    single = {surface(word): word for word in reversed(typed) if " " not in word}
    return tuple(
        word
        for word in typed
        if (single[surface(word)] == word if " " not in word else not set(surface(word).split()) <= single.keys())
    )
