"""Which of the customer's own things a text names: lines of his orders, orders, and which of several equal ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..facts import LineFacts, OrderFacts
from .surfaces import ways_to_name, ways_to_say_value
from .tokens import places, tokenise

_BREAK = re.compile(
    r"[,.;:!?，。；：、]|\b(?:and|the|a|an|my|this|that|these|those|to|for|with|into|of|your|both|all|in)\b"
    r"|[的把那这个和与跟]",
    re.I,
)
_REACH = 42
"""How many characters before a name its descriptions may begin."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of one of the customer's orders."""

    order: OrderFacts
    place: int

    @property
    def facts(self) -> LineFacts:
        return self.order.lines[self.place]

    @property
    def key(self) -> tuple[str, int]:
        return self.order.order_id, self.place


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in the text that names a product of the customer's orders."""

    start: int
    """Where its description begins ("the *red* boots")."""
    name: int
    """Where the name itself begins."""
    end: int
    titles: frozenset[str]
    """The titles that it may mean, all equally well."""
    weight: float


def lines_of(orders: Iterable[OrderFacts]) -> list[Line]:
    """All lines of the orders."""
    return [Line(order, place) for order in orders for place in range(len(order.lines))]


def mentions(text: str, titles: Iterable[str]) -> list[Mention]:
    """Where ``text`` names products with these titles, in order; the longest and surest names win a place."""
    tokens = tokenise(text)
    hits: dict[tuple[int, int], dict[str, float]] = {}
    for title in set(titles):
        for name, weight in ways_to_name(title).items():
            for at in places(tokens, name):
                span = hits.setdefault((at, at + len(name)), {})
                span[title] = max(span.get(title, 0.0), weight)
    taken: set[int] = set()
    found: list[Mention] = []
    for (first, last), named in sorted(hits.items(), key=lambda one: (-(one[0][1] - one[0][0]), -max(one[1].values()))):
        if taken & set(range(first, last)):
            continue
        taken |= set(range(first, last))
        best = max(named.values())
        if text[tokens[last - 1].end :].startswith("色"):
            continue  # "奶油色" is a colour and names no oil
        start, end = tokens[first].start, tokens[last - 1].end
        close = frozenset(title for title, weight in named.items() if weight >= best - 0.16)
        found.append(Mention(_description_start(text, start), start, end, close, best))
    return sorted(found, key=lambda one: one.name)


_INDEFINITE_ZH = re.compile(
    r"(?:[一几][款件双个只条台把本套顶种]|有没有|推荐|找|[想要]买|买(?![的了过来]))[^，。！？,.!?]*$"
)


def is_his_own(text: str, mention: Mention) -> bool:
    """ "The boots", "my boots": his own, and not any ("a jacket", "一款外套") that he is looking for."""
    before = text[: mention.start]
    if not text[mention.name : mention.end].isascii():
        return _INDEFINITE_ZH.search(text[: mention.name]) is None
    return (
        re.search(r"(?:\b(?:the|my|this|that|those|these|our|both)\s*|^\W*(?:and|also)?\W*)$", before, re.I) is not None
    )


def _description_start(text: str, name: int) -> int:
    """ "the large black backpack" begins after "the"."""
    window = text[max(0, name - _REACH) : name]
    breaks = [one.end() for one in _BREAK.finditer(window)]
    return name - len(window) + (breaks[-1] if breaks else 0 if name <= _REACH else len(window))


def described(line: Line, text: str) -> int:
    """How many of the line's own option values ``text`` names."""
    tokens = tokenise(text)
    return sum(
        any(next(places(tokens, way), None) is not None for way in ways_to_say_value(value))
        for value in line.facts.options.values()
    )


_ORDER_ID = re.compile(r"#?[A-Za-z]{0,4}-?\d[\w-]{2,}")


def named_orders(text: str, orders: Sequence[OrderFacts]) -> list[OrderFacts]:
    """The orders whose ids stand in ``text``, in the order in which they are named."""
    lowered = text.lower()
    found = []
    for order in orders:
        bare = order.order_id.lower().lstrip("#")
        match = re.search(rf"(?<![a-z0-9]){re.escape(bare)}(?![a-z0-9])", lowered)
        if match is not None:
            found.append((match.start(), order))
    return [order for _, order in sorted(found, key=lambda one: one[0])]


def item_texts(text: str, found: list[Mention]) -> list[tuple[Mention, str]]:
    """Each product that the text names, with the words that speak of it; named again it is still the same."""
    groups: list[tuple[Mention, int]] = []
    for mention in found:
        before = groups[-1][0] if groups else None
        again = before is not None and mention.titles & before.titles
        if again and before is not None and not re.search(r"[;；]", text[before.end : mention.start]):
            continue
        groups.append((mention, 0 if not groups else mention.start))
    pieces = []
    for at, (mention, start) in enumerate(groups):
        end = groups[at + 1][1] if at + 1 < len(groups) else len(text)
        pieces.append((mention, text[start:end]))
    for at in range(len(pieces) - 2, -1, -1):
        mention, said = pieces[at]
        between = text[mention.end : pieces[at + 1][0].start]
        if re.fullmatch(r"\W*(?:and|,|as well as|plus|the|my|和|跟|与|、)*\W*(?:the|my|a)?\s*", between, re.I):
            after = pieces[at + 1]
            pieces[at] = (mention, said + " " + text[after[0].end : text.find(after[1]) + len(after[1])])
    return pieces


_STATUS = (
    (
        re.compile(r"\bpending\b|\bnot (?:yet )?shipped\b|\bunshipped\b|待处理|未发货|没发货", re.I),
        frozenset({"pending"}),
    ),
    (
        re.compile(
            r"\bdelivered\b|\bi(?: have|'ve)?(?: already)? (?:received|got)\b|\barrived\b|已送达|已收到|收到", re.I
        ),
        frozenset({"delivered"}),
    ),
)


def status_fits(text: str, order: OrderFacts) -> bool:
    """Whether the order is in a status that ``text`` speaks of; true if it speaks of none."""
    wanted = [statuses for pattern, statuses in _STATUS if pattern.search(text)]
    return not wanted or any(order.status.startswith(tuple(statuses)) for statuses in wanted)
