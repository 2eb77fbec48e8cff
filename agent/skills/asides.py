"""Messages that leave the plan aside: a wish for something else, or a question, while a return or the like is open.

Comes in: what was understood, and the customer's own records. Goes out: whether it is one. The plan stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from ..draft import Work
from ..facts import OrderFacts
from ..planning.acts import Part, wants_doing
from ..planning.goods import is_his_own, mentions, named_orders

_SEEKING = frozenset({"find_product", "recommend", "compare"})
_ASKING = frozenset(
    {"price", "reviews", "policy", "order_status", "order_details", "refund_status", "list_orders", "invoice"}
)
_SURE = 0.5
_SEEKS = re.compile(
    r"\b(?:show|find|recommend|suggest|search|looking for|do you (?:have|sell|carry|stock)|got any|anything"
    r"|buy|compare)\b|推荐|有没有|有什么|找|[想要]买|看看|卖|比较|对比|区别",
    re.I,
)
_TELLS = re.compile(r"\b(?:another one|instead|should be|rather|the \w+ (?:I|you))\b|想要|应该", re.I)
_PURCHASE = re.compile(
    r"\b(?:orders?|ordered|bought|purchas\w+|parcels?|packages?|items?|things?|products?|goods|deliver\w*|arriv\w*|sent|"
    r"received|shipment|it|them|they|these|those)\b|#|订单|包裹|快递|买|商品|东西|收到|货|[这那它][个款件双些]?",
    re.I,
)
_ASKS = re.compile(
    r"[?？]\s*$|吗\W*$|呢\W*$|^\W*(?:what|how|who|when|where|which|why|is|are|do|does|did)\b|多少|什么", re.I
)


def tells_of_own(text: str) -> bool:
    """Whether it may say of something of his own how it should be, without a word of doing."""
    return _TELLS.search(text) is not None


def asks(text: str) -> bool:
    """Whether it is put as a question."""
    return _ASKS.search(text) is not None


def speaks_of_purchase(text: str) -> bool:
    """Whether it tells of something that was bought, and not of the shop or of the talk."""
    return _PURCHASE.search(text) is not None


def is_aside(
    work: Work, text: str, parts: Sequence[Part], orders: Sequence[OrderFacts], titles: Collection[str]
) -> bool:
    """Whether the message wants something that has nothing to do with what is planned, and answers no question."""
    plan, first = work.memory.plan, work.understanding.wishes[0]
    sure = first.probability >= _SURE or (first.intent in _SEEKING and _SEEKS.search(text))
    if wants_doing(parts) or not sure or tells_of_own(text) or named_orders(text, orders):
        return False
    if first.intent in _SEEKING:
        if first.slots.refers and (plan.lines or plan.goals or work.memory.heard):
            return False  # "The same ones in black" speaks of what was spoken of.
        # A bare name may answer what was asked; only what looks for something does not.
        answers = plan.asking is not None and not _SEEKS.search(text)
        return not answers and not any(is_his_own(text, one) for one in mentions(text, titles))
    versions = plan.asking is not None and plan.asking.slot == "variant"
    return plan.live and not versions and first.intent in _ASKING and asks(text)


def offer_again(work: Work) -> None:
    """After something else was answered, say once that what was asked for is still open."""
    plan = work.draft.plan
    if plan is None or plan.asking is None or plan.asking.reminded or plan.asking.goal >= len(plan.goals):
        return
    plan.asking.reminded = True
    work.say("goes_on", deed=work.word(f"deed_{plan.goals[plan.asking.goal].deed}"))
