"""The front door on a small demo shop: the whole loop, and what happens around it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from agent import Reply, Sentence
from beforehand import Config, Shop, ShopSettings
from store import ConfigError, FixedClock, ModelError, NotFound
from store.demo import demo_customers
from store.schema import Customer, Decision, Message, Order, Product, Review, ReviewSentiment

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def shop(home: Path) -> Iterator[Shop]:
    with Shop.demo(home, scale=0.05, clock=FixedClock(NOW)) as opened:
        yield opened


def test_search_keeps_to_the_price_in_the_words(shop: Shop) -> None:
    found = shop.search("shoes under 60 euros", limit=5)
    assert found
    assert all(card.price_minor is not None and card.price_minor < 6000 for card in found)


def test_a_customer_is_told_of_their_own_order(shop: Shop) -> None:
    with shop.database.read() as records:
        order = records.scalars(select(Order).where(Order.customer_id.is_not(None)).order_by(Order.id.desc())).first()
        assert order is not None
        assert order.customer_id is not None
    reply = shop.chat(f"Where is my order {order.id}?", customer=order.customer_id)
    assert order.id in reply.text
    assert any(item.record == f"order:{order.id}" for item in reply.evidence)


def test_a_strangers_order_is_as_if_it_were_not_there(shop: Shop) -> None:
    with shop.database.read() as records:
        orders = list(records.scalars(select(Order).where(Order.customer_id.is_not(None))))
        theirs = orders[0]
        other = next(one.customer_id for one in orders if one.customer_id != theirs.customer_id)
        titles = {line.title for line in theirs.lines}
    assert other is not None
    reply = shop.chat(f"What is in order {theirs.id}?", customer=other)
    missing = shop.chat("What is in order #B999999?", customer=other)
    assert not any(title in reply.text for title in titles)
    assert reply.text.replace(theirs.id, "#B999999") == missing.text


def test_the_stream_ends_with_the_reply(shop: Shop) -> None:
    customer = demo_customers(shop.database)[0].id
    *before, last = shop.stream("Recommend me something", customer=customer)
    assert isinstance(last, Reply)
    sentences = [one.text for one in before if isinstance(one, Sentence)]
    assert "".join(sentences).strip() == last.text.strip()
    assert last.products


def test_deciding_writes_nothing_and_ticking_writes_once(shop: Shop) -> None:
    left = next(one for one in demo_customers(shop.database, "en") if "checkout" in one.note)
    counted = select(func.count()).select_from(Decision)
    with shop.database.read() as records:
        before = records.scalar(counted)
    foreseen = shop.decide(left.id)
    with shop.database.read() as records:
        assert records.scalar(counted) == before
    assert foreseen.reason
    first = {one.customer_id: one for one in shop.proactive.tick()}
    assert first[left.id].action == foreseen.action
    assert shop.proactive.tick() == []
    with shop.database.read() as records:
        row = records.scalars(select(Decision).where(Decision.customer_id == left.id)).one()
        assert row.candidates
        if row.message_id is not None:
            assert records.get_one(Message, row.message_id).kind == "proactive"


def test_the_demo_has_something_to_say_and_keeps_silent_where_it_was_asked_to(shop: Shop) -> None:
    shop.proactive.tick()
    notes = {one.id: one.note for one in demo_customers(shop.database, "en")}
    with shop.database.read() as records:
        written = set(records.scalars(select(Decision.customer_id).where(Decision.message_id.is_not(None))))
    assert notes["C1002"] == "left a cart an hour ago"
    assert "C1002" in written
    assert notes["C1015"] == "left a cart, but wants no unasked messages"
    assert "C1015" not in written


def test_reviews_are_read_once(shop: Shop) -> None:
    with shop.database.read() as records:
        reviews = records.scalar(select(func.count()).select_from(Review))
    assert shop.read_reviews() == reviews
    assert shop.read_reviews() == 0
    with shop.database.read() as records:
        rows = records.execute(
            select(Review.stars, ReviewSentiment.polarity).join(ReviewSentiment, ReviewSentiment.review_id == Review.id)
        ).all()
    clear = [(stars, polarity) for stars, polarity in rows if stars in {1, 5}]
    right = sum(polarity == ("positive" if stars == 5 else "negative") for stars, polarity in clear)
    assert right / len(clear) > 0.9


def test_an_import_is_searchable_at_once(shop: Shop, tmp_path: Path) -> None:
    assert shop.products is not None
    file = tmp_path / "products.csv"
    file.write_text("id,title,price,currency\nZ1,Quokkaphone zither stand,12.50,EUR\n")
    assert shop.import_file(file, kind="products").new == 1
    assert shop.search("quokkaphone zither")[0].id == "Z1"


def test_the_demo_is_kept_while_it_is_fresh_and_rebuilt_when_old(shop: Shop, home: Path) -> None:
    with shop.database.write() as records:
        records.add(Customer(id="mine"))
    with (
        Shop.demo(home, scale=0.05, clock=FixedClock(NOW + timedelta(hours=2))) as again,
        again.database.read() as records,
    ):
        assert records.get(Customer, "mine") is not None


def test_an_old_demo_is_built_anew(tmp_path: Path) -> None:
    Shop.demo(tmp_path / "d", scale=0.02, clock=FixedClock(NOW)).close()
    later = NOW + timedelta(days=3)
    with Shop.demo(tmp_path / "d", scale=0.02, clock=FixedClock(later)) as shop, shop.database.read() as records:
        newest = records.scalar(select(func.max(Order.placed_at)))
        assert newest is not None
        assert later - newest < timedelta(days=1)


def test_an_empty_shop_says_so_and_does_not_fail(tmp_path: Path) -> None:
    with Shop.open(Config(shop=ShopSettings(home=tmp_path))) as shop:
        with shop.database.write() as records:
            records.add(Customer(id="c"))
        assert shop.search("anything") == []
        assert shop.recommend("c") == []
        assert shop.chat("Where is my order?", customer="c").text
        with pytest.raises(NotFound, match="nobody"):
            shop.chat("hello", customer="nobody")
        assert shop.proactive.tick() == []


def test_a_wrong_configuration_is_told(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text("agent: {chat_modle: builtin}")
    with pytest.raises(ConfigError, match="did you mean 'chat_model'"):
        Shop.open(file)


def test_a_hidden_product_is_never_shown(shop: Shop) -> None:
    with shop.database.write() as records:
        product = records.scalars(select(Product).where(Product.visible)).first()
        assert product is not None
        product.visible = False
        hidden, title = product.id, product.title
    shop.products.changed([hidden])
    assert all(card.id != hidden for card in shop.search(title, limit=20))
    reply = shop.chat(f"What does {title} cost?", customer=demo_customers(shop.database)[0].id)
    assert all(card.id != hidden for card in reply.products)


def test_what_is_foreseen_is_learnt_from_the_shop_itself(shop: Shop) -> None:
    with pytest.raises(ModelError):
        _ = shop.insight
    report = shop.train_insight()
    assert report.customers > 0
    customer = next(one.id for one in demo_customers(shop.database, "en") if "regular" in one.note)
    foreseen = shop.insight.customer(customer)
    assert foreseen.predictions
    assert all(0 <= one.probability <= 1 for one in foreseen.predictions)
    assert sum(one.customers for one in shop.insight.segments()) > 0
