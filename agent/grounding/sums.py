"""Sums and differences over amounts of the evidence: what may be said though no tool returned it as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import combinations, product

from store import minor_digits

from ..reply import EvidenceItem
from .binding import Focus, Mention

_EXTRA = re.compile(r"^\s*(?:cheaper|more|less|extra|dearer|difference|off|saved|的差价|的差额|便宜)", re.I)
_BY = re.compile(
    r"(?:difference\S*(?: \S+){0,3}|sav(?:e|es|ing)s?(?: you)?|cheaper by|more by|less by|差价(?:是|为)?|相差|便宜"
    r"|贵|省(?:了|下)?)\s*(?:is |of |about |only )*$",
    re.I,
)
_PRICES = ("price", "unit_price", "line_price")
_MOST = 6


def is_difference(sentence: str, start: int, end: int) -> bool:
    """Whether the amount at ``start`` to ``end`` is said as a difference ("€5 cheaper", "a difference of €5")."""
    return _EXTRA.match(sentence[end:]) is not None or _BY.search(sentence[:start]) is not None


def in_major(item: EvidenceItem) -> Decimal:
    """The amount of ``item`` in major units."""
    return Decimal(item.value).scaleb(-minor_digits(item.currency or "USD"))


def sums(focus: Focus, said: Sequence[Decimal], start: int) -> set[Decimal]:
    """Sums that hold: of the amounts said last, of what the sentences name, of the lines of an order, of orders."""
    found = {sum(said[at:], Decimal(0)) for at in range(len(said) - 1)}
    for groups in (focus.groups, focus.last):
        named = _distinct(mention for group in groups for mention in group)
        for kind in (_PRICES, ("total",)):
            known = [values for mention in named if (values := _each(focus, mention, start, kind))]
            if 1 < len(known) <= _MOST:
                found |= {sum(chosen, Decimal(0)) for chosen in product(*known)}
    for order in focus.index.records("order"):
        if any(order in mention.records for group in focus.nearest(start, start) for mention in group):
            found.add(_lines(focus, order))
    return found


def differences(focus: Focus, said: Sequence[Decimal], start: int) -> set[Decimal]:
    """Differences that hold: between two amounts that were said, or of two things that the sentences name."""
    found = {abs(one - other) for one, other in combinations(said, 2)}
    named = _distinct(mention for groups in (focus.groups, focus.last) for group in groups for mention in group)
    for kind in (_PRICES, ("total",)):
        known = [values for mention in named if (values := _each(focus, mention, start, kind))]
        for ones, others in combinations(known, 2):
            found |= {abs(one - other) for one in ones for other in others}
    return found - {Decimal(0)}


def _distinct(mentions: Iterable[Mention]) -> list[Mention]:
    by_records: dict[frozenset[str], Mention] = {}
    for mention in mentions:
        by_records.setdefault(mention.records, mention)
    return list(by_records.values())


def _each(focus: Focus, mention: Mention, start: int, fields: Sequence[str]) -> set[Decimal]:
    """What ``mention`` costs: in the shop, and where it was bought in the order."""
    own = focus.meant(mention, start)
    singled = set(focus.variants(own, start))
    facts = [item for one in (own | singled) for item in focus.index.own(one)]
    return {in_major(item) for item in facts if item.kind == "amount" and item.field in fields}


def _lines(focus: Focus, order: str) -> Decimal:
    total = Decimal(0)
    for part in focus.index.parts.get(order, ()):
        own = {item.field: item for item in focus.index.own(part)}
        best = own.get("line_price") or own.get("unit_price")
        total += in_major(best) if best else 0
    return total
