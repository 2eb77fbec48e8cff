"""Sentences that say in other words what a help page or a description says: every word of weight must stand there."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..language import grams, sentences
from ..reply import EvidenceItem
from .clauses import is_negated

_LIGHT = frozenset(
    re.findall(
        r"\S+",
        """
        a an the of to in on at for by from with and or as is are be been was were will would can could may you your we
        our us it its this that these those they them there here i my any all so if do does did have has had not no also
        please just yes our page policy say shop
        """,
    )
)
_COVERED = 0.75


def may_be_repeated(item: EvidenceItem) -> bool:
    """Whether ``item`` is a text that may be said as it stands: a help page, or a sentence worded by an operation."""
    return item.kind == "text" and (item.record.startswith("page:") or item.field == "told")


def holds(sentence: str, evidence: Iterable[EvidenceItem], records: frozenset[str] = frozenset()) -> bool:
    """Whether one passage of a page, or of a text on ``records``, says ``sentence``.

    Numbers must all stand there; of the words three in four; and it must deny what the sentence denies.
    """
    said = {one for one in grams(sentence) if one not in _LIGHT}
    numbers = {one for one in said if any(sign.isdigit() for sign in one)}
    if len(said) < 2:
        return False
    for item in evidence:
        if item.kind != "text" or not (may_be_repeated(item) or item.record in records):
            continue
        parts = sentences(item.value)
        for at in range(len(parts)):
            passage = " ".join(parts[at : at + 2])
            known = set(grams(passage))
            if (
                numbers <= known
                and len(said & known) >= _COVERED * len(said)
                and (is_negated(sentence) == is_negated(passage) or is_negated(sentence) == is_negated(parts[at]))
            ):
                return True
    return False
