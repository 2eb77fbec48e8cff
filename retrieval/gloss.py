"""Chinese texts in English words, for an encoder that knows no Chinese: what they name, in the order of the text.

It is no translation: things (``goods.txt``) become their first two English names ("trainers sneakers": an encoder may
know one better), colours, materials, people and features their one; Latin words stay, the rest is left out. Comes in: a
query, or a text of a product. Goes out: a text for the encoder.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from .concepts import SURFACES
from .things import GROUPS
from .words import STOP_WORDS, fold, is_chinese

_ENOUGH = 0.6
"""Of a query's Chinese characters, the share that must be known: of half a query an encoder finds something else."""


def readable(text: str, languages: Collection[str]) -> str:
    """``text`` for an encoder that knows ``languages``; empty where too little of it can be said in them."""
    if "zh" in languages or not is_chinese(text):
        return text
    words, known = _glossed(text)
    return words if known >= _ENOUGH else ""


def passage_in_english(text: str, languages: Collection[str]) -> str:
    """What a product's ``text`` names, for an encoder that knows ``languages``; as it is where it names nothing."""
    if "zh" in languages or not is_chinese(text):
        return text
    return _glossed(text)[0] or text


def _glossed(text: str) -> tuple[str, float]:
    """The English words, and of the Chinese characters that say something the share that is in them."""
    words: list[str] = []
    known = 0
    plain = fold(text)
    for match in _WORD.finditer(plain):
        said = match.group()
        english = _ENGLISH_OF.get(said)
        if english is not None:
            words.append(english)
            known += len(said)
        elif not is_chinese(said):
            words.append(said)
    unknown = sum(map(is_chinese, _SAYS_NOTHING.sub("", _WORD.sub(" ", plain))))
    return " ".join(words), known / max(known + unknown, 1)


def _english_names() -> dict[str, str]:
    """Chinese name -> its English words; a thing before a property, as 毛衣 is no wool."""
    found = {surface: concept for surface, concept in SURFACES.items() if is_chinese(surface)}
    for names in GROUPS:
        english = " ".join([name for name in names if not is_chinese(name)][:2])
        for name in reversed(names):
            if is_chinese(name) and english:
                found[name] = english
    return found


def _any_of(surfaces: Collection[str]) -> str:
    return "|".join(sorted(map(re.escape, surfaces), key=len, reverse=True))


_ENGLISH_OF = _english_names()
_WORD = re.compile(rf"{_any_of(_ENGLISH_OF)}|[^\W\u3400-\u9fff]+(?:[-./'&+][^\W\u3400-\u9fff]+)*")
_SAYS_NOTHING = re.compile(_any_of([one for one in STOP_WORDS if is_chinese(one)] + ["色", "式", "款", "用", "们"]))
