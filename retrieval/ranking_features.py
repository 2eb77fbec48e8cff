"""What a ranker may know about a query and a product: how their words, letters, numbers and meaning fit.

Comes in: the query as words, the titles of candidates, both retrievers' scores. Goes out: one row of numbers per
candidate. Nothing here is learnt, and nothing depends on a shop.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .things import other_names
from .words import STOP_WORDS, fold, is_chinese, pieces, terms

FEATURES = (
    "words", "words_of_best", "meaning", "meaning_of_best", "share", "rare_share", "pairs", "first", "last", "numbers",
    "unlike_numbers", "letters", "title_share", "place", "title_length", "query_length", "known", "title_head_asked",
    "same_head", "head_in_head", "head_there", "head_share", "run", "missing",
)  # fmt: skip
"""What the columns hold. ``words``: BM25, 0 to 1; ``meaning``: cosine; ``..._of_best``: each as a share of the best
candidate's. ``share`` of the query's words in the title, rare ones counting more in ``rare_share``; ``pairs`` of
neighbours that are neighbours there, too; the ``first`` and the ``last`` word; ``numbers`` of the query found, and
``unlike_numbers`` of the title not asked for; ``letters``: share of the query's letter triples in the title, which
outlasts slips of the pen; ``title_share`` of the title's words that the query names; ``place``: how far back in the
title the last of them stands; lengths in words; ``known``: share of the query's words that any product has. A text's
head is what it speaks of: its last word before "with", "in" or the like; the query's may have other names.
``title_head_asked``: the query names the title's head; ``same_head``: both have the same one; ``head_in_head``,
``head_there``: the query's head stands before the title's first "with" or the like, or anywhere in it; ``head_share``
of the query's words that stand before it; ``run``: the longest run of the query's words that the title has in order, as
a share of them; ``missing``: how many of them it lacks."""

_HEAD_ENDS = re.compile(r"\s(?:in|with|for|w/|and|at|to|of|on|by)\s|\s[-–]\s|[,(，（、]")
"""Where the part of a title or query ends that says what the thing is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as ranking sees it."""

    words: tuple[str, ...]
    """In order, singular, without stop words."""
    rarity: NDArray[np.float32]
    """Of each word: the logarithm of products per product with it; of a word no product has, that of one product."""
    known: float
    letters: frozenset[str]
    numbers: frozenset[str]
    heads: frozenset[str]
    """What it speaks of, by every name."""


def asked(text: str, frequency: Callable[[str], int], count: int) -> Asked:
    """What ``text``, its slips put right, asks for; ``frequency``: how many of the ``count`` products hold a word."""
    found = pieces(text)
    kept = [piece for piece in found if piece not in STOP_WORDS] or found
    words = tuple(dict.fromkeys(word for piece in kept for word in terms(piece)))
    often = np.array([frequency(word) for word in words], dtype=np.float32)
    return Asked(
        words=words,
        rarity=np.log((count + 1) / (often + 0.5), dtype=np.float32),
        known=float((often > 0).mean()) if len(words) else 0.0,
        letters=_triples(" ".join(kept)),
        numbers=frozenset(word for word in words if word[0].isdigit()),
        heads=heads_asked(text),
    )


@lru_cache(maxsize=10_000)
def heads_asked(text: str) -> frozenset[str]:
    """The head of a query, and of the other names of the thing that it is the head of."""
    head = title_head(text)
    named = (names for typed, names in other_names(text).items() if title_head(typed) == head)
    return frozenset((head, *(title_head(name) for names in named for name in names)))


@lru_cache(maxsize=200_000)
def title_head(title: str) -> str:
    """The word that says what a thing of this title is."""
    return _heads(title)[-1]


def features(
    asked: Asked, titles: Sequence[str], words: NDArray[np.float32], meaning: NDArray[np.float32]
) -> NDArray[np.float32]:
    """One row of ``FEATURES`` per candidate; ``words`` and ``meaning`` are the retrievers' scores of the candidates."""
    rows = np.zeros((len(titles), len(FEATURES)), dtype=np.float32)
    if not len(titles):
        return rows
    rows[:, 0] = words
    rows[:, 1] = words / max(float(words.max(initial=0)), 1e-6)
    rows[:, 2] = meaning
    rows[:, 3] = meaning / max(float(meaning.max(initial=0)), 1e-6)
    rows[:, 15] = len(asked.words)
    rows[:, 16] = asked.known
    for row, title in enumerate(titles):
        _compare(asked, _titled(title), rows[row])
    return rows


