"""The build: how much, the same again, everything refers to something, nothing after now, all or nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from store import Database, InputError, StoreError
from store.demo import DemoProgress, DemoReport, build_demo
from store.demo.build import draw_shop, table_rows
from store.schema import Customer, Event, Order, OrderLine, Payment, Product, Return, Review, Shipment, Variant

Small = tuple[Database, Path, DemoReport]
STATUSES = {"pending", "processed", "shipped", "delivered", "cancelled", "return requested", "exchange requested"}


def _hash(seed: int, now: datetime) -> str:
    digest = hashlib.sha256()
    for table, rows in table_rows(draw_shop(seed=seed, now=now, scale=0.02, progress=lambda _: None)):
        digest.update(table.__tablename__.encode())
        for row in rows:
            digest.update(repr(sorted(row.items())).encode())
    return digest.hexdigest()


def test_the_same_seed_and_time_give_the_same_rows_and_another_seed_others(now: datetime) -> None:
    assert _hash(1, now) == _hash(1, now)
    assert _hash(1, now) != _hash(2, now)


def test_sizes_follow_the_scale(small: Small) -> None:
    database, _, report = small
    assert (report.products, report.customers, report.reviews, report.events) == (108, 75, 1000, 10_000)
    with database.read() as session:
        for table, count in ((Product, 108), (Customer, 75), (Review, 1000), (Event, 10_000), (Order, report.orders)):
            assert session.scalar(select(func.count()).select_from(table)) == count
        assert len({tuple(path) for path in session.scalars(select(Product.category_path))}) == 60


def test_everything_referred_to_exists(small: Small) -> None:
    database, _, _ = small
    with database.read() as session:
        of_variant = {row.id: row.product_id for row in session.execute(select(Variant.id, Variant.product_id))}
        products = set(session.scalars(select(Product.id)))
        customers = set(session.scalars(select(Customer.id)))
        orders = set(session.scalars(select(Order.id)))
        for line in session.scalars(select(OrderLine)):
            assert of_variant[line.variant_id or ""] == line.product_id
        for event in session.scalars(select(Event)):
            assert event.product_id is None or event.product_id in products
            assert event.variant_id is None or of_variant[event.variant_id] == event.product_id
            assert event.order_id is None or event.order_id in orders
            assert (event.customer_id in customers) != (event.anonymous_id is not None)
        assert set(session.scalars(select(Review.product_id))) <= products
        assert {one for one in session.scalars(select(Review.customer_id)) if one} <= customers
        assert set(session.scalars(select(Order.customer_id))) <= customers
        sent = [variant for one in session.scalars(select(Shipment)) for variant in one.variant_ids]
        back = [variant for one in session.scalars(select(Return)) for variant in one.variant_ids + one.new_variant_ids]
        assert set(sent) | set(back) <= set(of_variant)


def test_nothing_happens_after_now_or_before_the_customer_joined(small: Small, now: datetime) -> None:
    database, _, _ = small
    with database.read() as session:
        assert session.scalars(select(func.max(Event.at))).one() <= now
        assert session.scalars(select(func.min(Event.at))).one() >= now - timedelta(days=366)
        joined = {row.id: row.created_at for row in session.execute(select(Customer.id, Customer.created_at))}
        for event in session.scalars(select(Event).where(Event.customer_id.is_not(None))):
            assert event.at >= joined[event.customer_id or ""]
        for review in session.scalars(select(Review)):
            assert review.written_at is not None
            assert review.written_at <= now
        for parcel in session.scalars(select(Shipment)):
            times = [time for time in (parcel.shipped_at, parcel.delivered_at) if time]
            assert times == sorted(times)
            assert all(time <= now for time in times)
        for payment in session.scalars(select(Payment)):
            assert payment.paid_at is not None
            assert payment.paid_at <= now


def test_a_visit_is_one_customers_and_short(small: Small) -> None:
    database, _, _ = small
    visits: dict[str, list[Event]] = {}
    with database.read() as session:
        for event in session.scalars(select(Event).order_by(Event.id)):
            visits.setdefault(event.visit_id or "", []).append(event)
    assert "" not in visits
    for events in visits.values():
        assert len({(event.customer_id, event.anonymous_id) for event in events}) == 1
        assert [event.at for event in events] == sorted(event.at for event in events)
        assert events[-1].at - events[0].at < timedelta(hours=3)


def test_each_order_is_one_purchase_and_its_payments_add_up(small: Small) -> None:
    database, _, _ = small
    with database.read() as session:
        purchases = {event.order_id: event for event in session.scalars(select(Event).where(Event.kind == "purchase"))}
        orders = session.scalars(select(Order).order_by(Order.placed_at)).all()
        assert len(purchases) == len(orders)
        assert [order.id for order in orders] == sorted(order.id for order in orders)
        for order in orders:
            assert order.status in STATUSES
            purchase = purchases[order.id]
            assert (purchase.customer_id, purchase.at, purchase.value_minor) == (
                order.customer_id,
                order.placed_at,
                order.total_minor,
            )
            paid = sum(one.amount_minor for one in order.payments if one.kind == "payment")
            refunded = sum(one.amount_minor for one in order.payments if one.kind == "refund")
            assert paid == order.total_minor
            assert 0 <= refunded <= paid
            assert (refunded == paid) or order.status != "cancelled"


def test_what_is_bought_was_in_the_cart(small: Small) -> None:
    database, _, _ = small
    carts: dict[str, Counter[str]] = {}
    with database.read() as session:
        lines: dict[str, list[OrderLine]] = {}
        for line in session.scalars(select(OrderLine)):
            lines.setdefault(line.order_id, []).append(line)
        for event in session.scalars(select(Event).where(Event.customer_id.is_not(None)).order_by(Event.id)):
            cart = carts.setdefault(event.customer_id or "", Counter())
            if event.kind == "cart_add":
                cart[event.variant_id or ""] += event.quantity or 0
            elif event.kind == "cart_remove":
                cart[event.variant_id or ""] -= event.quantity or 0
            elif event.kind == "purchase":
                for line in lines[event.order_id or ""]:
                    cart[line.variant_id or ""] -= line.quantity
            assert min(cart.values(), default=0) >= 0, event.id


def test_prices_stock_and_languages_are_sane(small: Small) -> None:
    database, _, _ = small
    with database.read() as session:
        variants = session.scalars(select(Variant)).all()
        products = session.scalars(select(Product)).all()
    prices = [(one.price_minor or 0, one.cost_minor or 0) for one in variants]
    assert min(price for price, _ in prices) >= 99
    assert sum(cost < price for price, cost in prices) > 0.9 * len(prices)
    assert all(one.compare_at_minor is None or one.compare_at_minor > (one.price_minor or 0) for one in variants)
    assert 0.03 < sum(one.stock == 0 for one in variants) / len(variants) < 0.25
    assert len({one.title for one in products}) == len(products)
    assert any(one.consumable for one in products)
    for product in products:
        chinese = product.translations["zh"]
        assert all(any("\u4e00" <= letter <= "\u9fff" for letter in chinese[key]) for key in ("title", "description"))
        assert product.description.isascii() or "°" in product.description
        assert not set("{}[]|") & set(product.title + product.description + "".join(chinese.values()))


def test_it_goes_into_an_empty_database_only_and_needs_a_real_time(small: Small, now: datetime, tmp_path: Path) -> None:
    database, home, _ = small
    with pytest.raises(StoreError, match="already holds products"):
        build_demo(database, home, now=now, scale=0.02)
    empty = Database.open(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(InputError, match="time zone"):
        build_demo(empty, tmp_path, now=now.replace(tzinfo=None), scale=0.02)
    with pytest.raises(InputError, match=r"0\.01 to 5"):
        build_demo(empty, tmp_path, now=now, scale=0)
    empty.close()


def test_a_build_that_is_broken_off_leaves_nothing_and_can_be_run_again(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'shop.db'}")

    def stop(progress: DemoProgress) -> None:
        if progress.step.startswith("reviews are stored"):
            raise KeyboardInterrupt

    now = datetime(2026, 1, 2, tzinfo=UTC)
    with pytest.raises(KeyboardInterrupt):
        build_demo(database, tmp_path, now=now, scale=0.02, progress=stop)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Product)) == 0
    assert build_demo(database, tmp_path, now=now, scale=0.02).products == 60
    database.close()
