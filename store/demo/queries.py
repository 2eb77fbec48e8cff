"""What people type into the search box: words of a category, with wishes, prices, slips of the keyboard."""

from __future__ import annotations

import random

from .vocabulary import SubCategory, Vocabulary, pair


def draw_query(
    vocabulary: Vocabulary, text: random.Random, sub: SubCategory, language: str, *, frugal: bool, brand: str
) -> str:
    """A query for something in ``sub``. ``frugal`` customers add prices more often."""
    chinese = language == "zh" and text.random() < 0.93
    words = text.choice(sub.searches[1] if chinese else sub.searches[0])
    draw = text.random()
    if draw < 0.16:
        feature = text.choice(sub.features).title
        if feature.en.lower().split()[0] in words or feature.zh in words:
            return words
        words = f"{feature.zh}{words}" if chinese else f"{feature.en.lower()} {words}"
    elif draw < 0.28 and sub.colors:
        color = text.choice([color for color in sub.colors if color not in words])
        words = f"{vocabulary.colors[color][0]}{words}" if chinese else f"{color} {words}"
    elif draw < 0.36:
        words = f"{brand.lower()} {words}"
    if text.random() < (0.2 if frugal else 0.07):
        low, high = sub.price_minor
        limit = max(10, round((low + (high - low) * text.uniform(0.15, 0.6)) / 1000) * 10)
        words = _with_price(text, words, limit, chinese)
    if not chinese and text.random() < 0.06:
        words = mistype(text, words)
    return words


def draw_vain_query(vocabulary: Vocabulary, text: random.Random, language: str) -> str:
    """A query for something that this shop does not sell."""
    return pair(text.choice(vocabulary.general["in_vain"])).inside(language)


def _with_price(text: random.Random, words: str, limit: int, chinese: bool) -> str:
    if chinese:
        return text.choice(
            (f"{words} {limit}以内", f"{limit}欧以下的{words}", f"便宜的{words}", f"{words} 不超过{limit}欧")
        )
    return text.choice(
        (f"{words} under {limit}", f"cheap {words}", f"{words} under {limit} euros", f"{words} below €{limit}")
    )


def mistype(text: random.Random, words: str) -> str:
    """One slip: two letters swapped, one doubled, one left out."""
    at = text.randrange(max(1, len(words) - 1))
    if at + 1 >= len(words) or not (words[at].isalpha() and words[at + 1].isalpha()):
        return words
    kind = text.randrange(3)
    if kind == 0:
        return words[:at] + words[at + 1] + words[at] + words[at + 2 :]
    return words[: at + 1] + words[at:] if kind == 1 else words[:at] + words[at + 1 :]
