from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update

from encoders import EncoderSettings, pick_device
from retrieval import Filters, ProductSearch, Ranker, Recommender, RecommendSettings, RetrievalSettings
from retrieval.history_index import HistoryIndex
from retrieval.history_model import HistoryModel
from retrieval.sequence_model import SequenceModel
from retrieval.sequence_network import NetworkShape, SequenceNetwork
from retrieval.shop_histories import Done
from store import Database, FixedClock, NotFound
from store.schema import Customer, Event, Order, OrderLine, Product, Review, Variant

_number = iter(range(10**9))


def make_recommender(database: Database, encoder: Any, clock: FixedClock, **dials: Any) -> Recommender:
    chosen = RetrievalSettings(recommend=RecommendSettings(**dials))
    return Recommender(database, ProductSearch(database, encoder, chosen), chosen, clock)


def act(database: Database, clock: FixedClock, customer: str, kind: str, product: str | None, **more: Any) -> None:
    with database.write() as records:
        at = clock() - more.pop("ago", timedelta(0))
        records.add(Event(id=f"e{next(_number)}", kind=kind, at=at, customer_id=customer, product_id=product, **more))


def ids(found: list[Any]) -> list[str]:
    return [one.product_id for one in found]


@pytest.fixture
def board(database: Database, make_product: Any, clock: FixedClock) -> Database:
    """A checkerboard: even customers take garden things, odd ones kitchen things, each but one of them."""
    with database.write() as records:
        for number in range(10):
            garden = number % 2 == 0
            title = f"{'Garden spade' if garden else 'Kitchen knife'} number{number}"
            records.add(make_product(f"P{number}", title, category_path=["Garden" if garden else "Kitchen"]))
        for number in range(10):
            records.add(Customer(id=f"C{number}", country="DE"))
        records.flush()
        for customer in range(10):
            for product in range(customer % 2, 10, 2):
                if product != customer:
                    records.add(
                        Event(
                            id=f"e{next(_number)}",
                            kind="purchase",
                            at=clock() - timedelta(days=product + 1),
                            customer_id=f"C{customer}",
                            product_id=f"P{product}",
                        )
                    )
    return database


def test_a_checkerboard_of_tastes_is_seen(board: Database, encoder: Any, clock: FixedClock) -> None:
    recommender = make_recommender(board, encoder, clock)
    for customer in range(10):
        [first] = recommender.for_customer(f"C{customer}", limit=1)
        assert first.product_id == f"P{customer}", "the one thing of the customer's kind that is not bought yet"
        assert first.reasons[0].kind in {"bought", "together"}
        assert int(str(first.reasons[0].product_id)[1:]) % 2 == customer % 2


def test_words_alone_see_it_too(board: Database, encoder: Any, clock: FixedClock) -> None:
    recommender = make_recommender(board, encoder, clock, together_weight=0, popularity_weight=0, novelty_weight=0)
    assert ids(recommender.for_customer("C4", limit=1)) == ["P4"]


def test_company_alone_sees_it_too(board: Database, encoder: Any, clock: FixedClock) -> None:
    recommender = make_recommender(board, encoder, clock, taste_weight=0, popularity_weight=0, novelty_weight=0)
    [first] = recommender.for_customer("C5", limit=1)
    assert first.product_id == "P5"
    assert first.reasons[0].kind == "together"


def test_an_event_changes_the_next_recommendation_at_once(shop: Database, encoder: Any, clock: FixedClock) -> None:
    with shop.write() as records:
        records.add(Customer(id="C1", country="DE"))
    recommender = make_recommender(shop, encoder, clock, novelty_weight=0)
    act(shop, clock, "C1", "view", "P8", ago=timedelta(days=9))
    assert "P2" not in ids(recommender.for_customer("C1", limit=2))
    act(shop, clock, "C1", "view", "P1", ago=timedelta(minutes=1))
    after = recommender.for_customer("C1", limit=2)
    [other_shoes] = [one for one in after if one.product_id == "P2"]
    assert other_shoes.reasons[0].kind == "viewed"
    assert other_shoes.reasons[0].product_id == "P1"
    act(shop, clock, "C1", "cart_add", "P9")
    assert "P9" not in ids(recommender.for_customer("C1", limit=9)), "what is in the cart is not recommended"


def test_a_search_is_followed(shop: Database, encoder: Any, clock: FixedClock) -> None:
    with shop.write() as records:
        records.add(Customer(id="C1"))
    act(shop, clock, "C1", "search", None, query="沙发")
    [first] = make_recommender(shop, encoder, clock).for_customer("C1", limit=1)
    assert first.product_id == "P8"
    assert first.reasons[0].kind == "words"
    assert first.reasons[0].words == ("沙发",)


