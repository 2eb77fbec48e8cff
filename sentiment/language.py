"""Tell English and Chinese from everything else, by script and by the small words that every sentence needs.

Comes in: a text. Goes out: ``en``, ``zh``, ``other`` or ``none``. It decides which calibration holds, not what is said.
"""

from __future__ import annotations

import re

from .records import Language

_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_LATIN = re.compile(r"[a-zA-Z]")
_ENGLISH_WORDS = """
the a an and or but not no is was are were be been it its this that these those i my me you your he she we they of in on
at to for with from by as so very too just only have has had do does did don dont didn will would can could good great
bad love like nice best worst product works work worked all if when than then there what which more much after before
again never ever use used using bought buy one get got well time out up about really excellent awesome happy perfect
price quality money recommend easy waste poor ok okay thanks thank
"""
# The commonest words of French, German, Spanish, Italian, Portuguese, Dutch, Polish, Swedish, Turkish and Indonesian.
_OTHER_WORDS = """
le la les des du une et est sont très trop pas ne je nous vous avec pour dans qui que ce cette mais bien produit qualité
bon bonne mauvais der das und ist nicht ein eine ich sie wir mit für auf zu sehr gut schlecht aber auch von dem den el
los las un es muy no bueno malo pero con para por producto calidad lo mi su si más il gli della di che non è molto buono
prodotto ho per sono ma anche o os um uma é muito não bom com mas eu de het een en van ik niet goed maar zeer jest nie
się bardzo dobry och att det inte mycket bra jag bir ve çok ürün için güzel yang dan tidak bagus sangat barang ini itu
saya
"""
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_OTHER = frozenset(_OTHER_WORDS.split()) - _ENGLISH


def detect_language(text: str) -> Language:
    """The language of ``text``. Short Latin texts without a telling word count as English."""
    sample = text[:2000]
    han = len(_HAN.findall(sample))
    latin = len(_LATIN.findall(sample))
    if len(_KANA_HANGUL.findall(sample)) * 5 > han + latin:
        return "other"
    words = [word.lower() for word in _WORD.findall(sample)]
    if not words:
        return "none"
    # A Han character says about as much as a word of three letters.
    if han * 3 >= latin and han > 0:
        return "zh"
    letters = sum(map(len, words))
    if latin * 2 < letters:
        return "other"
    english = sum(word in _ENGLISH for word in words)
    other = sum(word in _OTHER for word in words)
    accented = letters - latin - han
    return "other" if other > english or (other == english and accented * 20 > letters) else "en"
