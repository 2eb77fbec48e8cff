"""150 English and 150 Chinese queries on the demo shop, half of them with conditions, and which products are right.

What goods are called is written by hand (``queries/demo_shop.yaml``); the wishes are drawn from a seed, and the right
products are those of the category that the records say meet them.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from store import Database
from store.schema import Product

_NAMES = Path(__file__).parent / "queries" / "demo_shop.yaml"
_COLOURS = {
    "black": "黑色", "white": "白色", "grey": "灰色", "blue": "蓝色", "green": "绿色", "red": "红色", "pink": "粉色",
    "brown": "棕色", "navy": "藏青色", "silver": "银色", "yellow": "黄色", "orange": "橙色", "purple": "紫色",
}  # fmt: skip
_FEATURES = {"waterproof": "防水", "organic": "有机", "vegan": "纯素", "rechargeable": "充电式", "lightweight": "轻量"}
_MATERIALS = {"leather": "皮", "cotton": "棉", "polyester": "涤纶"}
_HALF = 75


@dataclass(frozen=True, slots=True)
class Wish:
    """The conditions that a query states."""

    low_minor: int | None = None
    high_minor: int | None = None
    colour: str | None = None
    feature: str | None = None
    without: str | None = None
    in_stock: bool = False

    @property
    def stated(self) -> bool:
        return self != Wish()


@dataclass(frozen=True, slots=True)
class Query:
    """A query, in which language, what it states, and the ids of the right products."""

    text: str
    language: str
    category: str
    wish: Wish
    right: frozenset[str] = field(repr=False)


def translated(database: Database) -> dict[str, dict[str, dict[str, str]]]:
    """The translations of each product, by language."""
    with database.read() as records:
        return {product.id: dict(product.translations) for product in records.scalars(select(Product))}


def describe_in(database: Database, language: str, texts: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
    """Leave the products one language of two: English, which they are written in, or Chinese, of their ``texts``."""
    with database.write() as records:
        for product in records.scalars(select(Product)):
            product.translations = {}
            if language == "zh":
                told = texts[product.id]["zh"]
                product.language, product.title, product.description = "zh", told["title"], told["description"]
                product.category_path = told["category"].split(" / ")
                said = [told.get("attributes", ""), f"颜色：{told['colors']}" if "colors" in told else ""]
                named = [one.partition("：") for some in said for one in some.split("；") if one]
                product.attributes = {name: value or "是" for name, _, value in named}


def demo_queries(database: Database, seed: int = 0) -> list[Query]:
    """The queries for the demo shop in ``database``; each has at least one right product."""
    names: dict[str, list[str]] = yaml.safe_load(_NAMES.read_text(encoding="utf-8"))
    with database.read() as records:
        products = list(records.scalars(select(Product).where(Product.visible).options(selectinload(Product.variants))))
    shelf: dict[str, list[Product]] = {}
    for product in products:
        shelf.setdefault(product.category_path[-1], []).append(product)
    made: list[Query] = []
    for place, language in enumerate(("en", "zh")):
        draw = random.Random(f"{seed} {language}")
        ways = [(category, way.strip()) for category, both in names.items() for way in both[place].split("/")]
        draw.shuffle(ways)
        for category, way in ways[:_HALF]:
            made.append(Query(way, language, category, Wish(), frozenset(one.id for one in shelf[category])))
        with_wish = 0
        while with_wish < _HALF:
            category, way = draw.choice(ways)
            text, wish = _wished(draw, way, language, shelf[category])
            right = frozenset(product.id for product in shelf[category] if _meets(product, wish))
            if right and wish.stated:
                made.append(Query(text, language, category, wish, right))
                with_wish += 1
    return made


def _wished(draw: random.Random, way: str, language: str, goods: list[Product]) -> tuple[str, Wish]:
    """``way`` with conditions in one of the wordings that people use."""
    prices = sorted(variant.price_minor for one in goods for variant in one.variants if variant.price_minor)
    limit = max(round(draw.choice(prices) / 500) * 5, 5)
    higher = limit + draw.choice((10, 20, 50))
    colours = sorted({variant.options.get("color", "") for one in goods for variant in one.variants} & _COLOURS.keys())
    features = sorted({name for one in goods for name in one.attributes} & _FEATURES.keys())
    materials = sorted({one.attributes.get("material", "") for one in goods} & _MATERIALS.keys())
    high, low = limit * 100, limit * 100
    kinds = ["below", "above", "between", "stock"] + ["colour", "not colour"] * bool(colours)
    kind = draw.choice(kinds + ["feature"] * bool(features) + ["without"] * bool(materials))
    english = language == "en"
    if kind == "below":
        form = draw.choice(_BELOW[language])
        return form.format(way=way, limit=limit, words=_chinese_number(limit)), Wish(high_minor=high)
    if kind == "above":
        return draw.choice(_ABOVE[language]).format(way=way, limit=limit), Wish(low_minor=low)
    if kind == "between":
        form = draw.choice(_BETWEEN[language])
        return form.format(way=way, limit=limit, higher=higher), Wish(low_minor=low, high_minor=higher * 100)
    if kind == "stock":
        form = draw.choice(_STOCK[language])
        return form.format(way=way, limit=limit), Wish(high_minor=high, in_stock=True)
    if kind == "colour":
        colour = draw.choice(colours)
        shown = colour if english else _COLOURS[colour]
        form = draw.choice(_COLOUR[language])
        return form.format(way=way, limit=limit, colour=shown), Wish(high_minor=high, colour=colour)
    if kind == "not colour":
        colour = draw.choice(colours)
        shown = colour if english else _COLOURS[colour]
        return draw.choice(_WITHOUT[language]).format(way=way, what=shown), Wish(without=colour)
    if kind == "feature":
        feature = draw.choice(features)
        shown = feature if english else _FEATURES[feature]
        form = draw.choice(_COLOUR[language])
        return form.format(way=way, limit=limit, colour=shown), Wish(high_minor=high, feature=feature)
    material = draw.choice(materials)
    shown = material if english else _MATERIALS[material]
    return draw.choice(_WITHOUT[language]).format(way=way, what=shown), Wish(without=material)


_BELOW = {
    "en": (
        "{way} under {limit} euros",
        "{way} cheaper than €{limit}",
        "{way}, at most {limit} euros please",
        "do you have {way} below {limit}?",
        "{way} for less than {limit} eur",
        "{way} max {limit}€",
    ),
    "zh": (
        "{limit}欧以下的{way}",
        "{way} {limit}以内",
        "不超过{limit}欧元的{way}",
        "{words}块以内的{way}",
        "有没有{limit}块以下的{way}",
        "我想买{way}，预算{limit}欧",
    ),
}
_ABOVE = {
    "en": ("{way} over {limit} euros", "{way} from €{limit} up", "{way}, at least {limit} euros"),
    "zh": ("{limit}欧以上的{way}", "{way}，不低于{limit}欧元"),
}
_BETWEEN = {
    "en": (
        "{way} between {limit} and {higher} euros",
        "{way} from {limit} to {higher} euros",
        "{way} €{limit}-{higher}",
    ),
    "zh": ("{limit}到{higher}欧之间的{way}", "{way} {limit}-{higher}欧元"),
}
_STOCK = {
    "en": ("{way} in stock under {limit} euros", "in-stock {way} up to €{limit}"),
    "zh": ("{way} 有货 {limit}欧以内", "{limit}欧以下有现货的{way}"),
}
_COLOUR = {
    "en": ("{colour} {way} under {limit} euros", "{way}, {colour}, no more than {limit} euros"),
    "zh": ("{limit}欧以下的{colour}{way}", "{colour}的{way} {limit}元以内"),
}
_WITHOUT = {
    "en": ("{way} not {what}", "{way} but no {what}", "{way}, anything but {what}"),
    "zh": ("{way} 不要{what}的", "不要{what}的{way}"),
}


def _meets(product: Product, wish: Wish) -> bool:
    if wish.feature and product.attributes.get(wish.feature) != "yes":
        return False
    material = product.attributes.get("material", "")
    if wish.without and (wish.without in material or product.attributes.get(wish.without) == "yes"):
        return False
    colours = [variant.options.get("color") for variant in product.variants]
    if wish.without in _COLOURS and all(colour == wish.without for colour in colours):
        return False
    return any(
        variant.price_minor is not None
        and (wish.low_minor is None or variant.price_minor >= wish.low_minor)
        and (wish.high_minor is None or variant.price_minor <= wish.high_minor)
        and (wish.colour is None or variant.options.get("color") == wish.colour)
        and (not wish.in_stock or variant.in_stock)
        for variant in product.variants
    )


def _chinese_number(number: int) -> str:
    """``number`` below 10,000 in Chinese characters, as it is written: 105 -> 一百零五."""
    digits, units = "零一二三四五六七八九", ["", "十", "百", "千"]
    written, gap = "", False
    for place, digit in enumerate(str(number)):
        unit = units[len(str(number)) - place - 1]
        if digit == "0":
            gap = bool(written)
            continue
        written += ("零" if gap else "") + digits[int(digit)] + unit
        gap = False
    return written.removeprefix("一") if 10 <= number < 20 else written
