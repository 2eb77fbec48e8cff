"""What a text says of the version it wants: values of options, more or less of something, the cheapest, as before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..facts import ProductFacts
from .comparing import COMPARED, EXTREME, ONE_DOWN, ONE_UP, UNIT_WORDS, grade
from .surfaces import ways_to_say_option, ways_to_say_value
from .tokens import Token, places, tokenise

_TURN = re.compile(
    r"->|=>|\b(?:to|for|into|with|in|become|instead)\b|换成|改成|改为|换为|变成|换到|换个|换一|改到|要|成|为", re.I
)
_AGAINST = re.compile(
    r"(?:\binstead of|\brather than|\bnot|\bover|\bthan|\bwithout|\bno|\bnor|\bdon't (?:want|like|need)"
    r"|\bisn't|\baren't|\bexcept|\bother than|\binstead of (?:the|a|my))"
    r"(?:\s+(?:the|a|an|any|my|this|that|being|having))?(?:\s+[\w-]+)?\s*$|(?:不是|不要|而不是|别要|不想要|从"
    r"|除了|没有|无|非|不)[^，。,;；]{0,2}$",
    re.I,
)
_OVER = re.compile(r"\bprefer\w*\b[^.;]*\bover\s+(?:the|a|an)?\s*$", re.I)
_INSTEAD_OF_BEFORE = re.compile(r"^\s*(?:换|改|变|to\b|into\b)", re.I)
_NEAR_NAME = 3
_BARE_NEAR = 2
CHEAPEST = re.compile(
    r"\bcheap(?:est|er)?\b|\bleast expensive\b|\blowest[- ]pric\w+\b|\blowest price\b|\bless expensive\b|便宜"
    r"|最低价|价格最低",
    re.I,
)
DEAREST = re.compile(r"\bmost expensive\b|\bpriciest\b|\bhighest[- ]pric\w+|最贵|价格最高", re.I)
_INDIFFERENT = re.compile(
    r"\bdo(?:n't| not|) (?:care|mind|matter)\b|\bdoesn't matter\b|\bno preference\b|\bany (?:colou?r|size"
    r"|material|type|kind|style)\b|\bwhichever\b|\bregardless\b|都行|都可以|无所谓|随便|不在乎|不限",
    re.I,
)
_NO = re.compile(
    r"\b(?:not|no|without|non|isn't|doesn't|don't)\W+(?:[\w-]+\s+){0,3}$|(?:不|没有|无|非|不用|不需要)[^，。,]{0,1}$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Said:
    """One value that a text names."""

    option: str
    value: str
    start: int
    end: int
    against: bool
    """It is what is not wanted ("instead of red")."""
    near: bool
    """The option's own name stands beside it."""


def options_of(product: ProductFacts) -> dict[str, list[str]]:
    """Option -> its values over all versions, in order."""
    found: dict[str, dict[str, None]] = {}
    for variant in product.variants:
        for name, value in variant.options.items():
            found.setdefault(name, {})[value] = None
    return {name: list(values) for name, values in found.items()}


def said_values(text: str, product: ProductFacts) -> list[Said]:
    """The option values that ``text`` names, in order; a place in the text names the value that fits it longest."""
    tokens = tokenise(text)
    schema = options_of(product)
    hits: list[tuple[int, int, int, Said]] = []
    for option, values in schema.items():
        name_at = _name_places(tokens, option)
        for value in values:
            for first, last, sure in _value_places(tokens, option, value, values, name_at, text):
                start, end = tokens[first].start, tokens[last - 1].end
                near = any(min(abs(first - at), abs(last - 1 - at)) <= _NEAR_NAME for at in name_at)
                hits.append(
                    (
                        last - first,
                        int(near) + sure,
                        -first,
                        Said(option, value, start, end, _against(text, start), near),
                    )
                )
    hits.extend(_flags(text, tokens, schema))
    taken: dict[int, Said] = {}
    found: list[Said] = []
    for _, _, _, said in sorted(hits, key=lambda one: (-one[0], -one[1], -one[2])):
        span = range(said.start, said.end)
        rival = next((taken[at] for at in span if at in taken), None)
        if rival is not None and not (
            rival.start == said.start
            and rival.end == said.end
            and rival.near == said.near
            and rival.option != said.option
        ):
            continue
        for at in span:
            taken.setdefault(at, said)
        found.append(said)
    return sorted(found, key=lambda one: one.start)


