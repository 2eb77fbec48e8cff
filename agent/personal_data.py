"""Find personal data in a text by how they are written: mail addresses, numbers, postal addresses, names.

Comes in: a text in English or Chinese. Goes out: where what kind of datum stands. Rules only, so it takes microseconds
and is the same everywhere; a name is found by the words around it ("my name is", "Mr.", 我叫), not by knowing names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from .personal_names import find_names
from .postal_addresses import find_addresses


@dataclass(frozen=True, slots=True)
class Datum:
    """``text[start:end]`` is a datum of ``kind``: EMAIL, CARD, NUMBER, PHONE, ADDRESS or NAME."""

    kind: str
    start: int
    end: int


@lru_cache(maxsize=512)
def find_personal_data(text: str) -> tuple[Datum, ...]:
    """In order, without overlaps: what an earlier rule found, a later one leaves alone.

    A turn masks the same messages before each call of the model, so the last texts are remembered.
    """
    found: list[Datum] = []
    taken = bytearray(len(text))
    for datum in _all(text):
        if not any(taken[datum.start : datum.end]):
            taken[datum.start : datum.end] = b"\1" * (datum.end - datum.start)
            found.append(datum)
    return tuple(sorted(found, key=lambda one: one.start))


def _all(text: str) -> Iterator[Datum]:
    for found in _EMAIL.finditer(text):
        yield Datum("EMAIL", *found.span())
    for start, end in find_addresses(text):
        yield Datum("ADDRESS", start, end)
    if _DIGITS.search(text):
        yield from _numbers(text)
    for start, end in find_names(text):
        yield Datum("NAME", start, end)


# Letters and digits of European scripts: Chinese is written without blanks, so a Chinese character ends a number.
_WORD = r"A-Za-z0-9_À-ɏ"
_EMAIL = re.compile(rf"[{_WORD}.%+-]+@[{_WORD}-]+(?:\.[{_WORD}-]+)*\.[{_WORD}]+")
_DIGITS = re.compile(r"\d{3}|\d[ .()-]+\d")
_BEFORE = rf"(?<![{_WORD}#€$£¥])(?<!\d[.,/-])"
_AFTER = rf"(?![{_WORD}€$£¥%])(?![.,]\d)"
_LONG = re.compile(_BEFORE + r"\d{12,19}[Xx]?" + _AFTER)
_GROUPED_CARD = re.compile(_BEFORE + r"\d{4}(?:[ -]\d{4,6}){2,4}(?:[ -]\d{1,3})?" + _AFTER)
_IBAN = re.compile(_BEFORE + r"[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{2,4}){3,8}(?:[ ]?[A-Z0-9]{1,3})?" + _AFTER)
_CHINESE_ID = re.compile(_BEFORE + r"\d{17}[\dXx]" + _AFTER)
_SOCIAL = re.compile(_BEFORE + r"\d{3}[- ]\d{2}[- ]\d{4}" + _AFTER)
_IP = re.compile(
    rf"(?<![{_WORD}.])(?:(?:\d{{1,3}}\.){{3}}\d{{1,3}}|(?:[0-9a-fA-F]{{1,4}}:){{5,7}}[0-9a-fA-F]{{1,4}})(?![{_WORD}])"
)
_DOCUMENT = re.compile(
    r"(?:\b(?:passport|licen[cs]e|ssn|social security|national id|identity|id card|tax id|iban|account number|"
    r"bank account)\b|身份证|护照|证件|银行卡|账号|卡号)[^\d\n<>]{0,25}?(?P<value>[A-Z]{0,3}\d[\dA-Z-]{4,})",
    re.IGNORECASE,
)
_INTERNATIONAL = re.compile(rf"(?<![{_WORD}])\+\d[\d ().-]{{5,18}}\d(?:[ ]?(?:x|ext\.?)[ ]?\d{{1,5}})?(?!\d)")
_GROUPED = re.compile(
    _BEFORE + r"(?:\(\d{1,5}\)[ .-]?)?\d{2,5}(?:[ .-]\d{2,5}|-\d{6,7}| \d{6,8}){1,5}(?:[ ]?(?:x|ext\.?)[ ]?\d{1,5})?"
    rf"(?![{_WORD}€$£¥%])(?![.,]\d)"
)
_MOBILE_ZH = re.compile(_BEFORE + r"1[3-9]\d[ -]?\d{4}[ -]?\d{4}" + _AFTER)
_PLAIN = re.compile(_BEFORE + r"\d{7,11}" + _AFTER)
_DATE = re.compile(
    r"(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}(?!\d)|\d{1,2}[-./ ]\d{1,2}[-./ ](?:(?:19|20)\d\d(?!\d)|\d\d$)"
)
_CALLED = re.compile(
    r"(?:\b(?:phone|call|calls|mobile|cell|tel|telephone|fax|desk|reach|contact|dial|text|sms|messages?|whatsapp|"
    r"registered|answering|ring)\b|电话|手机|号码|联系|致电|拨打)[^\d<>]{0,30}$",
    re.IGNORECASE,
)


def _numbers(text: str) -> Iterator[Datum]:
    for pattern in (_CHINESE_ID, _IBAN, _IP, _SOCIAL):
        for found in pattern.finditer(text):
            if pattern is not _IBAN or _is_iban(found.group()):
                yield Datum("NUMBER", *found.span())
    for found in _GROUPED_CARD.finditer(text):
        if _luhn(found.group()):
            yield Datum("CARD", *found.span())
    for found in _LONG.finditer(text):
        yield Datum("CARD", *found.span())
    for found in _DOCUMENT.finditer(text):
        yield Datum("NUMBER", *found.span("value"))
    for pattern in (_INTERNATIONAL, _MOBILE_ZH):
        for found in pattern.finditer(text):
            yield Datum("PHONE", *found.span())
    for pattern in (_GROUPED, _PLAIN):
        for found in pattern.finditer(text):
            if _is_phone(found.group(), text[max(0, found.start() - 40) : found.start()]):
                yield Datum("PHONE", *found.span())


def _is_phone(written: str, before: str) -> bool:
    """Numbers in groups are many things: nine digits and more are a phone number, fewer only where one is spoken of."""
    digits = sum(one.isdigit() for one in written.split("x")[0])
    if _DATE.match(written) or digits < 7 or digits > 15:
        return False
    return (digits >= 9 and not written.isdigit()) or _CALLED.search(before) is not None


def _is_iban(written: str) -> bool:
    """Whether the two check digits are right (ISO 13616: the number is 1 modulo 97)."""
    plain = written.replace(" ", "")
    return int("".join(str(int(one, 36)) for one in plain[4:] + plain[:4])) % 97 == 1


def _luhn(written: str) -> bool:
    """Whether the digits of ``written`` have the check digit that payment cards have (ISO/IEC 7812)."""
    digits = [int(one) for one in written if one.isdigit()][::-1]
    return sum(digits[::2] + [sum(divmod(2 * one, 10)) for one in digits[1::2]]) % 10 == 0
