"""What a sentence claims: amounts, dates, ids, counts, states, promises, names. Knows no evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

ClaimKind = Literal["amount", "percent", "date", "id", "number", "status", "promise", "name"]


@dataclass(frozen=True, slots=True)
class Claim:
    kind: ClaimKind
    value: str
    """Amounts in major units without grouping, dates as ISO 8601, states as one of ``STATES``' keys."""
    start: int
    end: int
    currency: str | None = None
    negated: bool = False


_SIGN = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "", "₹": "INR", "￥": ""}
_UNIT = {
    "usd": "USD", "dollar": "USD", "dollars": "USD", "美元": "USD", "eur": "EUR", "euro": "EUR", "euros": "EUR",
    "欧元": "EUR",
    "gbp": "GBP", "pounds": "GBP", "英镑": "GBP", "cny": "CNY", "rmb": "CNY", "yuan": "CNY",
    "元": "", "块": "", "块钱": "",
    "cents": "cents",
}  # fmt: skip
_AMOUNT = re.compile(
    rf"(?P<minus>-)?(?P<sign>[$€£¥₹￥])\s?(?P<one>\d[\d,]*(?:\.\d+)?)"
    rf"|(?P<code>\b(?:USD|EUR|GBP|CNY|RMB|CHF|JPY))\s?(?P<three>\d[\d,]*(?:\.\d+)?)"
    rf"|(?P<two>\d[\d,]*(?:\.\d+)?)\s?(?P<unit>{'|'.join(sorted(_UNIT, key=len, reverse=True))})(?![a-z])",
    re.I,
)
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s?(?:%|percent|per cent|％)|百分之(\d+)|(\d(?:\.\d)?)折", re.I)
_MONTH = {
    name: at
    for at, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sep sept", "october oct", "november nov", "december dec"), 1)
    for name in names.split()
}  # fmt: skip
_MONTHS = "|".join(sorted(_MONTH, key=len, reverse=True))
_DATES = (
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"),
    re.compile(r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]"),
    re.compile(r"(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]"),
    re.compile(rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<mon>{_MONTHS})\b\.?,?(?: (?P<y>\d{{4}}))?", re.I),
    re.compile(rf"\b(?P<mon>{_MONTHS})\b\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? (?P<y>\d{{4}}))?", re.I),
    re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})"),
)
_RELATIVE = {
    "today": 0, "tomorrow": 1, "yesterday": -1, "the day after tomorrow": 2,
    "今天": 0, "明天": 1, "昨天": -1, "后天": 2,
}  # fmt: skip
_DAY = re.compile(r"\b(?:the day after tomorrow|today|tomorrow|yesterday)\b|今天|明天|昨天|后天", re.I)
_IN_DAYS = re.compile(
    r"\b(?:in|within) (\d+|one|two|three|four|five|six|seven|ten) (?:business |working )?days?\b|(\d+)天(?:内|后)", re.I
)
_ID = re.compile(
    r"#[A-Za-z0-9][\w-]*|(?<![\w.])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Z0-9][A-Za-z0-9_-]{4,}(?![\w])|(?<![\w.,])\d{6,}(?![\w.,]\d)"
)
_NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\d])")
_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "twenty": 20, "thirty": 30, "a dozen": 12,
    "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip
