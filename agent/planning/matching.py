"""A customer's words against his records: which orders, and which lines of them, are meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..facts import AccountFacts, OrderFacts
from .goods import Line, Mention, described, lines_of, mentions, named_orders, status_fits
from .location import located, orders_holding
from .plan import OPERATIONS, Deed, PlannedItem

_EXCEPT = re.compile(
    r"\b(?:except(?: for)?|but not|apart from|other than|besides|excluding|not the|keep(?:ing)?)\b|除了|除"
    r"|不包括|留下|保留|但不",
    re.I,
)
_ALIKE = re.compile(r"\bsame\b|\blike\b|一样|相同|同样", re.I)
_ALIKE_BEFORE = re.compile(
    r"(?:\bsame\b|\bas\b|\bused\b|\bin order\b|\baddress (?:of|in|from|on)\b|一样|相同|跟|和|寄到|送到"
    r"|到)[^.;。]{0,40}$",
    re.I,
)
PLURAL_TWO = re.compile(
    r"(?<!one of the )(?<!one of my )\b(?:both|two|2|all)\b(?! of which)|(?<!其中)两(?![升步]|件事)|都", re.I
)
LATEST = re.compile(r"\b(?:last|latest|most recent|newest)\b(?! (?:one|item)s?\b)|最近|最新|上一单|刚下|刚买", re.I)


@dataclass
class Matcher:
    """The customer's records, and what was spoken of last."""

    orders: Sequence[OrderFacts]
    """Newest first."""
    account: AccountFacts
    earlier: Sequence[tuple[str, int]] = ()
    """The lines spoken of before this message, for "it"."""
    context: list[OrderFacts] = field(default_factory=list)
    """The orders named last."""
    spoken: list[Line] = field(default_factory=list)
    """The lines named last."""

    def __post_init__(self) -> None:
        self._lines = lines_of(self.orders)
        self._titles = {one.facts.title for one in self._lines}
        self.spoken = [one for one in self._lines if one.key in set(self.earlier)]

    def _named(self, text: str) -> tuple[list[OrderFacts], list[Mention]]:
        """The orders that ``text`` names, by id or by what is in them, and the products that it names otherwise."""
        found = mentions(text, self._titles)
        named = named_orders(text, self.orders)
        placed, any_placed = located(text, found)
        if not any_placed:
            return named, found
        holding = orders_holding(self.orders, [found[at] for at in placed])
        if len(holding) > 1:
            holding = [one for one in holding if one.status not in {"cancelled"}] or holding
        both = [*holding, *(one for one in named if one not in holding)]
        return both, [one for at, one in enumerate(found) if at not in placed]

    def _lines_for(
        self, said: str, mention: Mention, deed: Deed, named: Sequence[OrderFacts], taken: Sequence[Line] = ()
    ) -> list[Line]:
        used = {line.key for line in taken}
        fitting = [one for one in self._lines if one.facts.title in mention.titles and one.key not in used]
        if named:
            fitting = [one for one in fitting if one.order in named] or fitting
        elif self.context:
            fitting = [one for one in fitting if one.order in self.context] or fitting
        able = [one for one in fitting if self._possible(one.order, deed)]
        if not able and deed == "return":
            able = [one for one in fitting if self._possible(one.order, "cancel")]
        fitting = able or fitting
        status = [one for one in fitting if status_fits(said, one.order)]
        fitting = status or fitting
        if len(fitting) > 1:
            spoken = [one for one in fitting if any(one.key == other.key for other in self.spoken)]
            if spoken and len(spoken) < len(fitting) and not named:
                fitting = spoken
        if len(fitting) > 1:
            own_words = said[: _turn_at(said)]
            scores = [described(one, own_words) for one in fitting]
            fitting = [one for one, score in zip(fitting, scores, strict=True) if score == max(scores)]
        if len(fitting) > 1 and LATEST.search(said):
            fitting = [one for one in fitting if one.order is fitting[0].order]
        if len(fitting) > 1 and len({one.order.order_id for one in fitting}) == 1:
            # Two equal things of one order: all of them where he speaks of several, else either will do.
            alike = len({tuple(sorted(one.facts.options.items())) for one in fitting}) == 1
            if alike and not PLURAL_TWO.search(said):
                fitting = fitting[:1]
        titles = {one.facts.title for one in fitting}
        if len(titles) > 1 and len(fitting) > 1:
            best = max(titles, key=lambda title: len(title) if title.lower() in said.lower() else 0)
            if best.lower() in said.lower():
                fitting = [one for one in fitting if one.facts.title == best]
        return fitting

    def _excepted(self, text: str, found: Sequence[Mention]) -> list[Line]:
        return [
            line
            for mention in found
            if self._after_except(text, mention)
            for line in self._lines
            if line.facts.title in mention.titles
        ]

    def _after_except(self, text: str, mention: Mention) -> bool:
        marks = [one.end() for one in _EXCEPT.finditer(text, 0, mention.name)]
        return bool(marks) and re.search(r"[.;。]", text[marks[-1] : mention.name]) is None

    def _possible(self, order: OrderFacts, deed: Deed) -> bool:
        return any(one in order.possible for one in OPERATIONS[deed])

    def _is_source(self, text: str, order: OrderFacts) -> bool:
        """Whether the order is named only as where an address is known from."""
        bare = re.escape(order.order_id.lower().lstrip("#"))
        at = re.search(bare, text.lower())
        if at is None:
            return bool(self.context) and order not in self.context and _ALIKE.search(text) is not None
        before, after = text[: at.start()], text[at.end() :]
        return (
            _ALIKE_BEFORE.search(before) is not None or re.match(r"(?:'s)? ?(?:的)?(?:address|地址)", after) is not None
        )

    def _title(self, item: PlannedItem) -> str:
        return next(line.facts.title for line in self._lines if line.key == (item.order_id, item.place))

    def orders_in(self, text: str) -> list[OrderFacts]:
        """The orders that ``text`` names."""
        return self._named(text)[0]


def _turn_at(text: str) -> int:
    found = re.search(
        r"(?<!has )(?<!have )(?<!want )(?<!like )(?<!need )(?<!going )\b(?:to|for|into|with|instead)\b(?=.)"
        r"|换成|改成|换为|改为|换",
        text[8:],
        re.I,
    )
    return len(text) if found is None else found.start() + 8
