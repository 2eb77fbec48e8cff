"""Which product a wish means: by id, by its place in what was shown, by its name, or by what was spoken of last."""

from __future__ import annotations

import re
from collections.abc import Sequence

from retrieval import other_names

from ..draft import Shown, Work
from ..facts import Problem, ProductFacts, ProductList
from ..language import grams
from ..slots import overlap
from ..understanding import Wish
from .superlatives import most, superlative

_NAMED = 0.5
"""Share of a title's words that must stand in the message for it to be that product."""
_PROPERTIES = frozenset(
    re.findall(
        r"\S+",
        """
        color size shade weight material length width height depth version option stock brand 颜色 色号 尺码 尺寸 大小
        重量 材质 面料 长度 宽度 高度 品牌 牌子 款式 库存
    """,
    )
)
"""Words of what every product has: they name none."""
_OF_SEVERAL = frozenset({"two", "three", "both", "then", "one"})
_MOST_CHOICES = 4
_MOST_AT_ONCE = 5


def pick(shown: Sequence[Shown], ordinals: Sequence[int]) -> list[Shown]:
    """The shown ones at the places that were named."""
    found = []
    for place in ordinals:
        at = len(shown) - 1 if place == -1 else place - 1
        if 0 <= at < len(shown):
            found.append(shown[at])
    return found


def get(work: Work, product_id: str) -> ProductFacts | None:
    facts = work.need("get_product", ProductFacts, product_id=product_id)
    return None if isinstance(facts, Problem) else facts


def get_all(work: Work, shown: Sequence[Shown]) -> list[ProductFacts]:
    """Those of the list that are still there."""
    ids = [one.id for one in shown[:_MOST_AT_ONCE]]
    work.fetch(*(("get_product", {"product_id": one}) for one in ids))
    return [found for one in ids if (found := get(work, one)) is not None]


def search(work: Work, query: str, not_these: Sequence[str] = ()) -> tuple[ProductFacts, ...]:
    facts = work.need("search_products", ProductList, query=query, not_these=list(not_these))
    return () if isinstance(facts, Problem) else facts.products


def one_product(work: Work, wish: Wish) -> ProductFacts | None:
    """The product that ``wish`` is about. ``None``: the draft already says why not, or asks back."""
    slots, shown = wish.slots, work.memory.products
    for one in slots.ids:
        found = get(work, one)
        if found is not None:
            return found
    at_place = pick(shown, slots.ordinals)
    if at_place:
        return get(work, at_place[0].id)
    named = best_named(wish.text, shown)
    if named is not None:
        return get(work, named.id)
    listed = work.memory.together or shown
    utmost = superlative(wish.text) if slots.refers or slots.content <= _OF_SEVERAL else None
    if utmost is not None and work.memory.about == "product" and len(listed) > 1:
        found = most(utmost, get_all(work, listed))
        if found is not None:
            return found
    few = len(slots.content) <= (2 if work.language == "en" else 4)
    focus = work.memory.product
    if focus is not None and (slots.content <= _PROPERTIES or (slots.refers and few)):
        return get(work, focus.id)
    if slots.content:
        return _searched(work, wish)
    if slots.ids:
        work.say("no_such_product")
        return None
    work.ask("which_product", wish)
    return None


def best_named(text: str, shown: Sequence[Shown]) -> Shown | None:
    ranked = sorted(((overlap(text, one.title), -at, one) for at, one in enumerate(shown)), key=lambda row: row[:2])
    return ranked[-1][2] if ranked and ranked[-1][0] >= _NAMED else None


def _searched(work: Work, wish: Wish) -> ProductFacts | None:
    slots = wish.slots
    hits = search(work, wish.text)
    scores = [overlap(wish.text, hit.title) for hit in hits]
    best = max(scores, default=0.0)
    focus = work.memory.product
    alike = [hit for hit in hits if slots.content & set(grams(hit.title))]
    if best >= _NAMED:
        top = [hit for hit, score in zip(hits, scores, strict=True) if score >= best - 0.05]
    elif focus is not None and (slots.refers or _speaks_of(focus.title, wish, alike, work.language)):
        return get(work, focus.id)
    else:
        top = [hit for hit in alike or hits if not _is_another_thing(wish.text, hit.title)]
    if not top:
        work.say("no_such_product")
        return None
    if len(top) == 1:
        return get(work, top[0].product_id)
    show_choice(work, wish, top[:_MOST_CHOICES])
    return None


def _speaks_of(title: str, wish: Wish, alike: Sequence[ProductFacts], language: str) -> bool:
    """Whether a wish that points at nothing is about the product ``title``, spoken of last, and none of ``alike``."""
    if wish.intent == "details":
        # Chinese leaves out what it speaks of: 能机洗吗 is asked of what was spoken of last.
        return not alike or language == "zh"
    # Who asks whether there are umbrellas does not mean the shoes.
    return not alike and not _is_another_thing(wish.text, title)


def _is_another_thing(text: str, title: str) -> bool:
    """Whether ``text`` names goods, and ``title`` names others."""
    named = other_names(text).keys()
    own = {name for one, others in other_names(title).items() for name in (one, *others)}
    return bool(named) and bool(own) and not own & named


def show_choice(work: Work, wish: Wish, products: Sequence[ProductFacts]) -> None:
    """Let the customer choose between products that fit equally well."""
    list_products(work, products)
    work.ask("which_of_these", wish, [one.title for one in products])


def list_products(work: Work, products: Sequence[ProductFacts], *, reasons: bool = False) -> None:
    """One numbered line per product, and its card. ``reasons``: why each is shown stands in its line, too."""
    for number, one in enumerate(products, 1):
        line = work.word("product_line", number=number, title=one.title, **price_parts(work, one))
        if reasons and one.why:
            line += f" ({one.why})" if work.language == "en" else f"（{one.why}）"
        work.say_line("plain", text=line)
        show(work, one)


def show(work: Work, product: ProductFacts) -> None:
    work.draft.products.setdefault(product.product_id, product.why)
    shown = Shown("product", product.product_id, product.title)
    if shown not in work.draft.shown:
        work.draft.shown.append(shown)


def price_parts(work: Work, product: ProductFacts) -> dict[str, str]:
    """Price, rating and stock of a product as parts of a sentence."""
    price = product.price or work.word("no_price")
    if product.price and product.highest_price:
        price = work.word("price_from", price=product.price)
    return {
        "price": price,
        "rating": "" if product.rating is None else work.word("rating_part", rating=f"{product.rating:g}"),
        "stock": "" if product.in_stock else work.word("stock_part_out"),
    }
