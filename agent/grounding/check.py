"""Holds each sentence of a reply against the evidence: a claim must be a fact of the record and field it speaks of.

A claim is about the record named nearest before it (or after it, where facts come first), else about what the sentences
before spoke of; "placed", "total", "tracking" and the like say which field. Of the records that can be meant the
nearest that has such a field decides, and no other. What no record can hold is not said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ..language import sentences
from ..reply import EvidenceItem
from . import pages, values
from .binding import EvidenceIndex, Focus, Mention, groups_of
from .claims import Claim, read_claims
from .figures import figure_problem
from .names import names_in
from .promises import promises_in
from .states import DATED, OPPOSITE, STATES, states_in

_QUOTE = re.compile(r"“([^”]*)”|\"([^\"]{2,})\"|『([^』]*)』")
_SHORT_QUOTE = 2
_PERSON = re.compile(r"colleague|person|human|someone|team ?mate|staff|agent|同事|人工|客服|专员", re.I)
_ARRIVES = re.compile(r"arriv|deliver|reach|receive|get it|be there|come|ship|送达|到|收到", re.I)
_NOW = re.compile(r"\bis\b|\bare\b|status|currently|\bnow\b|状态|目前", re.I)


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence and, if it may not go out, why."""

    text: str
    problem: str | None = None


@dataclass
class _Reply:
    """What has been established while reading the reply from its start."""

    index: EvidenceIndex
    focus: Focus
    asked: str
    today: date
    amounts: list[Decimal] = field(default_factory=list)
    """Amounts in major units that were said and held."""
    named: set[frozenset[str]] = field(default_factory=set)
    """The records named so far."""


def check_reply(text: str, evidence: Iterable[EvidenceItem], *, asked: str, today: date) -> list[Checked]:
    """Every sentence of ``text`` in order, each with the reason why it must not be sent, or ``None``.

    ``asked`` is what the customer wrote. Joined, the sentences are ``text``.
    """
    index = EvidenceIndex(evidence)
    focus = Focus(index, asked=groups_of(asked, index.mentions(asked)[1])[::-1])
    reply = _Reply(index, focus, asked, today)
    return [Checked(sentence, _problem(sentence, reply)) for sentence in sentences(text)]


def _problem(sentence: str, reply: _Reply) -> str | None:
    if _verbatim(sentence, reply.index.items):
        return None
    left, quotes = _without_quotes(sentence)
    unquoted = left
    left, mentions = reply.index.mentions(unquoted)
    claims = read_claims(left, reply.today)
    reply.focus.enter(sentence, mentions, claims[0].start if claims else None)
    left = values.without_held_values(left, reply.focus)
    claims = read_claims(left, reply.today)
    reply.named |= {mention.records for mention in mentions if mention.names}
    problem = (
        _quotes_problem(quotes, reply)
        or values.value_problem(unquoted, mentions, reply.focus)
        or values.contents_problem(unquoted, mentions, reply.focus)
        or values.extreme_problem(unquoted, reply.focus)
        or _figures_problem(claims, left, reply)
        or _states_problem(left, claims, reply)
        or _promises_problem(left, sentence, claims, reply)
        or _names_problem(left, reply)
    )
    if problem is None:
        reply.focus.leave()
    return problem


def _verbatim(sentence: str, evidence: Iterable[EvidenceItem]) -> bool:
    """Whether it stands word for word in a text that may be repeated so: a help page, what an operation would do."""
    plain = _plain(sentence).lstrip("-*• ")
    return len(plain) > 3 and any(pages.may_be_repeated(item) and plain in _plain(item.value) for item in evidence)


def _without_quotes(sentence: str) -> tuple[str, list[tuple[str, int]]]:
    """``sentence`` with blanks for its quotes, and the quotes with where they stand."""
    left, quotes = sentence, []
    for found in _QUOTE.finditer(sentence):
        quotes.append((_plain(next(group for group in found.groups() if group is not None)).rstrip("…"), found.start()))
        left = left[: found.start()] + " " * len(found.group()) + left[found.end() :]
    return left, quotes


def _quotes_problem(quotes: list[tuple[str, int]], reply: _Reply) -> str | None:
    """A quote is word for word a text of what the sentence speaks of, or the customer's own words."""
    for quote, start in quotes:
        if len(quote) <= _SHORT_QUOTE or quote in _plain(reply.asked):
            continue
        holding = [item for item in reply.index.items if quote in _plain(item.value)]
        if not holding:
            return f"the quote {quote[:80]!r} is not word for word in the evidence"
        of = {record for item in holding for record in (item.record, item.owner) if record}
        near = next(iter(reply.focus.nearest(start, start)), None)
        bound = any(record.startswith(("product:", "review:")) for record in of)
        if near and bound and not any(of & mention.records for mention in near):
            return f"the quote {quote[:80]!r} is of something else"
    return None