def test_a_new_customer_gets_what_is_popular_now(shop: Database, encoder: Any, clock: FixedClock) -> None:
    with shop.write() as records:
        records.add_all([Customer(id="C1"), Customer(id="C2")])
    for _ in range(3):
        act(shop, clock, "C2", "view", "P6", ago=timedelta(days=1))
        act(shop, clock, "C2", "view", "P8", ago=timedelta(days=170))
    [first, second] = make_recommender(shop, encoder, clock, novelty_weight=0).for_customer("C1", limit=2)
    assert ids([first, second]) == ["P6", "P8"], "what was looked at lately comes before what was long ago"
    assert first.reasons[0].kind == "popular"
    assert first.score > second.score


def test_context_decides_where_nothing_else_is_known(shop: Database, encoder: Any, clock: FixedClock) -> None:
    with shop.write() as records:
        records.add(Customer(id="C1", country="DE"))
    [first] = make_recommender(shop, encoder, clock, novelty_weight=0).for_customer("C1", limit=1, context=["P2"])
    assert first.product_id == "P1"
    assert first.reasons[0].kind == "similar"
    assert first.reasons[0].product_id == "P2"


def test_without_any_data_the_assortment_is_shown_as_such(shop: Database, encoder: Any, clock: FixedClock) -> None:
    with shop.write() as records:
        records.add(Customer(id="C1", country="DE"))
    found = make_recommender(shop, encoder, clock).for_customer("C1", limit=3)
    assert len(found) == 3
    assert {one.reasons[0].kind for one in found} == {"assortment"}


def test_no_consent_means_no_history(shop: Database, encoder: Any, clock: FixedClock) -> None:
    with shop.write() as records:
        records.add_all([Customer(id="C1", consent_personal=False), Customer(id="C2")])
    act(shop, clock, "C2", "view", "P9")
    recommender = make_recommender(shop, encoder, clock)
    before = recommender.for_customer("C1")
    for product in ("P1", "P6", "P9"):
        act(shop, clock, "C1", "cart_add", product)
        act(shop, clock, "C1", "search", None, query="sofa")
    assert recommender.for_customer("C1") == before
    assert {reason.kind for one in before for reason in one.reasons} <= {"popular", "assortment"}


def test_what_was_disliked_speaks_against_its_like(board: Database, encoder: Any, clock: FixedClock) -> None:
    with board.write() as records:
        records.add(Customer(id="C", country="DE"))
        for product, stars in (("P0", 5), ("P1", 1)):
            records.add(Review(id=f"r{product}", product_id=product, customer_id="C", stars=stars, text="."))
    found = make_recommender(board, encoder, clock, diversity=0).for_customer("C", limit=4)
    assert {int(one.product_id[1:]) % 2 for one in found} == {0}


def test_similar_products_are_like_it_and_can_be_bought(shop: Database, encoder: Any, clock: FixedClock) -> None:
    recommender = make_recommender(shop, encoder, clock)
    found = recommender.similar("P1", 3, filters=Filters(country="DE"))
    assert found[0].product_id == "P2"
    assert all(one.reasons[0].product_id == "P1" for one in found)
    assert not {"P1", "P3", "P4", "P5"} & set(ids(found))
    assert "P6" not in ids(found), "what is not like it is not called so"


def test_unknown_ids_are_said(shop: Database, encoder: Any, clock: FixedClock) -> None:
    recommender = make_recommender(shop, encoder, clock)
    with pytest.raises(NotFound, match="'C9'"):
        recommender.for_customer("C9")
    with pytest.raises(NotFound, match="'P99'"):
        recommender.similar("P99")


@pytest.mark.parametrize("diversify", ["mmr", "dpp"])
def test_variety_is_a_dial(board: Database, encoder: Any, clock: FixedClock, diversify: str) -> None:
    with board.write() as records:
        records.add(Customer(id="C"))
    act(board, clock, "C", "view", "P0")
    one_kind = make_recommender(board, encoder, clock, diversity=0, popularity_weight=0).for_customer("C", limit=4)
    dials = {"diversity": 0.7, "popularity_weight": 0, "diversify": diversify}
    mixed = make_recommender(board, encoder, clock, **dials).for_customer("C", limit=4)
    assert {int(one.product_id[1:]) % 2 for one in one_kind} == {0}
    assert {int(one.product_id[1:]) % 2 for one in mixed} == {0, 1}


def test_the_merchants_wishes_count(shop: Database, encoder: Any, clock: FixedClock) -> None:
    with shop.write() as records:
        records.add(Customer(id="C1"))
    wished = {"boosts": {"P8": 5.0}, "blocked_categories": ("Bags",), "blocked_brands": ("norrvik",)}
    found = ids(make_recommender(shop, encoder, clock, **wished).for_customer("C1", limit=9))
    assert found[0] == "P8"
    assert not {"P1", "P2", "P6", "P7"} & set(found)


