"""Wishes that are about neither a product nor an order: help pages, a person, a complaint, and talk."""

from __future__ import annotations

import re
from dataclasses import replace

from sentiment import detect_language

from ..draft import Work
from ..facts import PageFacts, Problem, Stopped
from ..understanding import UNSURE, Wish
from .orders import hand_over, list_all, offer_person, status

_ABOUT_ORDER = re.compile(r"\b(?:parcel|package|order|deliver\w*)\b|包裹|快递|订单|发货|没收到", re.I)
_BOUGHT = re.compile(
    r"\b(?:ordered|bought|purchased|got from you|my orders?)\b|买了|买的|买过|订了|下了单|下过单|我的订单", re.I
)
_SHIPPING = re.compile(
    r"\bhow (?:long|fast|quick\w*|soon)\b.*\b(?:ship\w*|deliver\w*|take|arrive|get)\b"
    r"|\b(?:do|can|will) you (?:ship|deliver|send)\b|\bwhere do you (?:ship|deliver|send)\b"
    r"|(?:多久|几天|多长时间).{0,4}[到达]|哪[里儿]?发货|(?:能|可以|会)?(?:发|寄|送|配送)[货到].{1,12}吗",
    re.I,
)
_OWN = re.compile(r"\b(?:my|mine|the|this|that|it)\b|#|我的|我买|订单|包裹|快递|这个|它", re.I)
_CART = re.compile(r"\b(?:my|the) (?:cart|basket|shopping bag)\b|购物车", re.I)
_OWN_DATA = re.compile(
    r"\b(?:know|keep|kept|stor(?:e|ed)|sav(?:e|ed)|collect(?:ed)?|hold|have|delete|erase|remove|wipe|export|download"
    r"|see|get|copy of)\b.{0,40}\b(?:(?:about|of|on) me\b(?!\w)|my (?:personal |own |chat )?"
    r"(?:data|information|history|conversations?|chats?|messages))\b"
    r"|(?:知道|保存|存|收集|记录|删除?|清除|导出|下载|查看|看看?).{0,12}(?:关于我|我的?(?:哪些|什么|个人|所有|全部)*"
    r"(?:数据|信息|资料|聊天记录|对话|隐私))"
    r"|(?:我的|关于我的?)(?:个人|所有|全部)*(?:数据|信息|资料|聊天记录|对话|隐私).{0,8}(?:删|清除|导出|下载|保存|存)",
    re.I,
)
_TALK = {
    "greeting": "greeting",
    "thanks": "thanks",
    "goodbye": "goodbye",
    "yes": "yes_to_nothing",
    "no": "no_to_nothing",
    "identity": "identity",
    "others_data": "others_data",
    "out_of_scope": "out_of_scope",
}


def small_talk(work: Work, wish: Wish) -> None:
    shop = work.shop or work.word("the_shop")
    work.say(_TALK[wish.intent], shop=shop)


def asks_own_data(text: str) -> bool:
    """Whether it asks what is kept of the customer himself, or for it to be deleted."""
    return _OWN_DATA.search(text) is not None


def asks_of_shipping(text: str) -> bool:
    """Whether it asks how the shop ships in general, and not of a parcel of his own."""
    return _SHIPPING.search(text) is not None and _OWN.search(text) is None


def about_cart(text: str) -> bool:
    """Whether it is about the cart, which only the shop's own pages show and change."""
    return _CART.search(text) is not None


def cart(work: Work, _: Wish) -> None:
    work.say("cart")


def own_data(work: Work, _: Wish) -> None:
    """Where he can see it, take it along and delete it himself."""
    work.say("own_data")


def policy(work: Work, wish: Wish) -> None:
    """Quote the page that answers; without one, say so and offer a person."""
    found = _page(work, wish)
    if found is None:
        work.say("page_none")
        offer_person(work, wish)


def _page(work: Work, wish: Wish) -> PageFacts | None:
    """Quote the page that answers the question, or, where that alone finds none, it and the question before it."""
    found = work.need("read_help_pages", PageFacts, question=wish.text)
    if isinstance(found, Problem) and work.memory.topic:
        found = work.need("read_help_pages", PageFacts, question=f"{work.memory.topic} {wish.text}")
    if isinstance(found, Problem):
        return None
    work.say("page_says", page=found.heading)
    work.say_line("plain", text=found.text)
    work.draft.topic = wish.text[:300]
    return found


def policy_or_unknown(work: Work, wish: Wish) -> None:
    """A question that is about neither products nor orders: the page that answers it, else that it is not known."""
    if detect_language(work.understanding.text) == "other":
        work.say("other_language")
        offer_person(work, wish)
    elif _page(work, wish) is None:
        unsure(work, wish) if wish.intent == UNSURE else small_talk(work, wish)


def person(work: Work, wish: Wish) -> None:
    hand_over(work, wish, "")


def cannot_do(work: Work, wish: Wish) -> None:
    """What only a person can do here."""
    work.say("cannot_do", wish=work.word(f"wish_{wish.intent}"))
    offer_person(work, wish)


def stop(work: Work, wish: Wish) -> None:
    """The customer does not want to be written to: done at once."""
    work.need("stop_messages", Stopped)
    work.say("stopped")


def complaint(work: Work, wish: Wish) -> None:
    """Be sorry first; where it is about an order, look it up; then offer a person."""
    if not work.draft.parts:
        work.say("complaint")
    if wish.second in {"order_status", "refund_status"} or wish.slots.ids or _ABOUT_ORDER.search(wish.text):
        status(work, replace(wish, intent="order_status"))
    if work.draft.kind == "answer":
        offer_person(work, wish)


def unsure(work: Work, wish: Wish) -> None:
    """Nothing was understood for sure: ask, and say what can be asked; who speaks of a purchase is shown his own."""
    if _BOUGHT.search(wish.text):
        list_all(work, wish)
        if work.draft.shown:
            work.say("what_with_it")
            work.draft.kind = "question"
            return
        work.draft.parts.clear()
    work.say("empty" if not any(sign.isalnum() for sign in wish.text) else "not_understood")
    work.draft.kind = "question"