def _figures_problem(claims: list[Claim], sentence: str, reply: _Reply) -> str | None:
    listed = len(reply.named)
    for claim in claims:
        problem = figure_problem(claim, claims, sentence, reply.focus, reply.amounts, reply.asked, listed)
        if problem:
            return problem
    return None


def _states_problem(sentence: str, claims: list[Claim], reply: _Reply) -> str | None:
    dated = any(claim.kind in {"date", "weekday"} for claim in claims)
    found = list(states_in(sentence))
    held_states = set()
    for state, start, end, negated in found:
        stock = state in OPPOSITE
        group = next(
            (one for one in reply.focus.nearest(start, end) if all(_statuses(m, stock, start, reply) for m in one)),
            None,
        )
        mentions = group if group is not None else _only_one(stock, reply)
        if not mentions:
            if negated or pages.holds(sentence, reply.index.items):
                continue
            return f"nothing that was looked up is known to be {state!r}"
        for mention in mentions:
            known = {item.value.lower() for item in _statuses(mention, stock, start, reply)}
            now = bool(known & STATES[state][1])
            now = now or (state == "delayed" and _is_overdue(mention, start, reply))
            was = state in DATED and _has_dated(DATED[state], mention, start, reply)
            if negated:
                if (now or was) and OPPOSITE.get(state) not in known:
                    return f"the evidence says that it is {state}"
            elif now:
                held_states.add(state)
            elif not (was and (dated or state in {"delivered", "refunded"} or len(found) > 1)):
                return f"the evidence does not say {state!r}"
    return None


def _statuses(mention: Mention, stock: bool, start: int, reply: _Reply) -> list[EvidenceItem]:
    """What is known of the state of ``mention``: of its stock, or of its order, parcel or return."""
    facts = reply.focus.facts(mention, start)
    own = {record for record in mention.records if record.startswith("product:")}
    if stock:
        singled = any(item.record.startswith("variant:") for item in facts) and reply.focus.variants(
            mention.records, start
        )
        return [item for item in facts if item.field == "in_stock" and (singled or item.record in own or not own)]
    facts = [*facts, *reply.focus.owners(mention, start)]
    return [item for item in facts if item.kind == "status" and item.field != "in_stock"]


def _has_dated(name: str, mention: Mention, start: int, reply: _Reply) -> bool:
    facts = [*reply.focus.facts(mention, start), *reply.focus.owners(mention, start)]
    if name == "refunded":
        return any(item.field == "refund" and item.kind == "amount" for item in facts)
    return any(item.field == name and item.kind == "date" for item in facts)


def _is_overdue(mention: Mention, start: int, reply: _Reply) -> bool:
    """The promised day has passed and nothing came."""
    facts = [*reply.focus.facts(mention, start), *reply.focus.owners(mention, start)]
    promised = [item.value for item in facts if item.field == "promised"]
    arrived = any(item.field == "delivered" for item in facts)
    return bool(promised) and not arrived and max(promised) < reply.today.isoformat()


def _only_one(stock: bool, reply: _Reply) -> list[Mention]:
    """Where nothing is named: the one order (or product) that was looked up, if it is one."""
    records = reply.index.records("product" if stock else "order")
    if len(records) != 1:
        return []
    return [Mention(0, 0, frozenset(records), frozenset(), True)]


def _promises_problem(sentence: str, whole: str, claims: list[Claim], reply: _Reply) -> str | None:
    promised = list(promises_in(sentence))
    if not promised:
        return None
    if any(item.field == "handed_over" for item in reply.index.items) and _PERSON.search(sentence):
        return None
    if any(claim.kind in {"date", "weekday"} for claim in claims) and _ARRIVES.search(sentence):
        return (
            None
            if all(_ARRIVES.search(words) or "will" in words.lower() for words, _, _ in promised)
            else _unheld(promised)
        )
    near = {record for group in reply.focus.nearest(0, len(sentence)) for one in group for record in one.records}
    if pages.holds(whole, reply.index.items, frozenset(near)):
        return None
    return _unheld(promised)


def _unheld(promised: list[tuple[str, int, int]]) -> str:
    return f"nothing that was looked up allows to say {promised[0][0]!r}"


def _names_problem(sentence: str, reply: _Reply) -> str | None:
    asked = reply.asked.lower()
    for name, _, _ in names_in(sentence):
        lowered = re.sub(r"['’]s$", "", name.lower())
        if lowered in asked or any(_stands_in(lowered, text) for text in reply.index.texts):
            continue
        return f"the name {name!r} is not in the evidence"
    return None


def _stands_in(name: str, text: str) -> bool:
    return name in text and re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", text) is not None


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("’", "'")).strip()