def test_what_its_buyers_dislike_is_not_recommended(board: Database, encoder: Any, clock: FixedClock) -> None:
    with board.write() as records:
        for reviewer in range(5):
            bad, too_few = f"bad{reviewer}", f"few{reviewer}"
            records.add(Review(id=bad, product_id="P4", stars=1.0 + reviewer % 2, text="."))
            if reviewer < 4:
                records.add(Review(id=too_few, product_id="P6", stars=1.0, text="."))
    assert ids(make_recommender(board, encoder, clock).for_customer("C6", limit=1)) == ["P6"]
    assert "P4" not in ids(make_recommender(board, encoder, clock).for_customer("C4", limit=9))
    assert ids(make_recommender(board, encoder, clock, least_stars=0).for_customer("C4", limit=1)) == ["P4"]


def test_popularity_is_counted_anew_in_the_background(shop: Database, encoder: Any, clock: FixedClock) -> None:
    with shop.write() as records:
        records.add_all([Customer(id="C1"), Customer(id="C2")])
    recommender = make_recommender(shop, encoder, clock)
    recommender.for_customer("C1")
    act(shop, clock, "C2", "view", "P8")
    clock.advance(timedelta(hours=1))
    recommender.for_customer("C1")
    for _ in range(100):
        found = recommender.for_customer("C1", limit=1)
        if ids(found) == ["P8"]:
            break
        time.sleep(0.05)
    assert ids(found) == ["P8"]


def proposing_everything(search: ProductSearch, clock: FixedClock) -> HistoryIndex:
    """A history model that learnt nothing, all of whose customers took everything, rules or no rules."""
    network = SequenceNetwork(NetworkShape(items=8, text=0, attributes=0, dimension=16)).eval()
    sequence = SequenceModel(network, None, pick_device(EncoderSettings(device="cpu", precision="fp32")))
    model = HistoryModel(sequence, {f"P{n}": n + 1 for n in range(8)}, Ranker({"sequence": 9.0, "alike": 9.0}), {})
    index = HistoryIndex(model, search.index, search.index.settings.index)
    index.sync()
    for first in range(8):
        done = [Done(f"P{(first + place) % 8}", "purchase", clock()) for place in range(8)]
        embedding = index.embedding(done)
        if embedding is not None:
            index.remember(f"other{first}", embedding, done)
    return index


products = st.fixed_dictionaries(
    {
        "visible": st.booleans(),
        "stock": st.sampled_from([None, 0, 3]),
        "available": st.booleans(),
        "countries": st.sampled_from([None, [], ["DE"], ["US"]]),
        "consumable": st.booleans(),
        "price": st.integers(0, 9),
    }
)
doings = st.lists(
    st.tuples(
        st.sampled_from(["view", "cart_add", "cart_remove", "purchase", "order", "cancelled", "review"]),
        st.integers(0, 7),
    ),
    max_size=10,
)


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = Database.open(f"sqlite:///{tmp_path_factory.mktemp('arena')}/shop.db")
    yield opened
    opened.close()


@settings(max_examples=60, deadline=None)
@given(
    goods=st.lists(products, min_size=8, max_size=8),
    doings=doings,
    country=st.sampled_from([None, "DE", "US"]),
    consent=st.booleans(),
    behind=st.integers(0, 7),
    exclude=st.sets(st.sampled_from(["P0", "P1"])),
    top=st.one_of(st.none(), st.integers(0, 9)),
    with_model=st.booleans(),
)
def test_no_score_breaks_a_rule(
    arena: Database,
    make_encoder: Any,
    goods: list[dict[str, Any]],
    doings: list[tuple[str, int]],
    country: str | None,
    consent: bool,
    behind: int,
    exclude: set[str],
    top: int | None,
    with_model: bool,
) -> None:
    from datetime import UTC, datetime

    clock = FixedClock(datetime(2026, 3, 2, tzinfo=UTC))
    with arena.write() as records:
        for table in (Event, OrderLine, Order, Review, Variant, Product, Customer):
            records.execute(delete(table))
        records.add(Customer(id="C", country=country, consent_personal=consent))
        for number, one in enumerate(goods):
            variant = Variant(
                id=f"V{number}",
                currency="EUR",
                price_minor=one["price"],
                stock=one["stock"],
                available=one["available"],
            )
            rest = {name: one[name] for name in ("visible", "countries", "consumable")}
            records.add(Product(id=f"P{number}", title=f"thing{number}", variants=[variant], **rest))
    bought, cart = set[str](), set[str]()
    for place, (kind, number) in enumerate(doings):
        product = f"P{number}"
        clock.advance(timedelta(minutes=1))
        if kind in {"order", "cancelled"}:
            with arena.write() as records:
                line = OrderLine(position=0, product_id=product, title="", unit_price_minor=1)
                status = "cancelled" if kind == "cancelled" else "delivered"
                records.add(
                    Order(
                        id=f"O{place}", customer_id="C", status=status, currency="EUR", placed_at=clock(), lines=[line]
                    )
                )
        elif kind == "review":
            with arena.write() as records:
                records.add(Review(id=f"R{place}", product_id=product, customer_id="C", text="."))
        else:
            act(arena, clock, "C", kind, product)
        if kind in {"order", "purchase", "review"}:
            bought.add(product)
        if kind == "cart_add":
            cart.add(product)
        elif kind in {"cart_remove", "order"}:
            cart.discard(product)
        elif kind == "purchase":
            cart.clear()
    chosen = RecommendSettings(boosts={f"P{number}": 100.0 for number in range(8)}, blocked_products=("P2",))
    every = RetrievalSettings(recommend=chosen)
    search = ProductSearch(arena, make_encoder(), every)
    search.sync()
    model = proposing_everything(search, clock) if with_model else None
    recommender = Recommender(arena, search, every, clock, learnt=model)
    with arena.write() as records:  # the index does not hear of this
        records.execute(update(Product).where(Product.id == f"P{behind}").values(visible=False))
    goods[behind]["visible"] = False
    filters = Filters(max_minor=top)
    found = recommender.for_customer("C", limit=8, filters=filters, exclude=exclude)
    allowed = {
        f"P{number}"
        for number, one in enumerate(goods)
        if one["visible"]
        and one["available"]
        and one["stock"] != 0
        and (country is None or one["countries"] is None or country in one["countries"])
        and (top is None or one["price"] <= top)
        and f"P{number}" not in exclude | {"P2"}
        and not (consent and f"P{number}" in bought and not one["consumable"])
        and not (consent and f"P{number}" in cart)
    }
    assert set(ids(found)) == allowed
    assert all(one.reasons for one in found)


