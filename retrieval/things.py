"""Goods that go by several names: British and American, everyday and trade, English and Chinese.

A closed table (``goods.txt``) that widens a query: a product called by another name of the same thing is found by its
words, whatever the encoder knows, and a Chinese query finds goods that are described in English only, and the reverse.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from .concepts import surface
from .words import is_chinese

_LINES = (Path(__file__).parent / "goods.txt").read_text(encoding="utf-8").splitlines()
GROUPS: tuple[tuple[str, ...], ...] = tuple(
    tuple(surface(name) for name in line.split(",")) for line in _LINES if not line.startswith("#")
)
_GROUP_OF = {name: place for place, names in reversed(list(enumerate(GROUPS))) for name in names}
PHRASES = frozenset(
    f"{first} {second}"
    for names in GROUPS
    for name in names
    for first, second in pairwise(name.split())
    if not is_chinese(name)
)
"""Two words that stand together in the name of a thing."""
_LONGEST = 4


def other_names(text: str) -> dict[str, tuple[str, ...]]:
    """Each thing that ``text`` names (the longest names first, none inside another), and what else it is called."""
    found: dict[str, tuple[str, ...]] = {}
    plain = surface(text)
    for name in _CHINESE if is_chinese(plain) else ():
        if name in plain:
            found[name] = _others(name)
            plain = plain.replace(name, " ")
    words = plain.split()
    position = 0
    while position < len(words):
        for count in range(min(_LONGEST, len(words) - position), 0, -1):
            name = " ".join(words[position : position + count])
            if name in _GROUP_OF:
                found[name] = _others(name)
                position += count
                break
        else:
            position += 1
    return found


_CHINESE = sorted((name for name in _GROUP_OF if is_chinese(name)), key=len, reverse=True)


def _others(name: str) -> tuple[str, ...]:
    return tuple(other for other in GROUPS[_GROUP_OF[name]] if other != name)
