"""The named demo customers: each has just lived through something that a good shop would notice.

Comes in: a world in which everybody has lived. Goes out: more happenings in its log. The stories end minutes, hours or
days before the shop's ``now``; who abandoned a cart lives where it is day, so that quiet hours do not hide the message.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import yaml

from .fulfilment import DAY_S, HOUR_S, Comeback, Line, Order, decide_fate, other_size, shipping_minor
from .people import People, PersonPlan
from .queries import draw_query, draw_vain_query
from .shopper import Shopper
from .vocabulary import Pair, Vocabulary, pair
from .world import Opinion, World, pick_variant

MINUTE_S = 60.0
PAUSE_DAYS = 3
"""Most named customers do nothing by chance in the last days: what happens then is their story."""
_HOMES = {
    "en": (
        ("GB", "Europe/London"),
        ("SG", "Asia/Singapore"),
        ("US", "America/New_York"),
        ("US", "America/Los_Angeles"),
    ),
    "zh": (("CN", "Asia/Shanghai"), ("DE", "Europe/Berlin"), ("US", "America/New_York"), ("US", "America/Los_Angeles")),
}


class Story(NamedTuple):
    """One entry of words/stories.yaml."""

    first: str
    last: str
    language: str
    kind: str
    minutes: int
    note: Pair

    @property
    def pause_days(self) -> int:
        """Days before now in which nothing happens by chance: what happens then is the story."""
        # Who buys every other week comes back to a cart unasked, and a good policy stays silent about it.
        return 75 if self.kind in {"cart", "checkout"} else PAUSE_DAYS


def read_stories() -> tuple[Story, ...]:
    """The stories; the i-th belongs to the i-th customer."""
    raw = yaml.safe_load(files("store.demo").joinpath("words/stories.yaml").read_text("utf-8"))
    return tuple(
        Story(
            entry["first"],
            entry["last"],
            entry["language"],
            entry["story"],
            entry.get("minutes", 60),
            pair(entry["note"]),
        )
        for entry in raw
    )


def cast(story: Story, person: PersonPlan, countries: dict[str, dict[str, Any]], now: datetime) -> PersonPlan:
    """The person who lives the story: name, language, a home where it is day, consents, and how long a customer."""
    country, zone = min(_HOMES[story.language], key=lambda home: abs(_local_hour(home[1], now) - 14))
    city, _, postcode = str(countries[country]["cities"][0]).partition(" ")
    street = countries[country]["streets"][0]
    first = f"{street}88号" if country == "CN" else f"88 {street}"
    mailbox = f"{story.first}.{story.last}".lower() if story.first.isascii() else f"user{person.id[1:]}"
    return replace(
        person,
        first_name=story.first,
        last_name=story.last,
        language=story.language,
        email=f"{mailbox}@example.com",
        phone=f"{countries[country]['phone']} 004{person.id[1:]}",
        country=country,
        time_zone=zone,
        address={"address1": first, "address2": "", "city": city, "state": "", "country": country, "zip": postcode},
        consent_email=True,
        consent_proactive=story.kind != "quiet",
        consent_personal=True,
        created_at=now - (timedelta(hours=2) if story.kind == "new" else timedelta(days=480)),
    )


def prepare(stories: tuple[Story, ...], people: People, vocabulary: Vocabulary) -> None:
    """Named customers come often, and who is to run out of coffee buys none by chance."""
    people.visits_per_year[: len(stories)] = people.visits_per_year[: len(stories)].clip(20, 60)
    for row, story in enumerate(stories):
        if story.kind == "refill":
            people.sub_affinity[row, _shelf(vocabulary, "Coffee beans")] = 0.0


def _shelf(vocabulary: Vocabulary, name: str) -> int:
    return next(sub.index for sub in vocabulary.subs if sub.name.en == name)


def _local_hour(zone: str, now: datetime) -> float:
    local = now.astimezone(ZoneInfo(zone))
    return local.hour + local.minute / 60


class Teller:
    """Adds one customer's story to the log."""

    def __init__(self, world: World, shopper: Shopper, story: Story, seed: int) -> None:
        self.world, self.shopper, self.story = world, shopper, story
        self.text = random.Random(f"{seed}-story-{shopper.row}")
        self.now = world.now
        shopper.until = world.now
        favourite = np.argsort(-shopper.affinity, kind="stable").tolist()
        self.subs: list[int] = favourite

    def tell(self) -> None:
        """Live the last days."""
        self._empty_cart()
        kind, minutes = self.story.kind, self.story.minutes * MINUTE_S
        match kind:
            case "cart" | "quiet":
                self._fill_cart(self.now - minutes - 400, checkout=False)
            case "checkout":
                self._fill_cart(self.now - minutes - 400, checkout=True)
            case "late":
                self._order(self.subs[0], placed_days=14, promised_days=-2.2, delivered_days=3)
            case "new":
                self._browse(self.now - 40 * MINUTE_S, self.subs[0], 4)
            case "looks":
                self._look_again()
            case "vain":
                self._search_in_vain()
            case "price":
                self._view_before_cut()
            case "stock":
                self._view_out_of_stock()
            case "refill":
                self._refill()
            case "review":
                self._complain()
            case "sizes":
                self._send_back_sizes()
            case "pending":
                self._order(self.subs[0], placed_days=0.02, promised_days=6, delivered_days=5)
            case "comeback":
                self._ask_return()
            case "exchange":
                self._ask_exchange()
            case "loyal":
                for days in (6, 19, 33, 51, 76, 104):
                    self._order(
                        self.subs[days % 3], placed_days=days, promised_days=4 - days, delivered_days=3.5 - days
                    )
            case _:
                raise ValueError(f"no such story: {kind}")

    def _empty_cart(self) -> None:
        visit = self._visit()
        at = self.now - (PAUSE_DAYS + 0.1) * DAY_S
        for (product, variant), quantity in list(self.shopper.cart.items()):
            self.shopper.note(at, "cart_remove", visit, product, variant, quantity=quantity)
            at += 7
        self.shopper.cart.clear()

    def _visit(self) -> str:
        self.shopper.visits += 1
        return f"V{1001 + self.shopper.row}-{self.shopper.visits}"

    def _liked(self, sub: int, count: int, *, at: float) -> list[int]:
        """The products of a shelf that the customer likes best and can buy now."""
        shopper, catalog = self.shopper, self.world.catalog
        rows = [row for row in catalog.of_sub[sub].tolist() if row in shopper.allowed and self.world.created[row] < at]
        rows = [row for row in rows if pick_variant(catalog, row, random.Random(row), 0.5) is not None]
        if not rows:
            return self._liked(self.subs[(self.subs.index(sub) + 1) % len(self.subs)], count, at=at)
        return sorted(rows, key=lambda row: -float(shopper.utility[row]))[:count]

    def _browse(self, at: float, sub: int, count: int) -> tuple[str, float, list[int]]:
        visit, rows = self._visit(), self._liked(sub, count, at=at)
        plan = self.world.vocabulary.subs[self.world.catalog.products[rows[0]].sub.index]
        query = draw_query(self.world.vocabulary, self.text, plan, self.story.language, frugal=False, brand="")
        self.shopper.note(at, "search", visit, query=query.strip(), extra={"results": self.text.randint(8, 30)})
        for row in rows:
            at += self.text.uniform(20, 70)
            self.shopper.note(at, "view", visit, row, 0, value_minor=self.world.price_minor(row, 0, at))
        return visit, at + 20, rows

    def _fill_cart(self, at: float, *, checkout: bool) -> None:
        visit, clock, rows = self._browse(at, self.subs[0], 3)
        for row in [rows[0], self._liked(self.subs[1], 1, at=at)[0]]:
            clock = self.shopper.add(clock, visit, row)
        if checkout:
            cart = self.shopper.cart.items()
            goods = sum(self.world.price_minor(product, variant, clock) * count for (product, variant), count in cart)
            self.shopper.note(min(clock, self.now), "checkout_start", visit, value_minor=goods)

    def _order(
        self,
        sub: int,
        *,
        placed_days: float,
        promised_days: float,
        delivered_days: float,
        row: int | None = None,
        quantity: int = 1,
    ) -> Order:
        """An order placed so many days ago; promised and delivered count from now (minus: before)."""
        at = self.now - placed_days * DAY_S
        visit, clock, rows = self._browse(at - 300, sub, 2)
        product = rows[0] if row is None else row
        variant = (
            pick_variant(self.world.catalog, product, self.text, float(self.world.people.size[self.shopper.row])) or 0
        )
        unit = self.world.price_minor(product, variant, clock)
        self.shopper.note(clock, "cart_add", visit, product, variant, quantity=quantity, value_minor=unit * quantity)
        self.shopper.note(clock + 40, "checkout_start", visit, value_minor=unit * quantity)
        clock = min(clock + 120, self.now)
        country = self.shopper.person.country
        order = Order(
            self.shopper.row,
            clock,
            [Line(product, variant, quantity, unit)],
            shipping_minor(unit * quantity, country),
            0,
        )
        decide_fate(self.text, order, transit_days=self.world.days_in_transit[country], now=self.now)
        order.cancelled = None
        order.promised, order.delivered = self.now + promised_days * DAY_S, self.now + delivered_days * DAY_S
        if placed_days > 1:
            order.processed = min(order.processed, order.placed + 8 * HOUR_S)
            order.shipped = min(order.shipped, order.placed + 30 * HOUR_S)
        self.shopper.note(clock, "purchase", visit, order=order, quantity=quantity, value_minor=order.total_minor)
        self.world.log.orders.append(order)
        return order

    def _look_again(self) -> None:
        row = self._liked(self.subs[0], 1, at=self.now - 8 * DAY_S)[0]
        for hours in (150, 98, 51, 27, 3):
            visit, clock, _ = self._browse(self.now - hours * HOUR_S, self.subs[0], 2)
            for _ in range(2):
                self.shopper.note(clock, "view", visit, row, 0, value_minor=self.world.price_minor(row, 0, clock))
                clock += self.text.uniform(60, 240)

    def _search_in_vain(self) -> None:
        visit, at = self._visit(), self.now - 2 * HOUR_S
        query = draw_vain_query(self.world.vocabulary, self.text, self.story.language)
        for words in (query, f"便宜的{query}" if self.story.language == "zh" else f"cheap {query}"):
            self.shopper.note(at, "search", visit, query=words, extra={"results": 0})
            at += 35

    def _view_before_cut(self) -> None:
        world, shopper = self.world, self.shopper
        cut = [row for row, at in enumerate(world.cut) if at is not None and row in shopper.allowed]
        cut = [row for row in cut if pick_variant(world.catalog, row, random.Random(row), 0.5) is not None] or cut
        for row in sorted(cut, key=lambda row: -float(shopper.utility[row]))[:1]:
            at = (world.cut[row] or self.now) - 1.2 * DAY_S
            visit = self._visit()
            for gap in (0, 90, 400):
                shopper.note(at + gap, "view", visit, row, 0, value_minor=world.price_minor(row, 0, at))

    def _view_out_of_stock(self) -> None:
        row = self._liked(self.subs[0], 1, at=self.now - 6 * DAY_S)[0]
        visit, at = self._visit(), self.now - 4 * DAY_S
        for gap in (0, 80):
            price = self.world.price_minor(row, 0, at)
            self.shopper.note(at + gap, "view", visit, row, 0, value_minor=price, extra={"in_stock": False})

    def _refill(self) -> None:
        shelf = _shelf(self.world.vocabulary, "Coffee beans")
        row = self._liked(shelf, 1, at=self.now - 120 * DAY_S)[0]
        for days in (101, 69, 36):
            self._order(shelf, placed_days=days, promised_days=5 - days, delivered_days=4 - days, row=row)

    def _complain(self) -> None:
        order = self._order(self.subs[0], placed_days=9, promised_days=-3, delivered_days=-3.5)
        sub = self.world.catalog.products[order.lines[0].product].sub
        values = tuple(-1.6 - 0.1 * at for at in range(len(sub.aspects)))
        self.world.log.opinions.append(
            Opinion(self.shopper.row, order.lines[0].product, self.now - 2 * HOUR_S, values, False)
        )

    def _send_back_sizes(self) -> None:
        shoes = [sub.index for sub in self.world.vocabulary.subs if sub.size_system == "shoe"]
        for at, days in enumerate((150, 88, 41)):
            order = self._order(shoes[at], placed_days=days, promised_days=8 - days, delivered_days=7 - days)
            requested = self.now - (days - 9) * DAY_S
            order.comebacks.append(Comeback(0, "return", "small", requested, finished=True))
        self._browse(self.now - 3 * HOUR_S, shoes[0], 2)

    def _ask_exchange(self) -> None:
        shoes = [sub for sub in self.subs if self.world.vocabulary.subs[sub].size_system == "shoe"]
        order = self._order(shoes[0], placed_days=13, promised_days=-5, delivered_days=-6)
        line = order.lines[0]
        other = other_size(self.world.catalog, line, 1) or other_size(self.world.catalog, line, -1)
        order.comebacks.append(
            Comeback(0, "exchange", "small", self.now - 0.8 * DAY_S, finished=False, new_variant=other)
        )

    def _ask_return(self) -> None:
        order = self._order(self.subs[0], placed_days=12, promised_days=-4, delivered_days=-5)
        order.comebacks.append(Comeback(0, "return", "poor", self.now - 1.1 * DAY_S, finished=False))
