"""The rules that must never break, over random histories and clocks; and that the future changes no decision."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.event import listen, remove

from agent import DecidingSettings, OfferSettings, Proactive, ProactiveSettings
from agent.rules import in_holdout, is_quiet
from store import Database, FixedClock
from store.schema import (
    Base,
    Customer,
    Decision,
    Event,
    Message,
    Mute,
    Offer,
    Order,
    OrderLine,
    Product,
    Return,
    Review,
    Shipment,
    Variant,
)

START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
ZONES = ("UTC", "Asia/Shanghai", "America/Los_Angeles", "Europe/Berlin", "Not/AZone")
CUSTOMERS = tuple(f"c{number}" for number in range(8))
PRODUCTS = ("lamp", "tea", "boots")
# Everything is tried, so that whatever a rule lets through happens sooner or later.
RULES = ProactiveSettings(
    holdout_share=0.3,
    min_gap_hours=3,
    deciding=DecidingSettings(exploration=0.5),
    offers=OfferSettings(
        enabled=True,
        percents=(30, 10),
        margin_floor=0.2,
        budget_minor=2_500,
        budget_days=30,
        pause_days=3,
        shipping_cost_minor=300,
        groups="country",
    ),
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("cart", "look", "vain", "wait", "wait", "stock", "less", "consent", "write", "buy", "late")),
        st.sampled_from(CUSTOMERS),
        st.sampled_from(PRODUCTS),
        st.integers(min_value=1, max_value=60),
    ),
    min_size=15,
    max_size=40,
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = Database.open(f"sqlite:///{tmp_path_factory.mktemp('rules')}/shop.db")
    yield opened
    opened.close()


def fill(database: Database) -> None:
    with database.write() as records:
        for table in reversed(Base.metadata.sorted_tables):
            records.execute(table.delete())
        for number, name in enumerate(PRODUCTS):
            price = 2_000 + 1_500 * number
            variant = Variant(id=f"{name}-v", currency="EUR", price_minor=price, cost_minor=price // 2, stock=5)
            records.add(Product(id=name, title=f"Plain {name}", consumable=name == "tea", variants=[variant]))
            for at in range(4):
                records.add(Review(id=f"{name}{at}", product_id=name, stars=5, text="Good and plain, I like it well."))
        for number, name in enumerate(CUSTOMERS):
            records.add(
                Customer(
                    id=name,
                    language=("en", "zh")[number % 2],
                    time_zone=ZONES[number % len(ZONES)],
                    country=("DE", "CN")[number % 2],
                    created_at=START - timedelta(days=400 if number else 1),
                )
            )


@dataclass
class Life:
    """A shop in which things happen, and what was true when."""

    database: Database
    clock: FixedClock
    proactive: Proactive
    count: int = 0
    muted: dict[tuple[str, str], datetime] = field(default_factory=dict)
    first_mute: dict[str, datetime] = field(default_factory=dict)
    refused: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=lambda: defaultdict(list))
    stock: list[tuple[datetime, str, bool]] = field(default_factory=list)

    def event(self, kind: str, customer: str, product: str | None = None, **more: Any) -> Event:
        self.count += 1
        variant = f"{product}-v" if product else None
        return Event(
            id=f"e{self.count}",
            kind=kind,
            at=self.clock(),
            customer_id=customer,
            product_id=product,
            variant_id=variant,
            currency="EUR",
            **more,
        )

    def live(self, step: str, customer: str, product: str, number: int) -> None:
        with self.database.write() as records:
            match step:
                case "cart":
                    records.add(self.event("cart_add", customer, product, quantity=1, value_minor=2_000))
                case "look":
                    records.add_all(
                        self.event("view", customer, product, value_minor=9_000, visit_id=f"v{self.count % 3}")
                        for _ in range(3)
                    )
                case "vain":
                    records.add(self.event("search", customer, query="moon dust", extra={"results": 0}))
                case "stock":
                    variant = records.get_one(Variant, f"{product}-v")
                    variant.stock = 0 if variant.stock else 5
                    self.stock.append((self.clock(), product, bool(variant.stock)))
                case "consent":
                    person = records.get_one(Customer, customer)
                    person.consent_proactive = not person.consent_proactive
                    if person.consent_proactive:
                        began = self.refused[customer].pop()[0]
                        self.refused[customer].append((began, self.clock()))
                    else:
                        self.refused[customer].append((self.clock(), datetime.max.replace(tzinfo=UTC)))
                case "buy" | "late":
                    self.count += 1
                    parcel = Shipment(position=0, promised_at=self.clock() + timedelta(hours=number))
                    records.add(
                        Order(
                            id=f"o{self.count}",
                            customer_id=customer,
                            status="shipped" if step == "late" else "delivered",
                            currency="EUR",
                            placed_at=self.clock(),
                            lines=[OrderLine(position=0, product_id=product, title=product, unit_price_minor=2_000)],
                            shipments=[parcel] if step == "late" else [],
                        )
                    )
                case _:
                    pass
        if step == "less":
            sent = self.proactive.decisions(60, customer)
            written = [one for one in sent if one.surface == "chat"]
            if written:
                moment = self.proactive.less_of_this(customer, written[0].id)
                self.muted.setdefault((customer, moment), self.clock())
                self.first_mute.setdefault(customer, self.clock())
        if step == "wait":
            self.clock.advance(timedelta(minutes=17 * number))
        self.clock.advance(timedelta(minutes=1))
        self.proactive.tick()

    def in_stock(self, product: str, at: datetime) -> bool:
        known = [there for since, name, there in self.stock if name == product and since <= at]
        return known[-1] if known else True


# A failing history is told as it was found: making it shorter takes longer than reading it.
QUICKLY = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


@QUICKLY
@given(steps=STEPS)
def test_no_rule_is_ever_broken(empty: Database, steps: list[tuple[str, str, str, int]]) -> None:
    fill(empty)
    clock = FixedClock(START)
    life = Life(empty, clock, Proactive(empty, settings=RULES, clock=clock))
    for step in steps:
        life.live(*step)
    with empty.read() as records:
        decisions = list(records.scalars(select(Decision).order_by(Decision.at)))
        messages = list(records.scalars(select(Message).where(Message.kind == "proactive")))
        offers = list(records.scalars(select(Offer).order_by(Offer.made_at)))
        people = {one.id: one for one in records.scalars(select(Customer))}
        costs = {one.id: one for one in records.scalars(select(Variant))}
    sent = [one for one in decisions if one.message_id is not None]
    by_id = {one.id: one for one in messages}
    assert sorted(one.message_id or "" for one in sent) == sorted(by_id)
    assert max(Counter(one.decision_id for one in messages).values(), default=1) == 1
    for one in sent:
        customer, at = one.customer_id, one.at
        assert not in_holdout(customer, RULES)
        assert not is_quiet(people[customer].time_zone, RULES, at)
        assert not any(begin <= at < end for begin, end in life.refused[customer])
        assert at < life.muted.get((customer, one.moment), datetime.max.replace(tzinfo=UTC))
        week = [two.at for two in sent if two.customer_id == customer and at - timedelta(days=7) < two.at <= at]
        limit = 1 if life.first_mute.get(customer, at) < at else RULES.max_per_week
        assert len(week) <= max(limit, 1)
        assert all(at - two >= timedelta(hours=RULES.min_gap_hours) for two in week if two != at)
        if one.action in {"remind", "answer_doubt", "recommend", "offer", "offer_shipping", "offer_bundle"}:
            shown = [str(card["id"]) for card in by_id[one.message_id or ""].products]
            assert all(life.in_stock(product, at) for product in shown)
    assert sum(one.cost_minor for one in offers) <= RULES.offers.budget_minor
    for offer in offers:
        for product in offer.product_ids:
            variant = costs[f"{product}-v"]
            reduced = variant.price_minor - variant.price_minor * offer.percent // 100
            given = offer.cost_minor if offer.kind == "shipping" else 0
            assert reduced - given - variant.cost_minor >= RULES.offers.margin_floor * (reduced if not given else 0)
        others = [two for two in offers if two.customer_id == offer.customer_id and two is not offer]
        assert all(abs(offer.made_at - two.made_at) >= timedelta(days=RULES.offers.pause_days) for two in others)


@QUICKLY
@given(steps=STEPS, later=STEPS)
def test_what_comes_later_changes_no_decision(
    empty: Database, steps: list[tuple[str, str, str, int]], later: list[tuple[str, str, str, int]]
) -> None:
    fill(empty)
    clock = FixedClock(START)
    quiet = RULES.model_copy(update={"enabled": False})
    life = Life(empty, clock, Proactive(empty, settings=quiet, clock=clock))
    # The shop's stock and consents have no history: they stay as they are.
    kept = {"cart", "look", "vain", "wait", "buy", "late"}
    for step in steps:
        if step[0] in kept:
            life.live(*step)
    clock.advance(timedelta(minutes=90))
    at = clock()
    judge = Proactive(empty, settings=RULES, clock=clock)
    before = {one: judge.decide(one, at) for one in CUSTOMERS}
    clock.advance(timedelta(minutes=1))
    for step in later:
        if step[0] in kept:
            life.live(*step)
    with empty.write() as records:
        for number, customer in enumerate(CUSTOMERS):
            records.add(
                Review(
                    id=f"later{number}",
                    product_id="lamp",
                    customer_id=customer,
                    stars=1,
                    text="Broke at once.",
                    written_at=at + timedelta(hours=1),
                )
            )
            records.add(Mute(customer_id=customer, moment="cart_abandoned", at=at + timedelta(hours=2)))
        for order in records.scalars(select(Order)):
            order.returns = [
                Return(position=0, kind="return", reason="too small", requested_at=at + timedelta(hours=3))
            ]
            for parcel in order.shipments:
                parcel.delivered_at = at + timedelta(hours=4)
    for one in CUSTOMERS:
        assert judge.decide(one, at) == before[one]


def test_quiet_hours_put_off_and_do_not_drop(empty: Database) -> None:
    fill(empty)
    night = FixedClock(datetime(2026, 3, 2, 21, 30, tzinfo=UTC))
    open_to_all = RULES.model_copy(update={"holdout_share": 0.0, "deciding": DecidingSettings(exploration=0.0)})
    proactive = Proactive(empty, settings=open_to_all, clock=night)
    life = Life(empty, night, proactive)
    everyone = [one for one in CUSTOMERS if CUSTOMERS.index(one) % len(ZONES) in (0, 1, 3)]
    for customer in everyone:
        with empty.write() as records:
            records.add(life.event("cart_add", customer, "boots", quantity=1, value_minor=5_000))
    got: set[str] = set()
    for _ in range(40):
        night.advance(timedelta(minutes=30))
        got |= {one.customer_id for one in proactive.tick() if one.surface == "chat"}
    assert got == set(everyone)


def test_no_large_table_is_scanned(empty: Database) -> None:
    """Every query of a tick on events, orders, reviews and messages goes by an index."""
    fill(empty)
    clock = FixedClock(START)
    life = Life(empty, clock, Proactive(empty, settings=RULES, clock=clock))
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    for customer in CUSTOMERS:
        life.live("cart", customer, "tea", 1)
    clock.advance(timedelta(hours=3))
    listen(empty.engine, "before_cursor_execute", note)
    try:
        life.live("look", "c1", "tea", 1)
    finally:
        remove(empty.engine, "before_cursor_execute", note)
    assert len(asked) > 20
    with empty.read() as records:
        for statement, parameters in asked:
            plan = records.connection().exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)
            for *_, detail in plan:
                for table in ("events", "orders", "reviews", "messages", "conversations", "decisions", "customers"):
                    assert not detail.startswith(f"SCAN {table}") or "INDEX" in detail, (detail, statement)
