"""Text as tokens with places, in the form in which names, numbers and units of both languages can be compared.

"5-feet", "5 ft" and "five foot" are the same two tokens; Chinese falls into single characters, but for its units.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache

from retrieval import singular

_UNITS = {
    "毫升": "ml", "英寸": "inch", "寸": "inch", "英尺": "ft", "小时": "hour", "毫米": "mm",
    "毫安时": "mah", "毫安": "mah",
    "升": "l", "磅": "lb", "瓦": "w", "倍": "x", "片": "piece", "件套": "piece", "杯": "cup",
}  # fmt: skip
_SAME = {
    "feet": "ft", "foot": "ft", "inche": "inch", "liter": "l", "litre": "l", "milliliter": "ml", "millilitre": "ml",
    "gig": "gb", "gigabyte": "gb", "terabyte": "tb", "lbs": "lb", "pound": "lb", "hr": "hour", "megapixel": "mp",
    "gray": "grey", "colour": "color", "pcs": "piece", "millimeter": "mm", "millimetre": "mm", "non": "not",
    "coloured": "color", "colored": "color",
}  # fmt: skip
_COUNTS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "twenty": "20",
    "一": "1", "两": "2", "二": "2", "三": "3", "四": "4", "五": "5",
    "六": "6", "七": "7", "八": "8", "九": "9", "十": "10",
}  # fmt: skip
_MEASURED = frozenset({"ft", "inch", "l", "ml", "gb", "tb", "lb", "hour", "mp", "mm", "mah", "piece", "cup", "x", "杯"})
_TOKEN = re.compile(
    rf"\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?|{'|'.join(sorted(_UNITS, key=len, reverse=True))}|[\u4e00-\u9fff]"
    r"|[a-z]+\d[a-z\d]*|[a-z]+(?:['’][a-z]+)?|%|>",
    re.I,
)
_TYPO_LENGTH = 5
_TYPO_NEAR = 0.84


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    start: int
    end: int
    """Place in the text that was tokenised."""
    raw: str
    """As written, with its capitals."""


@lru_cache(maxsize=8192)
def tokenise(text: str) -> tuple[Token, ...]:
    """The tokens of ``text`` in order."""
    found = [Token(_canonical(one.group()), one.start(), one.end(), one.group()) for one in _TOKEN.finditer(text)]
    for at, token in enumerate(found[:-1]):
        after = found[at + 1].text if found[at + 1].text not in {"个"} or at + 2 >= len(found) else found[at + 2].text
        if token.text in _COUNTS and after in _MEASURED:
            found[at] = replace(token, text=_COUNTS[token.text])
    return tuple(found)


def words(text: str) -> tuple[str, ...]:
    """The tokens' forms alone."""
    return tuple(token.text for token in tokenise(text))


def _canonical(word: str) -> str:
    low = word.lower().replace("’", "'")
    if low in _UNITS:
        return _UNITS[low]
    if low[0].isdigit():
        low = low.replace(",", "")
        return low.rstrip("0").rstrip(".") if "." in low else low
    low = low.removesuffix("'s") or low
    low = _SAME.get(low, low)
    return _SAME.get(singular(low), singular(low))


def places(tokens: Sequence[Token], phrase: Sequence[str]) -> Iterator[int]:
    """Where ``phrase`` stands in ``tokens``, token by token."""
    size = len(phrase)
    if not size:
        return
    for at in range(len(tokens) - size + 1):
        if all(tokens[at + offset].text == phrase[offset] for offset in range(size)):
            yield at


def without_typos(text: str, known: Collection[str]) -> str:
    """``text`` with Latin words that are nearly one of ``known`` written as that one. ``known`` are lower-case."""
    changed = text
    candidates = [one for one in known if len(one) >= _TYPO_LENGTH and one.isascii()]
    for token in reversed(tokenise(text)):
        word = token.raw.lower()
        if len(word) < _TYPO_LENGTH or not word.isalpha() or token.text in known or word in known or _common(word):
            continue
        near = get_close_matches(word, candidates, n=1, cutoff=_TYPO_NEAR)
        if near and near[0][0] == word[0]:
            changed = changed[: token.start] + near[0] + changed[token.end :]
    return changed


_EVERYDAY = frozenset(
    re.findall(
        r"\S+",
        """
        about after again along already although always another anything around because before being better between
        both bought change changed charge check could delivered different doesn't during either email enough every
        everything exactly except exchange favor first found getting given great green guess happen having hello
        however instead items itself large larger later least leave light lighter likely little longer looking lower
        maybe mention might money myself need never nothing number order ordered orders other otherwise perhaps place
        please possible prefer price rather really receive received return right same second should since small
        smaller something sorry still store thank thanks their there these thing things think third those though today
        total tried under unless until usually wanted watch water where whether which while white whole without would
        write wrong years your yours start smart state black brown house course whose match catch words world
    """,
    )
)


def _common(word: str) -> bool:
    return word in _EVERYDAY
