"""What a text makes a wish depend on: the difference in price."""

from __future__ import annotations

import re

from store import parse_amount

from .plan import Condition

_IF = re.compile(
    r"\b(?:only )?if\b|\bas long as\b|\bprovided\b|\bon condition\b|\bunless\b|如果|要是|只要|除非|前提|的话", re.I
)
_SAME_PRICE = re.compile(
    r"\b(?:same price|costs? the same|same cost|no (?:price )?difference|price (?:is|stays|remains) the same"
    r"|equal(?:ly)? pric\w+)\b|价格(?:一样|相同|不变)|同价|没有?差价|价钱一样|一样的?价",
    re.I,
)
_NO_MORE = re.compile(
    r"\b(?:no (?:extra|additional)|without (?:extra|additional|paying)|not (?:any )?(?:more expensive"
    r"|cost (?:me )?more|costlier)|(?:doesn't|does not|don't|won't) (?:cost|have to pay)[^.;]{0,12}(?:more"
    r"|extra|anything)|cheaper or the same|same price or (?:less|cheaper|lower)|not pay(?:ing)? (?:more"
    r"|extra))\b|不加钱|不用加钱|不用补|不补差价|不另外收费|不(?:会)?更贵|不比.{0,6}贵",
    re.I,
)
_CHEAPER = re.compile(r"\b(?:it'?s|they'?re|is|are|that's) cheaper\b|\bcosts? less\b|更便宜|便宜的话", re.I)
_LIMIT = re.compile(
    r"(?:difference|extra|more|additional|pay|cost\w*|差价|多付|补|加)[^.;。]{0,40}?(?:under|below|less than"
    r"|at most|no more than|within|not exceed\w*|不超过|少于|低于|最多)\s*[$€£¥]?\s*(\d[\d,]*(?:\.\d+)?)",
    re.I,
)


def read_condition(text: str, currency: str) -> Condition | None:
    """The condition that ``text`` sets; ``None``: none. Amounts are in ``currency``."""
    if not _IF.search(text):
        return None
    if _SAME_PRICE.search(text) and not re.search(r"\bunless\b|除非", text, re.I):
        return Condition(most_minor=0, least_minor=0)
    if _NO_MORE.search(text):
        return Condition(most_minor=0)
    if _CHEAPER.search(text):
        return Condition(most_minor=-1)
    limit = _LIMIT.search(text)
    if limit is not None:
        return Condition(most_minor=parse_amount(limit.group(1), currency or "USD"))
    return None
