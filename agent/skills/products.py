"""Wishes about products: find, compare, price, stock, details, recommend."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..draft import Work
from ..facts import Problem, ProductFacts, ProductList, ReviewFacts, VariantFacts
from ..language import grams, sentences
from ..slots import content_words
from ..understanding import Wish
from . import orders
from .naming import best_named, get, list_products, one_product, pick, price_parts, search, show

_SIDES = re.compile(r"\b(?:and|or|vs\.?|versus|with|to)\b|和|跟|与|还是|或者|，", re.I)
_COLOURS = {
    "黑": "black", "白": "white", "红": "red", "蓝": "blue", "绿": "green", "黄": "yellow",
    "灰": "grey", "紫": "purple",
    "粉": "pink", "棕": "brown", "橙": "orange", "银": "silver", "金": "gold", "米色": "beige",
}  # fmt: skip
_MOST_OPTIONS = 12


def find(work: Work, wish: Wish) -> None:
    query = wish.text
    if not wish.slots.content and work.memory.query:
        query = f"{work.memory.query} {wish.text}"
    elif not wish.slots.content and not wish.slots.ids:
        work.ask("which_product", wish)
        return
    found = search(work, query)
    work.draft.query = query
    if not found:
        work.say("found_none")
        return
    work.say("found_one" if len(found) == 1 else "found_many")
    list_products(work, found)


def recommend(work: Work, wish: Wish) -> None:
    focus = work.memory.products[0].id if work.memory.products and wish.slots.refers else None
    words = "" if focus else " ".join(content_words(wish.text))
    if focus:
        facts = work.need("recommend_products", ProductList, similar_to=focus)
    else:
        facts = work.need("recommend_products", ProductList, wish=wish.text if words else "")
    products = () if isinstance(facts, Problem) else facts.products
    if not products:
        work.say("recommend_none")
        return
    popular = all(one.why in {"", work.word("why_popular")} for one in products)
    work.say("recommend_popular" if popular else "recommend_history")
    list_products(work, products)


def compare(work: Work, wish: Wish) -> None:
    two = _two(work, wish)
    if len(two) < 2:
        work.ask("compare_need_two", wish)
        return
    for one in two:
        work.say_line("compare_line", title=one.title, **price_parts(work, one))
        show(work, one)
    first, second = two[0], two[1]
    amounts = [_amount(one.price) for one in (first, second)]
    if None not in amounts and amounts[0] != amounts[1] and first.currency == second.currency:
        work.say("compare_cheaper", title=(first if amounts[0] < amounts[1] else second).title)  # type: ignore[operator]
    if first.rating is not None and second.rating is not None and first.rating != second.rating:
        work.say("compare_better", title=(first if first.rating > second.rating else second).title)


def _two(work: Work, wish: Wish) -> list[ProductFacts]:
    shown = work.memory.products
    ids = [one.id for one in pick(shown, wish.slots.ordinals)] or list(wish.slots.ids)
    if len(ids) < 2:
        for part in _SIDES.split(wish.text):
            if not content_words(part):
                continue
            named = best_named(part, shown)
            hits = () if named else search(work, part.strip())
            found = named.id if named else hits[0].product_id if hits else None
            if found and found not in ids:
                ids.append(found)
    if len(ids) < 2 and not wish.slots.content:
        ids = [one.id for one in shown[:2]]
    return [found for found in (get(work, one) for one in ids[:2]) if found is not None]


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
        work.say("no_such_option", title=product.title, options=", ".join(wanted.values()))
    elif wanted and len({one.price for one in matching}) <= 3:
        for one in matching[:3]:
            if one.price:
                work.say("price_variant", title=product.title, options=_options(one), price=one.price)
        return
    if product.price is None:
        work.say("price_unknown", title=product.title)
    elif product.highest_price:
        work.say("price_range", title=product.title, price=product.price, highest=product.highest_price)
    else:
        work.say("price_one", title=product.title, price=product.price)
    if not product.in_stock:
        work.say("stock_no", title=product.title)


def stock(work: Work, wish: Wish) -> None:
    product = one_product(work, wish)
    if product is None:
        return
    show(work, product)
    wanted = asked_options(wish.text, product)
    matching = _matching(product, wanted)
    if wanted and not matching:
        work.say("no_such_option", title=product.title, options=", ".join(wanted.values()))
        _all_options(work, product)
        return
    if wanted:
        buyable = [one for one in matching if one.in_stock]
        key = "stock_variant_yes" if buyable else "stock_variant_no"
        for one in (buyable or matching)[:3]:
            work.say(key, title=product.title, options=_options(one))
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
    elif not _attribute(work, product, set(asked)) and not _from_reviews(work, product, asked):
        work.say("page_says_nothing", title=product.title)


def _everything(work: Work, product: ProductFacts) -> None:
    if product.description:
        work.say("details", title=product.title, quote=product.description)
    for name, value in list(product.attributes.items())[:5]:
        work.say("attribute", title=product.title, name=name, value=value)
    if product.brand:
        work.say("brand", title=product.title, brand=product.brand)
    if product.price:
        key = "price_range" if product.highest_price else "price_one"
        work.say(key, title=product.title, price=product.price, highest=product.highest_price)
    work.say("stock_yes" if product.in_stock else "stock_no", title=product.title)
    if product.variant_count > 1:
        _all_options(work, product)


def _attribute(work: Work, product: ProductFacts, asked: set[str]) -> bool:
    """Say the attribute, option or sentence of the description that shares most words with the question."""
    if product.brand and asked & {"brand", "品牌", "牌子"}:
        work.say("brand", title=product.title, brand=product.brand)
        return True
    options = {name: values for name, values in _option_values(product).items() if asked & set(grams(name))}
    if options:
        _all_options(work, product, options)
        return True
    ranked = sorted(product.attributes.items(), key=lambda item: -len(asked & set(grams(f"{item[0]} {item[1]}"))))
    if ranked and asked & set(grams(f"{ranked[0][0]} {ranked[0][1]}")):
        work.say("attribute", title=product.title, name=ranked[0][0], value=ranked[0][1])
        return True
    told = max(sentences(product.description), key=lambda one: len(asked & set(grams(one))), default="")
    if asked & set(grams(told)):
        work.say("from_description", title=product.title, quote=told.strip())
        return True
    return False


def _from_reviews(work: Work, product: ProductFacts, asked: Sequence[str]) -> bool:
    if not product.review_count:
        return False
    facts = work.need("summarise_reviews", ReviewFacts, product_id=product.product_id, about=" ".join(asked))
    if isinstance(facts, Problem) or not facts.about_count:
        return False
    quotes = [one for one in (*facts.liked, *facts.disliked) if set(asked) & set(grams(one.text))]
    for quote in quotes[:2]:
        work.say("from_review", title=product.title, quote=quote.text)
    return bool(quotes)


def asked_options(text: str, product: ProductFacts) -> dict[str, str]:
    """Option name -> the value that the message names; a Chinese colour word finds the English value too."""
    named = set(grams(text)) | {english for sign, english in _COLOURS.items() if f"{sign}色" in text}
    named |= {"gray"} if "grey" in named else {"grey"} if "gray" in named else set()
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


def _options(variant: VariantFacts) -> str:
    return ", ".join(variant.options.values())


def _all_options(work: Work, product: ProductFacts, values: dict[str, list[str]] | None = None) -> None:
    groups = values or _option_values(product)
    told = "; ".join(f"{name} {', '.join(found[:_MOST_OPTIONS])}" for name, found in groups.items() if found)
    if told:
        work.say("options_are", title=product.title, options=told)


def _amount(price: str | None) -> float | None:
    digits = re.sub(r"[^\d.]", "", price or "")
    return float(digits) if digits else None
