"""A parcel that is said to have been delivered and is not there: what is known of it, and somebody who traces it.

No return is proposed for what never came; a person decides what happens.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..draft import Work
from ..facts import OrderFacts
from ..understanding import UNSURE, Wish
from ..urgency import URGENT
from . import orders
from .asides import asks

INTENT = "missing_parcel"
_MISSING = re.compile(
    r"\b(?:says?|said|shows?|showing|marked|listed|tracking|status|supposedly|apparently|claims?)\b.{0,40}"
    r"\bdelivered\b.{0,60}\b(?:not|never|nothing|no(?:thing| sign|where)|(?:have|has|did|is|was)n['’]?t"
    r"|don['’]?t have|missing|empty|stolen|lost)\b"
    r"|\b(?:never|not|(?:did|has|have)n['’]?t)\b.{0,30}\b(?:received?|arrived?|got|(?:turned|showed) up)\b"
    r".{0,60}\bdelivered\b"
    r"|\bnever (?:received|got|arrived|came|turned up)\b"
    r"|\b(?:parcel|package|delivery) (?:is|was|has been|got|must be|went) (?:missing|lost|stolen)\b"
    r"|(?:显示|写着|说|已经?|状态|物流).{0,6}(?:签收|送达|妥投|派送成功).{0,16}(?:没有?收到|未收到|没[拿见看]到|不见|找不到)"
    r"|(?:没有?收到|未收到|没拿到|根本没到).{0,16}(?:签收|送达|妥投)|(?:包裹|快递|货).{0,3}(?:丢了|不见了|被偷|弄丢)"
    r"|(?:从来|一直)没收到",
    re.I,
)
_NOT_COME = re.compile(
    r"\b(?:has|have|did|is|was)(?:n['’]?t| not)\b.{0,20}\b(?:come|came|arrived?|here|received?|turned up|shown up)\b"
    r"|\b(?:got|received) nothing\b|(?:没有?|未)(?:收到|到货|送到|拿到)|还?没到",
    re.I,
)
_OF = frozenset(
    {
        "order_status", "order_details", "complaint", "list_orders", "out_of_scope", "return", "exchange", "cancel",
        "find_product", UNSURE,
    }
)  # fmt: skip
"""What such words are taken for."""
_GOES_ON = frozenset({"yes", "return", "cancel", "exchange", "complaint", "order_status", "refund_status"})
_UNCLEAR = frozenset({"out_of_scope", UNSURE})


def is_missing(wish: Wish) -> bool:
    """Whether he says that something was never there, though it counts as delivered, or that an order has not come."""
    return wish.intent in _OF and (_MISSING.search(wish.text) is not None or _has_not_come(wish))


def _has_not_come(wish: Wish) -> bool:
    return wish.intent == "order_status" and bool(wish.slots.ids) and _NOT_COME.search(wish.text) is not None


def goes_on(work: Work) -> bool:
    """Whether the message is still about the parcel that he was offered to have traced, and he does not refuse."""
    first = work.understanding.wishes[0]
    told = first.intent in _GOES_ON or (first.intent in _UNCLEAR and not asks(first.text))
    return work.memory.intent == INTENT and work.memory.pending == "person" and told and not first.slots.ids


def missing(work: Work, wish: Wish) -> None:
    """What the records say of it; if they do say that it was delivered, offer to have it traced."""
    found = orders.all_of(work)
    order = _meant(work, wish, found.orders) if found is not None else None
    if order is None:
        return
    orders.tell_status(work, order)
    if order.status == "delivered":
        work.say("parcel_missing")
    elif _has_not_come(wish) and work.urgency < URGENT:
        return  # It is on its way: until when, he knows now.
    work.draft.intent = INTENT
    orders.offer_person(work, wish)


def _meant(work: Work, wish: Wish, known: Sequence[OrderFacts]) -> OrderFacts | None:
    """The order that he names; else the latest one that was sent. ``None``: the draft already says why not."""
    if wish.slots.ids or wish.slots.ordinals:
        return orders.one_order(work, wish)
    named = orders.naming(known, wish.text) if wish.slots.content else []
    sent = [one for one in named or known if any(parcel.shipped for parcel in one.shipments)]
    return (sent or named or list(known))[0]
