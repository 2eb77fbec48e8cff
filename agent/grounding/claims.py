"""The figures that a sentence claims: amounts, percentages, dates, weekdays, ids, numbers. Knows no evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

ClaimKind = Literal["amount", "percent", "date", "weekday", "id", "number"]


@dataclass(frozen=True, slots=True)
class Claim:
    kind: ClaimKind
    value: str
    """Amounts in major units without grouping, dates as ISO 8601 (``-03-05`` without a year), weekdays 0 to 6."""
    start: int
    end: int
    currency: str | None = None
    unit: str = ""
    """The word or sign right after a number; of a date given as a span its days, ``30 day``."""
    cjk: bool = False
    """It is written in Chinese."""


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
    r"#[A-Za-z0-9][\w-]*|(?<![\w.])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Z0-9][A-Za-z0-9_-]{4,}(?![\w])"
    r"|(?<![\w.,])\d{6,}(?![\w.,]\d)",
    re.ASCII,
)
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.,])\d(?:[\d,]*\d)?(?:\.\d+)?(?![\d])")
_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "twenty": 20, "thirty": 30, "a dozen": 12,
    "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip
_COUNTED = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|a dozen)\b(?= (?:\w+ )?"
    r"(?:order|review|product|item|star|version|piece|day|week|colou?r|size|option|reviewer|customer|parcel"
    r"|pair|year|month|hour)s?\b)"
    r"|([两三四五六七八九十])(?=(?:个|条|款|件|双|天|周|颗星|星|位|种|份)(?!月))",
    re.I,
)
_WEEKDAYS = {
    **{
        name: at
        for at, name in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
    },
    **{f"{sign}{day}": at for sign in ("星期", "周") for at, day in enumerate("一二三四五六日")},
}
_WEEKDAY = re.compile("|".join(rf"\b{one}\b" if one.isascii() else one for one in _WEEKDAYS), re.I)
_UNIT_AFTER = re.compile(r"[ -]?([A-Za-z°µ\u4e00-\u9fff]+)")
_NOT_COUNTED = re.compile(r"(?:of|out of) 5 stars|满分\s?5\s?分|(?<![\d.])5-star|24/7|^\s*\d+[.)、]", re.I)


def read_claims(sentence: str, today: date) -> list[Claim]:
    """The claims of ``sentence`` in order; no part of it counts twice."""
    left = _NOT_COUNTED.sub(lambda found: " " * len(found.group()), sentence)
    claims: list[Claim] = []
    for reader in (_dates, _amounts, _percents, _ids, _numbers):
        for claim in list(reader(left, today)):
            claims.append(claim)
            left = left[: claim.start] + " " * (claim.end - claim.start) + left[claim.end :]
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
            yield Claim("date", value, *found.span(), cjk="月" in found.group())
    for found in _DAY.finditer(text):
        yield Claim("date", (today + timedelta(days=_RELATIVE[found.group().lower()])).isoformat(), *found.span())
    for found in _WEEKDAY.finditer(text):
        if not taken & set(range(*found.span())):
            yield Claim("weekday", str(_WEEKDAYS[found.group().lower().strip(".")]), *found.span())
    for found in _IN_DAYS.finditer(text):
        number = (found.group(1) or found.group(2)).lower()
        days = min(_WORDS.get(number) or int(number), 9999)
        yield Claim("date", (today + timedelta(days=days)).isoformat(), *found.span(), unit=f"{days} day")


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
        unit = _UNIT_AFTER.match(text, found.end())
        value = found.group().rstrip(",").replace(",", "")
        yield Claim("number", value, *found.span(), unit=unit[1].lower() if unit else "")
    for found in _COUNTED.finditer(text):
        yield Claim("number", str(_WORDS[(found[1] or found[2]).lower()]), *found.span())