_COUNTED = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|a dozen)\b(?= (?:\w+ )?"
    r"(?:order|review|product|item|star|version|piece|day|week|colou?r|size|option|reviewer|customer|parcel|pair|year|month|hour)s?\b)"
    r"|([两三四五六七八九十])(?=(?:个|条|款|件|双|天|周|颗星|星|位|种|份)(?!月))",
    re.I,
)
_NOT_COUNTED = re.compile(r"(?:of|out of) 5 stars|满分\s?5\s?分|5[- ]star|24/7|^\s*\d+[.)、]", re.I)
STATES: dict[str, str] = {
    "in stock": r"\b(?:is|are|in) (?:currently |still |back )?(?:in stock|available)\b|\bin stock\b"
    r"|有货|有现货|可以购买",
    "out of stock": r"\bout of stock\b|\bsold out\b|\bunavailable\b|缺货|无货|没货|售罄|没有货",
    "pending": r"\b(?:is|are|still|was) (?:still |currently )?pending\b|待处理",
    "processed": r"\b(?:is|are|was|been) (?:being )?process(?:ed|ing)\b|处理中|已处理",
    "shipped": r"\b(?:is|was|been|has|have|already) (?:already )?(?:been )?(?:shipped|sent|dispatched)\b"
    r"|\bon (?:its|the) way\b|"
    r"\bin transit\b|\bout for delivery\b|已发货|已经发货|运输中|派送中|在途|在路上",
    "delivered": r"\b(?:is|was|been|has|have|already) (?:already )?(?:been )?(?:delivered|arrived)\b"
    r"|已送达|已经送达|已签收|已经到了",
    "cancelled": r"\b(?:is|was|been) (?:already )?cancell?ed\b|已取消|已经取消|取消了",
    "returned": r"\b(?:is|was|been) (?:already )?returned\b|\breturn (?:is|was|has been) requested\b|已退货|已申请退货",
    "exchanged": r"\b(?:is|was|been) (?:already )?exchanged\b|已换货|已申请换货",
    "refunded": r"\b(?:is|was|been) (?:already )?(?:refunded|reimbursed)\b|已退款|已经退款|退款已",
    "lost": r"\b(?:is|was|been) lost\b|已丢失",
}  # fmt: skip
_STATES = {name: re.compile(pattern, re.I) for name, pattern in STATES.items()}
_PROMISE = re.compile(
    r"\b(?:I|we)(?:'ve| have|'ll| will| am going to| are going to|'m going to| just| already| can)? ?"
    r"(?:now |just |already |gladly )?"
    r"(?:cancel|refund|reimburse|exchang|chang|updat|modif|replac|compensat|waiv|credit|issu|arrang|reserv|ship|dispatch|"
    r"resend|upgrad|appl(?:y|ied)|extend|process|give you|gave you|offer(?:ed)? you|send you|sent you)\w*"
    r"|\byou(?:'ll| will| are going to) (?:receive|get|be|have|see)\b"
    r"|\bwill (?:be|arrive|reach|ship|come|cost|receive)\b"
    r"|\bguarante\w+|\bfree of charge\b|\bfor free\b|\bfree (?:shipping|delivery|returns?|gift)\b"
    r"|\bdiscounts?\b|\bcoupons?\b|\bvouchers?\b"
    r"|\b(?:two|three|five|\d+)[- ]year warranty\b|\blifetime\b"
    r"|\bcompensation\b|\bmoney[- ]back\b|\bpromise (?:you|that)\b|\bbest price\b"
    r"|我们?(?:已经?|会|将|可以|这就|马上)(?:为您|帮您|给您|替您)?(?:把.{0,12})?(?:取消|退款|退货|换货|更改|补发|赔|修改|办理|安排|减免|发货|寄)"
    r"|(?:为您|帮您|给您)(?:取消|退款|退货|换货|更改|补发|修改|申请|办理|减免|赔偿)"
    r"|保证|免费|包邮|优惠券|折扣|打折|赔偿|(?:将|会)(?:在|于)?.{0,10}(?:送达|到账|到达|收到|发货|补货)|承诺(?!送达)",
    re.I,
)  # fmt: skip
_NEGATION = re.compile(
    r"\bnot\b|n't\b|\bcannot\b|\bno\b|\bnever\b|\bnone\b|\bnothing\b|\bneither\b|\bunable\b|\bwithout\b|不能|无法|没有|不会|办不了|尚未|还没|未能|并未|不清楚|没法|帮不上",
    re.I,
)
_OPEN = re.compile(
    r"\?\s*$|？\s*$|\b(?:if|whether|would you|could you|shall I|do you|can I|let me know|would like|want to)\b"
    r"|如果|是否|要不要|需要我|需不需要|您想",
    re.I,
)
_NAME = re.compile(
    r"(?<![.!?:\n“\"(] )(?<!^)\b[A-Z][a-z]+(?:[- ][A-Z][A-Za-z0-9]+)+\b|\*\*([^*]{3,80})\*\*"
    r"|[《「『]([^》」』]{2,60})[》」』]",
    re.M,
)


