"""Which way to pay a text means, and which reason it gives for calling an order off."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..facts import MethodFacts

_KINDS: tuple[tuple[str, str], ...] = (
    ("gift_card", r"\bgift ?cards?\b|\bvoucher card\b|礼品卡|购物卡"),
    ("paypal", r"\bpay ?pal\b|贝宝"),
    ("credit_card", r"\b(?:credit|debit|bank) ?cards?\b|\b(?:visa|master ?card|amex|american express)\b|信用卡|银行卡"),
    ("alipay", r"\balipay\b|支付宝"),
    ("wechat", r"\bwe ?chat\b|微信"),
    ("bank_transfer", r"\bbank (?:transfer|account)\b|银行转账"),
)
_ORIGINAL = re.compile(
    r"\boriginal (?:payment|method|card|form|way)|\b(?:same|original|initial) (?:card|method|payment|account"
    r"|way)\b|\b(?:way|method|card|account) (?:that )?I (?:paid|used)\b|\bhow I paid\b|\bwhere it came from\b"
    r"|原路|原支付|原来的?(?:支付|付款|卡)|付款的(?:卡|账户|方式)|原(?:账户|卡)",
    re.I | re.A,
)
_OTHER = re.compile(
    r"\b(?:other|another|different) (?:card|credit card|method|payment|way|account)\b|另一张|另外一张|别的(?:卡"
    r"|方式)|其他(?:卡|方式)|换一张卡",
    re.I | re.A,
)
_HISTORY = re.compile(
    r"\b(?:paid|pay(?:ing)? originally|bought|charged|purchased)\b[^.;]{0,30}$|(?:之前|当时|原来)[^，。]{0,8}$", re.I
)
_NOT_THIS = re.compile(
    r"(?:\binstead of|\bnot|\bfrom|\brather than|\bno longer|\bdon't want)(?:\s+(?:to|use|using|my|the|on|with"
    r"|it))*\s*$|(?:不用|不要|不是|而不是|从)[^，。]{0,3}$",
    re.I | re.A,
)
ORIGINAL = "original"
"""Stands for what the order was paid with."""


def methods_meant(text: str, methods: Sequence[MethodFacts], *, used: str | None = None) -> list[str]:
    """The ids of the customer's ways to pay that ``text`` means, or ``ORIGINAL``; several where it is not clear which.

    ``used``: what the order was paid with, for "another card". Empty: the text names none.
    """
    named = [one.method_id for one in methods if _id_at(text, one.method_id) is not None]
    if named:
        return _wanted(text, named)
    for one in methods:
        if one.last_four and re.search(rf"(?<!\d){re.escape(one.last_four)}(?!\d)", text):
            return [one.method_id]
    if _ORIGINAL.search(text):
        return [ORIGINAL]
    found: list[str] = []
    for kind, pattern in _KINDS:
        for match in re.finditer(pattern, text, re.I | re.A):
            before = text[: match.start()]
            if _NOT_THIS.search(before) or _HISTORY.search(before):
                continue
            fitting = [one for one in methods if one.kind == kind]
            branded = [
                one for one in fitting if one.brand and one.brand.lower() in match.group().lower().replace(" ", "")
            ]
            found = [one.method_id for one in branded or fitting] or found
    if not found and _OTHER.search(text):
        found = [one.method_id for one in methods if one.method_id != used]
    return found


def _id_at(text: str, method_id: str) -> int | None:
    match = re.search(rf"(?<![\w]){re.escape(method_id)}(?![\w])", text, re.I | re.A)
    return None if match is None else match.start()


def _wanted(text: str, named: Sequence[str]) -> list[str]:
    kept = [one for one in named if not _NOT_THIS.search(text[: _id_at(text, one) or 0])] or list(named)
    return [max(kept, key=lambda one: _id_at(text, one) or 0)]


def speaks_of_payment(text: str) -> bool:
    """Whether it is about how something is paid."""
    return (
        re.search(
            r"\bpa(?:y|id|ying|yment)\b|\bcharge\b|\bcard\b|\bbill(?:ed|ing)?\b|付款|支付|付钱|扣款|刷卡|用.{0,8}卡",
            text,
            re.I,
        )
        is not None
    )


_MISTAKE = re.compile(
    r"\bmistake(?:nly)?\b|\baccident\w*\b|\bby error\b|\bin error\b|\bwrong (?:item|one|order|thing|product"
    r"|size)s?\b|\bordered (?:it |this |that |them )?(?:twice|wrong)\b|\bdidn't mean to\b|\bduplicate\b"
    r"|下错|误下|拍错|点错|买错|不小心|重复下|手滑|弄错|按错",
    re.I | re.A,
)
_NEEDLESS = re.compile(
    r"\bno longer (?:need|want|require)\w*|\b(?:do(?:n't| not)|do't) (?:need|want|require)\b|\bchang\w+ (?:my"
    r"|your) mind\b|\bnot need(?:ed)?\b|\bno need\b|\bno longer needed\b|\bwon't (?:need|be able)\b"
    r"|\belsewhere\b|\bcheaper\b"
    r"|\balready (?:have|got|bought)\b|\bfound (?:a |it |another |the same )|\bother store\b|\bdidn't need\b"
    r"|\bcan(?:'t|not) afford\b|\bout of budget\b|\btoo (?:expensive|late|long)\b|\b(?:un)needed\b"
    r"|不需要|不想要|用不上|用不着|改主意|不要了|别处|有了|太贵|没用了|不用了|等太久|不想买|已经买",
    re.I | re.A,
)
_SLOW = re.compile(
    r"\b(?:takes?|taking|took) (?:too|so|far too) long\b|\btoo slow\b|\bwait\w* (?:too|so) long\b|等太久"
    r"|等待时间太长|太慢",
    re.I | re.A,
)


def reason_given(text: str, reasons: Mapping[str, str]) -> str | None:
    """Which of the shop's ``reasons`` (name -> as shown) ``text`` gives; ``None``: none."""
    lowered = text.lower()
    for name, shown in reasons.items():
        if name.lower() in lowered or (shown and shown.lower() in lowered):
            return name
    for pattern, telling in ((_MISTAKE, "mistake"), (_SLOW, "long"), (_NEEDLESS, "no longer")):
        fitting = [name for name in reasons if telling in name.lower()]
        if fitting and pattern.search(text):
            return fitting[0]
    return None
