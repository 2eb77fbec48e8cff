"""Wishes about products: find, compare, price, stock, details, recommend."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..draft import Work
from ..facts import Problem, ProductFacts, ProductList, ReviewFacts, VariantFacts
from ..language import grams, sentences
from ..phrases import say_name
from ..slots import content_words
from ..understanding import Wish
from . import orders
from .naming import get, list_products, one_product, search, show

_COLOURS = {
    "黑": "black", "白": "white", "红": "red", "蓝": "blue", "绿": "green", "黄": "yellow",
    "灰": "gray", "紫": "purple",
    "粉": "pink", "棕": "brown", "橙": "orange", "银": "silver", "金": "gold", "米色": "beige",
}  # fmt: skip
_CHEAPER = re.compile(r"\bcheaper\b|\bless expensive\b|更便宜|便宜点|便宜一点|再便宜", re.I)
_ELSE = re.compile(r"\belse\b|\bother\b|\bmore\b|\bdifferent\b|别的|其他|换一批|再来", re.I)
_VAGUE = frozenset({"long", "big", "heavy", "fast", "strong", "small", "large"})
"""Say that something is measured, not what."""
_ALSO_CALLED = {
    "heavy": "weight", "weigh": "weight", "light": "weight", "big": "size", "large": "size", "tall": "height",
    "wide": "width", "made": "material", "fabric": "material", "多重": "重量", "材质": "材料", "面料": "材料",
}  # fmt: skip
_MOST_OPTIONS = 12
_NEAR = 0.5
"""Least score (cosine, and half the share of shared words) for a text to answer a question about a product."""
_SHARED = 0.34
"""The same by shared words alone."""


def find(work: Work, wish: Wish) -> None:
    content, focus = wish.slots.content, work.memory.product
    cheaper = bool(_CHEAPER.search(wish.text))
    if focus is not None and (wish.slots.refers or wish.slots.ordinals) and not content and not cheaper:
        _buy(work, wish)
        return
    query = wish.text
    if not content and work.memory.query:
        query = work.memory.query if cheaper else f"{work.memory.query} {wish.text}"
    elif not content and not wish.slots.ids:
        work.ask("which_product", wish)
        return
    work.draft.query = query
    shown = [one.id for one in work.memory.products] if not content and _ELSE.search(wish.text) else []
    if shown:
        query = work.memory.query
        work.draft.query = query
    found = (
        _cheaper(work, query, focus.id) if cheaper and focus is not None and not content else search(work, query, shown)
    )
    if not found:
        work.say("found_none_cheaper" if cheaper else "found_none")
        return
    work.say("found_one" if len(found) == 1 else "found_many")
    list_products(work, found)


def _cheaper(work: Work, query: str, product_id: str) -> tuple[ProductFacts, ...]:
    """What the last search finds below the price of what was shown last."""
    known = get(work, product_id)
    amount = _amount(known.price) if known is not None else None
    if amount is None:
        return search(work, query)
    facts = work.need("search_products", ProductList, query=query, max_price=f"{amount - 0.01:.2f}")
    return () if isinstance(facts, Problem) else facts.products


def _buy(work: Work, wish: Wish) -> None:
    price(work, wish)
    if work.draft.kind == "answer":
        work.say("buy_it")


def recommend(work: Work, wish: Wish) -> None:
    shown = [one.id for one in work.memory.products] if _ELSE.search(wish.text) else []
    focus = work.memory.product.id if work.memory.product and wish.slots.refers and not shown else None
    words = wish.text if wish.slots.content and not focus else ""
    products = _recommended(work, words, focus, shown)
    if not products and words:
        words, products = "", _recommended(work, "", None, shown)
    if not products:
        work.say("recommend_none")
        return
    popular = all(one.why in {"", work.word("why_popular")} for one in products)
    work.draft.query = words
    work.say("found_many" if words else "recommend_popular" if popular else "recommend_history")
    list_products(work, products)


def _recommended(work: Work, wish: str, similar_to: str | None, not_these: list[str]) -> tuple[ProductFacts, ...]:
    facts = work.need("recommend_products", ProductList, wish=wish, similar_to=similar_to, not_these=not_these)
    return () if isinstance(facts, Problem) else facts.products


def price(work: Work, wish: Wish) -> None:
    if wish.slots.ids and not wish.slots.content and get(work, wish.slots.ids[0]) is None:
        orders.details(work, wish)  # "how much is #1001": an order has a price too
        return
    product = one_product(work, wish)
    if product is None:
        return
    show(work, product)
    wanted = asked_options(wish.text, product)
    matching = _matching(product, wanted)
    if wanted and not matching:
        _no_such_option(work, product, wanted)
    elif wanted and len({one.price for one in matching}) <= 3:
        for one in matching[:3]:
            if one.price:
                work.say("price_variant", title=product.title, options=_options(work, one), price=one.price)
        return
    if product.price is None:
        work.say("price_unknown", title=product.title)
    elif product.highest_price:
        work.say("price_range", title=product.title, price=product.price, highest=product.highest_price)
    else:
        work.say("price_one", title=product.title, price=product.price)
    if not product.in_stock:
        work.say("stock_no", title=product.title)


def _no_such_option(work: Work, product: ProductFacts, wanted: dict[str, str]) -> None:
    options = ", ".join(say_name(one, work.language) for one in wanted.values())
    work.say("no_such_option", title=product.title, options=options)


def stock(work: Work, wish: Wish) -> None:
    product = one_product(work, wish)
    if product is None:
        return
    show(work, product)
    wanted = asked_options(wish.text, product)
    matching = _matching(product, wanted)
    if wanted and not matching:
        _no_such_option(work, product, wanted)
        _all_options(work, product)
        return
    if wanted:
        buyable = [one for one in matching if one.in_stock]
        key = "stock_variant_yes" if buyable else "stock_variant_no"
        for one in (buyable or matching)[:3]:
            work.say(key, title=product.title, options=_options(work, one))
        return
    if not product.in_stock:
        work.say("stock_no", title=product.title)
    elif product.variant_count == 1 and product.variants and product.variants[0].pieces_in_stock:
        work.say("stock_pieces", title=product.title, pieces=product.variants[0].pieces_in_stock)
    elif product.variant_count > 1:
        buyable_count = sum(one.in_stock for one in product.variants)
        work.say("stock_some", title=product.title, count=buyable_count, total=product.variant_count)
        _all_options(work, product)
    else:
        work.say("stock_yes", title=product.title)


def details(work: Work, wish: Wish) -> None:
    product = one_product(work, wish)
    if product is None:
        return
    show(work, product)
    asked = [one for one in content_words(wish.text) if one not in set(grams(product.title))]
    if not asked:
        _everything(work, product)
    elif not _attribute(work, product, wish.text, set(asked)) and not _from_reviews(work, product, asked):
        work.say("page_says_nothing", title=product.title)


def _everything(work: Work, product: ProductFacts) -> None:
    if product.description:
        work.say("details", title=product.title, quote=product.description)
    told = "; ".join(
        f"{say_name(name, work.language)} {say_name(value, work.language)}"
        for name, value in list(product.attributes.items())[:8]
    )
    if told and told not in product.description:
        work.say("attributes", list=told)
    if product.price:
        key = "price_range" if product.highest_price else "price_one"
        work.say(key, title=product.title, price=product.price, highest=product.highest_price)
    if not product.in_stock:
        work.say("stock_no", title=product.title)
    if product.variant_count > 1:
        _all_options(work, product)


def _attribute(work: Work, product: ProductFacts, question: str, asked: set[str]) -> bool:
    """Say the attribute, the options, or the sentence of the description that the question is about."""
    if asked & {"brand", "品牌", "牌子"} and product.brand:
        work.say("brand", title=product.title, brand=product.brand)
        return True
    sources: list[tuple[str, str, str]] = [("attribute", name, value) for name, value in product.attributes.items()]
    sources += [("options", name, ", ".join(values)) for name, values in _option_values(product).items()]
    sources += [("description", "", one.strip()) for one in sentences(product.description)]
    asked |= {known for word, known in _ALSO_CALLED.items() if word in asked}
    best = nearest(work, question, asked, [f"{name}: {value}" if name else value for _, name, value in sources])
    if best is None:
        return False
    kind, name, value = sources[best]
    if kind == "attribute":
        told = {"name": say_name(name, work.language), "value": say_name(value, work.language)}
        work.say("attribute", title=product.title, **told)
    elif kind == "options":
        _all_options(work, product, {name: _option_values(product)[name]})
    else:
        work.say("from_description", title=product.title, quote=value)
    return True


def nearest(work: Work, question: str, asked: set[str], texts: Sequence[str]) -> int | None:
    """The text that the question is about, by words and, in English, by meaning; ``None`` if none is near enough."""
    if not texts:
        return None
    shared = [len(asked & set(grams(one))) / len(asked) for one in texts]
    scores = shared
    if work.language == "en" and work.embed is not None:
        vectors = work.embed([question, *texts])
        scores = [near + 0.5 * words for near, words in zip((vectors[1:] @ vectors[0]).tolist(), shared, strict=True)]
    best = max(range(len(texts)), key=scores.__getitem__)
    enough = _NEAR if scores is not shared else _SHARED
    return best if scores[best] >= enough else None


def _from_reviews(work: Work, product: ProductFacts, asked: Sequence[str]) -> bool:
    if not product.review_count:
        return False
    facts = work.need("summarise_reviews", ReviewFacts, product_id=product.product_id, about=" ".join(asked))
    if isinstance(facts, Problem) or not facts.about_count:
        return False
    words = set(asked) - _VAGUE or set(asked)
    quotes = [one for one in (*facts.liked, *facts.disliked) if words & set(grams(one.text))]
    for quote in quotes[:2]:
        work.say("from_review", title=product.title, quote=quote.text)
    return bool(quotes)


def asked_options(text: str, product: ProductFacts) -> dict[str, str]:
    """Option name -> the value that the message names; a Chinese colour word finds the English value too."""
    named = set(grams(text)) | {english for sign, english in _COLOURS.items() if f"{sign}色" in text}
    found: dict[str, str] = {}
    for name, values in _option_values(product).items():
        for value in sorted(values, key=len, reverse=True):
            words = set(grams(value))
            if (words and words <= named and name not in found) or (value in text and len(value) > 1):
                found.setdefault(name, value)
    return found


def _option_values(product: ProductFacts) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for variant in product.variants:
        for name, value in variant.options.items():
            if value not in values.setdefault(name, []):
                values[name].append(value)
    return values


def _matching(product: ProductFacts, wanted: dict[str, str]) -> list[VariantFacts]:
    return [one for one in product.variants if all(one.options.get(name) == value for name, value in wanted.items())]


def _options(work: Work, variant: VariantFacts) -> str:
    return ", ".join(say_name(one, work.language) for one in variant.options.values())


def _all_options(work: Work, product: ProductFacts, values: dict[str, list[str]] | None = None) -> None:
    groups = values or _option_values(product)
    told = "; ".join(
        f"{say_name(name, work.language)} {', '.join(say_name(one, work.language) for one in found[:_MOST_OPTIONS])}"
        for name, found in groups.items()
        if found
    )
    if told:
        work.say("options_are", title=product.title, options=told)


def _amount(price: str | None) -> float | None:
    digits = re.sub(r"[^\d.]", "", price or "")
    return float(digits) if digits else None
