from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from insight import OpenCart, open_carts
from store import Database, InputError
from store.schema import Event, Order

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
IDLE = timedelta(hours=2)
_number = iter(range(10**9))


def event(kind: str, hours_ago: float, product: str | None = "P1", **more: object) -> Event:
    known: dict[str, object] = {"customer_id": "C1", "product_id": product, "value_minor": 1_000, "currency": "EUR"}
    at = NOW - timedelta(hours=hours_ago)
    return Event(id=f"e{next(_number):09}", kind=kind, at=at, **(known | more))


def carts(database: Database, *events: Event | Order, at: datetime = NOW) -> list[OpenCart]:
    with database.write() as records:
        records.add_all(events)
    return open_carts(database, at, IDLE)


def lines(found: list[OpenCart]) -> dict[str, int]:
    assert len(found) == 1
    return {line.product_id: line.quantity for line in found[0].lines}


def test_a_cart_left_alone_is_open(any_database: Database) -> None:
    [cart] = carts(any_database, event("view", 6), event("cart_add", 5, quantity=2), event("cart_add", 4, "P2"))
    assert (cart.customer_id, cart.value_minor, cart.currency) == ("C1", 2_000, "EUR")
    assert (cart.opened_at, cart.since) == (NOW - timedelta(hours=5), NOW - timedelta(hours=4))
    assert {line.product_id: line.quantity for line in cart.lines} == {"P1": 2, "P2": 1}
    assert not cart.checkout_started


def test_a_cart_just_touched_is_not_left(database: Database) -> None:
    assert carts(database, event("cart_add", 5), event("cart_add", 1, "P2")) == []
    assert lines(open_carts(database, NOW + timedelta(hours=1), IDLE)) == {"P1": 1, "P2": 1}


def test_a_removal_takes_out_what_it_names(database: Database) -> None:
    found = carts(
        database,
        event("cart_add", 9, quantity=3, value_minor=3_000),
        event("cart_add", 8, "P2", variant_id="M"),
        event("cart_add", 8, "P2", variant_id="L"),
        event("cart_add", 8, "P3", variant_id="M"),
        event("cart_add", 8, "P3", variant_id="L"),
        event("cart_remove", 7, quantity=1),
        event("cart_remove", 6, "P2"),
        event("cart_remove", 5, "P3", variant_id="L"),
        event("cart_remove", 5, "never there"),
    )
    assert lines(found) == {"P1": 2, "P3": 1}
    assert found[0].value_minor == 3_000


def test_an_emptied_cart_is_none(database: Database) -> None:
    assert carts(database, event("cart_add", 9), event("cart_remove", 8)) == []


@pytest.mark.parametrize("product", ["P1", "P2", None])
def test_a_purchase_closes_the_cart_whole(database: Database, product: str | None) -> None:
    bought = event("purchase", 5, product)
    assert carts(database, event("cart_add", 9), event("cart_add", 8, "P2"), bought) == []
    assert lines(carts(database, event("cart_add", 4, "P3"))) == {"P3": 1}


def test_an_order_without_an_event_closes_it_too(database: Database) -> None:
    order = Order(id="O1", customer_id="C1", status="pending", currency="EUR", placed_at=NOW - timedelta(hours=5))
    assert carts(database, event("cart_add", 9), order) == []
    assert lines(carts(database, event("cart_add", 4, "P3"))) == {"P3": 1}


def test_what_happens_in_the_same_second_ends_with_the_purchase(database: Database) -> None:
    bought = event("purchase", 5)
    assert carts(database, bought, event("cart_add", 5)) == []


def test_a_started_checkout_holds_the_cart_back_for_a_while(database: Database) -> None:
    with database.write() as records:
        records.add_all([event("cart_add", 5), event("checkout_start", 3, None)])
    assert open_carts(database, NOW, IDLE, checkout_pause=timedelta(hours=4)) == []
    [cart] = open_carts(database, NOW, IDLE, checkout_pause=timedelta(hours=1))
    assert cart.checkout_started
    assert cart.since == NOW - timedelta(hours=3)


def test_all_devices_of_a_customer_are_one_cart(database: Database) -> None:
    found = carts(
        database,
        event("cart_add", 9, visit_id="phone", anonymous_id="a"),
        event("cart_add", 8, "P2", visit_id="desk", anonymous_id="b"),
        event("cart_remove", 7, "P1", visit_id="desk", anonymous_id="b"),
    )
    assert lines(found) == {"P2": 1}


def test_visitors_without_a_name_and_old_carts_are_left_out(database: Database) -> None:
    assert carts(database, event("cart_add", 9, customer_id=None), event("cart_add", 24 * 40)) == []


def test_customers_are_kept_apart_the_longest_left_first(database: Database) -> None:
    found = carts(
        database, event("cart_add", 4), event("cart_add", 9, customer_id="C2"), event("view", 1, customer_id="C2")
    )
    assert [cart.customer_id for cart in found] == ["C2", "C1"]
    assert [cart.customer_id for cart in open_carts(database, NOW, IDLE, customer_id="C1")] == ["C1"]


def test_a_value_that_is_not_known_is_not_made_up(database: Database) -> None:
    [cart] = carts(database, event("cart_add", 9), event("cart_add", 8, "P2", value_minor=None))
    assert cart.value_minor is None
    [cart] = carts(database, event("cart_remove", 7, "P2"), event("cart_add", 6, "P3", currency="USD"))
    assert (cart.value_minor, cart.currency) == (None, None)


def test_bad_times_are_refused(database: Database) -> None:
    with pytest.raises(InputError, match="time zone"):
        open_carts(database, NOW.replace(tzinfo=None), IDLE)
    with pytest.raises(InputError, match="negative"):
        open_carts(database, NOW, -IDLE)


happenings = st.lists(
    st.tuples(
        st.sampled_from(["cart_add", "cart_remove", "checkout_start", "purchase", "view", "order"]),
        st.integers(-48, 48),
        st.sampled_from(["P1", "P2", None]),
        st.sampled_from(["C1", "C2"]),
    ),
    max_size=15,
)


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = Database.open(f"sqlite:///{tmp_path_factory.mktemp('arena')}/shop.db")
    yield opened
    opened.close()


@settings(max_examples=60, deadline=None)
@given(happenings=happenings)
def test_nothing_after_the_moment_changes_it(
    arena: Database, happenings: list[tuple[str, int, str | None, str]]
) -> None:
    with arena.write() as records:
        records.execute(delete(Event))
        records.execute(delete(Order))

    def write(chosen: list[tuple[str, int, str | None, str]]) -> None:
        with arena.write() as records:
            for kind, hours_ago, product, customer in chosen:
                at = NOW - timedelta(hours=hours_ago)
                if kind == "order":
                    records.add(
                        Order(id=f"o{next(_number)}", customer_id=customer, status="x", currency="EUR", placed_at=at)
                    )
                else:
                    records.add(event(kind, hours_ago, product, customer_id=customer))

    write([one for one in happenings if one[1] >= 0])
    before = open_carts(arena, NOW, IDLE)
    write([one for one in happenings if one[1] < 0])
    assert open_carts(arena, NOW, IDLE) == before
