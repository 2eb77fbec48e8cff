"""The wish to see products side by side: which ones are meant, and what is said beside the table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from store import parse_amount

from ..draft import Work
from ..facts import ComparisonFacts, Problem, ProductFacts, RowFacts
from ..language import grams
from ..slots import content_words
from ..understanding import Wish
from .naming import best_named, get_all, pick, price_parts, search, show
from .questions import nearest
from .superlatives import asks_advice, most

_SIDES = re.compile(r"\b(?:and|or|vs\.?|versus|with|to|than)\b|和|跟|与|还是|或者|比|，", re.I)
_PLACES = re.compile(
    r"(?<![\w.])([1-5])\s*(?:and|or|&|vs\.?|,|、|和|跟|与|还是)\s*(?:the |number |第)?([1-5])(?![\w.])", re.I
)
_TWO = re.compile(r"\b(?:two|both)\b|两", re.I)
_TALK = frozenset(
    re.findall(
        r"\S+",
        """
        difference differ better versus vs side take choose pick buy 区别 不同 差别 比较 对比 更好 哪个 比一 一比 好点
    """,
    )
)
_WHICH = re.compile(r"\bwhich\b|哪", re.I)
_MOST = 5
_TOLD = 4
"""Properties in which the products differ that are told beside the table."""


def compare(work: Work, wish: Wish) -> None:
    """Two or more side by side, what was asked about them, then which costs least and which is rated highest."""
    ids = _meant(work, wish)
    found = work.need("compare_products", ComparisonFacts, product_ids=ids) if len(ids) > 1 else None
    if found is None or isinstance(found, Problem):
        work.ask("compare_need_two", wish, [one.title for one in work.memory.products[:_MOST]])
        return
    asked = _asked_row(work, wish, found)
    told = [asked] if asked is not None else [one for one in found.rows if one.kind == "attribute" and _differs(one)]
    if asked is None and _asks(work, wish, found):
        work.say("compare_unknown")
    for at, product in enumerate(found.products):
        told_of = "".join(
            work.word("compare_part", name=row.name, value=row.values[at]) for row in told[:_TOLD] if row.values[at]
        )
        work.say_line("compare_line", title=product.title, **price_parts(work, product), more=told_of)
        show(work, product)
    _verdict(work, found.products)


def wants_advice(work: Work, wish: Wish) -> bool:
    """Whether he wants to be told which of the products on the table to take."""
    several = work.memory.about == "product" and len(work.memory.together or work.memory.products) > 1
    return several and not wish.slots.ids and not wish.slots.ordinals and asks_advice(wish.text)


def advise(work: Work, _: Wish) -> None:
    """The one that buyers speak best of; where none has a review, the cheapest. What can be bought goes before."""
    listed = get_all(work, work.memory.together or work.memory.products)
    buyable = [one for one in listed if one.in_stock] or listed
    best = most("best_rated", buyable) or most("cheapest", buyable)
    if best is None:
        work.say("compare_unknown")
        return
    if best.rating is None:
        work.say("advise_cheapest", title=best.title, price=best.price)
    else:
        work.say("advise_rated", title=best.title, rating=f"{best.rating:g}", count=best.review_count)
        if best.price:
            key = "price_range" if best.highest_price else "price_one"
            work.say(key, title=best.title, price=best.price, highest=best.highest_price)
    show(work, best)


def _verdict(work: Work, products: Sequence[ProductFacts]) -> None:
    priced = sorted((parse_amount(one.price, one.currency), one.title) for one in products if one.price)
    if len({one.currency for one in products}) == 1 and len(priced) > 1 and priced[0][0] < priced[1][0]:
        work.say("compare_cheaper", title=priced[0][1])
    rated = sorted(((one.rating, one.title) for one in products if one.rating is not None), reverse=True)
    if len(rated) > 1 and rated[0][0] > rated[1][0]:
        work.say("compare_better", title=rated[0][1])


def _differs(row: RowFacts) -> bool:
    return len(set(row.values)) > 1


def _asks(work: Work, wish: Wish, found: ComparisonFacts) -> list[str]:
    """The words that ask for a property ("which one is lighter?"); price and rating are told anyway."""
    if not _WHICH.search(wish.text):
        return []
    named = {gram for one in found.products for gram in grams(one.title)}
    named -= {gram for row in found.rows for gram in grams(row.name)}
    return [one for one in content_words(wish.text) if one not in named | _TALK]


def _asked_row(work: Work, wish: Wish, found: ComparisonFacts) -> RowFacts | None:
    """The property that the question is about."""
    asked = _asks(work, wish, found)
    rows = [one for one in found.rows if one.kind in {"attribute", "option"}]
    if not asked or not rows:
        return None
    best = nearest(work, wish.text, set(asked), [f"{row.name}: {'; '.join(filter(None, row.values))}" for row in rows])
    return None if best is None else rows[best]


def _meant(work: Work, wish: Wish) -> list[str]:
    """Ids of the products that are meant, each once."""
    shown, slots = work.memory.products, wish.slots
    places = _PLACES.search(wish.text)
    ordinals = slots.ordinals if len(slots.ordinals) > 1 or places is None else [int(one) for one in places.groups()]
    ids = [one.id for one in pick(shown, ordinals)] or list(slots.ids)
    if len(ids) == 1 and work.memory.product is not None and work.memory.product.id not in ids:
        ids.insert(0, work.memory.product.id)
    if not ids and slots.content:
        for part in _SIDES.split(wish.text):
            if not [one for one in content_words(part) if one not in _TALK]:
                continue
            named = best_named(part, shown)
            hits = () if named else search(work, part.strip())
            found = named.id if named else hits[0].product_id if hits else None
            if found:
                ids.append(found)
    if len(set(ids)) < 2:
        ids = _pointed_at(work, wish)
    return list(dict.fromkeys(ids))[:_MOST]


def _pointed_at(work: Work, wish: Wish) -> list[str]:
    """ "These two" are the two that are listed or were compared, or the two spoken of last; "them" are all of them."""
    shown, spoken = work.memory.together or work.memory.products, work.memory.spoken
    if len(shown) == 2 or not _TWO.search(wish.text):
        return [one.id for one in shown]
    return [one.id for one in spoken[:2][::-1]] if len(spoken) > 1 else []
