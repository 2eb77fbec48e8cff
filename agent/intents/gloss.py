"""Chinese messages word by word in English, so that one encoder, which knows English only, reads the sense of both.

Comes in: a message. Goes out: English words in the order of the Chinese ones. It is no translation: who reads it is a
network that was trained on such glosses. The words stand in ``utterances/glossary.txt``; what is not there is left out.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from ..language import CHINESE

_FILE = Path(__file__).parent.parent / "utterances" / "glossary.txt"
_LATIN = re.compile(r"[A-Za-z0-9#][\w'#-]*", re.ASCII)


@cache
def _glossary() -> tuple[dict[str, str], int]:
    """Chinese words with their English ones, and the length of the longest."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    pairs = [line.partition(":") for line in lines if line and not line.startswith("#")]
    words = {word: english.strip() for english, _, chinese in pairs for word in chinese.split()}
    return words, max(map(len, words))


def gloss(text: str) -> str:
    """``text`` with each Chinese word that the glossary knows in English, Latin words as they are, "?" kept."""
    words, longest = _glossary()
    found: list[str] = []
    at = 0
    while at < len(text):
        latin = _LATIN.match(text, at)
        if latin:
            found.append(latin.group())
            at = latin.end()
            continue
        size = next((size for size in range(min(longest, len(text) - at), 0, -1) if text[at : at + size] in words), 0)
        if size:
            found.append(words[text[at : at + size]])
        elif text[at] in "?？吗呢":
            found.append("?")
        at += max(size, 1)
    return " ".join(found)


def read_as(text: str) -> str:
    """What an English encoder is given for ``text``."""
    return gloss(text) if CHINESE.search(text) else text
