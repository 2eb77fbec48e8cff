"""What is said of products that were just shown, in words that the intent heads know little of: why this one, a cheaper
one, at most so much, I'll take that one."""

from __future__ import annotations

import re

from ..draft import Work
from ..understanding import UNSURE, Wish

_CHEAPER = re.compile(
    r"\bcheaper\b(?! of\b)|\bless expensive\b|\btoo (?:expensive|dear|pricey|much money)\b"
    r"|更便宜|便宜点|便宜一点|便宜些|再便宜|太贵",
    re.I,
)
_TAKES = re.compile(
    r"\b(?:i['’]?ll|i will|i['’]?d like to|i would like to|i want to|let me|let['’]?s|gonna|going to"
    r"|how (?:do|can) i) (?:take|buy|get|have|order|go (?:for|with))\b|\b(?:buy|order|take) (?:it|this|that|the)\b"
    r"|\b(?:add|put) (?:it|this|that|the \w+(?: one)?) (?:in|into|to)\b"
    r"|\bthe (?:first|second|third|fourth|fifth|last)(?: one)?,? then\b|^\W*(?:then|ok(?:ay)?)\W+the \w+(?: one)?\W*$"
    r"|(?:就|我|想)?(?:要|买|拿|选)(?:这|那|第)[一二三四五1-5]?[个款双件条种]|就它|下单|加(?:入|到|进)购物车|怎么买"
    r"|^\W*那?就第[一二三四五1-5][个款双件条种]|第[一二三四五1-5][个款双件条种](?:吧|好了)\W*$",
    re.I,
)
_WHY = re.compile(
    r"^\W*(?:but|and|ok|okay|so|hm+)?\W*(?:why|how come)\b(?!.*\b(?:order|parcel|refund|return|cancel|deliver)\w*)"
    r"|为(?:什么|啥|何)(?!.*(?:订单|快递|退|换|取消|没到)).{0,8}(?:推荐|给我|是?[这那它第])|推荐.{0,6}(?:理由|原因)"
    r"|^\W*(?:那)?为(?:什么|啥|何)(?:呢|啊)?\W*$",
    re.I,
)
_BUDGET = re.compile(
    r"\W*(?:(?:and|but|ok|okay|my|the|a|for)\b\W*)*"
    r"(?:budget(?: is| of)?|under|below|up to|at most|max(?:imum)?|(?:less|not more|no more) than|around|about)\W*"
    r"\d[\d.,]*\s*(?:euros?|eur|dollars?|usd|€|\$|£)?\W*(?:please)?\W*"
    r"|\W*(?:预算|不超过|最多|控制在)\W*(?:是|在)?\W*\d[\d.,]*\s*(?:元|块钱?|欧元?)?(?:左右|以内|以下|之内)?\W*"
    r"|\W*\d[\d.,]*\s*(?:元|块钱?|欧元?)?(?:左右|以内|以下|之内)\W*",
    re.I,
)
_SIZE = re.compile(
    r"\W*(?:(?:in|size|尺码|码数)\W*)*(?P<size>\d{2}(?:[.,]5)?|[XSML]{1,4}|\dX[SL])\s*[码号]?\W*(?:please)?\W*", re.I
)
_WHICH = re.compile(r"\bwhich\b|哪", re.I)
_LISTING = frozenset({"find_product", "recommend"})
_INTENTS = frozenset(
    {
        "find_product", "details", "reviews", "compare", "price", "stock", "recommend", "complaint", "yes", "no",
        "payment_problem", "policy", "order_details", "out_of_scope", UNSURE,
    }
)  # fmt: skip
"""What such words are taken for."""


def is_about_shown(work: Work, wish: Wish) -> bool:
    """Whether products were spoken of last, and the wish is one of these."""
    memory = work.memory
    if memory.about != "product" or memory.product is None:
        return False
    if not memory.pending and (names_size(wish) or (memory.query and narrowed(wish))):
        return True
    cheaper = wants_cheaper(wish) and bool(memory.query)
    return wish.intent in _INTENTS and (asks_why(wish) or takes_one(wish) or cheaper)


def narrowed(wish: Wish) -> str:
    """What a message that says nothing else adds to the search before: "under 20 euros", 预算200以内, "42"."""
    if wish.slots.ordinals:
        return ""
    return names_size(wish) or (wish.text if _BUDGET.fullmatch(wish.text) else "")


def names_size(wish: Wish) -> str:
    """ "size 42" of a message that says nothing but a size."""
    size = _SIZE.fullmatch(wish.text)
    return "" if size is None or wish.slots.ordinals else f"size {size['size']}"


def has_listed(work: Work) -> bool:
    """Whether several products that were looked for are what was said last."""
    return bool(work.memory.query) and len(work.memory.products) > 1 and work.memory.intent in _LISTING


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
