"""How people type: plural and singular, units in their many spellings, short forms, words joined or split, slips.

Comes in: a query as it would be written with care. Goes out: one as it might be typed. All draws come from the caller.
"""

from __future__ import annotations

import random
import re

from .words import singular

_UNITS = (
    ("in", "in.", "inch", "inches", '"'),
    ("ft", "ft.", "foot", "feet", "'"),
    ("oz", "oz.", "ounce", "ounces"),
    ("lb", "lb.", "lbs", "pound", "pounds"),
    ("gal", "gal.", "gallon", "gallons"),
    ("qt", "qt.", "quart", "quarts"),
    ("yd", "yd.", "yard", "yards"),
    ("mm", "millimeter", "millimeters"),
    ("cm", "centimeter", "centimeters"),
    ("ml", "milliliter"),
    ("v", "volt", "volts"),
    ("w", "watt", "watts"),
    ("amp", "amps", "ampere"),
    ("gb", "gigabyte"),
    ("tb", "terabyte"),
    ("pk", "pack", "-pack", "count", "ct"),
    ("pc", "piece", "pieces", "pcs"),
)
_SPELLINGS = {spelling: unit for unit in _UNITS for spelling in unit}
_MEASURE = re.compile(
    r"(\d+(?:[./]\d+)?)[\s-]*(" + "|".join(re.escape(one) for one in sorted(_SPELLINGS, key=len, reverse=True)) + r")"
    r"(?![a-z])",
    re.IGNORECASE,
)
_SHORT = {
    "stainless steel": "ss", "with": "w/", "without": "w/o", "and": "&", "black": "blk", "white": "wht",
    "television": "tv", "refrigerator": "fridge", "microphone": "mic", "bathroom": "bath", "wireless": "wifi",
    "computer": "pc", "memory": "mem", "professional": "pro", "large": "lg", "small": "sm", "medium": "med",
    "assorted": "asst", "replacement": "repl", "accessories": "acc", "temperature": "temp", "quart": "qt",
}  # fmt: skip
_SHORTENED = re.compile(r"\b(" + "|".join(map(re.escape, _SHORT)) + r")\b")
_NEAR = {
    "q": "wa", "w": "qse", "e": "wdr", "r": "eft", "t": "rgy", "y": "thu", "u": "yji", "i": "uko", "o": "ilp", "p": "o",
    "a": "qsz", "s": "adwx", "d": "sfec", "f": "dgrv", "g": "fhtb", "h": "gjyn", "j": "hkum", "k": "jli", "l": "ko",
    "z": "asx", "x": "zdc", "c": "xfv", "v": "cgb", "b": "vhn", "n": "bjm", "m": "nk",
}  # fmt: skip
"""The keys beside each."""
_LEAST_LETTERS = 5
"""Shorter words are hardly mistyped, and a slip makes another word of them."""


def as_typed(query: str, draw: random.Random) -> str:
    """``query`` as somebody might type it."""
    typed = query.lower() if draw.random() < 0.9 else query
    typed = _MEASURE.sub(lambda found: _measure(found, draw), typed)
    if draw.random() < 0.3:
        typed = _SHORTENED.sub(lambda found: _SHORT[found[1]], typed)
    words = typed.split()
    if words and draw.random() < 0.25:
        words[-1] = _other_number(words[-1])
    if len(words) > 1 and draw.random() < 0.05:
        place = draw.randrange(len(words) - 1)
        words[place : place + 2] = [words[place] + words[place + 1]]
    if len(words) > 1 and draw.random() < 0.12:
        draw.shuffle(words)
    if draw.random() < 0.15:
        long = [place for place, word in enumerate(words) if len(word) >= _LEAST_LETTERS and word.isalpha()]
        if long:
            place = draw.choice(long)
            words[place] = slipped(words[place], draw)
    return " ".join(words)


def slipped(word: str, draw: random.Random) -> str:
    """``word`` with one slip behind its first letter: left out, doubled, swapped or struck beside."""
    place = draw.randrange(1, len(word))
    kind = draw.randrange(4)
    if kind == 0:
        return word[:place] + word[place + 1 :]
    if kind == 1:
        return word[:place] + word[place] + word[place:]
    if kind == 2 and place + 1 < len(word):
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    beside = _NEAR.get(word[place].lower(), word[place])
    return word[:place] + draw.choice(beside) + word[place + 1 :]


def _measure(found: re.Match[str], draw: random.Random) -> str:
    unit = draw.choice(_SPELLINGS[found[2].lower()])
    return found[1] + ("" if unit in {'"', "'", "-pack"} or draw.random() < 0.3 else " ") + unit


def _other_number(word: str) -> str:
    """The plural of a singular and the other way round."""
    if not word.isalpha() or len(word) < 3:
        return word
    one = singular(word)
    if one != word:
        return one
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")
