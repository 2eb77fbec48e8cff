"""How customers behave: what docs/demo-shop.md promises can be found in the rows that the shop sees."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime

import numpy as np

from store.demo.build import DemoShop
from store.demo.fulfilment import DAY_S
from store.demo.shopper import Shopper


def _category(shop: DemoShop, product: int) -> int:
    return shop.world.catalog.products[product].sub.category


def test_purchases_lie_in_the_customers_favourite_categories(drawn: DemoShop) -> None:
    bought: dict[int, list[int]] = defaultdict(list)
    viewed: dict[int, Counter[int]] = defaultdict(Counter)
    half = drawn.world.now - 180 * DAY_S
    for happening in drawn.world.log.happenings:
        if happening.kind == "view" and happening.customer >= 0 and happening.at < half:
            viewed[happening.customer][_category(drawn, happening.product)] += 1
    for order in drawn.world.log.orders:
        if order.placed >= half:
            bought[order.customer] += [_category(drawn, line.product) for line in order.lines]
    best = {who: dict(counts.most_common(2)) for who, counts in viewed.items()}
    hits = [category in best[who] for who, all_ in bought.items() if who in best for category in all_]
    assert len(hits) > 200
    # By chance 2 of 12 categories would hold 17 % of later purchases.
    assert np.mean(hits) > 0.5


def test_price_sensitive_customers_buy_cheaper_things(drawn: DemoShop) -> None:
    paid: dict[int, list[float]] = defaultdict(list)
    for order in drawn.world.log.orders:
        paid[order.customer] += [float(drawn.world.catalog.log_price[line.product]) for line in order.lines]
    who = [customer for customer, prices in paid.items() if len(prices) >= 3]
    sensitivity = np.log(drawn.world.people.price_sensitivity[who])
    assert np.corrcoef(sensitivity, [np.mean(paid[one]) for one in who])[0, 1] < -0.3


def test_seasons_show(drawn: DemoShop) -> None:
    sandals = next(sub.index for sub in drawn.vocabulary.subs if sub.name.en == "Sandals")
    months: Counter[int] = Counter()
    for happening in drawn.world.log.happenings:
        by_customer = happening.kind == "view" and happening.customer >= 0
        if by_customer and drawn.world.catalog.sub[happening.product] == sandals:
            months[datetime.fromtimestamp(happening.at, UTC).month] += 1
    assert months[5] + months[6] + months[7] > 2 * (months[11] + months[12] + months[1])


def test_people_come_in_their_evening_not_in_their_night(drawn: DemoShop) -> None:
    world = drawn.world
    offsets = {row: Shopper(world, row, 0, until=world.now).offset for row in range(len(world.people.persons))}
    hours: Counter[int] = Counter()
    for happening in world.log.happenings:
        if happening.customer >= len(drawn.stories):
            hours[int((happening.at + offsets[happening.customer]) % DAY_S // 3600)] += 1
    assert sum(hours[hour] for hour in (19, 20, 21)) > 10 * sum(hours[hour] for hour in (2, 3, 4))


def test_a_late_parcel_costs_customers(drawn: DemoShop) -> None:
    again: dict[bool, list[bool]] = {True: [], False: []}
    orders: dict[int, list[float]] = defaultdict(list)
    for order in drawn.world.log.orders:
        orders[order.customer].append(order.placed)
    for order in drawn.world.log.orders:
        old = order.placed < drawn.world.now - 120 * DAY_S
        if old and not order.cancelled and order.customer >= len(drawn.stories):
            again[order.late].append(any(placed > order.placed for placed in orders[order.customer]))
    assert len(again[True]) > 30
    assert np.mean(again[True]) < np.mean(again[False])


def test_consumables_are_bought_again_after_their_time(drawn: DemoShop) -> None:
    gaps: list[float] = []
    last: dict[tuple[int, int], tuple[float, int]] = {}
    for order in drawn.world.log.orders:
        for line in order.lines:
            cycle = drawn.world.catalog.products[line.product].sub.cycle_days
            before = last.get((order.customer, line.product))
            if cycle and before:
                gaps.append((order.placed - before[0]) / DAY_S / (cycle * before[1]))
            if cycle and not order.cancelled:
                last[order.customer, line.product] = (order.placed, line.quantity)
    assert len(gaps) > 30
    assert 0.7 < np.median(gaps) < 1.6


def test_a_view_before_a_price_cut_shows_the_old_price(drawn: DemoShop) -> None:
    world = drawn.world
    seen = {"before": 0, "after": 0}
    for happening in world.log.happenings:
        cut = world.cut[happening.product] if happening.product >= 0 else None
        if happening.kind == "view" and cut is not None:
            variant = world.catalog.products[happening.product].variants[0]
            before = happening.at < cut
            assert happening.value_minor == (variant.was_minor if before else variant.price_minor)
            assert variant.price_minor < variant.was_minor == variant.compare_at_minor
            seen["before" if before else "after"] += 1
    assert min(seen.values()) > 5


def test_only_what_is_shown_and_sold_there_is_bought(drawn: DemoShop) -> None:
    restricted = 0
    for order in drawn.world.log.orders:
        country = drawn.world.people.persons[order.customer].country
        for line in order.lines:
            plan = drawn.world.catalog.products[line.product]
            assert plan.visible
            assert plan.countries is None or country in plan.countries
            assert order.placed >= plan.created_at.timestamp()
            restricted += plan.countries is not None
    assert restricted > 10
    assert sum(not plan.visible for plan in drawn.world.catalog.products) > 0


def test_what_runs_small_comes_back_as_too_small(drawn: DemoShop) -> None:
    fit = drawn.world.catalog.fit
    back: dict[str, list[float]] = defaultdict(list)
    for order in drawn.world.log.orders:
        for comeback in order.comebacks:
            back[comeback.reason].append(float(fit[order.lines[comeback.line].product]))
    assert np.mean(back["small"]) > 0.3
    assert np.mean(back["large"]) < -0.3


def test_carts_are_left_but_not_all(drawn: DemoShop) -> None:
    kinds = Counter(happening.kind for happening in drawn.world.log.happenings)
    assert kinds["view"] > kinds["cart_add"] > kinds["checkout_start"] > kinds["purchase"] > 0
    assert 0.4 < kinds["purchase"] / kinds["checkout_start"] < 0.95
    assert kinds["cart_remove"] > 0
    assert kinds["search"] > 0
