"""Which piece of a product's evidence (an attribute, a sentence, a review) answers a question, and whether any does.

Comes in: a question and texts; attributes may come as shops export them (``item_weight: { value:20.6, unit:pounds }``).
Goes out: a score per text, higher for what answers better. English by meaning and words. Knows nothing of products.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .intents import Embed
from .language import tokens

_KEYS = re.compile(r"\b(?:normalized_value|standardized_values|value|unit|language_tag|marketplace_id)\s*:")
_NAME = re.compile(r"\s*([A-Za-z][\w#. -]{1,60}?)\s*:")
_MARKS = re.compile(r"[{}\[\]\";]")
_NAME_SHARE, _VALUE_SHARE, _WORDS_SHARE = 0.5, 0.25, 0.25
"""What name, value and shared words count beside the whole text; set before anything was measured."""
ENOUGH = 0.40
"""Least score of a text that answers; set by hand on questions about the demo shop. What it refuses is measured."""


def plain_attribute(text: str) -> str:
    """An exported attribute as words: ``item_weight: { value:20.6, unit:pounds }`` -> ``item weight: 20.6, pounds``."""
    if "{" not in text:
        return text
    words = _MARKS.sub(" ", _KEYS.sub(" ", text)).replace("_", " ")
    return re.sub(r"\s+", " ", words).strip(" ,")


def score_evidence(question: str, texts: Sequence[str], embed: Embed) -> NDArray[np.float32]:
    """float32, shape (len(texts),): how well each text answers ``question``."""
    return score_pairs([question] * len(texts), texts, embed)


def score_pairs(questions: Sequence[str], texts: Sequence[str], embed: Embed) -> NDArray[np.float32]:
    """As ``score_evidence``, for question i and text i. Each distinct text is embedded once."""
    plain = [plain_attribute(text) for text in texts]
    names = [_name(one) for one in plain]
    values = [one[len(name) :].lstrip(" :") or one for one, name in zip(plain, names, strict=True)]
    vectors = _vectors([*questions, *plain, *names, *values], embed)
    asked = np.stack([vectors[one] for one in questions])

    def near(parts: Sequence[str]) -> Any:
        return (asked * np.stack([vectors[one] for one in parts])).sum(axis=1)

    shared = np.array([_shared(question, text) for question, text in zip(questions, plain, strict=True)])
    whole, name, value = near(plain), near(names), near(values)
    scores = whole + _NAME_SHARE * name + _VALUE_SHARE * value + _WORDS_SHARE * shared
    return np.asarray(scores / (1 + _NAME_SHARE + _VALUE_SHARE + _WORDS_SHARE), dtype=np.float32)


def _name(plain: str) -> str:
    """The attribute's name; of a sentence, all of it."""
    found = _NAME.match(plain)
    return found[1] if found else plain


def _vectors(texts: Sequence[str], embed: Embed) -> dict[str, Any]:
    distinct = list(dict.fromkeys(texts))
    return dict(zip(distinct, embed(distinct), strict=True))


def _shared(question: str, text: str) -> float:
    """The share of the question's words that stand in the text."""
    asked = set(tokens(question)) - _LIGHT
    return len(asked & set(tokens(text))) / len(asked) if asked else 0.0


_LIGHT = frozenset(
    re.findall(
        r"\S+",
        """
        a an the is are be was it its this that these those do does did can could will would i my me you your we what
        which who how when where why of to in on for with from and or if any there have has
        """,
    )
)
