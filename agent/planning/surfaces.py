"""How customers call things and their versions: every way to say a product's name and an option's value.

Tables of everyday names in English and Chinese, beside those of ``retrieval``. A name may belong to several things
("camera"); which one is meant, the customer's own orders tell.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

from retrieval import other_names, ways_to_say

from .tokens import words

_FOLDER = Path(__file__).parent / "words"


def _table(name: str) -> list[tuple[tuple[str, ...], ...]]:
    lines = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [tuple(words(one) for one in line.split(",")) for line in lines if line and not line.startswith("#")]


@cache
def _goods() -> list[tuple[tuple[str, ...], ...]]:
    return _table("goods")


@cache
def _values() -> dict[tuple[str, ...], set[tuple[str, ...]]]:
    found: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for group in _table("values"):
        for one in group:
            found.setdefault(one, set()).update(group)
    return found


@cache
def _names() -> dict[tuple[str, ...], set[tuple[str, ...]]]:
    # Keyed by the shop's own name of the option: the ways to say it are not the same the other way round.
    found: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for group in _table("options"):
        found.setdefault(group[0], set()).update(group)
    return found


_GENERIC = frozenset(
    re.findall(
        r"\S+", "set kit machine maker pack system device box case bag unit bundle light cover piece edition model"
    )
)
"""Last words of a title that alone name nothing."""


@lru_cache(maxsize=4096)
def ways_to_name(title: str) -> dict[tuple[str, ...], float]:
    """Each way to call a product with this title, as tokens, and how surely it means it (1: its whole title)."""
    whole = words(title)
    found: dict[tuple[str, ...], float] = {}

    def add(name: tuple[str, ...], weight: float) -> None:
        if name and weight > found.get(name, 0.0):
            found[name] = weight

    add(whole, 1.0)
    for size in range(2, len(whole)):
        add(whole[-size:], 0.95)
    latin = re.search(r"[a-z]", title.lower()) is not None
    if latin and len(whole) > 1:
        add(whole[-2:-1] if whole[-1] in _GENERIC else whole[-1:], 0.8)
    elif not latin:
        for size in range(2, len(whole)):
            add(whole[-size:], 0.7 + 0.05 * min(size, 4))
    for group in _goods():
        for size in range(len(whole), 0, -1):
            if whole[-size:] in group and (size > 1 or len(whole) == 1 or group[0] == whole[-size:]):
                for at, name in enumerate(group):
                    add(name, 0.9 - 0.02 * min(at, 8) if size > 1 or len(whole) == 1 else 0.7)
                break
    for others in other_names(title).values():
        for other in others:
            add(words(other), 0.75)
    return found


@lru_cache(maxsize=4096)
def ways_to_say_value(value: str) -> frozenset[tuple[str, ...]]:
    """Each way to say an option's value, as tokens."""
    own = words(value)
    found = {own, *_values().get(own, ())}
    for one in ways_to_say(value):
        found.add(words(one))
        if len(one) > 1 and one.endswith("色"):
            found.add(words(one[:-1])) if len(one) > 2 else None
    return frozenset(one for one in found if one)


@lru_cache(maxsize=1024)
def ways_to_say_option(name: str) -> frozenset[tuple[str, ...]]:
    """Each way to say an option's name, as tokens."""
    own = words(name)
    found = {own, *_names().get(own, ())}
    return frozenset(one for one in found if one)