@dataclass(frozen=True, slots=True)
class _Title:
    words: tuple[str, ...]
    place: dict[str, int]
    pairs: frozenset[tuple[str, str]]
    letters: frozenset[str]
    numbers: frozenset[str]
    head: str
    head_words: frozenset[str]


@lru_cache(maxsize=200_000)
def _titled(title: str) -> _Title:
    words = tuple(terms(title))
    heads = _heads(title)
    return _Title(
        words=words,
        place={word: place for place, word in enumerate(words)},
        pairs=frozenset(itertools.pairwise(words)),
        letters=_triples(fold(title)),
        numbers=frozenset(word for word in words if word[0].isdigit()),
        head=heads[-1],
        head_words=frozenset(heads),
    )


def _compare(asked: Asked, title: _Title, row: NDArray[np.float32]) -> None:
    count = len(asked.words)
    if not count or not title.words:
        return
    there = np.array([word in title.place for word in asked.words])
    pairs = list(zip(asked.words, asked.words[1:], strict=False))
    places = [title.place[word] for word in asked.words if word in title.place]
    row[4] = there.mean()
    row[5] = asked.rarity[there].sum() / max(float(asked.rarity.sum()), 1e-6)
    row[6] = sum(pair in title.pairs for pair in pairs) / len(pairs) if pairs else row[4]
    row[7] = there[0]
    row[8] = there[-1]
    row[9] = len(asked.numbers & title.numbers) / len(asked.numbers) if asked.numbers else 1.0
    row[10] = len(title.numbers - asked.numbers)
    row[11] = len(asked.letters & title.letters) / max(len(asked.letters), 1)
    row[12] = len(places) / len(title.words)
    row[13] = (max(places) + 1) / len(title.words) if places else 0.0
    row[14] = len(title.words)
    row[17] = title.head in asked.words
    row[18] = title.head in asked.heads
    row[19] = not asked.heads.isdisjoint(title.head_words)
    row[20] = any(head in title.place for head in asked.heads)
    row[21] = np.mean([word in title.head_words for word in asked.words])
    row[22] = _longest_run(asked.words, title.place) / count
    row[23] = count - there.sum()


def _heads(text: str) -> list[str]:
    """The words of the part that says what the thing is, its head last, numbers apart; never none."""
    words = terms(_HEAD_ENDS.split(f" {fold(text).strip()} ", maxsplit=1)[0])
    return [word for word in words if not word[0].isdigit()] or words or terms(text)[-1:] or [""]


def _longest_run(words: Sequence[str], place: Mapping[str, int]) -> int:
    """How many of ``words``, neighbours in order, are neighbours in order there."""
    longest = run = 0
    for before, word in zip((None, *words), words, strict=False):
        here = place.get(word)
        if here is None:
            run = 0
            continue
        run = run + 1 if run and before is not None and place[before] == here - 1 else 1
        longest = max(longest, run)
    return longest


def _triples(text: str) -> frozenset[str]:
    """The letter triples of each word, its ends marked; a Chinese character counts as it is."""
    found: set[str] = set()
    for piece in pieces(text):
        if is_chinese(piece):
            found.update(piece)
            continue
        marked = f"_{piece}_"
        found.update(marked[start : start + 3] for start in range(max(len(marked) - 2, 1)))
    return frozenset(found)
