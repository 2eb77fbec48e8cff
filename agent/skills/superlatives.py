"""Which of several products a superlative means ("the cheapest one", 评分最高的那款), and the wish to be advised."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from store import parse_amount

from ..facts import ProductFacts

Superlative = Literal["cheapest", "dearest", "best_rated"]
_EXTREMES: Mapping[Superlative, re.Pattern[str]] = {
    "cheapest": re.compile(
        r"\b(?:cheapest|lowest[- ]priced|least expensive|most affordable)\b|\bcheap(?:er)? one\b|\bcheaper of\b"
        r"|最便宜|价格最低|便宜的?那[个款双件条种]",
        re.I,
    ),
    "dearest": re.compile(
        r"\b(?:most expensive|priciest|dearest|highest[- ]priced)\b|\b(?:expensive|pricey) one\b"
        r"|最贵|价格最高|贵的?那[个款双件条种]",
        re.I,
    ),
    "best_rated": re.compile(
        r"\b(?:best|highest|top)[- ](?:rated|reviewed|rating|scored?)\b|\bbest reviews\b"
        r"|评[价分]最[高好]|口碑最好|好评最多",
        re.I,
    ),
}
_ADVICE = re.compile(
    r"\b(?:which|what)(?: one| of (?:them|these|those|the \w+))?(?: product)? (?:would|do|should|shall) (?:you|i|we)\b"
    r".{0,20}\b(?:take|choose|pick|buy|get|go (?:for|with)|recommend|suggest|prefer|advise)\b"
    r"|\b(?:your|which is the|what'?s the|what is the) (?:favou?rite|best (?:one|choice|pick)|pick)\b"
    r"|\b(?:which|what)(?: one| of (?:them|these|those))?(?: is|['’]s) (?:the )?best\W*$"
    r"|(?:推荐|建议|选|买|要|觉得)(?:我)?(?:买|选|要|拿)?哪[一]?[个款双件条种]|哪[一]?[个款双件条种](?:最|比较|更)?(?:好|值得买?|推荐|划算)(?:一点|些)?[？?]?$",
    re.I,
)
_LIKELY_STARS, _WEIGHT = 3.8, 5
"""A product with few reviews is taken for an ordinary one: its mean is drawn to this, as if by so many reviews."""


def asks_advice(text: str) -> bool:
    """Whether somebody wants to be told which of several to take."""
    return _ADVICE.search(text) is not None


def superlative(text: str) -> Superlative | None:
    """What the thing that ``text`` points at is the most of."""
    return next((name for name, pattern in _EXTREMES.items() if pattern.search(text)), None)


def most(name: Superlative, products: Sequence[ProductFacts]) -> ProductFacts | None:
    """The product that is it; of equals the one that stands first. ``None`` where nothing is known of any."""
    if name == "best_rated":
        return max((one for one in products if one.rating is not None), key=_likely_stars, default=None)
    priced = [(parse_amount(one.price, one.currency), one) for one in products if one.price]
    best = (min if name == "cheapest" else max)(priced, key=lambda pair: pair[0], default=None)
    return None if best is None else best[1]


def _likely_stars(product: ProductFacts) -> float:
    assert product.rating is not None
    return (product.rating * product.review_count + _LIKELY_STARS * _WEIGHT) / (product.review_count + _WEIGHT)
