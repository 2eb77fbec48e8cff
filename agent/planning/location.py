"""Orders named by what is in them: "the order with the garden hose", "有滑板的那个订单"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ..facts import OrderFacts
from .goods import Mention

_WITH = re.compile(
    r"\b(?:orders?|one|ones|that)\b(?: (?:I|you|we) \w+)? ?(?:with|containing|that (?:has|had|holds)"
    r"|which (?:has|had)|including"
    r"|together with|where (?:I|there)\b[^,.;]*?)\b|\bordered (?:together )?(?:with|alongside)\b",
    re.I,
)
_THAT_ORDER = re.compile(r"(?:的那?|那|这|的)?[一个张笔]?(?:那[个一])?(?:订单|单(?!词|独|价|反))|那一?[单笔]")
_TOGETHER = re.compile(r"\s*一起|\s*同一")
_ORDER_OF = re.compile(r"\s*orders?\b(?! (?:number|id)\b)", re.I)
_END = re.compile(
    r"[.;:!?。；：！？]|\b(?:please|and (?:cancel|return|exchange|change|then)|should|by mistake|was|is|are)\b", re.I
)
_JOINT = re.compile(r"^[\s,，、和跟与及]*(?:and|the|my|a|还有|以及)?[\s]*(?:the|my)?[^.,;:!?。；：！？]{0,14}$", re.I)


def located(text: str, found: Sequence[Mention]) -> tuple[set[int], bool]:
    """Which of the mentions (by place) only say which order is meant; whether there are any."""
    placed: set[int] = set()
    for mark in _WITH.finditer(text):
        end = _END.search(text, mark.end())
        until = end.start() if end else len(text)
        inside = [at for at, one in enumerate(found) if mark.end() <= one.name < until]
        placed.update(_run(text, found, inside))
    for at, mention in enumerate(found):
        if _ORDER_OF.match(text, mention.end):
            placed.update(_back(text, found, at))
        if _TOGETHER.match(text, mention.end) and text[: mention.name].rstrip()[-1:] in "和跟与":
            placed.update(_back(text, found, at))
        tail = _THAT_ORDER.search(text, mention.end)
        if tail is not None and tail.start() - mention.end <= 4 and "，" not in text[mention.end : tail.start()]:
            placed.update(_back(text, found, at))
    return placed, bool(placed)


def _run(text: str, found: Sequence[Mention], inside: Sequence[int]) -> list[int]:
    """The mentions that follow one another, joined by commas and "and"."""
    kept = list(inside[:1])
    for before, after in pairwise(inside):
        if _JOINT.match(text[found[before].end : found[after].name]) is None:
            break
        kept.append(after)
    return kept


def _back(text: str, found: Sequence[Mention], last: int) -> list[int]:
    kept = [last]
    while kept[0] > 0 and _JOINT.match(text[found[kept[0] - 1].end : found[kept[0]].name]) is not None:
        kept.insert(0, kept[0] - 1)
    return kept


def orders_holding(orders: Sequence[OrderFacts], mentions: Sequence[Mention]) -> list[OrderFacts]:
    """The orders that hold most of what is mentioned."""
    scores = [
        sum(any(line.title in mention.titles for line in order.lines) for mention in mentions) for order in orders
    ]
    best = max(scores, default=0)
    return [order for order, score in zip(orders, scores, strict=True) if best and score == best]
