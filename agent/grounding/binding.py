"""Which record a claim speaks of: where a sentence names records, and what stands nearest.

Comes in: the evidence of a conversation and sentences. Goes out: places where records are named, and for a claim the
records that it can be about, nearest first. Knows nothing of what is true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ..reply import EvidenceItem

Records = frozenset[str]
_NAMING = frozenset({"title", "id"})
_LONG_TEXT = 12
"""From this length on a looked-up text with numbers in it (an address) is one claim, not several numbers."""
_SHORT_ID = 4
_JOINED = re.compile(
    r"^[\s,，、&()（）*\"“”-]*(?:\b(?:and|or|as well as|both)\b|和|及|与|以及|、|,|，|&)"
    r"[\s*\"“”-]*(?:the |order |your )*$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in a sentence where the evidence's own words stand."""

    start: int
    end: int
    records: Records
    fields: frozenset[str]
    names: bool
    """It names the records; else it only says something of them."""
    items: tuple[EvidenceItem, ...] = ()


class EvidenceIndex:
    """The evidence by record, each part (a line, a variant, a review) with its owner."""

    def __init__(self, evidence: Iterable[EvidenceItem]) -> None:
        self.items = tuple(evidence)
        self._by_record: dict[str, list[EvidenceItem]] = {}
        self.owner: dict[str, str] = {}
        self.parts: dict[str, list[str]] = {}
        for item in self.items:
            self._by_record.setdefault(item.record, []).append(item)
            if item.owner and item.record not in self.owner:
                self.owner[item.record] = item.owner
                self.parts.setdefault(item.owner, []).append(item.record)

    def own(self, record: str) -> list[EvidenceItem]:
        """What is known of ``record`` itself."""
        return self._by_record.get(record, [])

    def whole(self, records: Iterable[str]) -> list[EvidenceItem]:
        """What is known of ``records`` and of their parts."""
        found: dict[int, EvidenceItem] = {}
        for record in records:
            for one in (record, *self.parts.get(record, ())):
                found.update({id(item): item for item in self.own(one)})
        return list(found.values())

    def records(self, kind: str) -> list[str]:
        """All records of a kind: ``order``, ``product``."""
        return [one for one in self._by_record if one.partition(":")[0] == kind]

    @cached_property
    def _values(self) -> list[tuple[str, list[EvidenceItem]]]:
        """Words that can be found in sentences, the longest first."""
        by_value: dict[str, list[EvidenceItem]] = {}
        for item in self.items:
            if item.record == "shop" or item.record.startswith("page:") or item.field == "told" or len(item.value) < 2:
                continue
            digits = any(sign.isdigit() for sign in item.value)
            wanted = (
                item.kind == "name"
                or (item.kind == "id" and not (item.value.isdigit() and len(item.value) < _SHORT_ID))
                or (item.kind == "text" and (len(item.value) >= _LONG_TEXT or not (digits or item.field == "why")))
            )
            if wanted and item.value.lower() not in {"yes", "no", "是", "否", "n/a"}:
                by_value.setdefault(item.value.lower(), []).append(item)
        return sorted(by_value.items(), key=lambda pair: -len(pair[0]))

    @cached_property
    def texts(self) -> list[str]:
        """All values and the names of their fields, in lower case, each once."""
        return list(dict.fromkeys(one.lower() for item in self.items for one in (item.value, item.field)))

    @cached_property
    def figured(self) -> list[tuple[str, list[EvidenceItem]]]:
        """Short values with digits in them ("4K", "500 ml", "43"), the longest first.

        They name nothing, and are held only where they are said of what has them.
        """
        by_value: dict[str, list[EvidenceItem]] = {}
        for item in self.items:
            if item.kind != "text" or item.record == "shop" or item.field == "told":
                continue
            if len(item.value) < _LONG_TEXT and any(sign.isdigit() for sign in item.value):
                by_value.setdefault(item.value.lower(), []).append(item)
        return sorted(by_value.items(), key=lambda pair: -len(pair[0]))

    def mentions(self, sentence: str) -> tuple[str, list[Mention]]:
        """``sentence`` without the words of the evidence (blanks in their place), and where those stood, in order.

        The longest are taken first, so that a name inside a name is none. Plain words ("red", "cotton") stay, since
        they are no names; they are mentions all the same.
        """
        found: list[Mention] = []
        left, lowered = sentence, sentence.lower()
        for value, items in self._values:
            if value not in lowered:
                continue
            for start, end in places(left, value):
                naming = [item for item in items if item.field in _NAMING]
                # "Laptop" is the thing, although a bag's compartment is called so too.
                names, items = bool(naming), naming or items
                records = {item.record for item in items}
                # A tracking number or an address is its order's, a line's title both the line's and the product's.
                records |= {item.owner for item in items if item.owner and not (names and item.kind == "name")}
                fields = frozenset(item.field for item in items)
                found.append(Mention(start, end, frozenset(records), fields, names, tuple(items)))
                left = left[:start] + " " * (end - start) + left[end:]
        return left, sorted(found, key=lambda mention: mention.start)


