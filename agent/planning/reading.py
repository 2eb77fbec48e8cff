"""A message and the customer's records -> goals. Reads what is wanted; what becomes of it, the operations decide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..facts import OrderFacts
from .acts import Act, Part
from .addresses import about_account, address_given, speaks_of_address
from .conditions import read_condition
from .details import add_detail, join
from .goods import Line, Mention, is_his_own, item_texts, mentions, status_fits
from .matching import LATEST, PLURAL_TWO, Matcher
from .methods import methods_meant, reason_given, speaks_of_payment
from .plan import Deed, Goal, PlannedItem

_ALL = re.compile(
    r"\b(?:all|every(?:thing)?|each|both|whole|entire|complete)\b|全部|所有|都|整个|整单|两个订单|全退|全都", re.I
)
_ORDER_WORD = re.compile(r"\borders?\b|订单|单子|这单|那单", re.I)
_ONLY = re.compile(r"\b(?:only|just)\b(?! if)|只|仅", re.I)
_PRONOUN = re.compile(
    r"\b(?:it|them|they|this|that|these|those|both|one|ones)\b|它|这个|那个|这件|那件|这双|那双|这些|那些|这款|那款",
    re.I,
)
_MORE_OF_IT = re.compile(
    r"^\W*(?:also|and|plus|same)\b|\b(?:too|as well|same reason|(?:don't|no longer) (?:need|want))\b|另外|还有"
    r"|以及|也|不需要|不要"
    r"|不想要",
    re.I,
)
_SOME = re.compile(r"\b(?:things?|something|stuff|items?|a few|some|one of)\b|几样|东西|一些|几件", re.I)
_WISH = re.compile(
    r"\b(?:should|want|like|need|prefer|rather|make it|has to|have to|must|instead|could I|can I|is there one"
    r"|enough|nicer"
    r"|would be|please|same ones?)\b|想|要|应该|最好|就好|就够|就行|给我|能",
    re.I,
)
_CIRCUMSTANCES = re.compile(
    r"\b(?:I|we) (?:would )?(?:like|want)(?:ed)? to (?:know|ask|talk|check|see)\b|想(?:问|知道|了解|查)", re.I
)


@dataclass
class Reader(Matcher):
    """Reads one message against the customer's records."""

    goals: list[Goal] = field(default_factory=list)
    loose: list[Part] = field(default_factory=list)
    """Parts that ask for nothing and belong to no goal of this message."""
    last_deed: Deed | None = None
    """What was asked for last, for "and the other one as well"."""
    heard: Sequence[Part] = ()
    """Parts of the messages just before, that led to nothing yet."""

    def read(self, parts: Sequence[Part]) -> list[Goal]:
        """The goals of the message in order; a later one that corrects an earlier one replaces it."""
        for part in self.heard:
            self._detail(part, self._named(part.text)[0])
        for part in parts:
            named, found = self._named(part.text)
            if (
                part.act == "none"
                and (named or found)
                and self.last_deed in {"cancel", "return"}
                and _MORE_OF_IT.search(part.text)
            ):
                part = replace(part, act="cancel" if self.last_deed == "cancel" else "return")
            if part.act == "none" and self._implies_change(part, found):
                self._imply(part, named, found)
            elif part.act == "none":
                self._detail(part, named)
            elif part.denied:
                self._deny(part, named)
            else:
                self._request(part, named)
            if named:
                self.context = named
        return self.goals

    def _implies_change(self, part: Part, found: Sequence[Mention]) -> bool:
        """ "The bike should be a large one": a thing of his own and a wish, without a word of doing."""
        if part.question and not re.search(r"\bis there one\b|\bcould\b|\bcan\b|能|可以", part.text, re.I):
            return False
        about = any(is_his_own(part.text, one) for one in found) or (bool(self.spoken) and not self.goals and not found)
        return about and _WISH.search(part.text) is not None and _CIRCUMSTANCES.search(part.text) is None

    def _imply(self, part: Part, named: list[OrderFacts], found: list[Mention]) -> None:
        before = [one.key for one in self.spoken]
        able = [
            line
            for mention in found
            for line in self._lines_for(part.text, mention, "items", named)
            if self._possible(line.order, "items")
        ] or [line for line in self.spoken if not found and self._possible(line.order, "items")]
        if not able:
            self._detail(part, named)
            return
        for goal in self._changes(part, found, named):
            if goal.items:
                goal.implied = True
                self._add(goal, part)
        if not self.goals:
            self.spoken = [one for one in self._lines if one.key in before] or self.spoken
            self._detail(part, named)

    def read_as(self, text: str, deed: Deed) -> list[Goal]:
        """The goals of ``text`` where it is known what is to be done, and only asked with what."""
        act: Act = {"cancel": "cancel", "return": "return"}.get(deed, "change")  # type: ignore[assignment]
        part = Part(text, act)
        named, found = self._named(text)
        if not named and not found:
            return []
        deed = deed if deed != "account_address" else "address"
        return [one for one in self._goals(part, deed, found, named) if one.items or one.order_id]

    # What is asked for.

    def _request(self, part: Part, named: list[OrderFacts]) -> None:
        found = self._named(part.text)[1]
        deed = self._deed(part, found)
        fresh = self._goals(part, deed, found, named)
        for goal in fresh:
            goal.reserve = part.reserve and bool(self.goals)
            said = " . ".join([part.text, *(one.said for one in goal.items)])
            goal.only_if = goal.only_if or read_condition(said, self.account.currency)
            self._add(goal, part)

    def _deed(self, part: Part, found: Sequence[Mention]) -> Deed:
        if part.act == "return":
            return "return"
        if part.act == "cancel":
            return "cancel"
        if speaks_of_address(part.text):
            return "account_address" if about_account(part.text) else "address"
        methods = methods_meant(part.text, self.account.methods)
        if methods and not found and speaks_of_payment(part.text + part.text[:0]):
            return "payment"
        if not found and re.search(r"\bpayment\b|付款方式|支付方式", part.text, re.I):
            return "payment"
        return "items"

    def _goals(self, part: Part, deed: Deed, found: list[Mention], named: list[OrderFacts]) -> list[Goal]:
        match deed:
            case "account_address":
                given = address_given(part.text, self.account, self.orders, None) or {}
                return [Goal(deed=deed, said=part.text, address=given)]
            case "address" | "payment":
                return self._order_goals(part, deed, found, named)
            case "cancel":
                return self._order_goals(part, deed, found, named)
            case "return":
                return self._returns(part, found, named)
            case _:
                return self._changes(part, found, named)

    def _order_goals(self, part: Part, deed: Deed, found: list[Mention], named: list[OrderFacts]) -> list[Goal]:
        """What is done to whole orders."""
        text = part.text
        source = [one for one in named if deed != "address" or not self._is_source(text, one)]
        lines = [line for mention in found for line in self._lines_for(text, mention, deed, source)]
        excepted = self._excepted(text, found)
        fitting = [one for one in self.orders if self._possible(one, deed)]
        fitting = [one for one in fitting if status_fits(text, one)] or fitting
        if source:
            meant = source
        elif excepted and _ALL.search(text):
            meant = [one for one in fitting if not any(line.order is one for line in excepted)]
        elif lines:
            meant = list({line.order.order_id: line.order for line in lines}.values())
            if len(meant) > 1 and len(found) == 1:
                return [self._filled(Goal(deed=deed, said=text, orders=[one.order_id for one in meant]), part)]
        elif _ALL.search(text) and re.search(r"\borders\b|所有订单|全部订单|订单都|都取消|both", text, re.I):
            meant = fitting
        elif self.context:
            meant = self.context[:1] if not PLURAL_TWO.search(text) else self.context
        elif self.spoken and (_PRONOUN.search(text) or not _ORDER_WORD.search(text)):
            meant = list({line.order.order_id: line.order for line in self.spoken}.values())
            meant = [one for one in meant if self._possible(one, deed)] or meant
        elif LATEST.search(text) and self.orders:
            meant = fitting[:1] or list(self.orders[:1])
        else:
            meant = []
        if not meant:
            return [self._filled(Goal(deed=deed, said=text, orders=[one.order_id for one in fitting]), part)]
        self.context = meant if deed != "address" or not self.context else self.context
        goals = [self._filled(Goal(deed=deed, said=text, order_id=one.order_id), part) for one in meant]
        if deed == "cancel" and lines and _ONLY.search(text) and not source:
            for goal in goals:
                order = next(one for one in meant if one.order_id == goal.order_id)
                goal.partial = {line.place for line in lines if line.order is order} != set(range(len(order.lines)))
        return goals

    def _returns(self, part: Part, found: list[Mention], named: list[OrderFacts]) -> list[Goal]:
        text = part.text
        excepted = self._excepted(text, found)
        kept = {line.facts.title for line in excepted}
        wanted = [one for one in found if not (one.titles & kept and self._after_except(text, one))]
        lines: list[Line] = []
        unclear: list[Goal] = []
        for at, mention in enumerate(wanted):
            until = wanted[at + 1].start if at + 1 < len(wanted) else len(text)
            fitting = self._lines_for(text[mention.start : until], mention, "return", named, taken=lines)
            if len(fitting) > 1 and len({one.order.order_id for one in fitting}) > 1:
                unclear.append(
                    Goal(deed="return", said=text, choices=[[one.order.order_id, one.place] for one in fitting])
                )
            else:
                lines.extend(fitting)
        if not lines and not unclear:
            lines = self._whole(part, named, excepted)
        if not lines and not unclear:
            fitting_orders = [one for one in self.orders if self._possible(one, "return")]
            if _SOME.search(text) or not _ORDER_WORD.search(text):
                choices: list[list[int | str]] = [
                    [line.order.order_id, line.place] for line in self._lines if line.order in fitting_orders
                ]
                return [self._filled(Goal(deed="return", said=text, choices=choices), part)]
            return [self._filled(Goal(deed="return", said=text, orders=[one.order_id for one in fitting_orders]), part)]
        self.spoken = lines or self.spoken
        goals = []
        for order in {line.order.order_id: line.order for line in lines}.values():
            own = [line for line in lines if line.order is order]
            gives_up = bool(found or named) and self._possible(order, "cancel")
            if not self._possible(order, "return") and gives_up:
                goal = Goal(deed="cancel", said=text, order_id=order.order_id)
                goal.partial = {line.place for line in own} != set(range(len(order.lines))) and bool(found)
            else:
                goal = Goal(deed="return", said=text, order_id=order.order_id, items=_items(own))
            goals.append(self._filled(goal, part))
        return goals + [self._filled(one, part) for one in unclear]

    def _whole(self, part: Part, named: list[OrderFacts], excepted: list[Line]) -> list[Line]:
        """The lines meant where none is named: of an order, of everything, or those spoken of before."""
        text = part.text
        if named:
            meant = named
        elif self.spoken and (_PRONOUN.search(text) or not (_ORDER_WORD.search(text) or _ALL.search(text))):
            return self.spoken
        elif self.context:
            meant = self.context
        elif (_ALL.search(text) or _ORDER_WORD.search(text)) and not _SOME.search(text):
            meant = [one for one in self.orders if self._possible(one, "return")]
            if len(meant) > 1 and not (_ALL.search(text) and re.search(r"\borders\b|订单都|所有订单", text, re.I)):
                meant = meant[:1] if LATEST.search(text) else []
        else:
            meant = []
        left_out = {line.key for line in excepted}
        return [line for line in self._lines if any(line.order is one for one in meant) and line.key not in left_out]

    def _changes(self, part: Part, found: list[Mention], named: list[OrderFacts]) -> list[Goal]:
        text = part.text
        pieces = item_texts(text, found)
        items: list[tuple[Line, str]] = []
        unclear: list[Goal] = []
        for mention, said in pieces:
            fitting = self._lines_for(said, mention, "items", named, taken=[line for line, _ in items])
            if len(fitting) > 1 and not PLURAL_TWO.search(said):
                unclear.append(
                    Goal(deed="items", said=said, choices=[[one.order.order_id, one.place] for one in fitting])
                )
            else:
                items.extend((line, said) for line in fitting)
        if not pieces:
            orders = named or self.context
            own = [one for one in self.spoken if not orders or one.order in orders]
            if not own and orders and (len(orders[0].lines) == 1 or _ALL.search(text)):
                own = [one for one in self._lines if one.order is orders[0]]
            items = [(line, self._said_before(line, text)) for line in own]
        if not items and not unclear:
            fitting_orders = [one for one in (named or self.orders) if self._possible(one, "items")]
            choices: list[list[int | str]] = [
                [line.order.order_id, line.place] for line in self._lines if line.order in fitting_orders
            ]
            return [self._filled(Goal(deed="items", said=text, choices=choices), part)]
        self.spoken = [line for line, _ in items] or self.spoken
        goals = []
        for order in {line.order.order_id: line.order for line, _ in items}.values():
            own_items = [
                PlannedItem(order_id=order.order_id, place=line.place, said=said)
                for line, said in items
                if line.order is order
            ]
            goals.append(self._filled(Goal(deed="items", said=text, order_id=order.order_id, items=own_items), part))
        return goals + [self._filled(one, part) for one in unclear]

    def _said_before(self, line: Line, text: str) -> str:
        """ "The boots, but one size up. Swap them?": what was said of "them" belongs to the wish."""
        title = line.facts.title
        spoken_of = False
        before: list[str] = []
        for one in self.loose:
            named = mentions(one.text, self._titles)
            spoken_of = any(title in mention.titles for mention in named) or (spoken_of and not named)
            if spoken_of:
                before.append(one.text)
        return " . ".join([*before, text])

    # Which lines are meant.

    # What belongs to something that was asked for.

    def _filled(self, goal: Goal, part: Part) -> Goal:
        """The goal with what the part says of payment, reason and address."""
        text = part.text
        used = next((one.paid_with for one in self.orders if one.order_id == goal.order_id), None)
        if goal.deed != "cancel":
            goal.methods = methods_meant(text, self.account.methods, used=used)
        if goal.deed == "cancel":
            goal.reason = reason_given(text, self.account.cancel_reasons)
        if goal.deed in {"address", "account_address"} and not goal.address:
            goal.address = address_given(text, self.account, self.orders, goal.order_id) or {}
        return goal

    def _detail(self, part: Part, named: list[OrderFacts]) -> None:
        """A part that asks for nothing by itself: says more of what was asked for, or leads up to it."""
        found = self._named(part.text)[1]
        lines = [line for mention in found for line in self._lines_for(part.text, mention, "items", named)]
        if lines:
            self.spoken = lines if len(lines) < len(self._lines) else self.spoken
        if named and not self.goals:
            self.context = named
        if not self.goals:
            self.loose.append(part)
            return
        add_detail(self.goals, part, lines, self.account, self.orders)

    def _deny(self, part: Part, named: list[OrderFacts]) -> None:
        """ "Don't cancel the other one": what was asked for so far and is named here is not wanted."""
        found = mentions(part.text, self._titles)
        titles = {title for mention in found for title in mention.titles}
        for goal in list(self.goals):
            hit = [one for one in goal.items if self._title(one) in titles]
            if hit:
                goal.items = [one for one in goal.items if one not in hit]
            if (hit and not goal.items) or (named and goal.order_id in {one.order_id for one in named}):
                self.goals.remove(goal)
        if part.act == "return" and not found and not named and not self.goals:
            self.loose.append(part)

    def _add(self, goal: Goal, part: Part) -> None:
        """Join what is done to the same order in one go; a correction takes the place of what it corrects."""
        if part.mind and not part.reserve:
            self.goals = [one for one in self.goals if not _rivals(one, goal)]
        for known in self.goals:
            if (
                known.deed == goal.deed
                and known.order_id is not None
                and known.order_id == goal.order_id
                and not goal.reserve
            ):
                join(known, goal)
                return
        if not goal.reserve:
            self.goals = [one for one in self.goals if one.reserve or not _rivals(one, goal)]
        self.goals.append(goal)
        for loose in self.loose:
            reason = reason_given(loose.text, self.account.cancel_reasons)
            if goal.deed == "cancel" and goal.reason is None and reason:
                goal.reason = reason


def _rivals(one: Goal, other: Goal) -> bool:
    """Whether both cannot be done: the same lines given back and exchanged, an order called off and changed."""
    if one.deed == other.deed:
        return False
    if one.lines & other.lines:
        return True
    whole = {one.deed, other.deed}
    return one.order_id is not None and one.order_id == other.order_id and "cancel" in whole and len(whole) == 2


def _items(lines: Sequence[Line]) -> list[PlannedItem]:
    return [PlannedItem(order_id=line.order.order_id, place=line.place) for line in lines]