def is_open(sentence: str) -> bool:
    """It asks or supposes, and so claims no state of affairs."""
    return _OPEN.search(sentence) is not None


_CLAUSE = re.compile(r"[,;:，；：]|\bbut\b|\bwhile\b|\band\b|但|而", re.I)


def clause_of(sentence: str, start: int) -> str:
    """The part of ``sentence`` between commas and conjunctions that holds position ``start``."""
    cuts = [0, *(one.start() for one in _CLAUSE.finditer(sentence)), len(sentence)]
    return next((sentence[a:b] for a, b in pairwise(cuts) if a <= start < b), sentence)


def is_negated(sentence: str) -> bool:
    return _NEGATION.search(sentence) is not None


def read_claims(sentence: str, today: date) -> list[Claim]:
    """The claims of ``sentence`` in order; no part of it counts twice."""
    left = _NOT_COUNTED.sub(lambda found: " " * len(found.group()), sentence)
    claims: list[Claim] = []
    for reader in (_dates, _amounts, _percents, _ids, _numbers):
        for claim in list(reader(left, today)):
            claims.append(claim)
            left = left[: claim.start] + " " * (claim.end - claim.start) + left[claim.end :]
    worded: tuple[tuple[ClaimKind, dict[str, re.Pattern[str]]], ...] = (
        ("status", _STATES),
        ("promise", {"": _PROMISE}),
    )
    for kind, patterns in worded:
        for state, pattern in patterns.items():
            for one in pattern.finditer(sentence):
                negated = is_negated(clause_of(sentence, one.start()))
                claims.append(Claim(kind, state or one.group(), *one.span(), negated=negated))
    claims.extend(
        Claim("name", next((group for group in one.groups() if group), one.group()), one.start(), one.end())
        for one in _NAME.finditer(left)
    )
    return sorted(claims, key=lambda claim: claim.start)


def _dates(text: str, today: date) -> Iterator[Claim]:
    taken: set[int] = set()
    for pattern in _DATES:
        for found in pattern.finditer(text):
            parts = found.groupdict()
            month = _MONTH[parts["mon"].lower()] if parts.get("mon") else int(parts["m"])
            day = int(parts["d"])
            if taken & set(range(*found.span())) or not (1 <= month <= 12 and 1 <= day <= 31):
                continue
            taken |= set(range(*found.span()))
            value = f"{int(parts['y']):04}-{month:02}-{day:02}" if parts.get("y") else f"-{month:02}-{day:02}"
            yield Claim("date", value, *found.span())
    for found in _DAY.finditer(text):
        yield Claim("date", (today + timedelta(days=_RELATIVE[found.group().lower()])).isoformat(), *found.span())
    for found in _IN_DAYS.finditer(text):
        number = (found.group(1) or found.group(2)).lower()
        days = _WORDS.get(number) or int(number)
        yield Claim("date", (today + timedelta(days=days)).isoformat(), *found.span())


def _amounts(text: str, _: date) -> Iterator[Claim]:
    for found in _AMOUNT.finditer(text):
        digits = (found["one"] or found["two"] or found["three"]).rstrip(",").replace(",", "")
        if found["sign"]:
            currency = _SIGN[found["sign"]]
        elif found["code"]:
            currency = {"RMB": "CNY"}.get(found["code"].upper(), found["code"].upper())
        else:
            currency = _UNIT[found["unit"].lower()]
        yield Claim("amount", digits, *found.span(), currency=currency)


def _percents(text: str, _: date) -> Iterator[Claim]:
    for found in _PERCENT.finditer(text):
        yield Claim("percent", found[1] or found[2] or found[3], *found.span())


def _ids(text: str, _: date) -> Iterator[Claim]:
    for found in _ID.finditer(text):
        yield Claim("id", found.group(), *found.span())


def _numbers(text: str, _: date) -> Iterator[Claim]:
    for found in _NUMBER.finditer(text):
        yield Claim("number", found.group().rstrip(",").replace(",", ""), *found.span())
    for found in _COUNTED.finditer(text):
        yield Claim("number", str(_WORDS[(found[1] or found[2]).lower()]), *found.span())
