"""What the models learn from: labels of pasts written by hand, purchases told twice, carts through time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from insight import InsightSettings, open_carts
from insight.cart_features import cart_states
from insight.customer_features import customer_features
from insight.examples import (
    buys_examples,
    cart_examples,
    item_examples,
    leaves_examples,
    snapshots,
    upset_examples,
    visit_examples,
)
from insight.history import DAY, KINDS, NEVER, Events, History, Lines, Purchases, Voices, microseconds, moment_of
from insight.purchases import Bought, merge_purchases
from insight.wish_features import open_wishes
from store import Database
from store.schema import Event, Order

HOUR = DAY // 24
NOW = 20_000 * DAY
KIND = {name: number for number, name in enumerate(KINDS)}


def events(*rows: tuple[float, int, str, int, int]) -> Events:
    """Rows of (days before now, customer, kind, product, visit)."""
    days, who, kinds, products, visits = zip(*rows, strict=True)
    nothing = np.full(len(rows), -1)
    return Events.sorted(
        at=NOW - (np.array(days) * DAY).astype(np.int64),
        customer=who,
        kind=[KIND[kind] for kind in kinds],
        product=products,
        variant=nothing,
        visit=visits,
        value=np.full(len(rows), 10.0),
        quantity=np.ones(len(rows)),
        found=np.full(len(rows), np.nan),
    )


def purchases(*rows: tuple[float, int]) -> Purchases:
    """Rows of (days before now, customer)."""
    days, who = zip(*rows, strict=True)
    return Purchases.sorted(
        at=NOW - (np.array(days) * DAY).astype(np.int64),
        customer=who,
        amount=np.full(len(rows), 20.0),
        items=np.ones(len(rows)),
        discount=np.zeros(len(rows)),
    )


def shop(**parts: object) -> History:
    known = {"customers": ("A", "B"), "known_until": NOW, "products": ("P", "Q"), "visits": ("v", "w", "x", "y")}
    return History(**(known | parts))  # type: ignore[arg-type]


def test_who_bought_within_the_week_and_who_stayed_away() -> None:
    past = shop(purchases=purchases((200, 0), (100, 0), (5, 0), (190, 1), (110, 1)))
    chosen = InsightSettings(snapshots=3, snapshot_days=60)
    shots = snapshots(past, chosen)
    assert [(NOW - shot.at) // DAY for shot in shots] == [7, 67, 127]
    buys = buys_examples(past, shots, chosen)
    told = {
        (int(who), (NOW - int(at)) // DAY): bool(y)
        for who, at, y in zip(buys.groups, buys.at, buys.labels, strict=True)
    }
    assert told == {(0, 7): True, (1, 7): False, (0, 67): False, (1, 67): False, (0, 127): False, (1, 127): False}
    leaves = leaves_examples(past, shots, chosen)
    told = {
        (int(who), (NOW - int(at)) // DAY): bool(y)
        for who, at, y in zip(leaves.groups, leaves.at, leaves.labels, strict=True)
    }
    # Seven and 67 days ago are too late to know who stays away for 90.
    assert told == {(0, 127): False, (1, 127): False}


def test_whose_opinion_turned_bad() -> None:
    voices = Voices.sorted(at=[NOW - 20 * DAY, NOW - 15 * DAY], customer=[0, 1], is_review=[1, 0], stars=[5.0, 1.0])
    past = shop(purchases=purchases((90, 0), (40, 0), (90, 1), (40, 1)), voices=voices)
    chosen = InsightSettings(snapshots=3, snapshot_days=16)
    found = upset_examples(past, snapshots(past, chosen), chosen)
    assert found.labels.tolist() == [0.0, 1.0]
    assert found.groups.tolist() == [0, 1]


def test_a_visit_is_looked_at_until_its_purchase_and_only_when_it_is_over() -> None:
    past = shop(
        events=events(
            (9.0, 0, "view", 0, 0), (8.99, 0, "cart_add", 0, 0), (8.98, 0, "purchase", -1, 0), (8.97, 0, "view", 1, 0),
            (5.0, 1, "view", 0, 1), (4.99, 1, "view", 1, 1),
            (0.01, 1, "view", 0, 2),
        ),
        purchases=purchases((8.98, 0)),
    )  # fmt: skip
    found = visit_examples(past, InsightSettings())
    assert found.groups.tolist() == [0, 0, 1, 1]
    assert found.labels.tolist() == [1.0, 1.0, 0.0, 0.0]
    assert found.table.column("visit_view").tolist() == [1.0, 1.0, 1.0, 2.0]


def test_an_order_that_no_event_tells_of_counts_for_the_visit_it_was_made_in() -> None:
    past = shop(
        events=events((9.0, 0, "view", 0, 0), (8.99, 0, "view", 1, 0), (7.0, 0, "view", 1, 1)),
        purchases=purchases((8.985, 0)),
    )
    assert visit_examples(past, InsightSettings()).labels.tolist() == [1.0, 1.0, 0.0]


def test_a_cart_is_abandoned_if_it_is_not_bought_in_time() -> None:
    past = shop(
        events=events((20, 0, "cart_add", 0, 0), (10, 1, "cart_add", 1, 1), (1, 0, "cart_add", 1, 2)),
        purchases=purchases((18, 0), (5, 1)),
    )
    found = cart_examples(past, InsightSettings())
    told = {
        (int(who), round((NOW - int(at)) / DAY)): y
        for who, at, y in zip(found.groups, found.at, found.labels, strict=True)
    }
    assert told[0, 20] == 0.0
    assert told[1, 10] == 1.0
    # The last one may still be bought.
    assert (0, 1) not in told


def test_an_item_comes_back_if_that_is_asked_for_in_time() -> None:
    placed = [NOW - 100 * DAY, NOW - 90 * DAY, NOW - 80 * DAY, NOW - 10 * DAY]
    lines = Lines.sorted(
        at=placed, customer=[0, 0, 1, 1], order=[0, 1, 2, 3], product=[0, 0, 0, 0], variant=[0, 0, 0, 0],
        quantity=[1, 1, 1, 1], price=[9.0, 9.0, 9.0, 9.0],
        returned=[NOW - 95 * DAY, NEVER, NOW - 20 * DAY, NOW - 5 * DAY],
    )  # fmt: skip
    found = item_examples(shop(lines=lines), InsightSettings())
    assert found.labels.tolist() == [1.0, 0.0, 0.0]
    # The second was ordered when the first had come back; the third's own late return tells nothing about it.
    share = found.table.column("item_return_share")
    assert share[1] > share[2] > share[0] * 0.9


def test_a_wish_ends_when_it_is_bought_or_taken_out() -> None:
    first = ((9, 0, "cart_add", 0, 0), (8, 0, "cart_add", 1, 0), (7, 0, "purchase", 0, 0))
    past = shop(events=events(*first, (9, 1, "cart_add", 0, 1), (8, 1, "cart_remove", 0, 1)))
    found = open_wishes(past, 30)
    assert list(zip(found.customer.tolist(), found.product.tolist(), strict=True)) == [(0, 1)]
    assert len(open_wishes(past, 3)) == 0


def test_an_order_and_its_event_are_one_purchase_and_the_earlier_counts() -> None:
    minute = 60 * 1_000_000

    def bought(at: int, order: str | None, from_event: bool, amount: float) -> Bought:
        return Bought(0, at, order, from_event, amount, 1, 0.0)

    merged = merge_purchases(
        [
            bought(0, "O1", True, 1.0), bought(30 * minute, "O1", False, 2.0),
            bought(DAY, None, True, 3.0), bought(DAY + minute, "O2", False, 4.0),
            bought(2 * DAY, "O3", False, 5.0), bought(2 * DAY, None, True, 6.0),
            bought(3 * DAY, "O4", False, 7.0), bought(3 * DAY + 60 * minute, None, True, 8.0),
            bought(4 * DAY, None, True, 9.0), bought(4 * DAY + minute, None, True, 10.0),
        ]
    )  # fmt: skip
    assert merged.amount.tolist() == [1.0, 3.0, 5.0, 7.0, 8.0, 9.0, 10.0]


def test_features_say_what_they_mean() -> None:
    past = shop(
        purchases=purchases((100, 0), (70, 0), (10, 0)),
        events=events((3, 0, "view", 0, 0), (2, 0, "view", 0, 1), (2, 0, "cart_add", 0, 1), (40, 1, "search", -1, 2)),
    )
    found = customer_features(past)
    first = {name: float(found.column(name)[0]) for name in found.names}
    assert first["days_since_purchase"] == 10
    assert first["purchase_days"] == 3
    assert first["purchase_days_90"] == 2
    assert first["days_between_purchases"] == 45
    assert first["last_gap"] == 60
    assert first["pause_to_longest"] == 10 / 60
    assert first["view_7"] == 2
    assert first["same_product_viewed_28"] == 2
    assert first["visits_7"] == 2
    assert first["spent"] == 60
    assert np.isnan(found.column("days_since_purchase")[1])
    assert found.column("search_90")[1] == 1


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000))
def test_carts_through_time_end_as_open_carts_sees_them(random_history: Callable[..., History], seed: int) -> None:
    past = random_history(seed, days=20, rows=60)
    past = replace(past, events=past.events.where(past.events.product >= 0))
    with TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{folder}/shop.db")
        with database.write() as records:
            records.add_all(_event_rows(past))
            records.add_all(_order_rows(past))
        end = moment_of(past.known_until)
        found = open_carts(database, end, timedelta(0), lookback=timedelta(days=99), checkout_pause=timedelta(0))
        database.close()
    states = cart_states(past)
    mine = states.rows(states.ends == NEVER)
    told = {
        f"C{who}": (opened, at, pieces, bool(checkout))
        for who, opened, at, pieces, checkout in zip(
            mine.customer, mine.opened, mine.at, mine.pieces, mine.checkout, strict=True
        )
    }
    seen = {
        cart.customer_id: (
            microseconds(cart.opened_at), microseconds(cart.since),
            sum(line.quantity for line in cart.lines), cart.checkout_started,
        )
        for cart in found
    }  # fmt: skip
    assert told == seen


def _event_rows(past: History) -> list[Event]:
    of = past.events
    return [
        Event(
            id=f"e{row:05}", at=moment_of(int(of.at[row])), customer_id=f"C{of.customer[row]}",
            kind=KINDS[of.kind[row]],
            product_id=f"P{of.product[row]}", variant_id=None if of.variant[row] < 0 else f"V{of.variant[row]}",
            quantity=None if of.quantity[row] < 0 else int(of.quantity[row]),
        )
        for row in range(len(of))
        if KINDS[of.kind[row]] != "purchase"
    ]  # fmt: skip


def _order_rows(past: History) -> list[Order]:
    known = {"status": "pending", "currency": "EUR"}
    rows = enumerate(zip(past.purchases.customer.tolist(), past.purchases.at.tolist(), strict=True))
    return [Order(id=f"o{row}", customer_id=f"C{who}", placed_at=moment_of(at), **known) for row, (who, at) in rows]
