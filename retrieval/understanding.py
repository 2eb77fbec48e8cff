"""What a query asks for: conditions ("under 80 euros", "not leather", "有货") apart from the words to search by.

Conditions are found by rules, in English and Chinese, against the shop's own vocabulary; what is not understood stays
a word to search by, so nothing that was said is lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol

from .amounts import Prices, read_prices
from .concepts import SURFACES, meaning, same_meaning, surface
from .filters import Filters
from .vocabulary import ShopVocabulary
from .words import STOP_WORDS, fold, is_chinese, pieces, singular

_STOCK = re.compile(
    r"(?<![a-z])(?:(?:only |that (?:is|are) |which (?:is|are) )?(?:currently |still )?in[- ]stock(?: only| now)?"
    r"|available (?:right )?now|(?:that (?:is|are) )?ready to ship|not (?:sold out|out of stock)|in stock and)(?![a-z])"
    r"|(?:要|只要|必须|得)?(?:有现货|有货|现货|有库存|不缺货|没缺货|没断货|没卖完)(?:的)?"
)
_ENGLISH_NOT = re.compile(
    r"(?<![a-z])(?P<cue>(?:but |and |, ?)?(?:not|no|without|except(?: for)?|excluding|other than|apart from"
    r"|anything but|(?:i )?(?:don['’]?t|do not) (?:want|like|need)|nothing|non|minus)(?:(?<=non)-| ))"
    r"(?P<fill>(?:(?:in|made|of|out|from|by|with|any|a|an|the|too|colou?r|brand) )*)"
)
_ENGLISH_FREE = re.compile(r"(?<![a-z])([a-z]+)[- ]free(?![a-z])")
_CHINESE_NOT = re.compile(
    r"(?:但是|但|可是|而且|也)?(?:我)?(?:不要|不想要|别要|不喜欢|不含|不带|不是|排除|除了|非)(?:是|用)?"
    r"(?P<what>[^，。,.;；!！?？\s但]{1,12}?)"
    r"(?P<end>(?:制|做|质)?的?(?:以外|之外)(?:的)?|(?:制|做)?的|(?=[，。,.;；!！?？\s但])|$)"
)
_LIST_EN = re.compile(r"\s*(?:,\s*(?:and |or |nor )?|\s(?:and|or|nor)\s)(?:not |no |without )?\s*")
_LIST_ZH = re.compile(r"[、和或跟与]|以及|或者")
_CHINESE_FILLER = re.compile(
    r"(?:请问)?(?:你们|这里|店里)?(?:有没有|有哪些|有什么|有卖|有(?=[\s\w]*的?吗$))(?=.)|(?:我)?(?:想要?买?|需要|要买|打算买)(?:一?[双件个款台把条只套支瓶盒张])?"
    r"|(?:请)?(?:帮我|给我|为我)(?:推荐|找)?(?:一下|一?[双件个款台把条只套支瓶盒张])?|推荐(?:一下|一?[双件个款台把条只套支瓶盒张])?"
    r"|[吗呢吧啊呀么]|(?:好的|合适的|什么样的)$|^(?:找|买|要|求)(?:一?[双件个款台把条只套支瓶盒张])?"
)
_NO_BRAND_AFTER = re.compile(
    r"(?:for|fits?|fitting|compatible with|works with|like|适用于?|适合|兼容|用于)(?: a| an| the| my)?\s*$"
)
_LONGEST = 4


class Texts(Protocol):
    """What is asked about the texts of the products."""

    def is_known(self, word: str) -> bool:
        """Whether any text holds ``word`` (singular)."""
        ...

    def is_set_phrase(self, phrase: str, attribute: tuple[str, str]) -> bool:
        """Whether ``phrase`` names a thing, so that a word in it ("olive oil") does not mean ``attribute``."""
        ...


@dataclass(frozen=True, slots=True)
class Understood:
    """A query taken apart."""

    filters: Filters
    words: str
    """What is left to search by: the query without prices, stock and what is not wanted."""
    content: str
    """``words`` without the values and the brand that became conditions."""
    assumed_currency: str | None = None
    """The currency that was named although the shop has no price in it; amounts were taken in the shop's own."""


