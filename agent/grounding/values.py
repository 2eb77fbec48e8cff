"""Names and values of the evidence in a sentence: they must belong to what the sentence speaks of."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from decimal import Decimal

from .binding import Focus, Mention, places
from .clauses import affirms_nothing, clause_span
from .sums import in_major

_HOLDS = re.compile(
    r"contain\w*|includ\w*|holds?|consist\w*|\bitems?\b|ordered|bought|inside|\bwith\b|×|\d ?x "
    r"|包含|内有|商品|买了|[:：]",
    re.I,
)
_BESIDES = re.compile(
    r"recommend|similar|instead|compar|\blike\b|besides|exchang|swap|replac|\bto\b.*\bfor\b|suggest|推荐|类似|换|替",
    re.I,
)
_EXTREMES = (
    (re.compile(r"cheapest|costs? (?:the )?least|lowest price|least expensive|最便宜", re.I), "price", min),
    (re.compile(r"most expensive|costs? (?:the )?most|dearest|最贵", re.I), "price", max),
    (
        re.compile(r"(?:highest|best|top)[- ]rat(?:ed|ing)|rated (?:the )?(?:highest|best)|评分最高", re.I),
        "rating",
        max,
    ),
)
_SHORTEST = 3
_ENDS = re.compile(r"[.!?:。！？：](?:\s|$)|[。！？：]")


def without_held_values(sentence: str, focus: Focus) -> str:
    """``sentence`` with blanks for the values with digits ("4K", "500 ml") of what they are said of.

    A bare figure ("43") counts as one only inside brackets or behind the name of its field: else it may count things.
    """
    lowered = sentence.lower()
    for value, items in focus.index.figured:
        if value not in lowered:
            continue
        fields = frozenset(item.field for item in items)
        for start, end in places(sentence, value):
            if not any(sign.isalpha() for sign in value) and not _stands_as_value(sentence, start, end, fields):
                continue
            group = next(iter(focus.nearest(start, end)), ())
            said = Mention(start, end, frozenset(item.record for item in items), fields, False, tuple(items))
            if group and all(_belongs(one, said, focus, sentence[start:end]) for one in group):
                sentence = sentence[:start] + " " * (end - start) + sentence[end:]
    return sentence


def _stands_as_value(sentence: str, start: int, end: int, fields: Collection[str]) -> bool:
    before, after = sentence[:start].rstrip(), sentence[end:].lstrip()
    named = any(re.search(rf"\b{re.escape(field)}(?: of)?\s*(?: is|:|：|为|是)?$", before, re.I) for field in fields)
    opened = max(before.rfind("("), before.rfind("（")) > max(before.rfind(")"), before.rfind("）"))
    listed = opened and before.endswith(("(", "（", ",", "，", "、", "/")) and after.startswith(tuple(")）,，、/"))
    return listed or (named and not re.match(r"(?!(?:and|or)\b)[a-z\u4e00-\u9fff]", after, re.I))


def value_problem(sentence: str, mentions: Sequence[Mention], focus: Focus) -> str | None:
    """A carrier, tracking number, address, brand, colour or the like of something else than is spoken of."""
    bare = _without_names(sentence, mentions)
    for mention in mentions:
        if mention.names or (mention.end - mention.start < _SHORTEST and sentence[mention.start].isascii()):
            continue
        if affirms_nothing(bare, mention.start, mention.end):
            continue
        strict = any(
            item.kind in {"id", "name"} or item.field in {"address", "method", "why"} for item in mention.items
        )
        words = sentence[mention.start : mention.end]
        nearest = focus.nearest(mention.start, mention.end)
        able = next(
            (group for group in nearest if _has(group, mention, focus) or _says(group, mention, focus, words)), None
        )
        if able is None and strict:
            if focus.groups:
                return f"{words!r} belongs to something else"
            continue
        for one in able or ():
            if not _belongs(one, mention, focus, words):
                return f"{words!r} belongs to something else"
    return None


def _without_names(sentence: str, mentions: Sequence[Mention]) -> str:
    """Blanks in place of names: "No Added Sugar" denies nothing, a "Pan with Lid" holds nothing."""
    for one in mentions:
        if one.names:
            sentence = sentence[: one.start] + " " * (one.end - one.start) + sentence[one.end :]
    return sentence


def _has(group: Sequence[Mention], value: Mention, focus: Focus) -> bool:
    """Whether every record of ``group`` has a field of the kind that ``value`` fills."""
    return all(
        any(
            item.field in value.fields
            # Of the thing as a whole: that a sentence names a colour too does not take its brand away.
            for item in [*focus.index.whole(focus.meant(one, one.start)), *focus.owners(one, one.start)]
        )
        for one in group
    )


def _says(group: Sequence[Mention], value: Mention, focus: Focus, words: str) -> bool:
    """Whether a text on every record of ``group`` has these words: an order's way to pay names the card's brand."""
    return all(any(one.startswith("order:") for one in each.records) for each in group) and all(
        _belongs(one, value, focus, words) for one in group
    )


def _belongs(one: Mention, value: Mention, focus: Focus, words: str) -> bool:
    facts = [*focus.index.whole(focus.meant(one, value.start)), *focus.owners(one, value.start)]
    lines = [item for item in facts if item.record.startswith("line:")]
    same = [item for item in lines if item.field in value.fields] if focus.order(value.start) else []
    if same and not _shop_talk(value):
        return any(item.value.lower() == words.lower() for item in same)
    whole = words.lower()
    # "The material is denim": where the record has a material it is that one, whatever its description says.
    facts = [item for item in facts if item.field in value.fields] or facts
    return any(whole in (text := item.value.lower()) and bool(places(text, whole)) for item in facts)


def _shop_talk(value: Mention) -> bool:
    return not any(record.startswith("line:") for record in value.records)


def contents_problem(sentence: str, mentions: Sequence[Mention], focus: Focus) -> str | None:
    """A product that is said to be in an order must be one of its lines."""
    named = [one for one in mentions if one.names]
    bare = _without_names(sentence, mentions)
    orders = [one for one in named if any(record.startswith("order:") for record in one.records)]
    for mention in named:
        if mention in orders or not any("title" in item.field for item in mention.items):
            continue
        first, last = clause_span(sentence, mention.start, mention.end)
        if affirms_nothing(bare, mention.start, mention.end) or _BESIDES.search(bare):
            continue
        before = [one for one in orders if one.end <= mention.start]
        after = [one for one in orders if one.start >= mention.end]
        between = sentence[mention.end : after[0].start] if after else ""
        if _ENDS.search(between):
            after = []
        order = next(
            (record for one in (before[-1:] or after[:1]) for record in one.records if record.startswith("order:")),
            None,
        )
        if order is None and _HOLDS.search(bare, first, last) and not _priced_alone(sentence):
            spoken = [record for group in focus.spoken[:4] for one in group for record in one.records]
            order = next((one for one in spoken if one.startswith(("order:", "product:"))), None)
            order = order if order and order.startswith("order:") else None
        if order is None:
            continue
        titles = {item.value.lower() for part in focus.index.parts.get(order, ()) for item in focus.index.own(part)}
        if titles and sentence[mention.start : mention.end].lower() not in titles:
            return f"{sentence[mention.start : mention.end]!r} is not in {order.partition(':')[2]}"
    return None


def _priced_alone(sentence: str) -> bool:
    """A list of products found, not of what an order holds."""
    return re.search(r"stars?|in stock|review|评价|有货|缺货", sentence, re.I) is not None


def extreme_problem(sentence: str, focus: Focus) -> str | None:
    """ "The cheapest" must be it, among what the reply names, else among all that was looked up."""
    for pattern, field, pick in _EXTREMES:
        found = pattern.search(sentence)
        if not found or affirms_nothing(sentence, found.start(), found.end()):
            continue
        near = focus.nearest(found.start(), found.end())
        if not near:
            continue
        named = [one for group in (*focus.groups, *focus.spoken) for one in group]
        known = _values(named, field, focus)
        if len(known) < 2:
            known = {one: v for one in focus.index.records("product") if (v := _value(one, field, focus)) is not None}
        own = [known[record] for record in near[0][0].records if record in known]
        if own and known and own[0] != pick(known.values()):
            return f"{found.group()!r} is not so"
    return None


def _values(mentions: Sequence[Mention], field: str, focus: Focus) -> dict[str, Decimal]:
    records = {record for one in mentions for record in one.records if record.startswith("product:")}
    return {one: value for one in records if (value := _value(one, field, focus)) is not None}


def _value(record: str, field: str, focus: Focus) -> Decimal | None:
    for item in focus.index.own(record):
        if item.field == field:
            return in_major(item) if item.kind == "amount" else Decimal(item.value)
    return None