@pytest.fixture(scope="module")
def make_encoder() -> Any:
    import importlib.util

    spec = importlib.util.spec_from_file_location("retrieval_fakes", Path(__file__).parent / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.BagEncoder


def test_every_customer_of_a_large_shop_is_answered(
    database: Database, encoder: Any, clock: FixedClock, make_product: Any
) -> None:
    draw = random.Random(0)
    kinds = ["view"] * 8 + ["cart_add", "purchase"]
    with database.write() as records:
        for number in range(1_000):
            records.add(make_product(f"P{number}", f"thing{number % 90} sort{number % 40}"))
        records.add_all([Customer(id=f"C{number}") for number in range(500)])
        records.flush()
        rows = [
            {
                "id": f"e{number}",
                "kind": draw.choice(kinds),
                "at": clock() - timedelta(minutes=draw.randrange(200_000)),
                "customer_id": f"C{draw.randrange(500)}",
                "product_id": f"P{draw.randrange(1_000)}",
                "visit_id": f"v{number // 7}",
            }
            for number in range(30_000)
        ]
        records.execute(insert(Event), rows)
    recommender = make_recommender(database, encoder, clock)
    recommender.for_customer("C0")
    for number in range(30):
        assert len(recommender.for_customer(f"C{number}", limit=5)) == 5


def test_a_place_is_kept_for_what_nobody_met(
    board: Database, encoder: Any, clock: FixedClock, make_product: Any
) -> None:
    with board.write() as records:
        records.add(make_product("NEW", "Garden rake", category_path=["Garden"]))
        records.add(Customer(id="C", country="DE"))
    act(board, clock, "C", "view", "P0")
    dials = {"diversity": 0.0, "novelty_weight": 0.0, "popularity_weight": 9.0}
    without = ids(make_recommender(board, encoder, clock, new_every=0, **dials).for_customer("C", limit=9))
    kept = ids(make_recommender(board, encoder, clock, new_every=3, **dials).for_customer("C", limit=9))
    assert "NEW" not in without
    assert kept.index("NEW") == 2
    assert [one for one in kept if one != "NEW"] == without[:8]


def test_what_goes_into_the_cart_after_its_order_waits_there(arena: Database) -> None:
    from datetime import UTC, datetime

    from retrieval.history import read_history

    clock = FixedClock(datetime(2026, 3, 2, tzinfo=UTC))
    with arena.write() as records:
        for table in (Event, OrderLine, Order, Review, Variant, Product, Customer):
            records.execute(delete(table))
        records.add(Customer(id="C"))
        records.add(Product(id="P0", title="thing"))
        line = OrderLine(position=0, product_id="P0", title="", unit_price_minor=1)
        records.add(Order(id="O", customer_id="C", status="delivered", currency="EUR", placed_at=clock(), lines=[line]))
    clock.advance(timedelta(minutes=1))
    act(arena, clock, "C", "cart_add", "P0")
    with arena.read() as records:
        assert read_history(records, "C", clock(), RecommendSettings()).in_cart == {"P0"}