@dataclass(slots=True)
class _Found:
    """Conditions as they are found."""

    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    exclude: list[str] = field(default_factory=list)
    brand: str | None = None
    category: str | None = None


def understand(query: str, vocabulary: ShopVocabulary, texts: Texts, *, around_share: float = 0.2) -> Understood:
    """Take ``query`` apart, with the shop's own values and texts at hand."""
    text = fold(query)
    prices = read_prices(text, around_share=around_share)
    currency, assumed = _currency(prices, vocabulary)
    low, high = prices.minor(currency or "USD") if prices.found else (None, None)
    text, stock_phrases = _STOCK.subn(" ", prices.rest)
    found = _Found()
    text = _take_unwanted_chinese(_take_unwanted_english(text, vocabulary, texts, found), vocabulary, found)
    if is_chinese(text):
        text = _CHINESE_FILLER.sub(" ", text)
    rest = _take_attributes(text, vocabulary, texts, found)
    rest = _take_brand(rest, text, vocabulary, found)
    _take_category(rest, vocabulary, found)
    filters = Filters(
        min_minor=low,
        max_minor=high,
        currency=currency if prices.found else None,
        category=found.category,
        brand=found.brand,
        attributes=found.attributes,
        in_stock=bool(stock_phrases),
        exclude=tuple(dict.fromkeys(found.exclude)),
    )
    content = " ".join(word for word in rest.split() if word not in _VAGUE)
    return Understood(filters, _tidy(text), _tidy(_VAGUE_CHINESE.sub(" ", content)), assumed)


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" ,，。的")


def _currency(prices: Prices, vocabulary: ShopVocabulary) -> tuple[str | None, str | None]:
    """The currency that the prices are meant in, and the one that was named if the shop does not know it."""
    own = vocabulary.currency
    if prices.currency is None or not vocabulary.currencies:
        return own or prices.currency, None
    if vocabulary.currencies.get(prices.currency):
        return prices.currency, None
    return own, prices.currency


def _take_unwanted_english(text: str, vocabulary: ShopVocabulary, texts: Texts, found: _Found) -> str:
    for free in reversed(list(_ENGLISH_FREE.finditer(text))):
        word = SURFACES.get(free[1])
        if word and f"{word}-free" not in SURFACES and vocabulary.attribute(singular(free[1])):
            found.exclude.append(word)
            text = text[: free.start()] + " " + text[free.end() :]
    position = 0
    while (match := _ENGLISH_NOT.search(text, position)) is not None:
        weak = match["cue"].strip(" ,").endswith(("no", "nothing"))
        at, end = match.end(), None
        while (item := _unwanted_item(text[at:], vocabulary, texts, weak)) is not None:
            word, length = item
            found.exclude.append(word)
            end = at + length
            more = _LIST_EN.match(text, end)
            if not more:
                break
            at = more.end()
            weak = True
        if end is None:
            position = match.end()
        else:
            text = text[: match.start()] + " " + text[end:]
            position = match.start() + 1
    return text


def _unwanted_item(text: str, vocabulary: ShopVocabulary, texts: Texts, weak: bool) -> tuple[str, int] | None:
    """What ``text`` begins with that can be unwanted, and how long it is.

    The longest name of a value, brand or category; after a clear "not", also any single word of the products' texts.
    """
    words = list(re.finditer(r"[^\s,.;!?]+", text))[:_LONGEST]
    for count in range(len(words), 0, -1):
        end = words[count - 1].end()
        if re.search(r"[,.;!?]", text[:end].rstrip(",.;!?")) or text[: words[0].start()].strip():
            continue
        named = surface(text[:end])
        if vocabulary.attribute(named) or named in SURFACES:
            return SURFACES.get(named, named), end
        if vocabulary.brand(fold(text[:end].strip())) or vocabulary.category(named):
            return named, end
    if not words or weak:
        return None
    piece = words[0].group()
    word = singular(piece)
    if piece in STOP_WORDS or piece in _VAGUE or not word.isalpha() or len(word) < 3 or not texts.is_known(word):
        return None
    return word, words[0].end()


_VAGUE = frozenset(
    re.findall(
        r"\S+",
        "too very so sure only expensive cheap pricey heavy big large small loud much many more less just necessarily "
        "important than bad good working work fit worth interested really "
        "cheap cheaper cheapest best nice great affordable inexpensive quality beautiful pretty new popular high top",
    )
)


