"""True replies made from looked-up facts, each with its facts marked.

Comes in: the facts that the tools gave in one conversation. Goes out: ``Statement`` records. Used by the ``grounding``
benchmark; knows nothing of how replies are checked.
"""

from __future__ import annotations

import calendar
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from agent.facts import OrderFacts, ProductFacts, ReviewFacts
from store import format_amount

SlotKind = Literal["amount", "date", "id", "name", "status", "number", "text"]
STATUSES = ("pending", "processed", "shipped", "delivered", "cancelled", "lost")
STOCK = ("in stock", "out of stock")
IN_CHINESE = {
    "pending": "待处理",
    "processed": "已处理",
    "shipped": "已发货",
    "delivered": "已送达",
    "cancelled": "已取消",
    "lost": "已丢失",
    "in stock": "有货",
    "out of stock": "缺货",
    "in transit": "运输中",
    "processing": "处理中",
}
MONTHS = list(calendar.month_name)[1:]


@dataclass(frozen=True, slots=True)
class Slot:
    """A fact in a statement: how it is said, and whose it is."""

    kind: SlotKind
    text: str
    record: str
    field: str
    names: bool = False
    """It says which record is spoken of."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A true sentence: ``template`` with ``{0}``, ``{1}`` for its slots."""

    template: str
    slots: tuple[Slot, ...]
    language: str = "en"

    @property
    def text(self) -> str:
        return self.template.format(*(slot.text for slot in self.slots))


@dataclass(frozen=True)
class World:
    """What one conversation has looked up."""

    orders: Sequence[OrderFacts]
    products: Sequence[ProductFacts]
    reviews: Sequence[ReviewFacts]
    spent_minor: int | None


def statements(world: World, language: str, draw: random.Random) -> list[Statement]:
    """All statements that can be made of ``world``, each in one wording drawn from several."""
    made = [*_of_orders(world, language), *_of_products(world, language), *_of_pairs(world, language)]
    by_facts: dict[tuple[Slot, ...], list[Statement]] = {}
    for one in made:
        by_facts.setdefault(tuple(sorted(one.slots, key=str)), []).append(one)
    return [draw.choice(group) for group in by_facts.values()]


def _say(templates: Sequence[str], slots: Sequence[Slot], language: str) -> Iterator[Statement]:
    for template in templates:
        yield Statement(template, tuple(slots), language)


def day_text(day: str, language: str, style: int = 0) -> str:
    year, month, number = (int(part) for part in day.split("-"))
    if language == "zh":
        return f"{year}年{month}月{number}日"
    name = MONTHS[month - 1]
    return (f"{number} {name} {year}", f"{name} {number}, {year}", f"{name} {number}", day)[style % 4]


def _of_orders(world: World, language: str) -> Iterator[Statement]:
    zh = language == "zh"
    for at, order in enumerate(world.orders):
        record = f"order:{order.order_id}"
        it = Slot("id", order.order_id, record, "id", names=True)
        status = Slot("status", IN_CHINESE.get(order.status, order.status) if zh else order.status, record, "status")
        yield from _say(
            ("订单{0}的状态是{1}。", "您的订单{0}目前{1}。")
            if zh
            else (
                "Order {0} is {1}.",
                "Your order {0} is currently {1}.",
                "The status of order {0} is {1}.",
                "{0}: {1}.",
                "Good news about order {0}: it is {1}.",
            ),
            (it, status),
            language,
        )
        yield from _order_days(order, it, language, at)
        total = Slot("amount", order.total, record, "total")
        yield from _say(
            ("订单{0}的总金额是{1}。", "{0}合计{1}。")
            if zh
            else (
                "The total of order {0} is {1}.",
                "Order {0} came to {1}.",
                "Order {0} has a total of {1}.",
                "Order {0}, {1} in total.",
            ),
            (it, total),
            language,
        )
        for payment in order.payments[:1]:
            paid = Slot("amount", payment.amount, record, payment.kind)
            templates = {
                "payment": ("您为订单{0}支付了{1}。",)
                if zh
                else ("You paid {1} for order {0}.", "{1} was charged for order {0}."),
                "refund": ("订单{0}已退款{1}。",) if zh else ("{1} was refunded on order {0}.",),
            }.get(payment.kind, ())
            yield from _say(templates, (it, paid), language)
        yield from _order_lines(order, it, language)


