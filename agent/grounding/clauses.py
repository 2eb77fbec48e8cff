"""The clauses of a sentence, and what is said of them: that they deny, ask, suppose, or speak in general."""

from __future__ import annotations

import re
from itertools import pairwise

_CUT = re.compile(
    r"[,;](?!\d)|:(?!\s?\d)|[，；：]|\s[-–—]\s|\bbut\b|\bwhile\b|\bhowever\b|\band\b|\bso\b|\bthough\b|\balthough\b|但是?|而|不过|并且",
    re.I,
)
_NEGATION = re.compile(
    r"\bnot\b|n't\b|n’t\b|\bcannot\b|\bno\b(?!\s*[,)，）])|\bnever\b|\bnone\b|\bnothing\b|\bneither\b|\bnor\b|\bunable\b"
    r"|\bwithout\b|\bnobody\b"
    r"|不能|无法|没有|不会|办不了|尚未|还没|未能|并未|不清楚|没法|帮不上|未(?!来)|不是|并非",
    re.I,
)
_SUPPOSED = re.compile(
    r"\b(?:if|whether|unless|would you|could you|shall I|should I|do you|can I|may I|let me know|would like"
    r"|want to|wish to"
    r"|in case|as soon as|once|when(?:ever)?|until|before|after)\b"
    r"|如果|是否|要不要|需要我|需不需要|您想|若|一旦|当.{0,12}时|等.{0,12}后|之前|之后",
    re.I,
)
_GENERAL = re.compile(
    r"\b(?:can|may|could|might|must|cannot|should) (?:only |also |still |always )?be\b|\bto be\b|\bbeing\b|\bhow to\b"
    r"|可以(?:被)?|才能|方可",
    re.I,
)


def clause_span(sentence: str, start: int, end: int) -> tuple[int, int]:
    """Where the clause begins and ends that holds ``sentence[start:end]``."""
    cuts = [0, *(one.end() for one in _CUT.finditer(sentence) if not start < one.end() <= end), len(sentence)]
    return next(((a, b) for a, b in pairwise(cuts) if a <= start < b), (0, len(sentence)))


def said_before(sentence: str, end: int) -> str:
    """The clause that holds position ``end - 1``, up to ``end``: what is said after a claim does not take it back."""
    first, _ = clause_span(sentence, max(0, end - 1), end)
    return sentence[first:end]


def is_negated(text: str) -> bool:
    return _NEGATION.search(text) is not None


def is_supposed(text: str) -> bool:
    """It names a condition or an offer, and so claims no state of affairs."""
    return _SUPPOSED.search(text) is not None


def is_general(text: str) -> bool:
    """It says what can be, not what is."""
    return _GENERAL.search(text) is not None


def is_asked(sentence: str, start: int) -> bool:
    """Whether the clause at ``start`` is the one that a question mark ends."""
    _, last = clause_span(sentence, start, start + 1)
    return last == len(sentence) and sentence.rstrip().rstrip('"”’)').endswith(("?", "？"))


def affirms_nothing(sentence: str, start: int, end: int) -> bool:
    """The clause of ``sentence[start:end]`` denies, asks or supposes it."""
    before = said_before(sentence, end)
    return is_negated(before) or is_supposed(before) or is_asked(sentence, start)