_VAGUE_CHINESE = re.compile("便宜(?:一点|点)?|实惠|性价比高?|质量好|好用|好看|漂亮|最好|不错|热门|新款|高档|平价|划算")


def _take_unwanted_chinese(text: str, vocabulary: ShopVocabulary, found: _Found) -> str:
    if not is_chinese(text):
        return text

    def take(match: re.Match[str]) -> str:
        known: list[str] = []
        for part in _LIST_ZH.split(match["what"]):
            part = part.strip("的是用 ")
            said = meaning(part)
            named = surface(part)
            concepts = [one for one in said if one in SURFACES.values()]
            if len(concepts) == 1 and len(said) == 1:
                known.append(concepts[0])
            elif named and (vocabulary.attribute(named) or vocabulary.brand(fold(part))):
                known.append(named)
            elif len(part) >= 2 and not match["cue_weak"]:
                known.append(part)
        if not known:
            return match.group()
        found.exclude.extend(known)
        return " "

    return _CHINESE_NOT_MARKED.sub(take, text)


# "非" begins many words (非常, 非洲), so it counts only before something known.
_CHINESE_NOT_MARKED = re.compile(_CHINESE_NOT.pattern.replace("|非)", "|(?P<cue_weak>非))"))


_CHINESE_SIZE = re.compile(r"(?<![a-z0-9])(\d{2,3}|x{0,4}[sl]|m)\s?[码号](?:的)?")


def _take_attributes(text: str, vocabulary: ShopVocabulary, texts: Texts, found: _Found) -> str:
    """Note the attribute values that ``text`` names; returns what is left of it (for brand and category)."""
    for size in list(_CHINESE_SIZE.finditer(text)):
        pair = vocabulary.attribute(f"size {size[1]}")
        _note(pair, found)
        text = text.replace(size.group(), " ") if pair else text
    for named in vocabulary.chinese_surfaces:
        if named in text and (len(named) > 1 or re.search(rf"{named}(?:色|的|款)", text)):
            _note(vocabulary.attribute(named), found)
            text = text.replace(named, " ")
    words = [piece for piece in re.split(r"\s+", text) if piece]
    rest: list[str] = []
    position = 0
    while position < len(words):
        for count in range(min(_LONGEST, len(words) - position), 0, -1):
            pair = vocabulary.attribute(surface(" ".join(words[position : position + count])))
            around = (words[max(position - 1, 0) : position + count], words[position : position + count + 1])
            if pair is not None and not any(
                len(phrase) > count and texts.is_set_phrase(" ".join(phrase), pair) for phrase in around
            ):
                _note(pair, found)
                position += count
                break
        else:
            rest.append(words[position])
            position += 1
    return " ".join(rest)


def _note(pair: tuple[str, str] | None, found: _Found) -> None:
    if pair is None:
        return
    name, value = pair
    known = found.attributes.get(name, ())
    if not any(same_meaning(value, one) for one in known):
        found.attributes[name] = (*known, value)


def _take_brand(rest: str, text: str, vocabulary: ShopVocabulary, found: _Found) -> str:
    for brand in vocabulary.chinese_brands:
        if brand in rest and not _NO_BRAND_AFTER.search(text[: text.find(brand)]):
            found.brand = vocabulary.brand(brand)
            return rest.replace(brand, " ")
    words = rest.split()
    for count in range(min(_LONGEST, len(words)), 0, -1):
        for start in range(len(words) - count + 1):
            key = " ".join(words[start : start + count])
            name = vocabulary.brand(key) or vocabulary.brand(key.removesuffix("'s"))
            if name and not _NO_BRAND_AFTER.search(" ".join(words[:start]) + " "):
                found.brand = name
                return " ".join((*words[:start], *words[start + count :]))
    return rest


def _take_category(rest: str, vocabulary: ShopVocabulary, found: _Found) -> None:
    """A category is a condition only where nothing else is left: "red shoes" may mean the category, "shoe rack" not."""
    words = [piece for piece in pieces(rest) if piece not in STOP_WORDS and piece not in _VAGUE]
    found.category = vocabulary.category(surface(" ".join(words))) if words else None
