"""Holds each sentence of a reply against the evidence: every claim must be a fact of the record that it speaks of.

A sentence speaks of the record named nearest before the claim (or nearest after it, where the claim comes first); a
sentence that names none goes on about what the one before named. Sums and differences of amounts that were said and
held are evidence too. What the customer said may be echoed where nothing is affirmed by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import combinations

from store import minor_digits

from ..language import sentences
from ..reply import EvidenceItem
from .claims import Claim, is_negated, is_open, read_claims

_QUOTE = re.compile(r"“([^”]*)”|\"([^\"]{2,})\"|『([^』]*)』")
_SUM = re.compile(
    r"\btotal|together|\bsum\b|altogether|combined|difference|cheaper|more than|less than|\bsaves?\b"
    r"|合计|总共|一共|总计|相差|便宜|贵|省",
    re.I,
)
_LIMIT = re.compile(
    r"under|below|over|above|up to|within|between|at most|at least|budget|less than|more than"
    r"|以内|以下|以上|不超过|预算|左右",
    re.I,
)
_SAME_STATE = {
    "pending": {"pending", "pending (item modified)", "unfulfilled", "processing", "paid"},
    "processed": {"processed", "processing", "packed"},
    "shipped": {"shipped", "in transit", "out for delivery", "fulfilled", "delayed"},
    "delivered": {"delivered"},
    "cancelled": {"cancelled", "canceled"},
    "returned": {"returned", "return requested", "return approved", "return received"},
    "exchanged": {"exchange requested", "exchanged"},
    "refunded": {"refunded"},
    "lost": {"lost"},
    "in stock": {"in stock"},
    "out of stock": {"out of stock"},
}
_SHORT_QUOTE = 2
_LONG_TEXT = 12
"""From this length on a looked-up text with numbers in it (an address) is one claim, not several numbers."""
_COUNTS = (
    (re.compile(r"\W*(?:\w+ )?orders?\b|\W*个?订单|\W*单", re.I), re.compile(r"order_count")),
    (re.compile(r"\W*(?:\w+ )?reviews?\b|\W*条", re.I), re.compile(r"review")),
    (re.compile(r"\W*(?:of 5 )?stars?\b|\W*分|\W*星", re.I), re.compile(r"rating|stars")),
)
"""What is counted, and the fields that count it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence and, if it may not go out, why."""

    text: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    records: frozenset[str]


@dataclass
class _Reply:
    """What has been established while reading the reply from its start."""

    evidence: Sequence[EvidenceItem]
    asked: str
    today: date
    subject: frozenset[str] = frozenset()
    amounts: list[Decimal] = field(default_factory=list)


def check_reply(text: str, evidence: Iterable[EvidenceItem], *, asked: str, today: date) -> list[Checked]:
    """Every sentence of ``text`` in order, each with the reason why it must not be sent, or ``None``.

    ``asked`` is what the customer wrote. Joined, the sentences are ``text``.
    """
    reply = _Reply(tuple(evidence), asked, today)
    return [Checked(sentence, _problem(sentence, reply)) for sentence in sentences(text)]


def _problem(sentence: str, reply: _Reply) -> str | None:
    if _verbatim(sentence, reply.evidence):
        return None
    left, problem = _without_quotes(sentence, reply)
    if problem:
        return problem
    left, mentions, texts = _mentions(left, reply.evidence)
    claims = read_claims(left, reply.today)
    named = frozenset(record for mention in mentions for record in mention.records)
    facts_first = bool(mentions and claims) and claims[0].start < mentions[0].start
    for text in texts:
        subject = _subject(text.start, text.end, mentions, False) or reply.subject
        if subject and not subject & text.records and not named & text.records:
            return f"{sentence[text.start : text.end]!r} belongs to something else"
    for claim in claims:
        subject = _subject(claim.start, claim.end, mentions, facts_first) or reply.subject
        problem = _unheld(claim, subject | _owners(subject, named, reply.evidence), sentence, reply)
        if problem:
            return problem
    if named:
        reply.subject = named
    return None


def _verbatim(sentence: str, evidence: Sequence[EvidenceItem]) -> bool:
    """Whether it stands word for word in a text that may be repeated so: a help page, what an operation would do."""
    plain = _plain(sentence).lstrip("-*• ")
    return len(plain) > 3 and any(
        (item.record.startswith("page:") or item.field == "told")
        and item.kind == "text"
        and plain in _plain(item.value)
        for item in evidence
    )


def _without_quotes(sentence: str, reply: _Reply) -> tuple[str, str | None]:
    """Quotes must be word for word in the evidence, or the customer's own words; then they claim nothing more."""
    left = sentence
    for found in _QUOTE.finditer(sentence):
        quote = _plain(next(group for group in found.groups() if group is not None)).rstrip("…")
        if len(quote) > _SHORT_QUOTE and quote not in _plain(reply.asked):
            held = any(quote in _plain(item.value) for item in reply.evidence)
            if not held:
                return left, f"the quote {found.group()[:80]!r} is not word for word in the evidence"
        left = left[: found.start()] + " " * len(found.group()) + left[found.end() :]
    return left, None


