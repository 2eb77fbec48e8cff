"""True statements with one fact made false: another record's value, an invented one, a swap, or a promise added."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations

from .statements import IN_CHINESE, MONTHS, STATUSES, STOCK, Slot, Statement, day_text

_INVENTED = (
    "Zephyr Cloud Runner",
    "Mistral Storm Parka",
    "Old Harbour Teapot",
    "Kestrel Night Light",
    "Polar Bear Mitten",
)
_PROMISES = {
    "en": (
        "I have cancelled it for you.",
        "We will refund you in full within three days.",
        "You will get a 20% discount on your next order.",
        "Return shipping is free of charge.",
        "We'll send you a replacement at no cost.",
        "It comes with a lifetime guarantee.",
        "I've upgraded it to express delivery.",
        "Your refund is on its way to your account.",
        "I just changed the address for you.",
        "You are entitled to a full refund.",
        "A replacement has been sent out.",
        "Our team has waived the fee.",
        "It will be with you tomorrow.",
        "We promise to match any price.",
        "I can give you a voucher for the trouble.",
    ),
    "zh": (
        "我已为您取消订单。",
        "我们会在三天内为您全额退款。",
        "下次购物可享八折优惠。",
        "退货运费免费。",
        "我们将免费补发一件。",
        "明天一定送达。",
        "我已经帮您升级为加急配送。",
        "我们会赔偿您的损失。",
    ),
}


@dataclass(frozen=True, slots=True)
class Lie:
    text: str
    kind: str
    """What was made false: a slot kind, ``swap`` or ``promise``."""
    source: str
    """``another record``, ``invented`` or ``swap``."""
    sentence: str
    """The sentence that is false."""


def make_lie(statement: Statement, pool: Sequence[Slot], draw: random.Random, kind: str) -> Lie | None:
    """``statement`` with one fact made false in the way ``kind`` says, or ``None`` where it has nothing of the kind."""
    if kind == "promise":
        promise = draw.choice(_PROMISES[statement.language])
        gap = "" if statement.language == "zh" else " "
        return Lie(f"{statement.text}{gap}{promise}", "promise", "invented", promise)
    slots = list(statement.slots)
    if kind == "swap":
        pairs = [
            (a, b)
            for a, b in combinations(range(len(slots)), 2)
            if slots[a].kind == slots[b].kind
            and not slots[a].names
            and not slots[b].names
            and slots[a].text != slots[b].text
        ]
        if not pairs:
            return None
        a, b = draw.choice(pairs)
        slots[a], slots[b] = replace(slots[a], text=slots[b].text), replace(slots[b], text=slots[a].text)
        text = replace(statement, slots=tuple(slots)).text
        return Lie(text, "swap", "swap", text)
    return _changed(statement, pool, draw, kind)


def _changed(statement: Statement, pool: Sequence[Slot], draw: random.Random, kind: str) -> Lie | None:
    slots = list(statement.slots)
    places = [at for at, slot in enumerate(slots) if slot.kind == kind and not slot.names]
    if not places:
        return None
    at = draw.choice(places)
    old = slots[at]
    said = {slot.text for slot in slots}
    same_order = {one.text for one in pool if one.record.rpartition(":")[0] == old.record.rpartition(":")[0]}
    taken = said | (same_order if old.field == "title" else set())
    others = [one for one in pool if _could_stand_for(one, old) and one.text not in taken]
    if others and draw.random() < 0.75:
        new, source = draw.choice(others).text, "another record"
    else:
        invented = _invented(old, statement.language, draw)
        if invented is None or invented in {one.text for one in pool}:
            return None
        new, source = invented, "invented"
    slots[at] = replace(old, text=new)
    text = replace(statement, slots=tuple(slots)).text
    return Lie(text, kind, source, text)


def _could_stand_for(other: Slot, old: Slot) -> bool:
    """Whether a value of another record can take the place of ``old`` and makes the sentence false."""
    if other.kind != old.kind or other.record == old.record:
        return False
    if old.kind in {"status", "text", "name"} and other.field != old.field:
        return False
    if old.kind == "id" and other.field != old.field:
        return False
    if old.kind == "text" and other.text.casefold() in old.text.casefold():
        return False  # one of several colours is no lie
    return old.kind != "number" or other.field == old.field


def _invented(old: Slot, language: str, draw: random.Random) -> str | None:
    if old.kind == "amount":
        digits = re.sub(r"[^\d.]", "", old.text)
        changed = f"{float(digits) + draw.choice((-1, 1, 2, 5, 10, -0.5)):.2f}"
        return re.sub(r"[\d,]*\d(?:\.\d+)?", changed, old.text, count=1) if float(changed) > 0 else None
    if old.kind == "number":
        return (
            str(int(old.text) + draw.choice((1, 2, 7))) if old.text.isdigit() else f"{(float(old.text) + 0.4) % 5:.1f}"
        )
    if old.kind == "date":
        return _other_day(old.text, language, draw)
    if old.kind == "id":
        at = max((i for i, sign in enumerate(old.text) if sign.isdigit()), default=-1)
        return (
            None if at < 0 else old.text[:at] + str((int(old.text[at]) + draw.randint(1, 9)) % 10) + old.text[at + 1 :]
        )
    if old.kind == "name":
        return (
            draw.choice(_INVENTED)
            if old.field == "title"
            else draw.choice(("Quickpost", "Falcon Freight", "Nordwind Works"))
        )
    if old.kind == "status":
        choices = STOCK if old.field == "in_stock" else STATUSES
        said = {IN_CHINESE.get(one, one) if language == "zh" else one for one in choices} - {old.text}
        return draw.choice(sorted(said))
    return None


def _other_day(text: str, language: str, draw: random.Random) -> str | None:
    found = re.fullmatch(
        r"(\d+) (\w+) (\d{4})|(\w+) (\d+)(?:, (\d{4}))?|(\d{4})-(\d+)-(\d+)|(\d{4})年(\d+)月(\d+)日", text
    )
    if not found:
        return None
    g = found.groups()
    if g[0]:
        day, style = date(int(g[2]), MONTHS.index(g[1]) + 1, int(g[0])), 0
    elif g[3]:
        day, style = date(int(g[5] or 2026), MONTHS.index(g[3]) + 1, int(g[4])), 1 if g[5] else 2
    elif g[6]:
        day, style = date(int(g[6]), int(g[7]), int(g[8])), 3
    else:
        day, style = date(int(g[9]), int(g[10]), int(g[11])), 0
    return day_text((day + timedelta(days=draw.choice((-9, -2, -1, 1, 3, 8)))).isoformat(), language, style)
