"""How customers behave: visits, searches, views, carts and purchases over a year.

Comes in: a ``World``. Goes out: what happens, in its log. The model, with its formulas, is described in
docs/demo-shop.md; nothing in the shop's program may read this module's hidden values.
"""

from __future__ import annotations

import heapq
import math
import random
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from .fulfilment import DAY_S, HOUR_S, Line, Order, decide_comebacks, decide_fate, shipping_minor
from .people import YEAR_DAYS
from .queries import draw_query, draw_vain_query
from .world import NOTHING, Happening, Opinion, World, form_opinion, pick_variant


class Shopper:
    """One customer's year in the shop."""

    def __init__(self, world: World, row: int, seed: int, *, until: float, loyal: bool = False) -> None:
        self.world, self.row, self.until = world, row, until
        people = world.people
        self.person = people.persons[row]
        self.text = random.Random(f"{seed}-shopper-{row}")
        self.readiness = float(people.readiness[row])
        self.dropout = 0.0 if loyal else float(people.dropout[row])
        self.search_share = float(people.search_share[row])
        self.frugal = bool(people.price_sensitivity[row] > 1.2)
        self.response = float(people.response[row])
        self.tries_two = bool(people.tries_two[row])
        self.utility = people.utility[row]
        self.affinity = people.sub_affinity[row]
        self.monthly = [np.cumsum(self.affinity * world.season[:, month]).tolist() for month in range(12)]
        self.weights: dict[int, dict[int, float]] = {}
        self.shelves: dict[int, tuple[float, float]] = {}
        self.cart: dict[tuple[int, int], int] = {}
        self.cart_since = 0.0
        self.visits = 0
        self.due: list[tuple[float, int, int]] = []
        self.lost_at = math.inf
        offset = ZoneInfo(self.person.time_zone).utcoffset(datetime.fromtimestamp(world.start, UTC))
        self.offset = offset.total_seconds() if offset else 0.0
        self.evening = self.text.gauss(20.3, 1.2)
        self.allowed = world.sold_to(self.person.country)

    def live(self) -> None:
        """All visits of the year, in order of time, until the customer is lost."""
        for at in self._planned_visits():
            heapq.heappush(self.due, (at, -1, -1))
        while self.due:
            at, sub, product = heapq.heappop(self.due)
            if at < min(self.until, self.lost_at):
                self._visit(at, sub, product)

    def _planned_visits(self) -> list[float]:
        world, text = self.world, self.text
        joined = max(self.person.created_at.timestamp(), world.start)
        rate = float(world.people.visits_per_year[self.row]) / YEAR_DAYS
        visits: list[float] = [joined + text.uniform(60, 900)] if joined > world.start else []
        for day in range(world.day(joined), YEAR_DAYS):
            lift = 1 + 1.5 * self.response if world.on_sale[day] else 1.0
            if text.random() < rate * lift * world.weekday[day]:
                moment = self._leisure(world.start + day * DAY_S)
                if moment > joined:
                    visits.append(moment)
        return visits

    def _leisure(self, at: float) -> float:
        """A time on the day of ``at`` when this customer has leisure: most often the evening, else about noon."""
        text = self.text
        hour = text.gauss(self.evening, 1.6) if text.random() < 0.62 else text.gauss(12.6, 2.4)
        return (at // DAY_S) * DAY_S - self.offset + (hour % 24) * HOUR_S + text.uniform(0, 600)

    def _visit(self, at: float, sub: int, product: int) -> None:
        text, world = self.text, self.world
        self.visits += 1
        visit = f"V{1001 + self.row}-{self.visits}"
        clock = at
        if self.cart and self._finish_old_cart(visit, at):
            return
        if sub < 0 or (product < 0 and text.random() < 0.1):
            sub = self._draw_sub(at)
        if product < 0 and text.random() < 0.035:
            query = draw_vain_query(world.vocabulary, text, self.person.language)
            self.note(clock, "search", visit, query=query, extra={"results": 0})
            if text.random() < 0.6:
                return
            clock += text.uniform(8, 40)
        rows = [row for row in self._choices(sub, at) if row != product]
        if product >= 0:
            rows.insert(0, product)
        elif rows and text.random() < self.search_share:
            clock = self._search(clock, visit, sub, rows[0])
        clock, row, desire = self._view(clock, visit, rows)
        if row is None:
            return
        # An unfinished wish brings the customer back to the same shelf within days.
        if desire < 0.5 and text.random() < 0.3:
            later = self._leisure(at + text.uniform(0.6, 4) * DAY_S)
            heapq.heappush(self.due, (max(later, clock + 3 * HOUR_S), sub, -1))
        known = 1.6 if product >= 0 else 0.0
        if text.random() < _logistic(-1.0 + self.readiness + 1.1 * desire + known + self._sale_push(at)):
            self._buy(clock, visit, row, known)

    def _finish_old_cart(self, visit: str, at: float) -> bool:
        text = self.text
        age_days = (at - self.cart_since) / DAY_S
        if age_days < 5 and text.random() < 0.5:
            self._check_out(at + text.uniform(10, 60), visit)
            return True
        if text.random() < 0.3:
            clock = at
            for product, variant in list(self.cart):
                quantity = self.cart.pop((product, variant))
                self.note(clock, "cart_remove", visit, product, variant, quantity=quantity)
                clock += text.uniform(3, 20)
        return False

    def _draw_sub(self, at: float) -> int:
        cumulative = self.monthly[self.world.month[self.world.day(at)]]
        return self.text.choices(range(len(cumulative)), cum_weights=cumulative)[0]

    def _choices(self, sub: int, at: float) -> list[int]:
        """Products of the shelf in the order in which the customer opens them: softmax of utility, no repeats."""
        text, world = self.text, self.world
        if sub not in self.weights:
            shelf = world.catalog.of_sub[sub]
            mine = np.exp(self.utility[shelf] - self.utility[shelf].max())
            pairs = zip(shelf.tolist(), mine.tolist(), strict=True)
            self.weights[sub] = {row: weight for row, weight in pairs if row in self.allowed}
        of = self.weights[sub]
        wanted = 1 + min(11, int(text.expovariate(1 / 3.2)))
        # Exponential race: the smallest -log(u)/w come first, which draws without replacement in proportion to w.
        race = sorted((text.expovariate(1.0) / weight, row) for row, weight in of.items() if world.created[row] < at)
        return [row for _, row in race[:wanted]]

    def _search(self, clock: float, visit: str, sub: int, row: int) -> float:
        text, world = self.text, self.world
        plan = world.vocabulary.subs[sub]
        for _ in range(1 if text.random() < 0.8 else 2):
            brand = world.catalog.products[row].brand.name
            query = draw_query(world.vocabulary, text, plan, self.person.language, frugal=self.frugal, brand=brand)
            self.note(clock, "search", visit, query=query, extra={"results": text.randint(4, 36)})
            clock += 5 + text.expovariate(1 / 25)
        return clock

    def _view(self, clock: float, visit: str, rows: list[int]) -> tuple[float, int | None, float]:
        """View the products. Returns the time then, the one in stock wanted most, and how much (about N(0, 1))."""
        text, world = self.text, self.world
        best: int | None = None
        desire = -9.0
        for row in rows:
            variants = world.catalog.products[row].variants
            stocked = any(variant.stock > 0 and variant.available for variant in variants)
            extra = NOTHING if stocked else {"in_stock": False}
            self.note(clock, "view", visit, row, 0, value_minor=world.price_minor(row, 0, clock), extra=extra)
            clock += 6 + text.expovariate(1 / 55)
            wish = self._wish(row) + text.gauss(0, 0.5)
            if stocked and wish > desire:
                best, desire = row, wish
        return clock, best, desire

    def _wish(self, row: int) -> float:
        """How far the product stands out on its shelf for this customer, in deviations, less what one hopes for."""
        sub = self.world.catalog.products[row].sub.index
        if sub not in self.shelves:
            shelf = self.utility[self.world.catalog.of_sub[sub]]
            self.shelves[sub] = (float(shelf.mean()), float(shelf.std()) + 0.5)
        mean, spread = self.shelves[sub]
        return (float(self.utility[row]) - mean) / spread - 1.1

    def _sale_push(self, at: float) -> float:
        return 0.9 * self.response if self.world.on_sale[self.world.day(at)] else 0.0

    def _buy(self, clock: float, visit: str, row: int, known: float) -> None:
        text = self.text
        clock = self.add(clock, visit, row)
        if text.random() < 0.3:
            others = [other for other in self._choices(self._draw_sub(clock), clock) if other != row]
            for other in others[: text.choice((1, 1, 2))]:
                self.note(clock, "view", visit, other, 0, value_minor=self.world.price_minor(other, 0, clock))
                clock = self.add(clock + text.uniform(10, 60), visit, other)
        if len(self.cart) > 1 and text.random() < 0.12:
            product, variant = text.choice(list(self.cart))
            self.note(clock, "cart_remove", visit, product, variant, quantity=self.cart.pop((product, variant)))
            clock += text.uniform(4, 30)
        if self.cart and text.random() < _logistic(0.35 + 0.6 * self.readiness + known):
            self._check_out(clock, visit)

    def add(self, clock: float, visit: str, row: int) -> float:
        """Put the product into the cart, in the customer's size (or two of them). Returns the time then."""
        variant = pick_variant(self.world.catalog, row, self.text, float(self.world.people.size[self.row]))
        if variant is None:
            return clock
        plan = self.world.catalog.products[row]
        quantity = self.text.choice((1, 1, 2, 3)) if plan.sub.cycle_days else 1
        if not self.cart:
            self.cart_since = clock
        chosen = [variant]
        if self.tries_two and plan.sub.size_system and self.text.random() < 0.6:
            nearby = variant + 1
            if (
                nearby < len(plan.variants)
                and plan.variants[nearby].color == plan.variants[variant].color
                and plan.variants[nearby].stock
            ):
                chosen.append(nearby)
        for each in chosen:
            key = (row, each)
            self.cart[key] = self.cart.get(key, 0) + quantity
            price = self.world.price_minor(row, each, clock)
            self.note(clock, "cart_add", visit, row, each, quantity=quantity, value_minor=price * quantity)
            clock += 5 + self.text.expovariate(1 / 30)
        return clock

    def _check_out(self, clock: float, visit: str) -> None:
        text = self.text
        goods = sum(
            self.world.price_minor(product, variant, clock) * count for (product, variant), count in self.cart.items()
        )
        self.note(clock, "checkout_start", visit, value_minor=goods)
        clock += 40 + text.expovariate(1 / 90)
        if text.random() < 0.8 and clock <= self.until:
            self._purchase(clock, visit)

    def _purchase(self, clock: float, visit: str) -> None:
        world, text = self.world, self.text
        lines = [
            Line(product, variant, quantity, world.price_minor(product, variant, clock))
            for (product, variant), quantity in self.cart.items()
        ]
        self.cart.clear()
        goods = sum(line.quantity * line.unit_minor for line in lines)
        discount = goods // 10 if world.on_sale[world.day(clock)] else 0
        order = Order(self.row, clock, lines, shipping_minor(goods, self.person.country), discount)
        decide_fate(text, order, transit_days=world.days_in_transit[self.person.country], now=world.now)
        self.note(
            clock,
            "purchase",
            visit,
            order=order,
            quantity=sum(line.quantity for line in lines),
            value_minor=order.total_minor,
        )
        world.log.orders.append(order)
        if not order.cancelled:
            self._after(order)

    def _after(self, order: Order) -> None:
        """The parcel comes (or is late), the customer has an opinion, and may stay away for ever."""
        world, text = self.world, self.text
        means: list[float] = []
        twice = {
            index
            for index, line in enumerate(order.lines)
            if index
            and order.lines[index - 1].product == line.product
            and world.catalog.products[line.product].sub.size_system
        }
        for line in order.lines:
            values = form_opinion(world, self.row, line.product, text)
            means.append(sum(values) / len(values))
            if order.delivered < world.now and text.random() < 0.25 + 0.5 * float(world.people.review_rate[self.row]):
                at = order.delivered + text.uniform(0.5, 25) * DAY_S
                if at < world.now:
                    world.log.opinions.append(Opinion(self.row, line.product, at, values, order.late))
            sub = world.catalog.products[line.product].sub
            if sub.cycle_days and means[-1] > -0.6 and text.random() < 0.65:
                used_up = order.delivered + sub.cycle_days * line.quantity * text.uniform(0.8, 1.15) * DAY_S
                heapq.heappush(self.due, (max(self._leisure(used_up), order.delivered), sub.index, line.product))
        decide_comebacks(text, order, world.catalog, means, tries_two=twice, now=world.now)
        unhappy = 0.12 * order.late + 0.1 * (min(means) < -1.0)
        if text.random() < (self.dropout + unhappy if self.dropout else 0.0):
            # The parcel has to come (late, or with a disappointment in it) before it can drive anybody away.
            self.lost_at = min(self.lost_at, order.delivered)

    def note(
        self,
        at: float,
        kind: str,
        visit: str,
        product: int = -1,
        variant: int = -1,
        order: Order | None = None,
        quantity: int | None = None,
        value_minor: int | None = None,
        query: str | None = None,
        extra: dict[str, Any] = NOTHING,
    ) -> None:
        """Log what the customer does at ``at``, unless that is after the end of what is to be lived."""
        if at <= self.until:
            self.world.log.happenings.append(
                Happening(at, kind, self.row, visit, product, variant, order, quantity, value_minor, query, extra)
            )


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))