def _mentions(sentence: str, evidence: Sequence[EvidenceItem]) -> tuple[str, list[_Mention], list[_Mention]]:
    """``sentence`` without the names, ids and long texts of the evidence; where it names a record; where it has a text.

    The longest are taken first, so that a name inside a name is none.
    """
    found: list[_Mention] = []
    texts: list[_Mention] = []
    left = sentence
    by_value: dict[str, set[str]] = {}
    naming: set[str] = set()
    long: set[str] = set()
    for item in evidence:
        is_long = item.kind == "text" and len(item.value) >= _LONG_TEXT and any(sign.isdigit() for sign in item.value)
        short_id = item.kind == "id" and item.value.isdigit() and len(item.value) < 4
        if len(item.value) > 1 and not short_id and (is_long or item.kind in {"name", "id"}):
            owner = {item.owner} if item.owner and (is_long or item.kind == "id") else set()
            by_value.setdefault(item.value, set()).update({item.record} | owner)
            if is_long:
                long.add(item.value)
            elif item.field in {"title", "id"}:
                naming.add(item.value)
    for value in sorted(by_value, key=len, reverse=True):
        for start, end in _places(left, value):
            mention = _Mention(start, end, frozenset(by_value[value]))
            if value in naming:
                found.append(mention)
            elif value in long:
                texts.append(mention)
            left = left[:start] + " " * (end - start) + left[end:]
    return left, sorted(found, key=lambda mention: mention.start), texts


def _places(text: str, value: str) -> list[tuple[int, int]]:
    """Where ``value`` stands in ``text`` as whole words."""
    start = r"(?<![A-Za-z0-9])" if value[0].isascii() and value[0].isalnum() else ""
    end = r"(?![A-Za-z0-9])" if value[-1].isascii() and value[-1].isalnum() else ""
    return [one.span() for one in re.finditer(start + re.escape(value) + end, text, re.I)]


def _subject(start: int, end: int, mentions: Sequence[_Mention], facts_first: bool) -> frozenset[str]:
    before = [one for one in mentions if one.end <= start]
    after = [one for one in mentions if one.start >= end]
    if facts_first and after:
        return after[0].records
    if before:
        return before[-1].records
    return after[0].records if after else frozenset()


def _owners(subject: frozenset[str], named: frozenset[str], evidence: Sequence[EvidenceItem]) -> frozenset[str]:
    """An order that the sentence names beside one of its lines may be spoken of as well."""
    owners = {item.owner for item in evidence if item.record in subject and item.owner}
    return frozenset(one for one in owners if one in named) | frozenset(
        one for one in named if one.startswith("order:")
    )


def _unheld(claim: Claim, subject: frozenset[str], sentence: str, reply: _Reply) -> str | None:
    """Why the claim does not hold; ``None`` if it does."""
    match claim.kind:
        case "amount":
            return (
                None
                if _amount_holds(claim, subject, sentence, reply)
                else f"the amount {claim.value} is not in the evidence here"
            )
        case "percent":
            held = any(
                item.field.endswith("percent") and Decimal(item.value) == Decimal(claim.value)
                for item in _of(subject, reply)
            )
            return (
                None
                if held or _in_text(claim.value, subject, reply)
                else f"{claim.value} % is not in the evidence here"
            )
        case "number":
            return (
                None
                if _number_holds(claim, subject, sentence, reply)
                else f"the number {claim.value} is not in the evidence here"
            )
        case "date":
            held = any(item.kind == "date" and item.value.endswith(claim.value) for item in _of(subject, reply))
            return None if held else f"the date {claim.value} is not in the evidence here"
        case "id":
            held = _echoed(claim, sentence, reply) or _in_text(claim.value, subject, reply)
            return None if held else f"the id {claim.value} is not in the evidence"
        case "status":
            return _state_problem(claim, subject, sentence, reply)
        case "promise":
            return _promise_problem(claim, subject, sentence, reply)
        case "name":
            held = any(claim.value.lower() in item.value.lower() for item in reply.evidence)
            held = held or claim.value.lower() in reply.asked.lower()
            return None if held else f"the name {claim.value!r} is not in the evidence"


