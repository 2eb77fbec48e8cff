"""The abandoned cart: what is decided, what is sent, and that nothing happens twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from agent import Proactive, ProactiveSettings
from agent.deciding import DecidingSettings
from agent.rules import in_holdout, is_quiet
from retrieval import ProductSearch, Recommender, RetrievalSettings
from store import Database, FixedClock, NotFound
from store.schema import (
    Conversation,
    Customer,
    Decision,
    Event,
    Message,
    Order,
    OrderLine,
    Product,
    Review,
    Stir,
    Tally,
    Variant,
)

STEADY = DecidingSettings(exploration=0.0)
NO_HOLDOUT = ProactiveSettings(holdout_share=0.0, deciding=STEADY)
Build = Callable[..., Proactive]


@pytest.fixture
def build(shop: Database, clock: FixedClock, encoder: object) -> Build:
    search = ProductSearch(shop, encoder, RetrievalSettings())  # type: ignore[arg-type]
    recommender = Recommender(shop, search, RetrievalSettings(), clock)

    def make(settings: ProactiveSettings = NO_HOLDOUT, at: FixedClock = clock) -> Proactive:
        return Proactive(shop, recommender=recommender, settings=settings, clock=at)

    return make


def leave_cart(
    shop: Database,
    clock: FixedClock,
    customer: str = "fresh",
    product: str = "P002",
    *,
    ago_min: int = 90,
    views: int = 0,
) -> str:
    """``customer`` looked ``views`` times, put ``product`` into the cart, and went."""
    at = clock() - timedelta(minutes=ago_min)
    event_id = f"cart-{customer}-{product}-{at.timestamp():.0f}"
    with shop.write() as records:
        for number in range(views):
            records.add(
                Event(
                    id=f"{event_id}-v{number}",
                    kind="view",
                    at=at - timedelta(minutes=views - number),
                    customer_id=customer,
                    product_id=product,
                )
            )
        records.add(
            Event(
                id=event_id,
                kind="cart_add",
                at=at,
                customer_id=customer,
                product_id=product,
                variant_id=f"{product}-0",
                quantity=1,
                value_minor=3450,
                currency="EUR",
            )
        )
    return event_id


def messages(shop: Database) -> list[Message]:
    with shop.read() as records:
        return list(records.scalars(select(Message).order_by(Message.at, Message.position)))


def counted(shop: Database) -> dict[str, int]:
    with shop.read() as records:
        return {one.name: one.count for one in records.scalars(select(Tally))}


def stir(shop: Database, customer: str) -> None:
    """Make the shop look at the customer again."""
    with shop.write() as records:
        records.add(Stir(customer_id=customer))


def rows(shop: Database) -> list[Decision]:
    with shop.read() as records:
        return list(records.scalars(select(Decision)))


def test_reminds_once_with_the_reason(shop: Database, clock: FixedClock, build: Build) -> None:
    leave_cart(shop, clock)
    proactive = build()
    plan = proactive.decide("fresh")
    assert rows(shop) == []
    written = proactive.tick()
    assert [one.action for one in written] == ["remind"] == [plan.action]
    assert written[0].text == plan.text
    again = proactive.tick()
    assert again == []
    (message,) = messages(shop)
    assert message.kind == "proactive"
    assert message.role == "assistant"
    assert "Aurora Desk Lamp" in message.text
    assert "€34.50" in message.text
    assert "because" in message.text
    assert [card["id"] for card in message.products] == ["P002"]
    (row,) = rows(shop)
    assert (row.message_id, message.decision_id) == (message.id, row.id)
    assert {one["action"] for one in row.candidates} == {
        "remind",
        "answer_doubt",
        "offer",
        "offer_shipping",
        "offer_bundle",
        "silence",
    }
    assert row.propensity == 1.0
    assert "already" not in row.reason
    assert "was decided on" in proactive.decide("fresh").reason


def test_writes_chinese_to_a_chinese_customer(shop: Database, clock: FixedClock, build: Build) -> None:
    leave_cart(shop, clock, "wei")
    build().tick()
    (message,) = messages(shop)
    assert "极光台灯" in message.text
    assert "购物车" in message.text


def test_answers_a_doubt_with_what_reviewers_say(shop: Database, clock: FixedClock, build: Build) -> None:
    with shop.write() as records:
        for number in range(4):
            records.add(
                Review(id=f"lamp{number}", product_id="P002", stars=5, text=f"Great light, day {number} and on.")
            )
    leave_cart(shop, clock, views=5)
    (written,) = build().tick()
    assert written.action == "answer_doubt"
    assert written.text is not None
    assert "5 reviews" in written.text
    assert "“" in written.text


def test_recommends_alternatives_when_it_is_sold_out(shop: Database, clock: FixedClock, build: Build) -> None:
    with shop.write() as records:
        records.get(Variant, "P002-0").stock = 0  # type: ignore[union-attr]
    leave_cart(shop, clock)
    (written,) = build().tick()
    assert written.action == "recommend"
    assert "P003" in [card.id for card in written.products]
    assert all(card.in_stock for card in written.products)


@pytest.mark.parametrize(
    ("prepare", "rule"),
    [
        (lambda records, clock: setattr(records.get(Customer, "fresh"), "consent_proactive", False), "consent"),
        (
            lambda records, clock: records.add(
                Conversation(id="c", customer_id="fresh", state="person", started_at=clock() - timedelta(days=1))
            ),
            "person",
        ),
    ],
)
def test_rules_silence_the_occasion_for_good(
    shop: Database, clock: FixedClock, build: Build, prepare: Callable[..., None], rule: str
) -> None:
    leave_cart(shop, clock)
    with shop.write() as records:
        prepare(records, clock)
    assert build().decide("fresh").reason.startswith(rule)
    assert build().tick() == []
    # Nothing could have been done: it is counted, and stays settled whatever changes afterwards.
    assert (messages(shop), rows(shop), counted(shop)) == ([], [], {f"silence:cart_abandoned:{rule}": 1})
    with shop.write() as records:
        records.get(Customer, "fresh").consent_proactive = True  # type: ignore[union-attr]
        records.execute(update(Conversation).values(state="agent"))
    stir(shop, "fresh")
    assert build().tick() == []
    assert (messages(shop), counted(shop)) == ([], {f"silence:cart_abandoned:{rule}": 1})


def test_holdout_is_kept_silent_and_written_down(shop: Database, clock: FixedClock, build: Build) -> None:
    leave_cart(shop, clock)
    (written,) = build(ProactiveSettings(holdout_share=1.0, deciding=STEADY)).tick()
    assert written.holdout
    assert written.action == "silence"
    assert max(written.candidates, key=lambda one: (one.eligible, one.score)).action == "remind"
    assert messages(shop) == []


def test_holdout_share_is_about_right_and_stable() -> None:
    settings = ProactiveSettings(holdout_share=0.1)
    inside = [name for name in (f"C{number}" for number in range(5000)) if in_holdout(name, settings)]
    assert 400 < len(inside) < 600
    assert all(in_holdout(name, settings.model_copy(update={"holdout_share": 0.2})) for name in inside)


def test_cap_over_a_week(shop: Database, clock: FixedClock, build: Build) -> None:
    proactive = build(NO_HOLDOUT.model_copy(update={"max_per_week": 1}))
    leave_cart(shop, clock)
    assert [one.action for one in proactive.tick()] == ["remind"]
    clock.advance(timedelta(days=1))
    leave_cart(shop, clock, product="P003")
    assert proactive.decide("fresh").reason.startswith("cap")
    assert proactive.tick() == []
    assert len(messages(shop)) == 1
    assert counted(shop) == {"silence:cart_abandoned:cap": 1}


def test_quiet_hours_put_it_off_and_do_not_drop_it(shop: Database, build: Build) -> None:
    with shop.write() as records:
        records.get(Customer, "fresh").time_zone = "Asia/Shanghai"  # type: ignore[union-attr]
    night = FixedClock(datetime(2026, 3, 2, 15, 0, tzinfo=UTC))  # 23:00 in Shanghai
    leave_cart(shop, night)
    proactive = build(at=night)
    assert proactive.tick() == []
    assert rows(shop) == []
    assert "quiet" in proactive.decide("fresh").reason
    night.advance(timedelta(hours=9, minutes=1))  # 08:01
    assert [one.action for one in proactive.tick()] == ["remind"]


@pytest.mark.parametrize(("hour", "quiet"), [(7, True), (8, False), (20, False), (21, True), (0, True)], ids=str)
def test_quiet_hours_over_midnight(hour: int, quiet: bool) -> None:
    at = datetime(2026, 3, 2, hour, tzinfo=UTC)
    assert is_quiet("UTC", ProactiveSettings(), at) is quiet
    assert is_quiet("Not/AZone", ProactiveSettings(), at) is quiet


def test_a_purchase_or_an_early_look_calls_for_nothing(shop: Database, clock: FixedClock, build: Build) -> None:
    leave_cart(shop, clock, ago_min=30)
    assert build().tick() == []
    clock.advance(timedelta(hours=1))
    with shop.write() as records:
        records.add(
            Event(
                id="bought", kind="purchase", at=clock() - timedelta(minutes=5), customer_id="fresh", product_id="P002"
            )
        )
    assert build().tick() == []
    assert build().decide("fresh").moment == "none"


def test_who_buys_anyway_is_left_alone(shop: Database, clock: FixedClock, build: Build) -> None:
    with shop.write() as records:
        for number in range(3):
            records.add(
                Order(
                    id=f"#F{number}",
                    customer_id="fresh",
                    status="delivered",
                    currency="EUR",
                    placed_at=clock() - timedelta(days=20 + number),
                    lines=[OrderLine(position=0, title="Aurora Desk Lamp", unit_price_minor=3450)],
                )
            )
    leave_cart(shop, clock)
    assert "buys without being asked" in build().decide("fresh").reason
    assert build().tick() == []
    assert counted(shop) == {"silence:cart_abandoned:nothing": 1}


def test_concurrent_ticks_write_one_row_and_one_message(shop: Database, clock: FixedClock, build: Build) -> None:
    leave_cart(shop, clock)
    leave_cart(shop, clock, "wei")
    workers = [build() for _ in range(6)]
    results: list[int] = []
    threads = [threading.Thread(target=lambda one=one: results.append(len(one.tick()))) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(results) == 2
    assert len(messages(shop)) == len(rows(shop)) == 2


def test_hidden_product_and_strangers(shop: Database, clock: FixedClock, build: Build) -> None:
    with shop.write() as records:
        records.get(Product, "P002").visible = False  # type: ignore[union-attr]
    leave_cart(shop, clock)
    assert build().tick() == []
    assert build().decide("fresh").moment == "none"
    with pytest.raises(NotFound):
        build().decide("nobody")


def test_switched_off(shop: Database, clock: FixedClock, build: Build) -> None:
    leave_cart(shop, clock)
    off = build(NO_HOLDOUT.model_copy(update={"enabled": False}))
    assert off.tick() == []
    assert off.decide("fresh").action == "silence"
    with shop.read() as records:
        assert records.scalar(select(func.count()).select_from(Decision)) == 0


def test_what_happens_is_noticed_on_both_engines_and_the_ledger_is_thinned(any_database: Database) -> None:
    clock = FixedClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
    with any_database.write() as records:
        records.add(
            Product(id="p", title="Plain Lamp", variants=[Variant(id="v", currency="EUR", price_minor=2000, stock=3)])
        )
        records.add(Customer(id="c", created_at=clock() - timedelta(days=90)))
        records.add(
            Event(
                id="e",
                kind="view",
                at=clock() - timedelta(days=1),
                customer_id="c",
                product_id="p",
                variant_id="v",
                value_minor=2000,
                currency="EUR",
                extra={"note": "seen"},
            )
        )
    proactive = Proactive(any_database, settings=NO_HOLDOUT, clock=clock)
    assert proactive.tick() == []
    with any_database.write() as records:
        records.get_one(Variant, "v").price_minor = 1500
    (written,) = proactive.tick()
    assert (written.moment, written.action) == ("price_drop", "remind")
    clock.advance(timedelta(days=91))
    proactive.tick()
    clock.advance(timedelta(days=1))
    proactive.tick()
    (row,) = rows(any_database)
    assert (row.outcome, row.candidates, row.known) == ("none", [], {})
    clock.advance(timedelta(days=700))
    proactive.tick()
    assert rows(any_database) == []
