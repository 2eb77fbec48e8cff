"""Reads a customer's message: its language, what it wants (one or more things), and what it names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .intents import IntentModel
from .language import language_of, sentences
from .slots import Slots, read_slots

UNSURE = "unsure"
_SURE = 0.30
"""Below this probability the most likely intent is not trusted."""
_ALSO = 0.55
"""A second sentence adds a wish of its own only if its intent is this probable."""
SOCIAL = frozenset({"greeting", "thanks", "goodbye", "yes", "no", "complaint"})
_MOST_WISHES = 3
_GREETS = re.compile(r"\W*good (?:morning|day|afternoon|evening)(?: (?:all|everyone|there|to you))?\W*$", re.I)
"""A fixed formula: the heads read the evening as a farewell."""

_NO_PERSON = re.compile(
    r"[^,.;!?]*\b(?:don['’]?t|do not|needn['’]?t|no need|not)(?: (?:want|need|wish|like|for|to|talk|speak|chat|be"
    r"|passed|transferred|transfer|pass|hand|me|on|over|with|an?|any|the|another|some|real|human|live))* "
    r"(?:person|human|agent|colleague|operator)\b[^,.;!?]*[,.;!?]*"
    r"|(?:不要|不用|不需要|不想|别)(?:再|给我|帮我)?(?:转|找|接|叫)?(?:到|给)?(?:人工|真人|客服|同事)(?:客服|服务)?[，。！]*",
    re.I,
)
"""That nobody is wanted is no wish for somebody, though it names one."""
_SUM = re.compile(r"(?<![\w#-])\d+(?:\.\d+)?\s*[*×x+÷]\s*\d+(?:\.\d+)?(?![\w-])", re.I)
"""An exercise in arithmetic, where nothing else is named; "2 x 3" of something names it."""
_SOMEBODY_SAYS = re.compile(r"有(?:没有)?人(?=说|提到|反映|觉得|评价|抱怨|遇到)")
"""Who asks whether anybody says so asks for the reviews, and not for somebody."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that the message wants, and the words that say so."""

    intent: str
    probability: float
    text: str
    slots: Slots
    second: str = ""
    """The next most probable intent."""


@dataclass(frozen=True, slots=True)
class Understanding:
    text: str
    language: str
    wishes: tuple[Wish, ...]
    """At least one; in the order of the message."""
    slots: Slots
    """Of the whole message."""
    upset: bool
    """Somewhere in it the customer complains."""


def understand(text: str, model: IntentModel, default_language: str, *, decided: bool = False) -> Understanding:
    """Read ``text``. A greeting before a question is not a wish of its own, nor are thanks after it.

    ``decided``: it is answered in ``default_language``, whatever it is written in.
    """
    written = language_of(text, default_language)
    language = default_language if decided else written
    text = _SOMEBODY_SAYS.sub("评价里有没有", text)
    slots = read_slots(text)
    if _NO_PERSON.search(text):
        rest = _NO_PERSON.sub("", text).strip()
        if any(sign.isalnum() for sign in rest):
            return understand(rest, model, language, decided=decided)
        return Understanding(text, language, (Wish("no", 1.0, text, slots),), slots, False)
    parts = [part.strip() for part in sentences(text) if any(sign.isalnum() for sign in part)]
    if not parts:
        return Understanding(text, language, (Wish(UNSURE, 0.0, text, slots),), slots, False)
    asked = [text] if len(parts) == 1 else [text, *parts]
    rows = model.predict(asked, written)
    whole = Wish(rows[0][0].name, rows[0][0].probability, text, slots, rows[0][1].name)
    single = [
        Wish(row[0].name, row[0].probability, part, read_slots(part), row[1].name)
        for part, row in zip(parts, rows[1:] if len(parts) > 1 else rows, strict=True)
    ]
    if slots.ids and not slots.content and _only_ids(text, slots):
        # A bare id names a thing and wants to see it; which kind of thing it is, the records know.
        whole = Wish("order_details", 1.0, text, slots)
        return Understanding(text, language, (whole,), slots, False)
    if _SUM.search(text) and not slots.content:
        return Understanding(text, language, (Wish("out_of_scope", 1.0, text, slots),), slots, False)
    if _GREETS.match(text):
        return Understanding(text, language, (Wish("greeting", 1.0, text, slots),), slots, False)
    upset = any(one.intent == "complaint" and one.probability > _SURE for one in single)
    wishes = _wishes(whole, single)
    return Understanding(text, language, wishes, slots, upset)


def _only_ids(text: str, slots: Slots) -> bool:
    for one in slots.ids:
        text = text.replace(one, "")
    return not any(sign.isalpha() for sign in text)


def _wishes(whole: Wish, single: Sequence[Wish]) -> tuple[Wish, ...]:
    serious = [one for one in single if one.intent not in SOCIAL | {"out_of_scope"} and one.probability >= _ALSO]
    found: list[Wish] = []
    for one in serious:
        if all(one.intent != other.intent or one.slots.ids != other.slots.ids for other in found):
            found.append(one)
    if len(single) == 1 or not found:
        best = max([whole, *single], key=lambda one: (one.intent not in SOCIAL, one.probability))
        found = [whole if whole.probability >= _SURE else best]
    if found[0].probability < _SURE:
        found[0] = Wish(UNSURE, found[0].probability, found[0].text, found[0].slots)
    return tuple(found[:_MOST_WISHES])
