"""The named customers: what their note says can be seen in the shop's rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from store import Database
from store.demo import DemoReport, demo_customers
from store.demo.catalog import make_catalog
from store.demo.people import make_people
from store.demo.stories import cast, read_stories
from store.demo.vocabulary import read_vocabulary
from store.schema import Customer, Event, Order, Product, Review, Shipment

Small = tuple[Database, Path, DemoReport]


def _of(database: Database, story: str) -> list[Customer]:
    with database.read() as session:
        all_ = session.scalars(select(Customer)).all()
    chosen = [one for one in all_ if one.extra.get("demo", {}).get("story") == story]
    assert chosen
    return chosen


def _events(database: Database, customer: Customer, *kinds: str) -> list[Event]:
    with database.read() as session:
        query = select(Event).where(Event.customer_id == customer.id).order_by(Event.at, Event.id)
        return [event for event in session.scalars(query) if not kinds or event.kind in kinds]


def _orders(database: Database, customer: Customer) -> list[Order]:
    with database.read() as session:
        orders = session.scalars(select(Order).where(Order.customer_id == customer.id).order_by(Order.placed_at)).all()
        for order in orders:
            assert order.lines
            assert order.payments is not None
            _ = order.returns, order.shipments
        return list(orders)


@pytest.mark.parametrize("story", ["cart", "checkout", "quiet"])
def test_an_open_cart_was_left_hours_ago_by_somebody_awake(small: Small, now: datetime, story: str) -> None:
    database = small[0]
    for customer in _of(database, story):
        last = _events(database, customer)[-1]
        assert last.kind == ("checkout_start" if story == "checkout" else "cart_add")
        assert timedelta(minutes=30) < now - last.at < timedelta(hours=5)
        assert customer.consent_proactive == (story != "quiet")
        assert 8 <= now.astimezone(ZoneInfo(customer.time_zone)).hour <= 20


def test_whenever_the_demo_starts_its_named_customers_are_awake() -> None:
    vocabulary = read_vocabulary()
    start = datetime(2026, 11, 23, tzinfo=UTC)
    catalog = make_catalog(vocabulary, seed=0, now=start, scale=0.01)
    person = make_people(vocabulary, catalog, seed=0, now=start, scale=0.01).persons[0]
    for hour in range(24):
        now = start + timedelta(hours=hour)
        for story in read_stories():
            home = cast(story, person, vocabulary.people["countries"], now)
            assert 9 <= now.astimezone(ZoneInfo(home.time_zone)).hour <= 20, (hour, home.time_zone)
            assert home.country in vocabulary.people["countries"]


def test_the_late_parcel_is_under_way_and_overdue(small: Small, now: datetime) -> None:
    database, _, report = small
    for customer in _of(database, "late"):
        late = [
            parcel
            for order in _orders(database, customer)
            for parcel in order.shipments
            if parcel.delivered_at is None and parcel.promised_at and parcel.promised_at < now
        ]
        assert late
        assert all(parcel.status == "delayed" and parcel.tracking_ids for parcel in late)
    with database.read() as session:
        assert len(session.scalars(select(Shipment).where(Shipment.status == "delayed")).all()) == report.late_parcels


def test_the_new_customer_has_only_looked(small: Small, now: datetime) -> None:
    (customer,) = _of(small[0], "new")
    assert customer.created_at is not None
    assert now - customer.created_at < timedelta(hours=3)
    assert not _orders(small[0], customer)
    assert {event.kind for event in _events(small[0], customer)} == {"search", "view"}


def test_looking_again_and_again_at_one_product(small: Small, now: datetime) -> None:
    (customer,) = _of(small[0], "looks")
    recent = [event.product_id for event in _events(small[0], customer, "view") if event.at > now - timedelta(days=7)]
    assert max(recent.count(product) for product in set(recent)) >= 8
    assert not [one for one in _events(small[0], customer, "cart_add") if one.at > now - timedelta(days=7)]


def test_searching_in_vain(small: Small, now: datetime) -> None:
    (customer,) = _of(small[0], "vain")
    last = _events(small[0], customer)[-2:]
    assert [(event.kind, event.extra["results"]) for event in last] == [("search", 0), ("search", 0)]


def test_a_price_fell_since_it_was_viewed(small: Small) -> None:
    (customer,) = _of(small[0], "price")
    view = _events(small[0], customer, "view")[-1]
    with small[0].read() as session:
        product = session.get(Product, view.product_id)
        assert product is not None
        assert (product.variants[0].price_minor or 0) < (view.value_minor or 0) == product.variants[0].compare_at_minor


def test_what_was_out_of_stock_is_there_again(small: Small) -> None:
    (customer,) = _of(small[0], "stock")
    view = [event for event in _events(small[0], customer, "view") if event.extra.get("in_stock") is False][-1]
    with small[0].read() as session:
        product = session.get(Product, view.product_id)
        assert product is not None
        assert any(variant.in_stock for variant in product.variants)


def test_coffee_was_bought_every_month_and_is_due(small: Small, now: datetime) -> None:
    (customer,) = _of(small[0], "refill")
    with small[0].read() as session:
        coffee = {one.id for one in session.scalars(select(Product)) if one.category_path[-1] == "Coffee beans"}
    bought = [order.placed_at for order in _orders(small[0], customer) if order.lines[0].product_id in coffee]
    assert len(bought) >= 3
    assert bought[-1] is not None
    assert timedelta(days=32) < now - bought[-1] < timedelta(days=40)


def test_a_bad_review_was_just_written(small: Small, now: datetime) -> None:
    (customer,) = _of(small[0], "review")
    with small[0].read() as session:
        query = select(Review).where(Review.customer_id == customer.id).order_by(Review.written_at.desc())
        review = session.scalars(query).first()
    assert review is not None
    assert review.stars == 1
    assert review.written_at is not None
    assert now - review.written_at < timedelta(hours=3)


@pytest.mark.parametrize(
    ("story", "status"), [("pending", "pending"), ("comeback", "return requested"), ("exchange", "exchange requested")]
)
def test_the_last_order_has_the_status_of_its_story(small: Small, story: str, status: str) -> None:
    (customer,) = _of(small[0], story)
    assert status in {order.status for order in _orders(small[0], customer)}


def test_shoes_come_back_for_their_size(small: Small) -> None:
    (customer,) = _of(small[0], "sizes")
    reasons = [back.reason for order in _orders(small[0], customer) for back in order.returns]
    assert reasons.count("too small") >= 3


def test_the_picker_lists_them_in_the_wanted_language(small: Small) -> None:
    own = demo_customers(small[0])
    assert len(own) == len(read_stories())
    assert own[0].name == "Emma Lindqvist"
    assert own[1].name == "王小雨"
    assert {one.language for one in own} == {"en", "zh"}
    assert demo_customers(small[0], "zh")[0].note == "一小时前留下了购物车"
    assert demo_customers(small[0], "en")[1].note == "left a cart an hour ago"
