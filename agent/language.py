"""Which of the two languages a message is written in, and how text falls into sentences and words."""

from __future__ import annotations

import re
from itertools import pairwise

CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SPELT = {"colour": "color", "grey": "gray", "coloured": "color", "colored": "color"}
_LETTER = re.compile(r"[A-Za-z]+")
_TOKEN = re.compile(r"[a-z0-9]+(?:[.'-][a-z0-9]+)*|[\u4e00-\u9fff]")
# A full stop ends a sentence before a blank only, so that "12.50", "P.O." inside words and "3.5" stay whole.
_SENTENCE_END = re.compile(
    r"(?<=[。！？；\n])|(?<=[!?])(?=\s)|(?<=[a-z0-9)\]\"”%])(?<!\b[a-z])\.[\"”]?(?=\s+[A-Z\"“(#\d*€$£¥\u4e00-\u9fff])",
    re.I,
)


def language_of(text: str, default: str = "en") -> str:
    """``zh`` or ``en``: Chinese wins when it is at least a third of what is letters; no letters at all: ``default``."""
    chinese = len(CHINESE.findall(text))
    latin = len(_LETTER.findall(text))
    if chinese == 0 and latin == 0:
        return default
    return "zh" if chinese * 2 >= latin and chinese > 0 else "en"


def spoken(language: str | None) -> str:
    """The language that replies are worded in: ``zh`` for every Chinese, ``en`` for everything else."""
    return "zh" if (language or "en").lower().startswith("zh") else "en"


def sentences(text: str) -> list[str]:
    """``text`` cut after each sentence, blanks and line ends kept with the sentence: joined they are ``text``."""
    cuts = [0]
    for match in _SENTENCE_END.finditer(text):
        at = match.end()
        if text[cuts[-1] : at].strip(" .").isdigit():
            continue  # the number of a list item
        while at < len(text) and text[at] in ' \n\t”"':
            at += 1
        if at > cuts[-1]:
            cuts.append(at)
    if cuts[-1] < len(text):
        cuts.append(len(text))
    return [text[start:end] for start, end in pairwise(cuts) if text[start:end]]


def tokens(text: str) -> list[str]:
    """Words of Latin script (lower case, plain plural removed) and single Chinese characters, in order."""
    found: list[str] = []
    for token in _TOKEN.findall(text.lower()):
        if len(token) > 3 and token.endswith("s") and not token.endswith("ss"):
            token = token[:-3] + "y" if token.endswith("ies") else token[:-1]
        found.append(_SPELT.get(token, token))
    return found


def grams(text: str) -> list[str]:
    """``tokens``, with Chinese as pairs of neighbouring characters: what texts of either language share as words."""
    found: list[str] = []
    before = ""
    for token in tokens(text):
        chinese = CHINESE.match(token) is not None
        if not chinese:
            found.append(token)
        elif before:
            found.append(before + token)
        before = token if chinese else ""
    return found
