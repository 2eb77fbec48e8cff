"""How soon a customer needs an answer, read from his own words: 0 (it can wait) to 3.

Comes in: the message, what he wrote before it, and whether he is upset. Goes out: a number. It orders the queue of
those who wait for a person and the wording of some replies; it decides nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .language import grams

URGENT = 2
"""From here on he is told that he was put first."""
HIGHEST = 3
_NOW = re.compile(
    r"\burgen\w+|\basap\b|\bas soon as possible\b|\bright (?:now|away)\b|\bimmediately\b|\bat once\b"
    r"|\bneed(?:ed)?\b[^.!?]{0,40}\b(?:now|today|tonight|tomorrow)\b|\bcan(?:'t|not) wait\b|\bhurry\b|\bquickly\b"
    r"|(?<!着)(?<!不)急(?!救|冻)|马上|立刻|立即|赶紧|赶快|尽快|尽早|火速|今天就要|现在就要|等不了|来不及",
    re.I,
)
_DEADLINE = re.compile(
    r"\b(?:by|before|until|no later than) (?:today|tonight|tomorrow|noon|the weekend|(?:mon|tues|wednes|thurs|fri"
    r"|satur|sun)day)\b|\b(?:leav\w+|fly\w*|travel\w*|mov\w+|wedding|birthday|party|interview|event|trip)\b[^.!?]{0,40}"
    r"\b(?:today|tonight|tomorrow|in (?:an?|one|two|\d+) (?:hours?|days?)|this (?:morning|afternoon|evening|weekend)"
    r"|on (?:mon|tues|wednes|thurs|fri|satur|sun)day)\b"
    r"|(?:今天|今晚|明天|明早|后天|周[一二三四五六日末天]|星期[一二三四五六日天]|月底|生日|婚礼|出差|出发|旅行)[^。！？]{0,8}"
    r"(?:之?前|要用|就要|就走|出发|要走|截止|要穿|急用)|(?:赶在|最晚|最迟)",
    re.I,
)
_AGAIN = re.compile(
    r"\b(?:still (?:no|not|waiting)|(?:asked|told|written|wrote|said)\b[^.!?]{0,30}\b(?:already|before|twice|times)"
    r"|(?:second|third|fourth|\d(?:nd|rd|th)) time|how (?:long|many times)[^.!?]{0,30}\b(?:wait|ask)\w*"
    r"|anybody there|hello\?\?)|还没(?!有下单)|问了[几好多两三]|第[二三四五]次|有人吗|等了(?:好久|很久|半天)|催",
    re.I,
)
_CALM = re.compile(
    r"\bno (?:rush|hurry)\b|\bnot (?:at all )?urgent\b|\btake your time\b|\bwhenever\b|不着?急|不用急|慢慢来|不赶时间",
    re.I,
)
_SAME = 0.65
"""Dice coefficient of the words of two messages from which on the second asks the first again."""


def urgency_of(text: str, before: Sequence[str] = (), *, upset: bool = False) -> int:
    """0 to 3. ``before``: his own earlier messages, oldest first; ``upset``: this one complains."""
    if _CALM.search(text):
        return int(upset)
    level = 2 * bool(_NOW.search(text)) + 2 * bool(_DEADLINE.search(text))
    level += bool(_AGAIN.search(text)) or any(_asks_again(text, one) for one in before[-4:])
    return min(level + int(upset), HIGHEST)


def _asks_again(text: str, earlier: str) -> bool:
    one, other = set(grams(text)), set(grams(earlier))
    return min(len(one), len(other)) > 2 and 2 * len(one & other) >= _SAME * (len(one) + len(other))
