"""What a message names: ids, places in a list, references to what was shown, and the words that remain.

Patterns are enough here: an id has a form. What the message wants is not read by patterns (see ``intents``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .language import grams, tokens

_ID = re.compile(
    r"#[A-Za-z0-9][\w-]{2,}|(?<![\w.$€£¥-])(?=[\w-]*\d)(?=[\w-]{4,}(?![\w.]*\d))[A-Za-z0-9][A-Za-z0-9_]*(?:-[A-Za-z0-9]+)*",
    re.ASCII,
)
_MONEY = re.compile(
    r"[$€£¥]\s?\d[\d,.]*|\d[\d,.]*\s?(?:usd|eur|gbp|cny|rmb|dollars?|euros?|pounds?|yuan|bucks|元|块钱?|美元|欧元)",
    re.I,
)
_YEAR = re.compile(r"^(?:19|20)\d\d$")
_SIZE = re.compile(r"^\d+(?:ml|l|g|kg|cm|mm|m|w|v|mah|gb|tb|inch|in|hz|pcs|pack|th|st|nd|rd|days?|years?)$", re.I)
_ORDINALS = {
    1: ("first", "1st", "第一", "头一"),
    2: ("second", "2nd", "第二"),
    3: ("third", "3rd", "第三"),
    4: ("fourth", "4th", "第四"),
    5: ("fifth", "5th", "第五"),
    -1: ("last one", "last of them", "最后一个", "最后一款"),
}
_NUMBERED = re.compile(r"(?:\bnumber|\bno\.?|\bnr\.?|#|第)\s?([1-9])(?!\d)(?:个|款|双|件|条|种)?", re.I)
_PLACE = re.compile(r"\s*([1-9])\s*[.)。号]?\s*")
"""A message that is one figure and nothing else."""
_LATEST = re.compile(r"\b(?:last|latest|most recent|newest)\b(?! one| of)|最近|上一|上次|最新|刚才下|刚下", re.I)
_REFERS = re.compile(
    r"\b(?:it|its|this|that|these|those|them|they|one|ones|the same|both)\b|这个|那个|这款|那款|这双|那双"
    r"|这件|那件|它|这些"
    r"|那些|"
    r"这条|那条|这种|那种|此款|这单|那单|这一|前两|前二|这两|两个|两款",
    re.I,
)
# Words that carry the wish, not the thing: what is left of a message without them names a product.
_ASKING = frozenset(
    re.findall(
        r"\S+",
        """
        a an the i me my we our you your he she it its they them this that these those one ones is are was were be
        been am do does did have has had can could will would shall should may might must want need like looking
        look for find show tell about buy get give please some any all more other another what which who where when
        why how much many of in on at to from with by and or but if so not no yes there here hi hello hey thank
        price cost costs costing expensive cheap cheaper cheapest review reviews reviewer reviewers people customer
        customers say says said think rated rating star good bad any available stock left sell sold carry under
        below over above between than less order ordered bought purchase recommend suggest something anything
        nothing product item thing really very just also too still yet now got us dollar euro usd eur pound up out s
        t re ve ll m d don doesn isn i'm i'd what's it's don't doesn't isn't compare difference better worth quality
        opinion complain complaint detail info information pro con feature best worst most first second third fourth
        fifth last where statu status ship shipped shipping deliver delivered delivery arrive arrived parcel package
        track tracking number cancel return refund exchange change address invoice money back send sent come whole
        total paid pay latest recent please wa history open pending else different kind sort version versions option
        options
    """,
    )
)
# As words are compared (``grams``): without the last "s" of "does" and "this".
_FUNCTION = _ASKING | {gram for one in _ASKING for gram in grams(one)}
_FUNCTION_ZH = re.compile(
    r"[这那][两三几](?:[款个双件种条]|样)|两[款个双件种条]|更好|我想要|我想买|我想|我要|我的|你们|您们|有没有|是不是|能不能|可不可以|请问|帮我|给我|看看|找一下|找个|找一款|想找|想买|想要|推荐|东西|点儿|点|一下|一些|一个|一款|几款|多少钱|"
    r"价格|怎么样|怎么卖|评价|评论|口碑|好不好|好用吗|有货吗|有货|还有|现货|库存|大家|买家|都说|怎么说|什么|哪些|哪个|哪款|这个|那个|这款|那款|多少|可以|需要|"
    r"订单|包裹|快递|物流|到哪里|到哪|发货|收货|送达|退货|退款|换货|取消|退掉|地址|发票|上一单|最近|付款|付了|花了|一共|总共|什么时候|状态|查一下|查|以下|以内|以上|左右|不要太贵|便宜|最便宜|最贵|的|吗|呢|吧|啊|呀|了|和|跟|与|是|在|有|要|买|请|卖|您|你|我|它|说|元|块|钱|人|好|对|第[一二三四五]个?|[？?！!，,。.、]"
)


@dataclass(frozen=True, slots=True)
class Slots:
    ids: tuple[str, ...]
    """Tokens that look like ids of orders or products, as written."""
    ordinals: tuple[int, ...]
    """Places in what was shown, from 1; -1 the last."""
    latest: bool
    """The newest of something is meant ("my last order")."""
    refers: bool
    """It points at something shown before."""
    content: frozenset[str]
    """Words (Chinese: pairs of characters) that name a thing."""


def read_slots(text: str) -> Slots:
    """The slots of one message or of a part of it."""
    plain = _MONEY.sub(" ", text)
    ids = [one for one in _ID.findall(plain) if not _YEAR.match(one) and not _SIZE.match(one) and not one.isalpha()]
    lowered = text.lower()
    ordinals = [place for place, words in _ORDINALS.items() if any(_has(lowered, word) for word in words)]
    ordinals += [int(found) for found in _NUMBERED.findall(plain) if int(found) not in ordinals]
    if re.search(r"前两[个款双件条种台只]|\bfirst two\b|\bboth\b", lowered):
        ordinals = [1, 2]
    if _PLACE.fullmatch(text):
        ordinals = [int(_PLACE.sub(r"\1", text))]
    without_ids = plain
    for one in ids:
        without_ids = without_ids.replace(one, " ")
    return Slots(
        ids=tuple(dict.fromkeys(ids)),
        ordinals=tuple(ordinals),
        latest=_LATEST.search(text) is not None,
        refers=_REFERS.search(text) is not None,
        content=frozenset(content_words(without_ids)),
    )


def content_words(text: str) -> list[str]:
    """What is left of ``text`` when the words of asking are gone."""
    return [one for one in grams(_FUNCTION_ZH.sub(" ", text)) if one not in _FUNCTION and not one.isdigit()]


def overlap(text: str, title: str) -> float:
    """How much of ``title`` stands in ``text``: share of the title's words, 0 to 1."""
    named = set(grams(title)) or set(tokens(title))
    return len(named & set(grams(text))) / len(named) if named else 0.0


def _has(text: str, word: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", text) is not None if word.isascii() else word in text
