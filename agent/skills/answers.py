"""A customer's answer to what was asked of him for a goal."""

from __future__ import annotations

import re

from ..facts import ProductFacts
from ..language import grams
from ..planning.addresses import address_given, missing_part
from ..planning.choosing import price_minor
from ..planning.consent import consent
from ..planning.methods import methods_meant, reason_given
from ..planning.options import CHEAPEST, DEAREST, options_of, read_wants, said_values
from ..planning.plan import Asking, Goal, PlannedItem
from ..planning.reading import Reader
from ..planning.tokens import words
from ..slots import read_slots
from .goals import Goals

_NOTHING = re.compile(
    r"\b(?:that'?s (?:all|it)|nothing else|just (?:that|this))\b|没有了|就这些|没了|没有?(?:别|其他|其它)的", re.I
)

_POLITE = re.compile(r"\b(?:please|pls|then|a|an|the|in|to|ok|okay|yes)\b|请|吧|就|要|换成?|谢谢|[码号]", re.I)


class Answers(Goals):
    """Goals that take answers."""

    def take_answer(self, text: str) -> bool:
        """Read ``text`` as the answer to what was asked. Returns whether it is one."""
        asking = self.plan.asking
        if asking is None or asking.goal >= len(self.plan.goals):
            return False
        goal = self.plan.goals[asking.goal]
        taken = self._take(goal, asking, text)
        if taken:
            self.plan.asking = None
        return taken

    def _take(self, goal: Goal, asking: Asking, text: str) -> bool:
        match asking.slot:
            case "more":
                return consent(text) == "no" or _NOTHING.search(text) is not None
            case "address":
                given = address_given(text, self.account, list(self.orders.values()), goal.order_id)
                part = missing_part(goal.address)
                if given is None and goal.address.get("address1") and part is not None and len(text) < 60:
                    goal.address[part] = text.strip(" .。")
                    return True
                if given is not None:
                    goal.address = given
                return given is not None
            case "reason":
                chosen = _pick(asking, text) or reason_given(text, self.account.cancel_reasons)
                if chosen is None:
                    return False
                for one in self.plan.goals:
                    if one.deed == "cancel" and one.state == "open" and one.reason is None:
                        one.reason = chosen
                return True
            case "method":
                meant = methods_meant(text, self.account.methods)
                chosen = _pick(asking, text) or (meant[0] if len(meant) == 1 else None)
                if chosen is not None:
                    goal.methods = [chosen]
                return chosen is not None
            case "order" | "item":
                return self._take_thing(goal, asking, text)
            case "variant":
                return self._take_version(goal, asking, text)

    def _take_thing(self, goal: Goal, asking: Asking, text: str) -> bool:
        """Which order or item is meant: one that was listed, or what he calls it."""
        chosen = _pick(asking, text)
        if chosen is not None and asking.slot == "order":
            goal.order_id = chosen
            return True
        if chosen is not None:
            order_id, _, place = chosen.rpartition(" ")
            goal.order_id, goal.choices = order_id, []
            goal.items = [PlannedItem(order_id=order_id, place=int(place), said=f"{goal.said} . {text}")]
            return True
        reader = Reader(list(self.orders.values()), self.account)
        placed = {one.order_id for one in reader.orders_in(text)}
        offered = [one for one in asking.values if one.rpartition(" ")[0] in placed]
        if asking.slot == "item" and len(offered) == 1:
            return self._take_thing(goal, asking, asking.labels[asking.values.index(offered[0])])
        found = reader.read_as(text, goal.deed)
        if not found:
            return False
        first = found[0]
        goal.order_id, goal.items, goal.choices, goal.orders = first.order_id, first.items, [], []
        goal.methods, goal.reason = first.methods or goal.methods, first.reason or goal.reason
        for item in goal.items:
            item.said = f"{goal.said} . {item.said}" if goal.deed == "items" else item.said
        goal.said = f"{goal.said} {text}"
        for other in found[1:]:
            other.methods, other.reason = other.methods or goal.methods, other.reason or goal.reason
            self.plan.goals.append(other)
        return True

    def _take_version(self, goal: Goal, asking: Asking, text: str) -> bool:
        item = goal.items[min(asking.item, len(goal.items) - 1)]
        chosen = _pick(asking, text)
        if chosen is None:
            product = self._product(item)
            offered = [one for one in product.variants if one.variant_id in asking.values] if product else []
            if offered and (CHEAPEST.search(text) or DEAREST.search(text)):
                pick = min if CHEAPEST.search(text) else max
                chosen = pick(offered, key=price_minor).variant_id
            elif product is not None and said_values(text, product):
                item.said = f"{item.said} . {text}"
                return True
            elif product is not None and (named := _bare_value(text, product)):
                item.said = f"{item.said} . {named}"
                return True
        item.new_variant_id = chosen
        return chosen is not None

    def names_version(self, goal: Goal, text: str) -> bool:
        """Whether ``text`` names a value of an option of one of the goal's products."""
        for item in goal.items:
            product = self._product(item)
            if product is not None and not read_wants(text, product, self._line(item).options).empty:
                return True
        return False


def _bare_value(text: str, product: ProductFacts) -> str:
    """The option and its value where the answer is the value and nothing else ("43", "43 please"); empty: it is not."""
    plain = _POLITE.sub(" ", text).strip(" .!,。，！").casefold()
    named = [(option, value) for option, values in options_of(product).items() for value in values]
    return next((f"{option} {value}" for option, value in named if value.casefold() == plain), "")


def _pick(asking: Asking, text: str) -> str | None:
    """Which of the choices the text names: word for word, by its place, or by most of its words."""
    plain = text.strip().casefold().strip(" .。")
    for label, value in zip(asking.labels, asking.values, strict=True):
        if label.casefold() == plain:
            return value
    ordinals = read_slots(text).ordinals
    if ordinals and len(text) < 40:
        at = len(asking.values) - 1 if ordinals[0] == -1 else ordinals[0] - 1
        if 0 <= at < len(asking.values):
            return asking.values[at]
    if plain.isdigit() and 1 <= int(plain) <= len(asking.values) and len(plain) < 3:
        return asking.values[int(plain) - 1]
    said = set(words(text)) | set(grams(text))
    scores = []
    for label in asking.labels:
        own = set(words(label)) | set(grams(label))
        scores.append(len(own & said) / len(own) if own else 0.0)
    best = max(scores, default=0.0)
    if best >= 0.5 and scores.count(best) == 1 and len(text) < 120:
        return asking.values[scores.index(best)]
    return None
