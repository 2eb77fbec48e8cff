"""Whether an amount, date, number, percentage or id of a sentence is held by the record and the field it speaks of."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from store import minor_digits

from ..reply import EvidenceItem
from . import pages
from .binding import Focus, Mention
from .claims import Claim
from .clauses import affirms_nothing, clause_span
from .fields import DIFFERENCE, KNOWN, OPENING_SUM, SUM, fields_of
from .sums import differences, in_major, is_difference, sums

_LIMIT = re.compile(
    r"under|below|over|above|up to|within|between|at most|at least|budget|less than|more than"
    r"|以内|以下|以上|不超过|预算|左右",
    re.I,
)
_RANGE = re.compile(r"\bfrom\b|\bbetween\b|\bstart(?:s|ing)?\b|\bup to\b|从|起|之间|到", re.I)
_TOTALS = frozenset({"total", "spent", "line_price", "payment", "refund"})
_TOGETHER = re.compile(r"\b(?:together|both|combined|altogether|in all|items?|goods|sum|each)\b|两|加起来|商品", re.I)
_RESPECTIVELY = re.compile(r"respectively|分别", re.I)
_PLURAL = re.compile(r"^\s*(?:both|all|they|each|these|those|两款?都?|它们|都)\b", re.I)
_LATEST = re.compile(r"\b(?:latest|last|most recent|newest)\b|最近|最新|上一", re.I)
_REACH = 3
_KINDS = {"weekday": "date", "percent": "number"}

Holds = Callable[[EvidenceItem], bool]


def figure_problem(
    claim: Claim,
    claims: Sequence[Claim],
    sentence: str,
    focus: Focus,
    said: list[Decimal],
    asked: str,
    listed: int,
) -> str | None:
    """Why ``claim`` does not hold; ``None`` if it does. An amount that holds joins ``said``.

    ``listed`` is how many things the reply has named so far.
    """
    name = f"the {claim.kind} {claim.value}"
    echoed = _said(claim.value, asked)
    if claim.kind == "id":
        held = echoed and affirms_nothing(sentence, claim.start, claim.end)
        return None if held or _in_texts(claim, focus, everywhere=True) else f"{name} is not in the evidence"
    if echoed and (
        affirms_nothing(sentence, claim.start, claim.end) or (claim.kind == "amount" and _LIMIT.search(sentence))
    ):
        return None
    if claim.kind == "amount" and (derived := _derived(claim, sentence, focus, said)) is not None:
        return None if derived else f"{name} is no sum or difference of what was looked up"
    by_record = _by_record(claim, claims, sentence, focus)
    verdict = _otherwise(claim, sentence, focus, listed) if by_record is None else by_record
    if verdict and claim.kind == "amount":
        said.append(Decimal(claim.value))
    return None if verdict else f"{name} is not in the evidence here"


def _derived(claim: Claim, sentence: str, focus: Focus, said: Sequence[Decimal]) -> bool | None:
    """Whether a sum or a difference holds; ``None`` where the amount is said as neither."""
    value = Decimal(claim.value)
    if is_difference(sentence, claim.start, claim.end):
        told = [item for item in focus.index.items if item.kind == "amount" and "difference" in item.field]
        return value in differences(focus, said, claim.start) or any(in_major(item) == value for item in told)
    first, last = clause_span(sentence, claim.start, claim.end)
    opens = OPENING_SUM.match(sentence) is not None
    if (alone := _one_order(claim, sentence[first:last], focus)) is not None and SUM.search(sentence, first, last):
        totals = [item for item in focus.index.own(alone) if item.field in _TOTALS]
        return any(_same_amount(claim, item) for item in totals) if totals else None
    if (opens or SUM.search(sentence, first, last)) and not DIFFERENCE.search(sentence, first, last):
        if value in sums(focus, said, claim.start):
            return True
        total = _nearest(claim, "amount", _TOTALS, focus)
        if focus.groups and total not in focus.groups:
            # What the sentence names has no total of its own: that of an order told before is not theirs.
            total = []
        wanted = [item for mention in total for item in _facts(mention, claim, focus, _TOTALS)]
        shop = [item for item in focus.index.own("shop") if item.field in _TOTALS]
        return any(_same_amount(claim, item) for item in [*wanted, *shop, *_order_total(claim, focus)])
    if _ends_list(claim, sentence, focus) and any(_same_amount(claim, item) for item in _order_total(claim, focus)):
        return True
    return None


def _one_order(claim: Claim, clause: str, focus: Focus) -> str | None:
    """The one order whose own total the clause tells: named nearest, and nothing said of several things together."""
    nearest = next(iter(focus.nearest(claim.start, claim.end)), ())
    if len(nearest) != 1 or nearest[0] not in [one for group in focus.groups for one in group]:
        return None
    orders = [one for one in nearest[0].records if one.startswith("order:")]
    return orders[0] if len(orders) == 1 and not _TOGETHER.search(clause) else None


def _order_total(claim: Claim, focus: Focus) -> list[EvidenceItem]:
    """The total of the order spoken of, whatever of its lines are named in between."""
    named = [one for group in focus.groups for one in group]
    if named and not any(record.startswith("order:") for one in named for record in one.records):
        return []
    order = focus.order(claim.start)
    return [] if order is None else [item for item in focus.index.own(order) if item.field == "total"]


def _ends_list(claim: Claim, sentence: str, focus: Focus) -> bool:
    """ "#W123: Desk Lamp, Bookshelf, $40": behind an order and what is in it stands what it came to."""
    before = [group for group in focus.groups if group[-1].end <= claim.start]
    orders = [at for at, group in enumerate(before) if any(one.startswith("order:") for one in group[-1].records)]
    if not orders or orders[-1] == len(before) - 1:
        return False
    order, items = before[orders[-1]][-1], [one for group in before[orders[-1] + 1 :] for one in group]
    opens = re.fullmatch(r"[^,，;；]{0,24}?[:：(（]\s*", sentence[order.end : items[0].start])
    closes = re.fullmatch(r"[\s,，;；:：)）…—–-]*", sentence[items[-1].end : claim.start])
    joined = all(re.fullmatch(r"[\s,，、…]*", sentence[a.end : b.start]) for a, b in pairwise(items))
    return opens is not None and closes is not None and joined


def _by_record(claim: Claim, claims: Sequence[Claim], sentence: str, focus: Focus) -> bool | None:
    """Whether the nearest record with such a field holds the claim; ``None`` where there is no such record."""
    kind = _KINDS.get(claim.kind, claim.kind)
    fields, named = fields_of(claim, sentence)
    if claim.unit and not named and claim.kind == "number":
        fields = frozenset()
    same = [one for one in claims if one.kind == claim.kind]
    mentions = _nearest(claim, kind, fields, focus)
    if _RESPECTIVELY.search(sentence) and len(mentions) == len(same):
        mentions = [mentions[same.index(claim)]]
    if not mentions and _LATEST.search(sentence) and kind in {"date", "amount"}:
        mentions = _latest_order(focus)
    if not mentions:
        return None
    holds = _test(claim)
    if _PLURAL.match(sentence) and len(focus.last) > 1 and not focus.groups:
        mentions = [mention for group in focus.last for mention in group if _facts(mention, claim, focus, fields, kind)]
    verdicts = [any(holds(item) for item in _facts(mention, claim, focus, fields, kind)) for mention in mentions]
    if all(verdicts):
        return True
    if kind == "number" and not named:
        return _in_texts(claim, focus, mentions) or None
    return kind == "number" and bool(claim.unit) and _in_texts(claim, focus, mentions, strictly=True)


def _nearest(claim: Claim, kind: str, fields: frozenset[str], focus: Focus) -> list[Mention]:
    for group in [*_counted(claim, focus), *focus.nearest(claim.start, claim.end)]:
        if all(_facts(mention, claim, focus, fields, kind) for mention in group):
            return group
    if not focus.groups and not focus.spoken:
        records = [*focus.index.records("order"), *focus.index.records("product")]
        alone = [Mention(0, 0, frozenset({one}), frozenset(), True) for one in records]
        able = [mention for mention in alone if _facts(mention, claim, focus, fields, kind)]
        if len(able) == 1:
            return able
    return []


def _counted(claim: Claim, focus: Focus) -> list[list[Mention]]:
    """What stands right behind a number is what there are so many of: "2 × Desk Lamp", "3件台灯"."""
    if claim.kind != "number":
        return []
    reach = claim.end + len(claim.unit) + _REACH
    return [[one] for group in focus.groups for one in group if claim.end <= one.start <= reach]


def _facts(
    mention: Mention, claim: Claim, focus: Focus, fields: frozenset[str], kind: str = "amount"
) -> list[EvidenceItem]:
    """What is known of ``mention`` of this kind in these fields, or in fields that no word speaks of."""
    known = focus.facts(mention, claim.start)
    counted = claim.kind == "number" and any(mention is one for group in _counted(claim, focus) for one in group)
    if not counted and (claim.kind != "amount" or fields & {"payment", "refund", "total"} == fields):
        known = [*known, *focus.owners(mention, claim.start)]
    unnamed = KNOWN.get(kind, frozenset())
    found = [
        item
        for item in known
        if item.kind == kind and (not fields or item.field in fields or item.field not in unnamed)
    ]
    if claim.kind == "percent":
        return [item for item in found if item.field.endswith("percent")]
    if kind == "number":
        return [item for item in found if not item.field.endswith("percent")]
    if kind != "amount":
        return found
    if any(record.startswith("order:") for record in mention.records):
        # An order's own amounts; those of its lines are said with the line's name.
        return [item for item in known if item.kind == kind and item.record in mention.records and _fits(item, fields)]
    # What the customer paid for a thing is not what it costs in the shop today; where both are known either may be
    # meant, but of an order that the sentence names only the first.
    lines = [item for item in found if item.record.startswith("line:")]
    in_order = any(one.startswith("order:") for group in focus.groups for each in group for one in each.records)
    return lines if lines and in_order else found


def _fits(item: EvidenceItem, fields: frozenset[str]) -> bool:
    wanted = fields | {"total", "payment"} if fields & {"price", "unit_price"} else fields
    return not fields or item.field in wanted or item.field not in KNOWN["amount"]


def _test(claim: Claim) -> Holds:
    if claim.kind == "amount":
        return lambda item: _same_amount(claim, item)
    if claim.kind == "date":
        return lambda item: item.value.endswith(claim.value)
    if claim.kind == "weekday":
        return lambda item: _weekday(item.value) == int(claim.value)
    return lambda item: _decimal(item.value) == Decimal(claim.value)


def _same_amount(claim: Claim, item: EvidenceItem) -> bool:
    if item.kind != "amount":
        return False
    currency = item.currency or "USD"
    value = Decimal(claim.value)
    if claim.currency == "cents":
        return Decimal(item.value) == value
    return claim.currency in {"", None, currency} and Decimal(item.value) == value.scaleb(minor_digits(currency))


def _otherwise(claim: Claim, sentence: str, focus: Focus, listed: int) -> bool:
    """Facts of the shop as a whole, what the reply itself lists, help pages, and the ends of a range of prices."""
    kind = _KINDS.get(claim.kind, claim.kind)
    holds = _test(claim)
    fields, _ = fields_of(claim, sentence)
    shop = [item for item in focus.index.own("shop") if item.kind == kind]
    if any(holds(item) and (not fields or item.field in fields) for item in shop):
        return True
    if claim.kind == "number":
        if "found_count" in fields and listed > 1 and Decimal(claim.value) == listed:
            return True
        bare = [mention for group in focus.nearest(claim.start, claim.end)[:1] for mention in group]
        amounts = [item for mention in bare for item in _facts(mention, claim, focus, frozenset(), "amount")]
        if not claim.unit and any(in_major(item) == Decimal(claim.value) for item in amounts):
            return True
    if claim.kind == "amount" and _RANGE.search(sentence):
        ends = [item for item in focus.index.items if item.record.startswith("product:") and item.field == "price"]
        prices = sorted(in_major(item) for item in ends)
        return bool(prices) and Decimal(claim.value) in {prices[0], prices[-1]}
    return pages.holds(sentence, focus.index.items)


def _in_texts(
    claim: Claim, focus: Focus, mentions: Sequence[Mention] = (), *, everywhere: bool = False, strictly: bool = False
) -> bool:
    """The number, with its unit, in a looked-up text of what it is said of ("500 ml"), as a number of its own.

    ``strictly``: the text must have the unit too, or be of a field of that name.
    """
    whole = re.compile(rf"(?<![\d.,\w]){re.escape(claim.value)}(?!\d|[.,]\d)[ -]?([A-Za-z°µ\u4e00-\u9fff]*)", re.I)
    facts = focus.index.items if everywhere else [i for m in mentions for i in focus.facts(m, claim.start)]
    for item in facts:
        if item.record == "shop" or item.kind not in {"text", "name", "id"}:
            continue
        for found in whole.finditer(item.value):
            unit = found[1].lower()
            unit = unit or (item.field.lower() if strictly else "")
            if not claim.unit or (not unit and not strictly) or unit[:1] == claim.unit[0]:
                return True
    return False


def _latest_order(focus: Focus) -> list[Mention]:
    placed = [(item.value, item.record) for item in focus.index.items if item.field == "placed"]
    return [Mention(0, 0, frozenset({max(placed)[1]}), frozenset(), True)] if placed else []


def _said(value: str, asked: str) -> bool:
    bare = value.lstrip("#").lower()
    return re.search(rf"(?<![A-Za-z0-9_.]){re.escape(bare)}(?![\d])", asked.lower().replace(",", "")) is not None


def _weekday(day: str) -> int:
    return date.fromisoformat(day).weekday()


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"-?\d+(?:\.\d+)?", text) else None