def _order_days(order: OrderFacts, it: Slot, language: str, style: int) -> Iterator[Statement]:
    zh = language == "zh"
    words = {
        "placed": ("您于{1}下单，订单号{0}。",)
        if zh
        else ("Order {0} was placed on {1}.", "You placed order {0} on {1}.", "You ordered {0} on {1}."),
        "shipped": ("订单{0}已于{1}发货。",) if zh else ("Order {0} was shipped on {1}.", "We sent order {0} on {1}."),
        "delivered": ("订单{0}已于{1}送达。",)
        if zh
        else (
            "Order {0} was delivered on {1}.",
            "Order {0} arrived on {1}.",
            "Your parcel for {0} was delivered on {1}.",
        ),
        "promised": ("订单{0}预计{1}送达。",)
        if zh
        else (
            "Order {0} should arrive by {1}.",
            "Delivery of order {0} is promised for {1}.",
            "Order {0} is expected on {1}.",
        ),
    }
    days = {"placed": order.placed}
    for shipment in order.shipments[:1]:
        days |= {name: getattr(shipment, name) for name in ("shipped", "delivered", "promised")}
        if shipment.carrier:
            carrier = Slot("name", shipment.carrier, it.record, "carrier")
            yield from _say(
                ("订单{0}由{1}配送。",) if zh else ("Order {0} travels with {1}.", "The carrier of order {0} is {1}."),
                (it, carrier),
                language,
            )
        if shipment.tracking_ids:
            tracking = Slot("id", shipment.tracking_ids[0], it.record, "tracking")
            yield from _say(
                ("订单{0}的快递单号是{1}。",)
                if zh
                else ("The tracking number of order {0} is {1}.", "You can track order {0} with {1}."),
                (it, tracking),
                language,
            )
    for field, day in days.items():
        if day:
            yield from _say(
                words[field], (it, Slot("date", day_text(day, language, style), it.record, field)), language
            )
    if days["placed"] and days.get("delivered"):
        placed, arrived = (
            Slot("date", day_text(days[one] or "", language, style), it.record, one) for one in ("placed", "delivered")
        )
        if placed.text != arrived.text:
            yield from _say(
                ("订单{0}于{1}下单，{2}送达。",) if zh else ("Order {0} was placed on {1} and delivered on {2}.",),
                (it, placed, arrived),
                language,
            )


def _order_lines(order: OrderFacts, it: Slot, language: str) -> Iterator[Statement]:
    zh = language == "zh"
    for at, line in enumerate(order.lines):
        part = f"line:{order.order_id}:{at}"
        title = Slot("name", line.title, part, "title")
        price = Slot("amount", line.unit_price, part, "unit_price")
        count = Slot("number", str(line.quantity), part, "quantity")
        yield from _say(
            ("订单{0}中的{1}单价是{2}。",)
            if zh
            else ("In order {0}, {1} cost {2} each.", "Order {0} contains {1} at {2} each."),
            (it, title, price),
            language,
        )
        yield from _say(
            ("订单{0}包含{2}件{1}。",) if zh else ("Order {0} contains {2} × {1}.",), (it, title, count), language
        )
        yield from _say(
            ("订单{0}里有{1}。",) if zh else ("Order {0} includes {1}.", "You bought {1} in order {0}."),
            (it, title),
            language,
        )
    if order.address:
        address = Slot("text", order.address, it.record, "address")
        yield from _say(("订单{0}的收货地址是{1}。",) if zh else ("Order {0} goes to {1}.",), (it, address), language)


