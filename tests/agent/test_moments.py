"""Each kind of trigger on a history whose answer is known; the declared file and a merchant's own; what is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent import DecidingSettings, Proactive, ProactiveSettings
from agent.moments import Senses, find_moments, read_moments, read_states
from insight import Prediction
from store import ConfigError, Database, FixedClock
from store.schema import (
    Base,
    Conversation,
    Customer,
    Event,
    Message,
    Order,
    OrderLine,
    Product,
    Return,
    Review,
    Shipment,
    Variant,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OPEN = ProactiveSettings(
    holdout_share=0.0, deciding=DecidingSettings(exploration=0.0, complaint_rate=0.0, occasions_per_week=0.0)
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database.open(f"sqlite:///{tmp_path_factory.mktemp('moments')}/shop.db")
    yield database
    database.close()


@pytest.fixture
def shop(opened: Database) -> Database:
    with opened.write() as records:
        for table in reversed(Base.metadata.sorted_tables):
            records.execute(table.delete())
        for name, stock in (("lamp", 5), ("tea", 5), ("gone", 0)):
            chinese = {"zh": {"title": f"素{name}"}}
            variants = [Variant(id=f"{name}-v", currency="EUR", price_minor=2_000, stock=stock)]
            if name == "lamp":
                variants[0].options = {"size": "M"}
                variants.append(Variant(id="lamp-l", currency="EUR", price_minor=2_000, stock=1, options={"size": "L"}))
            records.add(
                Product(
                    id=name, title=f"Plain {name}", translations=chinese, consumable=name == "tea", variants=variants
                )
            )
        for name, language in (("ann", "en"), ("li", "zh")):
            records.add(Customer(id=name, language=language, created_at=NOW - timedelta(days=400)))
    return opened


def event(kind: str, hours: float, product: str | None = None, **more: Any) -> Event:
    at = NOW - timedelta(hours=hours)
    name = more.pop("customer", "ann")
    variant = f"{product}-v" if product else None
    return Event(
        id=f"{name}-{kind}-{product}-{hours}",
        kind=kind,
        at=at,
        customer_id=name,
        product_id=product,
        variant_id=variant,
        currency="EUR",
        **more,
    )


def order(number: int, days: float, product: str = "lamp", name: str = "ann", **more: Any) -> Order:
    line = OrderLine(position=0, product_id=product, title=f"Plain {product}", unit_price_minor=2_000)
    placed = NOW - timedelta(days=days)
    status = more.pop("status", "delivered")
    return Order(
        id=f"#{name}{number}", customer_id=name, status=status, currency="EUR", placed_at=placed, lines=[line], **more
    )


def cart(name: str) -> list[Any]:
    return [event("cart_add", 2, "lamp", quantity=1, value_minor=2_000, customer=name)]


def sold_out(name: str) -> list[Any]:
    return [event("cart_add", 2, "gone", quantity=1, value_minor=2_000, customer=name)]


def looking(name: str) -> list[Any]:
    return [event("view", hours, "lamp", visit_id=f"{hours // 10}", customer=name) for hours in (30, 29, 3, 2, 1)]


def in_vain(name: str) -> list[Any]:
    return [event("search", 1, query="moon dust", extra={"results": 0}, customer=name)]


def cheaper(name: str) -> list[Any]:
    return [event("view", 50, "lamp", value_minor=2_500, customer=name)]


def back(name: str) -> list[Any]:
    return [event("view", 50, "lamp", extra={"in_stock": False}, customer=name)]


def refill(name: str) -> list[Any]:
    return [order(1, 90, "tea", name), order(2, 60, "tea", name), order(3, 30, "tea", name)]


def late(name: str) -> list[Any]:
    parcel = Shipment(
        position=0, promised_at=NOW - timedelta(hours=20), shipped_at=NOW - timedelta(days=4), status="in transit"
    )
    return [order(1, 6, name=name, status="shipped", shipments=[parcel])]


def complaint(name: str) -> list[Any]:
    return [Review(id=f"r-{name}", product_id="lamp", customer_id=name, stars=1, text="Broke.", written_at=NOW)]


def newcomer(name: str) -> list[Any]:
    return [event("view", hours, "lamp", customer=name) for hours in (2, 1.5, 1)]


def sizes(name: str) -> list[Any]:
    back = [Return(position=0, kind="return", reason="too small", requested_at=NOW - timedelta(days=20))]
    again = [Return(position=0, kind="return", reason="too small", requested_at=NOW - timedelta(days=60))]
    return [
        order(1, 70, name=name, returns=again),
        order(2, 30, name=name, returns=back),
        event("view", 1, "lamp", customer=name),
    ]


CASES: list[tuple[str, Callable[[str], list[Any]]]] = [
    ("cart_abandoned", cart),
    ("cart_sold_out", sold_out),
    ("long_looking", looking),
    ("searched_in_vain", in_vain),
    ("price_drop", cheaper),
    ("back_in_stock", back),
    ("running_out", refill),
    ("delivery_late", late),
    ("bad_review", complaint),
    ("first_days", newcomer),
    ("sizes_returned", sizes),
]


@pytest.mark.parametrize(("moment", "history"), CASES, ids=[name for name, _ in CASES])
@pytest.mark.parametrize("name", ["ann", "li"])
def test_a_moment_is_noticed_and_what_is_said_holds(
    shop: Database, moment: str, history: Callable[[str], list[Any]], name: str
) -> None:
    with shop.write() as records:
        if moment == "first_days":
            records.get_one(Customer, name).created_at = NOW - timedelta(hours=3)
        records.add_all(history(name))
    clock = FixedClock(NOW + timedelta(minutes=10))
    proactive = Proactive(shop, settings=OPEN, clock=clock)
    plan = proactive.decide(name)
    assert plan.moment == moment
    unheld = [one.why for one in plan.candidates if "not held by evidence" in one.why]
    assert unheld == []
    if moment != "cart_sold_out":  # without a recommender nothing can be shown in its place
        (written,) = proactive.tick()
        assert (written.moment, written.action) == (moment, plan.action)
        assert written.text
        assert any("\u4e00" <= sign <= "\u9fff" for sign in written.text) == (name == "li")
    assert proactive.tick() == []


def found(shop: Database, at: datetime, senses: Senses | None = None) -> tuple[set[str], datetime | None]:
    with shop.read() as records:
        (state,) = read_states(records, ["ann"], at)
    result = find_moments(read_moments(), state, senses or Senses())
    return {one.name for one in result.due}, result.look_again


def test_the_cart_as_a_state_machine(shop: Database) -> None:
    def then(minutes: int, *rows: Any) -> tuple[set[str], datetime | None]:
        with shop.write() as records:
            records.add_all(rows)
        return found(shop, NOW + timedelta(minutes=minutes))

    added = event("cart_add", 0, "lamp", quantity=1, value_minor=2_000)
    assert then(30, added) == (set(), NOW + timedelta(minutes=60))
    # Seen again, on another device: the time begins anew.
    assert then(70, event("view", -0.75, "tea", visit_id="phone"))[1] == NOW + timedelta(minutes=105)
    assert then(106)[0] == {"cart_abandoned"}
    # At the checkout it waits; a purchase ends it, and what is put in afterwards is another occasion.
    assert then(121, event("checkout_start", -2)) == (set(), NOW + timedelta(minutes=180))
    assert then(300, event("purchase", -2.5)) == (set(), None)
    assert then(400, event("cart_add", -5.5, "lamp", quantity=1))[0] == {"cart_abandoned"}
    with shop.write() as records:
        for one in records.query(Variant):
            one.stock = 0
    assert then(400)[0] == {"cart_sold_out"}


def test_an_angry_message_and_a_forecast_are_asked_for_only_where_they_decide(shop: Database) -> None:
    read: list[str] = []

    def mood(texts: Any) -> list[float]:
        read.extend(texts)
        return [1.1 if "awful" in one else 4.0 for one in texts]

    class Leaving:
        asked = 0

        def predicted(self, customer_id: str, forecast: str, at: datetime) -> Prediction:
            self.asked += 1
            return Prediction(forecast, 0.9, 0.3, None, ())

    leaving = Leaving()
    with shop.write() as records:
        records.add(Conversation(id="c", customer_id="ann", started_at=NOW))
        for position, text in enumerate(("Hello there", "This is awful, nobody helps me")):
            at = NOW + timedelta(minutes=position)
            records.add(
                Message(id=f"m{position}", conversation_id="c", position=position, role="customer", text=text, at=at)
            )
        records.add(order(1, 10))
    senses = Senses(leaving, mood)
    assert found(shop, NOW + timedelta(minutes=30), senses)[0] == {"angry_chat"}
    assert read == ["This is awful, nobody helps me"]
    assert leaving.asked == 0
    due, again = found(shop, NOW + timedelta(days=12), senses)
    assert due == {"about_to_leave"}
    assert (leaving.asked, again) == (1, None)


def test_a_price_that_falls_wakes_those_who_looked(shop: Database) -> None:
    with shop.write() as records:
        records.add(event("view", 30, "lamp", value_minor=2_000))
        records.add(event("view", 30, "tea", value_minor=2_000, customer="li"))
    proactive = Proactive(shop, settings=OPEN, clock=FixedClock(NOW))
    assert proactive.tick() == []
    with shop.write() as records:
        records.get_one(Variant, "lamp-v").price_minor = 1_500
    (written,) = proactive.tick()
    assert (written.customer_id, written.moment) == ("ann", "price_drop")
    assert "€20.00" in (written.text or "")
    assert "€15.00" in (written.text or "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("moments: {cart_abandoned: {when: {idle_minuts: 3}}}", "did you mean 'idle_minutes'"),
        ("moments: {cart_abandoned: {when: {kind: cart_lost}}}", "cart_left"),
        ("moments: {cart_abandoned: {prioritty: 3}}", "did you mean 'priority'"),
        ("moments: {cart_abandoned: {actions: [shout]}}", "shout"),
        ("moments: {mine: {when: {kind: cart_left}, actions: [ask]}}", "because"),
        ("moments: [1]", "must hold keys and values"),
        ("moment: {}", "Allowed: moments"),
        ("{", "is not YAML"),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_moments(str(file))
    assert told in str(caught.value)
    assert "mine.yaml" in str(caught.value)


def test_a_merchant_changes_switches_off_and_adds(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "moments:\n"
        "  cart_abandoned: {when: {idle_minutes: 7}}\n"
        "  first_days: {enabled: false}\n"
        "  compares: {when: {kind: repeated, event: compare}, actions: [ask], because: {en: a, zh: b}}\n"
    )
    shipped, own = ({one.name: one for one in read_moments(name)} for name in (None, str(file)))
    assert own["cart_abandoned"].when.model_dump() == {**shipped["cart_abandoned"].when.model_dump(), "idle_minutes": 7}
    assert set(own) == set(shipped) - {"first_days"} | {"compares"}
    with pytest.raises(ConfigError, match="no such file"):
        read_moments(str(tmp_path / "none.yaml"))
