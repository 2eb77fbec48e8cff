"""Queries made from the texts of products, with what answers them: what search learns from before any shop.

A query is some words of a title around its noun, brand and noun, a category with or without a word, a piece of the
description, or a title with words missing, then as people type (``query_noise``). What has every word and is the same
thing answers it; what is the same thing but lacks a word answers it partly; other things near by do not, however many
words they share.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .product_texts import ProductText
from .query_noise import as_typed
from .words import STOP_WORDS, terms

_PIECE = re.compile(r"[,(\[|;/]|\s[-–]\s|\b(?:with|for|by|in)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_][\w.'’&/\"-]*")
_TOO_MANY = 400
"""A query that more products answer says too little."""
_KINDS, _SHARES = ("words", "brand", "category", "details", "title"), (45, 12, 18, 12, 13)
_LENGTHS, _LENGTH_SHARES = (1, 2, 3, 4), (20, 40, 28, 12)
_RIGHT, _PARTLY = 4, 6
_One = TypeVar("_One")


@dataclass(frozen=True, slots=True)
class MadeQuery:
    """A query and rows of products: what answers it (the one it was made from first), what does partly, what not."""

    query: str
    right: tuple[int, ...]
    partly: tuple[int, ...] = ()
    wrong: tuple[int, ...] = ()


class QueryMaker:
    """Makes queries for ``products``."""

    def __init__(self, products: Sequence[ProductText]) -> None:
        self.products = products
        self._words: list[frozenset[str]] = []
        self._nouns: list[str | None] = []
        self._having: dict[str, list[int]] = defaultdict(list)
        self._being: dict[str, list[int]] = defaultdict(list)
        self._shelf: dict[str, list[int]] = defaultdict(list)
        self._aisle: dict[str, list[int]] = defaultdict(list)
        for row, product in enumerate(products):
            words = frozenset(terms(f"{product.title} {product.brand} {' '.join(product.category)}"))
            self._words.append(words)
            for word in words:
                self._having[word].append(row)
            self._nouns.append(_noun_term(product))
            self._being[self._nouns[-1] or ""].append(row)
            if len(product.category) > 1:
                self._shelf[product.category[-1]].append(row)
            if len(product.category) > 2:
                self._aisle[product.category[-2]].append(row)

    def make(self, row: int, draw: random.Random, near: NDArray[np.int64]) -> MadeQuery | None:
        """A query that product ``row`` answers; ``None`` where its texts do not give one.

        ``near``: rows of products like it, among which those that do not answer the query are looked for.
        """
        kind = draw.choices(_KINDS, _SHARES)[0]
        product, noun = self.products[row], self._nouns[row]
        if kind == "category":
            return self._of_category(row, draw, near)
        if kind == "details":
            piece = _piece_of_details(product.details, draw)
            wrong = tuple(int(one) for one in near if self._nouns[one] != noun)
            return None if piece is None else MadeQuery(as_typed(piece, draw), (row,), wrong=wrong)
        title = _content(product.title)
        if len(title) < 2 or noun is None:
            return None
        if kind == "title":
            chosen = [word for word in title if draw.random() < 0.6]
        else:
            chosen = self._around_noun(product, title, draw, with_brand=kind == "brand")
        if not chosen or all(word.isdigit() for word in chosen):
            return None
        return self._graded(" ".join(chosen), row, draw, near)

    def _graded(self, query: str, row: int, draw: random.Random, near: NDArray[np.int64]) -> MadeQuery | None:
        """``query``, made of words of the title of ``row``, with what answers it."""
        noun = self._nouns[row]
        assert noun is not None
        asked = frozenset(terms(query))
        found = min((self._having[word] for word in asked), key=len, default=[])
        having = [one for one in found if one != row and asked <= self._words[one]]
        if len(having) >= _TOO_MANY:
            return None
        right = [one for one in having if noun not in asked or self._nouns[one] == noun]
        known = {row, *having}
        partly: list[int] = []
        wrong: list[int] = []
        if noun in asked:
            same = [one for one in _some(self._being[noun], 40, draw) if one not in known]
            partly = sorted(same, key=lambda one: -len(asked & self._words[one]))[:_PARTLY]
            for word in sorted(asked - {noun}):
                wrong += (one for one in _some(self._having[word], 6, draw) if noun not in self._words[one])
            # The noun is there, but is not what the thing is.
            wrong += (one for one in _some(self._having[noun], 8, draw) if self._nouns[one] != noun)
        wrong += (int(one) for one in near if self._nouns[one] != noun and not asked <= self._words[one])
        return MadeQuery(
            as_typed(query, draw),
            (row, *_some(right, _RIGHT - 1, draw)),
            tuple(partly),
            tuple(one for one in dict.fromkeys(wrong) if one not in known),
        )

    def _around_noun(
        self, product: ProductText, title: Sequence[str], draw: random.Random, *, with_brand: bool
    ) -> list[str]:
        """The noun of a title with its brand, or with some of the words that stand around it, in their order."""
        noun = _noun(product)
        if with_brand:
            return [*product.brand.split(), noun] if noun and product.brand else []
        count = draw.choices(_LENGTHS, _LENGTH_SHARES)[0]
        # A word that no other product has is a number or a slip: rarely what people ask for.
        others = [word for word in title if word != noun and (self._often(word) > 1 or draw.random() < 0.1)]
        chosen = {*_some(others, count, draw), noun}
        return [word for word in title if word in chosen]

    def _of_category(self, row: int, draw: random.Random, near: NDArray[np.int64]) -> MadeQuery | None:
        category = self.products[row].category
        if len(category) < 2:
            return None
        query, asked = category[-1], frozenset[str]()
        shared = [word for word in _content(self.products[row].title) if self._often(word) > 2 and word.isalpha()]
        if shared and draw.random() < 0.5:
            word = draw.choice(shared)
            query, asked = f"{word} {query}", frozenset(terms(word))
        right = [one for one in self._shelf[category[-1]] if one != row and asked <= self._words[one]]
        aisle = self._aisle[category[-2]] if len(category) > 2 else []
        return MadeQuery(
            as_typed(query, draw),
            (row, *_some(right, _RIGHT - 1, draw)),
            tuple(one for one in _some(aisle, 12, draw) if self.products[one].category[-1] != category[-1]),
            tuple(int(one) for one in near if self.products[one].category != category),
        )

    def _often(self, word: str) -> int:
        return min((len(self._having[term]) for term in terms(word)), default=0)


def _some(rows: Sequence[_One], count: int, draw: random.Random) -> list[_One]:
    return draw.sample(rows, min(count, len(rows)))


def _content(text: str) -> list[str]:
    """The words of a text that say something of a product, each once, in their order."""
    found = (word.rstrip(".-/&'’") for word in _WORD.findall(text))
    return list(dict.fromkeys(word for word in found if word and word.lower() not in STOP_WORDS))


def _noun(product: ProductText) -> str | None:
    """What a product is: the last word of the first part of its title that is not its brand."""
    brand = product.brand.lower()
    for part in _PIECE.split(product.title):
        words = [word for word in _content(part) if word.isalpha() and len(word) > 2]
        if words and part.strip().lower() != brand and words[-1].lower() not in brand.split():
            return words[-1]
    return None


def _noun_term(product: ProductText) -> str | None:
    noun = _noun(product)
    return next(iter(terms(noun)), None) if noun else None


def _piece_of_details(details: str, draw: random.Random) -> str | None:
    """Three to six words of a description that stand together."""
    words = re.split(r"[.;!?]", details)[0].split()
    if len(words) < 4:
        return None
    length = min(draw.randint(3, 6), len(words))
    start = draw.randrange(len(words) - length + 1)
    piece = [word for word in words[start : start + length] if word.lower() not in STOP_WORDS]
    return " ".join(piece) if len(piece) > 1 else None