def _of_products(world: World, language: str) -> Iterator[Statement]:
    zh = language == "zh"
    for product in world.products:
        record = f"product:{product.product_id}"
        it = Slot("name", product.title, record, "title", names=True)
        if product.price and not product.highest_price:
            price = Slot("amount", product.price, record, "price")
            yield from _say(
                ("{0}的价格是{1}。", "{0}售价{1}。")
                if zh
                else (
                    "{0} costs {1}.",
                    "The price of {0} is {1}.",
                    "**{0}** – {1}.",
                    "{0} sells for {1}.",
                    "You can buy {0} for {1}.",
                ),
                (it, price),
                language,
            )
        stock = STOCK[0] if product.in_stock else STOCK[1]
        yield from _say(
            ("{0}目前{1}。",) if zh else ("{0} is {1}.", "{0} is currently {1}."),
            (it, Slot("status", IN_CHINESE[stock] if zh else stock, record, "in_stock")),
            language,
        )
        if product.brand:
            yield from _say(
                ("{0}的品牌是{1}。",) if zh else ("The brand of {0} is {1}.", "{0} is made by {1}."),
                (it, Slot("name", product.brand, record, "brand")),
                language,
            )
        if product.rating is not None and product.review_count > 1:
            rating, count = (
                Slot("number", f"{product.rating:g}", record, "rating"),
                Slot("number", str(product.review_count), record, "review_count"),
            )
            yield from _say(
                ("{0}共有{1}条评价，平均{2}分。",)
                if zh
                else (
                    "{0} has {1} reviews with {2} of 5 stars on average.",
                    "{1} customers rated {0}, on average with {2} stars.",
                ),
                (it, count, rating),
                language,
            )
        for name, value in product.attributes.items():
            if len(value) > 2 and not zh:
                yield from _say(
                    ("The {2} of {0} is {1}.",),
                    (it, Slot("text", value, record, name), Slot("text", name, record, "", names=True)),
                    language,
                )
    for reviews in world.reviews:
        it = Slot("name", reviews.title, f"product:{reviews.product_id}", "title", names=True)
        for quote in (*reviews.liked, *reviews.disliked)[:2]:
            said = Slot("text", quote.text, it.record, "quote")
            yield from _say(
                ("一位买家这样评价{0}：“{1}”",) if zh else ("A reviewer of {0} writes: “{1}”",), (it, said), language
            )
        if reviews.positive > 1 and reviews.title:
            yield from _say(
                ("{0}有{1}条好评。",) if zh else ("{0} has {1} positive reviews.",),
                (it, Slot("number", str(reviews.positive), it.record, "positive_reviews")),
                language,
            )


def _of_pairs(world: World, language: str) -> Iterator[Statement]:
    """Two things in one sentence; sums and differences."""
    zh = language == "zh"
    priced = [one for one in world.products if one.price_minor is not None and not one.highest_price]
    for one, other in combinations(priced[:4], 2):
        if one.currency != other.currency or one.price_minor == other.price_minor:
            continue
        a, b = (Slot("name", p.title, f"product:{p.product_id}", "title", names=True) for p in (one, other))
        pa, pb = (Slot("amount", p.price or "", f"product:{p.product_id}", "price") for p in (one, other))
        yield from _say(
            ("{0}的价格是{1}，{2}的价格是{3}。",)
            if zh
            else ("{0} costs {1} and {2} costs {3}.", "{0} is {1}, while {2} is {3}."),
            (a, pa, b, pb),
            language,
        )
        low, high = (
            ((one, a), (other, b)) if (one.price_minor or 0) < (other.price_minor or 0) else ((other, b), (one, a))
        )
        both = (one.price_minor or 0) + (other.price_minor or 0)
        gap = (high[0].price_minor or 0) - (low[0].price_minor or 0)
        total = Slot("amount", format_amount(both, one.currency), "", "sum")
        less = Slot("amount", format_amount(gap, one.currency), "", "difference")
        yield from _say(
            ("{0}和{1}一共{2}。",) if zh else ("Together, {0} and {1} cost {2}.", "{0} and {1} come to {2} in total."),
            (a, b, total),
            language,
        )
        yield from _say(
            ("{0}比{1}便宜{2}。",) if zh else ("{0} is {2} cheaper than {1}.",), (low[1], high[1], less), language
        )
    shown = [one for one in world.orders if one.placed]
    for first, second in combinations(shown[:3], 2):
        ids = [Slot("id", o.order_id, f"order:{o.order_id}", "id", names=True) for o in (first, second)]
        totals = [Slot("amount", o.total, f"order:{o.order_id}", "total") for o in (first, second)]
        days = [
            Slot("date", day_text(o.placed or "", language), f"order:{o.order_id}", "placed") for o in (first, second)
        ]
        if totals[0].text != totals[1].text:
            yield from _say(
                ("订单{0}的总额是{1}，订单{2}的总额是{3}。",)
                if zh
                else ("Order {0} came to {1} and order {2} to {3}.",),
                (ids[0], totals[0], ids[1], totals[1]),
                language,
            )
        if days[0].text != days[1].text:
            yield from _say(
                ("订单{0}于{1}下单，订单{2}于{3}下单。",)
                if zh
                else ("Order {0} was placed on {1}, order {2} on {3}.",),
                (ids[0], days[0], ids[1], days[1]),
                language,
            )