def _of(subject: frozenset[str], reply: _Reply) -> list[EvidenceItem]:
    """The evidence on the subject, its parts, and the shop as a whole; without a subject, all of it."""
    if not subject:
        return list(reply.evidence)
    return [item for item in reply.evidence if item.record in subject or item.owner in subject or item.record == "shop"]


def _amount_holds(claim: Claim, subject: frozenset[str], sentence: str, reply: _Reply) -> bool:
    value = Decimal(claim.value)
    for item in _of(subject, reply):
        if item.kind != "amount":
            continue
        currency = item.currency or "USD"
        same = claim.currency in {"", None, currency} or (claim.currency == "cents")
        if same and Decimal(item.value) == (
            value if claim.currency == "cents" else value.scaleb(minor_digits(currency))
        ):
            reply.amounts.append(value)
            return True
    if _SUM.search(sentence) and value in _derived(reply.amounts):
        return True
    return bool(_LIMIT.search(sentence)) and _said(claim.value, reply.asked)


def _derived(amounts: Sequence[Decimal]) -> set[Decimal]:
    """Sums over all of the amounts said so far, and sums and differences of any two."""
    pairs = {one for pair in combinations(amounts, 2) for one in (sum(pair), abs(pair[0] - pair[1]))}
    return {Decimal(one) for one in pairs} | ({sum(amounts, Decimal(0))} if len(amounts) > 2 else set())


def _number_holds(claim: Claim, subject: frozenset[str], sentence: str, reply: _Reply) -> bool:
    value = Decimal(claim.value)
    counted = next((fields for noun, fields in _COUNTS if noun.match(sentence, claim.end)), None)
    for item in _of(subject, reply):
        if item.kind == "number" and Decimal(item.value) == value and (counted is None or counted.search(item.field)):
            return True
        if item.kind == "amount" and value == Decimal(item.value).scaleb(-minor_digits(item.currency or "USD")):
            return True
    if counted is None and _in_text(claim.value, subject, reply):
        return True
    return _echoed(claim, sentence, reply)


def _in_text(value: str, subject: frozenset[str], reply: _Reply) -> bool:
    """A number inside a looked-up text of the subject ("500 ml"), as a number of its own."""
    whole = re.compile(rf"(?<![\d.,]){re.escape(value)}(?![\d]|[.,]\d)")
    return any(
        item.kind in {"text", "name"} and whole.search(item.value)
        for item in _of(subject, reply)
        if item.record != "shop"
    )


def _said(value: str, asked: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(value)}(?![\d])", asked.replace(",", "")) is not None


def _echoed(claim: Claim, sentence: str, reply: _Reply) -> bool:
    """The customer's own number or id, in a sentence that affirms nothing with it."""
    bare = claim.value.lstrip("#").lower()
    return bare in reply.asked.lower() and (is_negated(sentence) or is_open(sentence))


def _state_problem(claim: Claim, subject: frozenset[str], sentence: str, reply: _Reply) -> str | None:
    if is_open(sentence):
        return None
    known = {item.value.lower() for item in _of(subject, reply) if item.kind == "status" and item.record != "shop"}
    fields = {item.field for item in _of(subject, reply) if item.kind == "date"}
    if any(item.field == "refund" and item.kind == "amount" for item in _of(subject, reply)):
        fields.add("refunded")
    held = bool(known & _SAME_STATE[claim.value]) or claim.value in fields
    if claim.negated:
        opposite = {"in stock": "out of stock", "out of stock": "in stock"}.get(claim.value)
        wrong = held and not (opposite and opposite in known)
        return f"the evidence says that it is {claim.value}" if wrong else None
    return None if held else f"the evidence does not say {claim.value!r}"


def _promise_problem(claim: Claim, subject: frozenset[str], sentence: str, reply: _Reply) -> str | None:
    if claim.negated or is_open(sentence):
        return None
    if any(item.field == "handed_over" for item in reply.evidence) and re.search(
        r"colleague|person|human|someone|同事|人工|客服", sentence, re.I
    ):
        return None
    dates = {item.value for item in _of(subject, reply) if item.kind == "date"}
    told = [one.value for one in read_claims(sentence, reply.today) if one.kind == "date"]
    if (
        told
        and all(any(known.endswith(one) for known in dates) for one in told)
        and re.search(r"arriv|deliver|送达|到", sentence)
    ):
        return None
    return f"nothing that was looked up allows to say {claim.value!r}"


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("’", "'")).strip()
