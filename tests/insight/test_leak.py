"""Nothing that comes later changes what was known: the property that makes a forecast honest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from insight.cart_features import Carts, cart_features, cart_states
from insight.customer_features import customer_features
from insight.examples import fitted_rates
from insight.history import DAY, NEVER, History
from insight.item_features import item_features
from insight.learning import Table
from insight.visit_features import VisitMoments, visit_features
from insight.wish_features import open_wishes, wish_features
from store.schema import Conversation, Event, Message, Order, OrderLine, Review

Maker = Callable[..., History]
Adder = Callable[[History, History], History]
seeds = st.integers(0, 10_000)
cuts = st.integers(1, 60 * 24)
few = settings(max_examples=40, deadline=None)


def same(one: Table, other: Table) -> None:
    assert one.names == other.names
    # Running sums differ in their last bit when more rows come after.
    np.testing.assert_allclose(one.values, other.values, rtol=1e-12, atol=1e-9)


@few
@given(seed=seeds, hours=cuts)
def test_what_happens_later_changes_no_feature_of_a_customer(
    random_history: Maker, with_more: Adder, seed: int, hours: int
) -> None:
    past = random_history(seed)
    at = past.known_until - hours * DAY // 24
    known = past.until(at)
    # After `at` anything may happen besides what did happen there.
    longer = with_more(past, random_history(seed + 1, begin=at, days=90, rows=120))
    rates = fitted_rates(known)
    same(customer_features(known, rates), customer_features(longer.until(at), rates))
    wishes = open_wishes(known, 30)
    same(wish_features(known, wishes), wish_features(longer.until(at), open_wishes(longer.until(at), 30)))


@few
@given(seed=seeds, hours=cuts)
def test_visits_carts_and_items_of_before_look_the_same_in_a_longer_past(
    random_history: Maker, seed: int, hours: int
) -> None:
    whole = random_history(seed)
    at = whole.known_until - hours * DAY // 24
    known = whole.until(at)
    events = known.events
    moments = VisitMoments(events.customer, events.visit, events.at)
    same(visit_features(known, moments), visit_features(whole, moments))

    then, later = cart_states(known), cart_states(whole)
    earlier = later.rows(later.at <= at)
    assert carts_as_known(then, at) == carts_as_known(earlier, at)
    same(cart_features(known, then, then.at), cart_features(whole, earlier, earlier.at))

    rows = np.arange(len(known.lines))
    same(item_features(known, rows, shop_share=0.1), item_features(whole, rows, shop_share=0.1))


def carts_as_known(carts: Carts, at: int) -> dict[str, list[float]]:
    columns = {one.name: getattr(carts, one.name) for one in fields(carts)}
    columns["ends"] = np.where(carts.ends <= at, carts.ends, NEVER)
    return {name: np.nan_to_num(values, nan=-1.0).tolist() for name, values in columns.items()}


def test_a_forecast_of_the_past_stays_what_it_was_when_more_happens(trained) -> None:  # type: ignore[no-untyped-def]
    """The same through the records, with a row of every kind that the shop can get."""
    now = trained.insight.trained_at
    at = now - timedelta(days=20)
    someone = trained.insight.rank("buys_7_days", 1, at=at)[0].customer_id
    before = trained.insight.customer(someone, at)
    later = now - timedelta(days=10)
    with trained.database.write() as records:
        known = records.query(OrderLine).first()
        assert known is not None
        records.add_all(
            [
                Event(id="later-1", kind="cart_add", at=later, customer_id=someone, product_id=known.product_id),
                Event(id="later-2", kind="purchase", at=later, customer_id=someone, value_minor=100, currency="EUR"),
                Order(id="later", customer_id=someone, status="pending", currency="EUR", placed_at=later),
                Review(id="later", product_id="P", customer_id=someone, stars=1, text="bad", written_at=later),
                Conversation(id="later", customer_id=someone, started_at=later),
            ]
        )
        records.flush()
        records.add(Message(id="later", conversation_id="later", position=0, role="customer", text="Bad!", at=later))
    try:
        assert trained.insight.customer(someone, at) == before
        # And they do count once they have happened.
        assert trained.insight.customer(someone, later + timedelta(days=1)) != before
    finally:
        with trained.database.write() as records:
            for table in (Message, Conversation, Review, Order):
                records.execute(delete(table).where(table.id == "later"))
            records.execute(delete(Event).where(Event.id.in_(["later-1", "later-2"])))
