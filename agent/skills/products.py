"""Wishes about products: find, compare, price, stock, details, recommend."""

from __future__ import annotations

import re

from retrieval import other_names

from ..draft import Work
from ..facts import Problem, ProductFacts, ProductList, VariantFacts
from ..language import grams
from ..phrases import say_name
from ..slots import read_slots
from ..understanding import Wish
from . import orders
from .naming import get, list_products, one_product, pick, search, show
from .shown import narrowed, takes_one, wants_cheaper, without_cheaper
from .superlatives import asks_advice, superlative

_COLOURS = {
    "黑": "black", "白": "white", "红": "red", "蓝": "blue", "绿": "green", "黄": "yellow",
    "灰": "gray", "紫": "purple",
    "粉": "pink", "棕": "brown", "橙": "orange", "银": "silver", "金": "gold", "米色": "beige",
}  # fmt: skip
_ELSE = re.compile(r"\belse\b|\bother\b|\bmore\b|\bdifferent\b|别的|其他|换一批|再来", re.I)
_SIZE = re.compile(r"\bsizes? (\d{1,3}(?:\.\d)?|[XSML]{1,4}|\d?X[SL])\b|([XSML]{1,4}|\d{2,3}(?:\.\d)?)\s?[码号]", re.I)
_MOST_OPTIONS = 12


def find(work: Work, wish: Wish) -> None:
    focus = work.memory.product
    cheaper = wants_cheaper(wish)
    content = read_slots(without_cheaper(wish.text)).content if cheaper else wish.slots.content
    pointed = focus is not None and (wish.slots.refers or wish.slots.ordinals)
    if pointed and not cheaper and (not content or takes_one(wish)):
        _buy(work, wish)
        return
    query, more = wish.text, narrowed(wish)
    if (more or not content) and work.memory.query:
        query = work.memory.query if cheaper else f"{work.memory.query} {more or wish.text}"
    elif not content and not wish.slots.ids:
        work.ask("which_product", wish)
        return
    work.draft.query, work.draft.intent = query, "find_product"
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


def why(work: Work, wish: Wish) -> None:
    """The reasons for what was shown, as the search or the recommendation that showed it gives them."""
    shown = work.memory.products
    meant = pick(shown, wish.slots.ordinals) or list(work.memory.spoken[:1] if len(shown) == 1 else shown)
    query = work.memory.query
    found = (*(search(work, query) if query else ()), *_recommended(work, query, None, []))
    reasons = {one.product_id: one.why for one in reversed(found) if one.why}
    told = [one for one in meant if one.id in reasons]
    for one in told:
        work.say_line("plain", text=work.word("why_of", title=one.title, why=reasons[one.id]))
        work.draft.shown.append(one)
    if not told:
        work.say("why_unknown")


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
    if work.draft.kind == "answer" and (takes_one(wish) or superlative(wish.text) is None):
        work.say("buy_it")


def recommend(work: Work, wish: Wish) -> None:
    shown = [one.id for one in work.memory.products] if _ELSE.search(wish.text) else []
    focus = work.memory.product.id if work.memory.product and wish.slots.refers and not shown else None
    # "Which would you take?" says nothing of what it should be, unless it names a thing.
    says_what = bool(wish.slots.content) and (not asks_advice(wish.text) or bool(other_names(wish.text)))
    words = wish.text if says_what and not focus else ""
    products = _recommended(work, words, focus, shown)
    if not products and words:
        words, products = "", _recommended(work, "", None, shown)
    if not products:
        work.say("recommend_none")
        return
    popular = all(one.why in {"", work.word("why_popular")} for one in products)
    work.draft.query = words
    work.say("found_many" if words else "recommend_popular" if popular else "recommend_history")
    list_products(work, products, reasons=True)


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
        all_options(work, product)
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
        all_options(work, product)
    else:
        work.say("stock_yes", title=product.title)


def asked_options(text: str, product: ProductFacts) -> dict[str, str]:
    """Option name -> the value that the message names; a Chinese colour word finds the English value too.

    A size that no version has stands there too, so that nobody is told that it is in stock.
    """
    named = set(grams(text)) | {english for sign, english in _COLOURS.items() if f"{sign}色" in text}
    found: dict[str, str] = {}
    for name, values in option_values(product).items():
        for value in sorted(values, key=len, reverse=True):
            words = set(grams(value))
            if (words and words <= named and name not in found) or (value in text and len(value) > 1):
                found.setdefault(name, value)
    size = _SIZE.search(text)
    if size is not None:
        wanted = next(filter(None, size.groups()))
        known = {word for values in option_values(product).values() for value in values for word in _words(value)}
        if wanted.lower() not in known:
            found["size"] = wanted
    return found


def _words(value: str) -> list[str]:
    return re.findall(r"[\w.]+", value.lower())


def option_values(product: ProductFacts) -> dict[str, list[str]]:
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


def all_options(work: Work, product: ProductFacts, values: dict[str, list[str]] | None = None) -> None:
    groups = values or option_values(product)
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
