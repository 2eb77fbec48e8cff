"""What is said of products that were just shown, in words that the intent heads know little of: why this one, a cheaper
one, I'll take that one."""

from __future__ import annotations

import re

from ..draft import Work
from ..understanding import UNSURE, Wish

_CHEAPER = re.compile(
    r"\bcheaper\b|\bless expensive\b|\btoo (?:expensive|dear|pricey|much money)\b|更便宜|便宜点|便宜一点|便宜些"
    r"|再便宜|太贵",
    re.I,
)
_TAKES = re.compile(
    r"\b(?:i['’]?ll|i will|i['’]?d like to|i would like to|i want to|let me|let['’]?s|gonna|going to"
    r"|how (?:do|can) i) (?:take|buy|get|have|order|go (?:for|with))\b|\b(?:buy|order|take) (?:it|this|that|the)\b"
    r"|\b(?:add|put) (?:it|this|that|the \w+(?: one)?) (?:in|into|to)\b"
    r"|(?:就|我|想)?(?:要|买|拿|选)(?:这|那|第)[一二三四五1-5]?[个款双件条种]|就它|下单|加(?:入|到|进)购物车|怎么买",
    re.I,
)
_WHY = re.compile(
    r"^\W*(?:but|and|ok|okay|so|hm+)?\W*(?:why|how come)\b(?!.*\b(?:order|parcel|refund|return|cancel|deliver)\w*)"
    r"|为(?:什么|啥|何)(?!.*(?:订单|快递|退|换|取消|没到)).{0,8}(?:推荐|给我|是?[这那它第])|推荐.{0,6}(?:理由|原因)"
    r"|^\W*(?:那)?为(?:什么|啥|何)(?:呢|啊)?\W*$",
    re.I,
)
_WHICH = re.compile(r"\bwhich\b|哪", re.I)
_INTENTS = frozenset(
    {
        "find_product", "details", "reviews", "compare", "price", "stock", "recommend", "complaint", "yes", "no",
        "payment_problem", "policy", "order_details", "out_of_scope", UNSURE,
    }
)  # fmt: skip
"""What such words are taken for."""


def is_about_shown(work: Work, wish: Wish) -> bool:
    """Whether products were spoken of last, and the wish is one of these."""
    shown = work.memory.about == "product" and work.memory.product is not None and wish.intent in _INTENTS
    return shown and (asks_why(wish) or takes_one(wish) or (wants_cheaper(wish) and bool(work.memory.query)))


def wants_cheaper(wish: Wish) -> bool:
    """ "Anything cheaper?" of what was shown last."""
    return _CHEAPER.search(wish.text) is not None and _WHICH.search(wish.text) is None


def takes_one(wish: Wish) -> bool:
    """ "I'll take the second one": he has chosen among what he was shown."""
    points = bool(wish.slots.ordinals) or wish.slots.refers
    return points and len(wish.slots.content) <= 3 and _TAKES.search(wish.text) is not None


def asks_why(wish: Wish) -> bool:
    """ "Why this?" of what he was shown."""
    return _WHY.search(wish.text) is not None


def without_cheaper(text: str) -> str:
    """``text`` without the words that ask for a lower price."""
    return _CHEAPER.sub(" ", text)
