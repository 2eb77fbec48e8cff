"""Prices in plain words, English and Chinese: "under 80 euros", "between $20 and $40", "一百五十块以内".

``read_prices`` finds what a text says about price and gives the text without it. A number is a price only where its
unit or the words around it say so: "under 40 inches" and "size 38-40" are not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from store import minor_digits

_EN_SMALL = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
)
_EN_TENS = re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety")
_EN_NUMBERS = {
    **{word: number for number, word in enumerate(_EN_SMALL)},
    **{word: 10 * number for number, word in enumerate(_EN_TENS, 2)},
}
_ZH_DIGITS = {digit: number for number, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_ZH_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000}

_CURRENCIES = (
    (r"us\$|usd|\$|美元|美金|美刀|刀|dollars?|bucks?", "USD"),
    (r"€|eur(?:os?)?|欧元|欧", "EUR"),
    (r"£|gbp|pounds? sterling|quid|英镑", "GBP"),
    (r"cny|rmb|元人民币|人民币|yuan|renminbi", "CNY"),
    (r"jpy|日元|yen", "JPY"),
    (r"chf|francs?|瑞士法郎", "CHF"),
    (r"inr|₹|rupees?|卢比", "INR"),
    # These say "money" rather than which: the yuan and the yen have one sign, 块 is the unit of wherever one is.
    (r"¥|块钱|元钱|块|元", None),
)
_CURRENCY = "|".join(f"(?:{pattern})" for pattern, _ in _CURRENCIES)
_EN_NUMBER_WORDS = (
    rf"(?:(?:a|{'|'.join(_EN_NUMBERS)})(?:[ -](?:{'|'.join(_EN_NUMBERS)}|hundred|thousand|and))*"
    r"(?:[ -](?:hundred|thousand|" + "|".join(_EN_NUMBERS) + r"))|(?:" + "|".join(_EN_NUMBERS) + r"))(?![a-z])"
)
_ZH_NUMBER = r"[零〇一二两三四五六七八九十百千万]+"
_NUMBER = (
    rf"(?:(?<![\d.,a-z])\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|(?<![\d.,])(?<![a-z])\d+(?:[.,]\d{{1,2}}(?!\d))?)(?:k\b|\s?[千百万](?=[元块以之\s]|$))?"
    rf"|(?<![a-z]){_EN_NUMBER_WORDS}|{_ZH_NUMBER}"
)
_MEASURE = (
    r"\s?-?(?:inch(?:es)?|\"|″|cm|mm|met(?:er|re)s?|m|ft|feet|foot|kgs?|g|grams?|lbs?|oz|ounces?|l|lit(?:er|re)s?|ml|gb|tb|mb"
    r"|mah|wh|w|watts?|v|volts?|k?hz|mp|megapixels?|hours?|hrs?|h|mins?|minutes?|seconds?|days?|weeks?|months?"
    r"|years?|yrs?|yo|people|persons?|pieces?|pcs|packs?|count|pages?|stars?|percent|degrees?|fps|rpm|db|lumens?"
    r"|speeds?|cups?|doors?|drawers?|seats?|seaters?|kids|players?)(?![a-z])"
    r"|\s?(?:%|°|英寸|寸|厘米|毫米|公分|米|毫升|升|公斤|千克|克|斤|岁|小时|分钟|天|个|年|周|瓦|毫安|人|件|双|只|片|包|码|号|度|页|星|折"
    r"|条|本|瓶|杯|台|把|张|套|种|款|盒|支|罐|袋|代|层|门|座|色|级|英尺|分(?!之))"
)
_AMOUNT = re.compile(
    rf"(?P<before>(?:{_CURRENCY})\s?)?(?P<number>{_NUMBER})"
    rf"(?:(?P<after>\s?(?:{_CURRENCY})(?![a-z]))|(?P<measure>{_MEASURE}))?"
)


@dataclass(frozen=True, slots=True)
class Prices:
    """What was said about price. ``currency`` is ``None`` where none was named ("under 80", "80块以内")."""

    low: Decimal | None
    high: Decimal | None
    currency: str | None
    rest: str
    """The text without what was said about price."""

    @property
    def found(self) -> bool:
        return self.low is not None or self.high is not None

    def minor(self, currency: str) -> tuple[int | None, int | None]:
        """Lowest and highest price in minor units of ``currency``."""
        digits = minor_digits(currency)
        low, high = (None if one is None else int(one.scaleb(digits)) for one in (self.low, self.high))
        return low, high


@dataclass(frozen=True, slots=True)
class _Amount:
    text: str
    value: Decimal
    currency: str | None
    says_money: bool


def read_prices(text: str, *, around_share: float = 0.2) -> Prices:
    """What ``text`` (folded, see ``words.fold``) says about price. "About 50" means ``around_share`` either way.

    Bounds are inclusive. A lower and an upper bound are combined; of two of a kind the last one holds.
    """
    amounts, skeleton = _marked(text)
    low: Decimal | None = None
    high: Decimal | None = None
    currency: str | None = None
    share = Decimal(str(around_share))
    for kind, pattern in _PATTERNS:
        for match in list(pattern.finditer(skeleton)):
            ones = [amounts[ord(mark) - _FIRST_MARK] for mark in match.groups() if mark is not None]
            if kind in _NEED_MONEY and not any(one.says_money for one in ones):
                continue
            lowest, highest = min(one.value for one in ones), max(one.value for one in ones)
            if kind == "max":
                high = highest
            elif kind in {"min", "from"}:
                low = lowest
            elif kind in {"between", "dash"}:
                low, high = lowest, highest
            elif low is None and high is None:
                low, high = lowest * (1 - share), highest * (1 + share)
            else:
                continue
            currency = next((one.currency for one in ones if one.currency), currency)
            blank = " " * (match.end() - match.start())
            skeleton = skeleton[: match.start()] + blank + skeleton[match.end() :]
    if low is not None and high is not None and low > high:
        low, high = high, low
    rest = "".join(
        amounts[ord(one) - _FIRST_MARK].text if _FIRST_MARK <= ord(one) < _FIRST_MARK + len(amounts) else one
        for one in skeleton
    )
    return Prices(low, high, currency, re.sub(r"\s+", " ", rest).strip())


_FIRST_MARK = 0xE000
"""Amounts are replaced by characters of the private use area, so that patterns can see past them."""
_A = "([\ue000-\uf8ff])"
_NOT_OF_PEOPLE = r"(?<!women )(?<!men )(?<!people )(?<!adults )(?<!kids )(?<!children )(?<!ages )(?<!aged )"
_EN_MAX = (
    r"(?:(?<!not )(?<!no )(?:less than|lower than|under|below|cheaper than)|(?:no|not) (?:more than|over|above)"
    r"|(?:not )?exceeding|at most|up to|max(?:imum)?(?: price)?(?: of)?|within|beneath|<=?|≤"
    r"|(?:my |a |with a |the )*budget(?: of| is|:)?|(?:can |could |to )?spend(?:ing)?(?: up to| at most)?)"
)
_EN_MIN = (
    r"(?:(?<!not )(?<!no )(?:more than|over|above|exceeding)|(?:no|not) (?:less than|under|below)|at least"
    r"|starting (?:at|from)|min(?:imum)?(?: price)?(?: of)?|>=?|≥|upwards of|more expensive than|pricier than)"
)
_ZH_MAX = (
    r"(?:不要超过|别超过|不超过|不多于|不高于|不要高于|(?<!不)(?:低于|少于|小于)|不到|便宜于|最多|至多|最高|上限"
    r"|预算(?:是|在|为|只有|大概|大约)?|价格(?:在|是)?|控制在)"
)
_ZH_MAX_AFTER = r"(?:以下|以内|之内|之下|以里|内(?![衣裤搭存部置])|封顶|不到)"
_ZH_MIN = r"(?:(?<!不)(?<!不要)(?<!别)(?:高于|超过|大于|多于)|不低于|不少于|不小于|至少|最少|最低)"
_ZH_MIN_AFTER = r"(?:以上|之上|起步|起|往上|朝上|开外)"
_S = r"\s*"
_EN_MAX_AFTER = r"(?:(?:or|and) (?:less|under|below|cheaper|lower)|max(?:imum)?(?![a-z])|tops(?![a-z])|at most|budget)"
_EN_MIN_AFTER = r"(?:(?:or|and) (?:more|above|up|over|higher|upwards?)(?![a-z])|\+|upwards)"
_B = r"(?<![a-z])"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("between", rf"{_B}(?:priced |costing )?(?:between|from){_S}{_A}{_S}(?:and|to|-|–|—|~|until){_S}{_A}"),
        ("between", rf"(?:介于|价格在|在)?{_S}{_A}{_S}(?:到|至|和|与|-|–|—|~)+{_S}{_A}{_S}(?:之间|左右|以内|间)"),
        ("between", rf"(?:介于|从){_S}{_A}{_S}(?:到|至|和|与){_S}{_A}"),
        ("dash", rf"{_A}{_S}(?:-|–|—|~|to|到|至)+{_S}{_A}"),
        ("max", rf"比{_S}{_A}{_S}(?:更|还|要)?(?:便宜|低)"),
        ("min", rf"比{_S}{_A}{_S}(?:更|还|要)?(?:贵|高)"),
        ("max", rf"{_ZH_MAX}?{_S}{_A}{_S}{_ZH_MAX_AFTER}"),
        ("min", rf"{_ZH_MIN}?{_S}{_A}{_S}{_ZH_MIN_AFTER}"),
        ("around", rf"(?:{_ZH_MAX}{_S})?(?:大概|大约|约|差不多)?{_S}{_A}{_S}(?:左右|上下|前后)"),
        ("max", rf"{_ZH_MAX}{_S}{_A}"),
        ("min", rf"{_ZH_MIN}{_S}{_A}"),
        ("around", rf"(?:大概|大约|约|差不多){_S}{_A}"),
        ("max", rf"{_B}{_NOT_OF_PEOPLE}(?:priced |costing |costs |for |price )?{_EN_MAX}{_S}(?:about |around )?{_A}"
                rf"(?:{_S}{_EN_MAX_AFTER})?"),
        ("min", rf"{_B}{_NOT_OF_PEOPLE}(?:priced |costing |costs |for |price )?{_EN_MIN}{_S}(?:about |around )?{_A}"),
        ("max", rf"{_A}{_S}{_EN_MAX_AFTER}"),
        ("min", rf"{_A}{_S}{_EN_MIN_AFTER}"),
        ("from", rf"{_B}from{_S}{_A}"),
        ("around", rf"{_B}(?:for |priced )?(?:around|about|roughly|approximately|approx\.?|circa|ca\.?|~){_S}{_A}"),
        ("around", rf"{_A}{_S}(?:or so|ish)(?![a-z])"),
        ("bare", rf"(?:{_B}(?:for|at|costing|priced(?: at)?) )?{_S}{_A}(?:的)?"),
    )
)  # fmt: skip
_NEED_MONEY = {"dash", "from", "bare"}
"""Ways to name an amount that speak of price only where a currency stands with the number."""


def _marked(text: str) -> tuple[list[_Amount], str]:
    """The amounts in ``text``, and the text with each replaced by its mark."""
    amounts: list[_Amount] = []
    text = re.sub("[\ue000-\uf8ff]", " ", text)  # nobody means these, and they must not be taken for marks

    def mark(match: re.Match[str]) -> str:
        value = _value(match["number"])
        if value is None or match["measure"]:
            return match.group()
        signs = [sign.strip() for sign in (match["before"], match["after"]) if sign]
        currency = next((code for sign in signs if (code := _code(sign))), None)
        amounts.append(_Amount(match.group(), value, currency, bool(signs)))
        return chr(_FIRST_MARK + len(amounts) - 1)

    return amounts, _AMOUNT.sub(mark, text)


def _code(sign: str) -> str | None:
    return next((code for pattern, code in _CURRENCIES if re.fullmatch(pattern, sign)), None)


def _value(text: str) -> Decimal | None:
    """The number that ``text`` says: "1,299.50", "1.5k", "2千", "two hundred", "一百五"."""
    text = text.strip()
    if re.fullmatch(_ZH_NUMBER, text):
        return _zh_value(text)
    if text[0].isalpha():
        return _en_value(text)
    factor = 1
    if text[-1] == "k":
        factor = 1000
    elif text[-1] in _ZH_UNITS:
        factor = _ZH_UNITS[text[-1]]
    digits = text.rstrip("k千百万 ")
    digits = digits.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", digits) else digits.replace(",", ".")
    try:
        return Decimal(digits) * factor
    except InvalidOperation:
        return None


def _en_value(text: str) -> Decimal | None:
    total = part = 0
    for word in re.split(r"[ -]", text):
        if word == "a":
            part = 1
        elif word == "hundred":
            part = (part or 1) * 100
        elif word == "thousand":
            total, part = total + (part or 1) * 1000, 0
        elif word in _EN_NUMBERS:
            part += _EN_NUMBERS[word]
    return Decimal(total + part)


def _zh_value(text: str) -> Decimal | None:
    """一百二十 = 120; as people say it, a digit after a unit is of the next lower one: 一百五 = 150, 两千三 = 2300."""
    if not any(one in _ZH_UNITS for one in text):
        return Decimal("".join(str(_ZH_DIGITS[one]) for one in text))
    total = part = digit = 0
    last_unit = 0
    zero = False
    for one in text:
        if one == "万":
            total, part, digit, last_unit = (total + part + digit) * 10_000, 0, 0, 10_000
        elif one in _ZH_UNITS:
            part += (digit or 1) * _ZH_UNITS[one]
            digit, last_unit = 0, _ZH_UNITS[one]
        else:
            zero = zero or _ZH_DIGITS[one] == 0
            digit = _ZH_DIGITS[one]
        if one in _ZH_UNITS:
            zero = False
    if digit and last_unit >= 100 and not zero:
        digit *= last_unit // 10
    return Decimal(total + part + digit)
