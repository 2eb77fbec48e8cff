"""What a customer means who does not know its name: "the one for boiling water", 烧水的那个.

Comes in: his words, and the lines of his orders. Goes out: the line that is clearly nearest, by meaning in English and
by shared characters in Chinese. It is a guess, and is told to him as a question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..intents import Embed
from ..language import CHINESE, tokens
from ..slots import content_words
from .goods import Line

_POINTS = re.compile(
    r"\b(?:the|that|this) (?:one|ones|thing|stuff)\b|\bwhat I\b|\bsomething (?:for|to)\b"
    r"|的(?:那|这)[个款件双台条]|[那这](?:个|款|件|双|台|条).{0,8}的|用来|用于",
    re.I,
)
_NEAR, _AHEAD = 0.28, 0.04
"""Least cosine of the nearest title, and least lead over the next."""
_SHARED = 0.3
"""Least share of the words' characters that the title has."""
_LIGHT = frozenset("的那这个款件双台条我你是在了吗呢吧啊有要想用来于买给和一不")


def line_recalled(text: str, lines: Sequence[Line], embed: Embed | None) -> Line | None:
    """The line that ``text`` describes by what it is for or like; ``None`` where it describes none, or several."""
    titles = list(dict.fromkeys(one.facts.title for one in lines))
    if not titles or not _POINTS.search(text):
        return None
    chinese = CHINESE.search(text) is not None
    if not chinese and (embed is None or not content_words(text)):
        return None
    scores = _shared(text, titles) if chinese or embed is None else _meant(text, titles, embed)
    best, *others = sorted(scores, reverse=True)
    least, ahead = (_SHARED, _SHARED) if chinese else (_NEAR, _AHEAD)
    if best < least or (others and best - others[0] < ahead):
        return None
    meant = titles[scores.index(best)]
    return next(one for one in lines if one.facts.title == meant)


def _meant(text: str, titles: Sequence[str], embed: Embed) -> list[float]:
    vectors = embed([text, *titles])
    return [float(one) for one in vectors[1:] @ vectors[0]]


def _shared(text: str, titles: Sequence[str]) -> list[float]:
    said = {one for one in tokens(text) if one not in _LIGHT}
    return [len(said & set(tokens(title))) / len(said) if said else 0.0 for title in titles]