def _value_places(
    tokens: Sequence[Token], option: str, value: str, values: Sequence[str], name_at: Sequence[int], text: str
) -> list[tuple[int, int, int]]:
    found: list[tuple[int, int, int]] = []
    for way in ways_to_say_value(value):
        for at in places(tokens, way):
            if len(way) == 1 and not _stands_alone(tokens, at, way[0], value, name_at, text):
                continue
            found.append((at, at + len(way), 1))
    if found:
        return found
    own = [one.text for one in tokenise(value)]
    # A word that only this value has stands for it: "the Google one".
    others = {one.text for other in values if other != value for one in tokenise(other)}
    others.update(one for way in ways_to_say_option(option) for one in way)
    for word in own:
        if len(word) >= 4 and word.isalpha() and word not in others and word not in _EMPTY:
            found.extend((at, at + 1, 0) for at in places(tokens, [word]))
    if own and own[0][0].isdigit() and len(own) <= 2:
        # "size 10", "screen of 15": the number beside the option's name.
        found.extend(
            (at, at + 1, 1)
            for at in places(tokens, own[:1])
            if any(abs(at - place) <= _BARE_NEAR for place in name_at)
            and not (at + 1 < len(tokens) and len(own) == 2 and tokens[at + 1].text in UNIT_WORDS - {own[1]})
        )
    return found


_EMPTY = frozenset(["equivalent", "type", "with", "none", "other", "brand"])


def _stands_alone(tokens: Sequence[Token], at: int, word: str, value: str, name_at: Sequence[int], text: str) -> bool:
    """Whether a single token may be taken for the value: a bare number, a letter or a small word must be led to."""
    near = any(abs(at - place) <= _BARE_NEAR for place in name_at)
    if word[0].isdigit():
        led = at > 0 and tokens[at - 1].text in {"a", "an", "need", "in", "size"} and value.strip().isdigit()
        return near or led
    if len(word) == 1 and word.isascii():
        before = tokens[at - 1].text if at else ""
        return tokens[at].raw.isupper() or near or before in {"size", "a", "an", "the"}
    if len(word) == 1 and near:
        return True
    if len(word) == 1:
        after = text[tokens[at].end : tokens[at].end + 1]
        before_mark = text[max(0, tokens[at].start - 1) : tokens[at].start]
        return after in "的色号码款一，,。 、；;" or after == "" or before_mark in "要成换选的是"
    if word in {"no", "yes", "none", "low", "high", "light", "dark", "full", "half", "hard", "soft"}:
        return near
    return True


def _name_places(tokens: Sequence[Token], option: str) -> list[int]:
    found = [at for way in ways_to_say_option(option) for at in places(tokens, way)]
    own = tokenise(option)
    for token in own:
        if len(token.text) >= 4 and len(own) > 1:
            found.extend(places(tokens, [token.text]))
    return sorted(set(found))


def _flags(text: str, tokens: Sequence[Token], schema: dict[str, list[str]]) -> list[tuple[int, int, int, Said]]:
    """Options of yes and no, and of none: "waterproof", "not waterproof", "without a backlight"."""
    found = []
    for option, values in schema.items():
        plain = {value.lower(): value for value in values}
        for at in _name_places(tokens, option):
            start, end = tokens[at].start, tokens[at].end
            denied = _NO.search(text[:start]) is not None
            wanted = plain.get("no") if denied else plain.get("yes")
            if "none" in plain and denied:
                wanted = plain["none"]
            after = [one.text for one in tokens[at + 1 : at + 4]]
            told = next((plain[one] for one in after if one in plain and one in {"yes", "no", "none"}), None)
            wanted = told or wanted
            if wanted is not None:
                found.append((1, 1, -at, Said(option, wanted, start, end, False, True)))
    return found


def _against(text: str, start: int) -> bool:
    before = text[max(0, start - 40) : start]
    if _OVER.search(text[:start]):
        return True
    return _AGAINST.search(before) is not None and re.search(r"\bnot only\b", before) is None


@dataclass(frozen=True, slots=True)
class Wants:
    """What is asked of the version to get, as far as it was said."""

    values: dict[str, tuple[str, ...]]
    """Option -> values that would do, best first."""
    not_values: dict[str, frozenset[str]]
    steps: dict[str, int]
    """Option -> +1 the next larger, -1 the next smaller, +9 the largest, -9 the smallest."""
    free: frozenset[str] = frozenset()
    """Options of which any value would do."""
    price: str = ""
    """cheapest, dearest, or nothing."""
    same: bool = False
    """The same version again."""

    @property
    def empty(self) -> bool:
        return not (self.values or self.steps or self.price or self.not_values)


