"""Text -> words that can be compared: English, Chinese, model numbers.

Latin words are lower-cased, stripped of accents and of the plural; a word with inner marks ("WH-1000XM4") gives itself
joined and its parts; a run of Chinese characters gives its characters and its pairs of neighbours (bigrams), which
need no dictionary.
"""

from __future__ import annotations

import re
import unicodedata

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PIECE = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+(?:[-./'’&+][^\W_{_HAN}]+)*")
_IS_HAN = re.compile(f"[{_HAN}]")
_INNER = re.compile(r"[-./'’&+]")
_UNCHANGED_END = ("ss", "us", "is", "as", "os")

STOP_WORDS = frozenset(
    re.findall(
        r"\S+",
        "a an and are as at be but by can could do does for from get got had has have i if in into is it its just like "
        "looking me my need of on or our please really show so some something that the their them there these they "
        "this those to us want was we what which with would you your find search give tell any u ur sell sells buy "
        "的 了 吗 呢 吧 啊 我 你 他 她 想 买 找 有 个 一 款 双 件 和 与 或 给 请 要 是 在 推 荐 "
        "想要 我想 想买 要买 请问 有没 没有 推荐 帮我 我要 一双 一件 一款 一个 一下",
    )
)
"""Words that say nothing about a product."""


def fold(text: str) -> str:
    """``text`` in one form: compatibility characters resolved (full width, ligatures), lower case, no accents."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if plain.isascii():
        return plain
    parts = unicodedata.normalize("NFD", plain)
    return unicodedata.normalize("NFC", "".join(one for one in parts if not "\u0300" <= one <= "\u036f"))


def is_chinese(text: str) -> bool:
    """Whether any character of ``text`` is Chinese."""
    return _IS_HAN.search(text) is not None


def singular(word: str) -> str:
    """An English word without its plural ending: shoes, boxes, batteries -> shoe, box, battery."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(_UNCHANGED_END) or not word.isascii():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    if word.endswith("'s"):
        return word[:-2]
    return word[:-1]


def pieces(text: str) -> list[str]:
    """The words of ``text`` in order, folded, whole: Latin words as they stand, runs of Chinese characters."""
    return _PIECE.findall(fold(text))


def terms(text: str) -> list[str]:
    """What ``text`` is found by, in order: singular words, joined and split forms, Chinese characters and bigrams."""
    found: list[str] = []
    for piece in pieces(text):
        if is_chinese(piece):
            found.extend(piece)
            found.extend(piece[start : start + 2] for start in range(len(piece) - 1))
        else:
            found.extend(_latin_terms(piece))
    return found


def _latin_terms(piece: str) -> list[str]:
    if piece.endswith(("'s", "’s")):
        piece = piece[:-2]
    parts = _INNER.split(piece)
    if len(parts) == 1:
        return [singular(piece)]
    return [singular("".join(parts)), *(singular(part) for part in parts)]