def places(text: str, value: str) -> list[tuple[int, int]]:
    """Where ``value`` stands in ``text`` as whole words."""
    start = r"(?<![A-Za-z0-9])" if value[0].isascii() and value[0].isalnum() else ""
    end = r"(?![A-Za-z0-9])" if value[-1].isascii() and value[-1].isalnum() else ""
    return [one.span() for one in re.finditer(start + re.escape(value) + end, text, re.I)]


def _is_order(mention: Mention) -> bool:
    return any(record.startswith("order:") for record in mention.records)


def groups_of(sentence: str, mentions: Sequence[Mention]) -> list[list[Mention]]:
    """The naming mentions, those joined by nothing but "and" and commas together: what is said is said of each."""
    groups: list[list[Mention]] = []
    for mention in mentions:
        if not mention.names:
            continue
        alike = bool(groups) and _is_order(groups[-1][-1]) == _is_order(mention)
        if alike and _JOINED.match(sentence[groups[-1][-1].end : mention.start]):
            groups[-1].append(mention)
        else:
            groups.append([mention])
    return groups


@dataclass
class Focus:
    """What the reply has spoken of so far, and what its sentence at hand names."""

    index: EvidenceIndex
    asked: list[list[Mention]] = field(default_factory=list)
    """What the customer's own words name; the last thing to be meant."""
    spoken: list[list[Mention]] = field(default_factory=list)
    """Groups of the sentences before, the latest first."""
    last: list[list[Mention]] = field(default_factory=list)
    """Those of the last sentence that named any."""
    groups: list[list[Mention]] = field(default_factory=list)
    options: list[Mention] = field(default_factory=list)
    """Values ("red") that the sentence says of something."""
    facts_first: bool = False

    def enter(self, sentence: str, mentions: Sequence[Mention], first_claim: int | None) -> None:
        """Begin a sentence. Where a fact comes before every name, facts stand before what they are facts of."""
        self.groups = groups_of(sentence, mentions)
        self.options = [one for one in mentions if not one.names]
        named = self.groups[0][0].start if self.groups else None
        self.facts_first = named is not None and first_claim is not None and first_claim < named

    def leave(self) -> None:
        if self.groups:
            self.last = self.groups
            self.spoken = [*reversed(self.groups), *self.spoken]

    def nearest(self, start: int, end: int) -> list[list[Mention]]:
        """Groups that a claim at ``start`` to ``end`` can be about, the likeliest first."""
        before = [one for one in self.groups if one[-1].end <= start][::-1]
        after = [one for one in self.groups if one[0].start >= end]
        inside = [*after, *before] if self.facts_first else [*before, *after]
        return [*inside, *self.spoken, *self.asked]

    def order(self, at: int) -> str | None:
        """The order in whose frame position ``at`` of the sentence stands."""
        for group in self.nearest(at, at):
            for mention in group:
                for record in mention.records:
                    if record.startswith("order:"):
                        return record
        return None

    def meant(self, mention: Mention, at: int) -> Records:
        """The records of ``mention``, lines of other orders than the one spoken of left out."""
        order = self.order(at)
        lines = {one for one in mention.records if one.startswith("line:")}
        ours = {one for one in lines if self.index.owner.get(one) == order}
        return mention.records - (lines - ours) if ours else mention.records

    def variants(self, records: Records, start: int) -> list[str]:
        """The variants of ``records`` that the sentence's values ("red", "M") single out; none where it names none."""
        parts = [part for one in records for part in self.index.parts.get(one, ()) if part.startswith("variant:")]
        chosen: list[str] | None = None
        for option in self.options:
            fitting = [part for part in parts if part in option.records]
            if fitting:
                chosen = fitting if chosen is None else [one for one in chosen if one in fitting] or chosen
        return chosen or []

    def facts(self, mention: Mention, start: int) -> list[EvidenceItem]:
        """What is known of what ``mention`` names: of a variant it singles out, else of the records and their parts."""
        records = self.meant(mention, start)
        variants = self.variants(records, start)
        if variants:
            lines = [item for one in records if one.startswith("line:") for item in self.index.own(one)]
            return [*(item for one in variants for item in self.index.own(one)), *lines]
        return self.index.whole(records)

    def owners(self, mention: Mention, start: int) -> list[EvidenceItem]:
        """What is known of the order of a line, or of the product of a variant, itself."""
        owners = {self.index.owner[one] for one in self.meant(mention, start) if one in self.index.owner}
        return [item for one in owners for item in self.index.own(one)]