_SAME = re.compile(
    r"\b(?:the )?(?:exact(?:ly)? )?same (?:one|item|thing|version|model|product)\b(?! but| except)"
    r"|\bidentical\b|\blike for like\b|\ba new one\b|一样的|同款|同样的|一模一样|换(?:一?[个件双台只条])?新的",
    re.I,
)


def read_wants(text: str, product: ProductFacts, current: dict[str, str]) -> Wants:
    """What ``text`` asks of a version of ``product``, of which the customer has the one with ``current`` options.

    A value that he has already describes what he has; another one, or one after "to", is what he wants.
    """
    said = said_values(text, product)
    schema = options_of(product)
    turn = _turn(text, said, current)
    values: dict[str, tuple[str, ...]] = {}
    against: dict[str, set[str]] = {}
    for option in schema:
        of_option = [one for one in said if one.option == option]
        for one in of_option:
            if one.against and one.value != current.get(option):
                against.setdefault(option, set()).add(one.value)
        wanted = [one for one in of_option if not one.against]
        after = [one for one in wanted if one.start >= turn]
        if after and len({one.value for one in wanted}) > 1:
            wanted = after
        named = list(dict.fromkeys(one.value for one in wanted))
        if not named or named == [current.get(option)]:
            if named and any(one.start >= turn > 0 for one in wanted):
                values[option] = tuple(named)
            continue
        if len(named) > 1 and not _alternatives(text, wanted):
            named = [one for one in named if one != current.get(option)][-1:] or named[-1:]
        values[option] = tuple(named)
    steps = {} if not product.variants else _steps(text, schema, values)
    free = frozenset(option for option in schema if option not in values and _indifferent(text, option, said))
    if free:
        values = {option: found for option, found in values.items() if option not in free}
    price = "cheapest" if CHEAPEST.search(text) else "dearest" if DEAREST.search(text) else ""
    return Wants(
        values, {option: frozenset(found) for option, found in against.items()}, steps, free, price,
        _SAME.search(text) is not None and not values and not steps,
    )  # fmt: skip


def _turn(text: str, said: Sequence[Said], current: dict[str, str]) -> int:
    """From where on the text speaks of what is wanted; 0 if nothing divides it."""
    plain = [one for one in said if not one.against]
    for turn in reversed([one.end() for one in _TURN.finditer(text)]):
        before = [one for one in plain if one.start < turn]
        if len(before) < len(plain) and all(current.get(one.option) == one.value for one in before):
            return turn
    return 0


def _alternatives(text: str, wanted: Sequence[Said]) -> bool:
    """Whether several values of one option stand side by side to choose from, best first."""
    between = [text[one.end : other.start] for one, other in pairwise(wanted) if one.value != other.value]
    return bool(between) and all(
        re.search(r"\bor\b|>|/|\bif not\b|\bthen\b|或|如果没有|其次|不行", one, re.I) and len(one) < 60
        for one in between
    )


def _indifferent(text: str, option: str, said: Sequence[Said]) -> bool:
    for found in _INDIFFERENT.finditer(text):
        start = max(text.rfind(mark, 0, found.start()) for mark in ".;!?。；！？") + 1
        ends = [at for mark in ".;!?。；！？" if (at := text.find(mark, found.end())) >= 0]
        end = min(ends, default=len(text))
        if _name_places(tokenise(text[start:end]), option) or any(
            one.option == option and start <= one.start < end for one in said
        ):
            return True
    return False


def _steps(text: str, schema: dict[str, list[str]], values: dict[str, tuple[str, ...]]) -> dict[str, int]:
    found: dict[str, int] = {}
    if ONE_UP.search(text) or ONE_DOWN.search(text):
        option = _option_for(schema, ["size", "frame", "screen", "capacity"], text)
        if option and option not in values:
            found[option] = 1 if ONE_UP.search(text) else -1
            return found
    for table, far in ((EXTREME, 9), (COMPARED, 1)):
        for pattern, names, way in table:
            match = pattern.search(text)
            option = match and _option_for(schema, names, text[match.start() : match.end() + 24])
            if option and option not in values and option not in found:
                found[option] = way * far
    return found


def _option_for(schema: dict[str, list[str]], names: Sequence[str], near: str) -> str | None:
    tokens = tokenise(near)
    graded = [
        option for option, values in schema.items() if len(values) > 1 and all(grade(one) is not None for one in values)
    ]
    spoken = [option for option in graded if _name_places(tokens, option)]
    fitting = [
        option for name in names for option in graded if name in option.lower().split() or option.lower() == name
    ]
    for option in fitting:
        if option in spoken:
            return option
    return spoken[0] if spoken and not fitting else fitting[0] if fitting else None
