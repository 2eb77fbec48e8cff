"""Which of the two languages a message is written in, and how text falls into sentences and words."""

from __future__ import annotations

import re
from itertools import pairwise

CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SPELT = {"colour": "color", "grey": "gray", "coloured": "color", "colored": "color"}
_LETTER = re.compile(r"[A-Za-z]+")
_WORD = re.compile(r"(?<![\w#-])[A-Za-z][\w'’-]*", re.ASCII)
_A_NAME = 12
"""Chinese characters that a product's name or a choice may have."""
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


_ENGLISH = frozenset(
    re.findall(
        r"\S+",
        """
        a an the i i'm i'd i've my me mine we our you your it its it's this that these those is are was were be been am
        do does did don't didn't have has had can can't could will would should may what what's which who when where why
        how to of in on at for from with and or but if not any some there please thanks thank want need like get give
        show tell return cancel exchange change buy find looking hello
    """,
    )
)
"""Words that only somebody who writes English uses; "ok", "yes" and "no" are everybody's."""
_CHINESE_WORDS = re.compile(
    r"[的了吗我你您是在有不这那么怎什请要能可好谢想给荐帮买退换查找哪谁几呢吧把被让]|一[个款件双条只张套本台部]"
)
"""Signs of a sentence; the names of products and of their colours do without them."""
_A_SENTENCE = 5
"""Words in lower case from which on a text without any of those is English too."""


def language_written(text: str, before: str | None = None) -> str | None:
    """The language a customer writes ``text`` in; ``None`` where it does not tell: ids, names, a choice, "ok".

    ``before``: the language of his messages before, if he wrote any that told.
    """
    chinese = len(CHINESE.findall(text))
    words = [one for one in _WORD.findall(text) if not any(sign.isdigit() for sign in one)]
    english = sum(one.lower() in _ENGLISH for one in words)
    if chinese:
        if _CHINESE_WORDS.search(text):
            return "zh"
        # A name or a choice in Chinese tells nothing of who has been writing English, nor inside an English sentence.
        return "en" if english > 1 else None if before == "en" and chinese <= _A_NAME else "zh"
    plain = sum(one.islower() for one in words)
    return "en" if english or plain >= _A_SENTENCE else None


def spoken(language: str | None) -> str:
    """The language that replies are worded in: ``zh`` for every Chinese, ``en`` for everything else."""
    return "zh" if (language or "en").lower().startswith("zh") else "en"


def sentences(text: str) -> list[str]:
    """``text`` cut after each sentence, blanks and line ends kept with the sentence: joined they are ``text``.

    What stands in “quotation marks” is not cut.
    """
    cuts = [0]
    for match in _SENTENCE_END.finditer(text):
        at = match.end()
        if text[cuts[-1] : at].strip(" .").isdigit():
            continue  # the number of a list item
        while at < len(text) and text[at] in ' \n\t”"':
            at += 1
        since = text[cuts[-1] : at]
        if since.count("“") > since.count("”") and "”" in text[at:]:
            continue
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
