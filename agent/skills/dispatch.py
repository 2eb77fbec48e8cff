"""From the wishes of a message to the skills that answer them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from retrieval import other_names

from ..draft import Draft, Unavailable, Work
from ..understanding import SOCIAL, UNSURE, Wish
from . import after_sales, comparing, missing_parcel, orders, products, questions, reviews, service
from .asides import offer_again
from .shown import asks_why, has_listed, is_about_shown, names_size

Skill = Callable[[Work, Wish], None]

SKILLS: Mapping[str, Skill] = {
    "find_product": products.find,
    "compare": comparing.compare,
    "price": products.price,
    "stock": products.stock,
    "details": questions.details,
    "reviews": reviews.summarise,
    "recommend": products.recommend,
    "list_orders": orders.list_all,
    "order_status": orders.status,
    "order_details": orders.details,
    "refund_status": orders.refund,
    "cancel": orders.wish_about_order,
    "change_order": orders.wish_about_order,
    "change_address": orders.wish_about_order,
    "return": orders.wish_about_order,
    "exchange": orders.wish_about_order,
    "policy": service.policy,
    "invoice": orders.invoice,
    "account": service.cannot_do,
    "stop_messages": service.stop,
    "payment_problem": service.cannot_do,
    "person": service.person,
    "complaint": service.complaint,
    "greeting": service.small_talk,
    "thanks": service.small_talk,
    "goodbye": service.small_talk,
    "yes": service.small_talk,
    "no": service.small_talk,
    "identity": service.small_talk,
    "others_data": service.small_talk,
    "out_of_scope": service.small_talk,
    UNSURE: service.unsure,
}
_UNCLEAR = 0.5
_UNKNOWN = frozenset({"out_of_scope", UNSURE})
_ABOUT_HIMSELF = _UNKNOWN | {"account", "identity", "others_data", "policy"}
_OF_CART = _UNKNOWN | {
    "find_product",
    "list_orders",
    "order_details",
    "details",
    "change_order",
    "cancel",
    "price",
    "stock",
}
_ASKS = re.compile(
    r"[?？]\s*$|^\W*(?:what|how|who|when|where|which|why|is|are|do|does|can|could|will)\b|吗\W*$|呢\W*$|怎么|多少|什么|有没有|是否|是不是|会不会|能不能",
    re.I,
)
_WHITHER = re.compile(
    r"\bwhere (?:do|does|did|will|is|are)\b.*\b(?:go|going|sent|shipped|delivered)\b|[寄送发]到哪", re.I
)
_WHICH = re.compile(
    r"\bwhich (?:one|ones|of (?:them|these|those|the))\b|\bwhich (?:is|are|has|have|does|can|would)\b"
    r"|哪[一]?[个款双件条种台只](?!订单)",
    re.I,
)
_OPEN = re.compile(
    r"\b(?:any|some|got)\b(?: \w+){0,2} (?:ideas?|suggestions?)\b|\bbest\b"
    r"|\bwhat (?:could|should|can|shall) i (?:get|give|buy)\b"
    r"|送.{0,8}什么|有什么(?:好)?(?:主意|建议)|最好|哪[一]?[个款双件条种台只].{0,6}好",
    re.I,
)
"""Leaves the choice among things of a kind to the shop."""
_VAGUE = frozenset({"compare", "out_of_scope", UNSURE})
_SHOWN_WISHES = frozenset({"find_product", "details", "reviews", "compare", "price", "stock", "out_of_scope", UNSURE})
_PRODUCT_WISHES = frozenset({"price", "stock", "details", "reviews", "compare", "find_product"})
_ORDER_WISHES = frozenset(
    {"order_status", "order_details", "refund_status", "cancel", "change_order", "change_address", "return", "exchange"}
)


def answer(work: Work) -> Draft:
    """The reply to the message. Raises ``CallNeeded`` while a tool has to be called first."""
    try:
        if after_sales.takes(work) and after_sales.drive(work):
            return work.draft
    except Unavailable:
        work.say("unavailable")
        return work.draft
    waiting = work.draft.proposal_id
    draft = _by_wish(work)
    if waiting is not None and draft.kind == "answer":
        # What else was asked is answered; the proposal still waits for its answer.
        draft.kind, draft.proposal_id = "proposal", waiting
        work.say("still_open")
    elif draft.kind == "answer":
        offer_again(work)
    return draft


def _by_wish(work: Work) -> Draft:
    wishes = _elliptic(work) or _with_pending(work)
    upset = work.understanding.upset and not is_about_shown(work, wishes[0])  # "Why this?" is no complaint.
    if upset and not work.draft.parts and wishes[0].intent not in SOCIAL | {"person"}:
        work.say("complaint")
    for wish in wishes:
        try:
            if wish.intent in _PRODUCT_WISHES | _ORDER_WISHES:
                work.draft.intent = wish.intent
            _skill(work, wish)(work, wish)
        except Unavailable:
            work.say("unavailable")
        if work.draft.kind != "answer":
            break
    return work.draft


def _elliptic(work: Work) -> tuple[Wish, ...]:
    """ "And the second?" wants of the second what was wanted of the first."""
    first, intent = work.understanding.wishes[0], work.memory.intent
    bare = bool(first.slots.ordinals) and not first.slots.content and not first.slots.ids and not work.memory.pending
    figure = not any(sign.isalpha() for sign in first.text) and work.memory.about == "product"
    if first.intent == UNSURE and first.slots.refers and not first.slots.content and intent in _ORDER_WISHES:
        return (replace(first, intent=intent),)  # "Just tell me when it comes."
    unclear = figure or first.intent in {UNSURE, "out_of_scope", "yes", "no"} or first.probability < _UNCLEAR
    return (replace(first, intent=intent),) if bare and unclear and intent in SKILLS else ()


def _skill(work: Work, wish: Wish) -> Skill:
    slots = wish.slots
    about_product = work.memory.about == "product" and work.memory.product is not None
    if is_about_shown(work, wish):
        if names_size(wish) and not has_listed(work):
            return products.stock
        return products.why if asks_why(wish) else products.find
    if wish.intent == "out_of_scope" and wish.second in _ORDER_WISHES and work.memory.about == "order":
        wish = replace(wish, intent=wish.second)
    if missing_parcel.is_missing(wish):
        return missing_parcel.missing
    if wish.intent in _SHOWN_WISHES | {"recommend"} and comparing.wants_advice(work, wish):
        return comparing.advise
    if wish.intent in _VAGUE and _OPEN.search(wish.text) and other_names(wish.text):
        return products.recommend
    if wish.intent in _SHOWN_WISHES and _asks_which(work, wish):
        return comparing.compare
    points = slots.refers or bool(slots.ordinals)
    if wish.intent in _UNKNOWN and about_product and _ASKS.search(wish.text) and points:
        return questions.details
    if wish.intent == "find_product" and about_product and slots.ordinals and slots.content and _ASKS.search(wish.text):
        return questions.details
    if wish.intent in _OF_CART and service.about_cart(wish.text):
        return service.cart
    if wish.intent == "order_status" and not slots.ids and service.asks_of_shipping(wish.text):
        return service.policy
    if wish.intent in _ABOUT_HIMSELF and service.asks_own_data(wish.text):
        return service.own_data
    if wish.intent in _UNKNOWN and _ASKS.search(wish.text):
        return service.policy_or_unknown
    if wish.intent in _PRODUCT_WISHES and not slots.ids and _WHITHER.search(wish.text):
        return orders.details
    pointing = slots.refers and not (slots.ids or slots.ordinals) and len(slots.content) <= 1
    if wish.intent in {"details", "price"} and pointing and work.memory.about == "order":
        return orders.details
    return SKILLS[wish.intent]


def _asks_which(work: Work, wish: Wish) -> bool:
    """ "Which one is lighter?" is asked of all that are shown."""
    several = work.memory.about == "product" and len(work.memory.products) > 1 and not work.memory.pending
    return several and not (wish.slots.ids or wish.slots.ordinals) and _WHICH.search(wish.text) is not None


def _with_pending(work: Work) -> tuple[Wish, ...]:
    """An answer to the question that was asked back belongs to the wish that it was asked for."""
    wishes = work.understanding.wishes
    pending = work.memory.pending
    if not pending or pending not in SKILLS:
        return wishes
    first = wishes[0]
    slots = first.slots
    named = bool(slots.ids or slots.ordinals or slots.latest or slots.content)
    if pending == "person":
        if first.intent == "yes" or missing_parcel.goes_on(work):
            return (Wish("person", 1.0, f"{work.memory.pending_text} {first.text}", slots),)
        return wishes
    if first.intent in SOCIAL - {"yes"} and not slots.ids and not slots.ordinals:
        return wishes
    fits = first.intent in (_PRODUCT_WISHES if pending in _PRODUCT_WISHES else _ORDER_WISHES | _PRODUCT_WISHES)
    if first.intent in {"out_of_scope", "others_data", "identity"} and not (
        slots.ids or slots.ordinals or slots.latest
    ):
        return wishes
    vague = first.intent in {UNSURE, "yes", "out_of_scope", "find_product", "order_details", "details"}
    if named and (vague or first.probability < 0.5 or (fits and len(first.text) < 25 and bool(slots.ids))):
        return (Wish(pending, 1.0, first.text, slots),)
    return wishes
