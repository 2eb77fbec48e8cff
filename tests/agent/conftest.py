"""A small shop whose facts the tests know by heart, and the agent over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import lru_cache

import pytest
from sqlalchemy.orm import Session as Records

from agent import Agent, AgentSettings
from encoders import EncoderSettings, TextEncoder
from retrieval import ProductSearch, Recommender, RetrievalSettings
from store import Database, FixedClock
from store.schema import (
    Customer,
    Event,
    Order,
    OrderLine,
    Payment,
    PaymentMethod,
    Product,
    Review,
    Shipment,
    Variant,
)
from tests.agent import scripted_server

PRODUCTS: list[tuple[str, str, str, str, str, dict[str, str], list[tuple[dict[str, str], int, int]]]] = [
    ("P001", "Fjord Rain Jacket", "峡湾雨衣", "Jackets", "A waterproof jacket with taped seams. It weighs 310 grams.",
     {"material": "recycled nylon", "waterproof": "yes"},
     [({"color": "red", "size": "M"}, 8990, 4), ({"color": "blue", "size": "L"}, 9490, 0)]),
    ("P002", "Aurora Desk Lamp", "极光台灯", "Lamps", "An LED lamp with three levels of brightness.",
     {"power": "9 W"}, [({}, 3450, 12)]),
    ("P003", "Comet Desk Lamp", "彗星台灯", "Lamps", "A small lamp for reading in bed.", {"power": "5 W"},
     [({}, 1990, 3)]),
    ("P004", "Pebble Bluetooth Speaker", "鹅卵石蓝牙音箱", "Speakers", "Plays for 12 hours on one charge.",
     {"battery life": "12 hours"}, [({}, 5900, 0)]),
    ("P005", "Meadow Green Tea", "草甸绿茶", "Tea", "Loose leaves from the first harvest, 100 g.",
     {"origin": "Zhejiang"},
     [({}, 1250, 80)]),
    ("P006", "Trailblazer Hiking Boots", "开拓者登山靴", "Shoes", "Sturdy boots for long walks.",
     {"material": "leather"},
     [({"size": "42"}, 12900, 2), ({"size": "43"}, 12900, 5)]),
]  # fmt: skip
REVIEWS = [
    ("P001", 5, "Kept me dry through a whole week of storms. Love it."),
    ("P001", 4, "The hood is great and the zip runs smoothly."),
    ("P001", 1, "The zip broke after two days, very disappointing."),
    ("P002", 5, "Bright and simple, exactly what my desk needed."),
    ("P004", 2, "The battery died within a month."),
    ("P004", 5, "Sound fills the whole kitchen."),
]


def fill_shop(records: Records, clock: FixedClock) -> None:
    """Six products, two customers with their orders, six reviews."""
    now = clock()
    for product_id, title, chinese, category, description, attributes, variants in PRODUCTS:
        product = Product(
            id=product_id,
            title=title,
            description=description,
            translations={"zh": {"title": chinese, "description": f"{chinese}，品质可靠。"}},
            brand="Norrvik",
            category_path=[category],
            attributes=attributes,
            variants=[
                Variant(
                    id=f"{product_id}-{at}",
                    position=at,
                    options=options,
                    currency="EUR",
                    price_minor=price,
                    stock=stock,
                )
                for at, (options, price, stock) in enumerate(variants)
            ],
        )
        records.add(product)
    for at, (product_id, stars, text) in enumerate(REVIEWS):
        records.add(Review(id=f"r{at}", product_id=product_id, stars=stars, text=text, language="en", written_at=now))
    _customers(records, clock)


def _customers(records: Records, clock: FixedClock) -> None:
    now = clock()
    for customer_id, first, last, language in (
        ("anna", "Anna", "Berg", "en"),
        ("wei", "伟", "李", "zh"),
        ("fresh", "Fred", "New", "en"),
    ):
        records.add(
            Customer(
                id=customer_id,
                first_name=first,
                last_name=last,
                email=f"{customer_id}@example.com",
                language=language,
                country="DE",
                address={"address1": "Elm Street 12", "city": "Bonn", "zip": "53111"},
                payment_methods=[
                    PaymentMethod(id=f"card_{customer_id}", kind="credit_card", brand="visa", last_four="4242")
                ],
            )
        )
    orders = [
        ("#A1001", "anna", "delivered", -40, [("P006", "P006-0", "Trailblazer Hiking Boots", 1, 12900)], -35),
        ("#A1002", "anna", "shipped", -4, [("P002", "P002-0", "Aurora Desk Lamp", 2, 3450)], 2),
        ("#B2001", "wei", "pending", -1, [("P005", "P005-0", "Meadow Green Tea", 3, 1250)], 5),
    ]
    for position, (order_id, customer_id, status, placed, lines, promised) in enumerate(orders):
        delivered = now + timedelta(days=promised) if status == "delivered" else None
        total = sum(quantity * price for *_, quantity, price in lines) + 490
        records.add(
            Order(
                id=order_id,
                customer_id=customer_id,
                position=position,
                status=status,
                currency="EUR",
                placed_at=now + timedelta(days=placed),
                shipping_minor=490,
                address={"address1": "Elm Street 12", "city": "Bonn", "zip": "53111"},
                lines=[
                    OrderLine(
                        position=at, product_id=product, variant_id=variant, title=title, quantity=quantity,
                        unit_price_minor=price,
                    )
                    for at, (product, variant, title, quantity, price) in enumerate(lines)
                ],
                payments=[
                    Payment(
                        position=0, kind="payment", amount_minor=total, currency="EUR", method_id=f"card_{customer_id}"
                    )
                ],
                shipments=[
                    Shipment(
                        position=0,
                        tracking_ids=[f"TR{order_id[1:]}X"],
                        carrier="PostNord",
                        status=status,
                        promised_at=now + timedelta(days=promised),
                        shipped_at=None if status == "pending" else now + timedelta(days=placed + 2),
                        delivered_at=delivered,
                    )
                ],
            )
        )  # fmt: skip
    records.add(
        Event(id="e1", kind="view", at=now - timedelta(days=1), customer_id="anna", product_id="P001", visit_id="v1")
    )


@lru_cache(maxsize=1)
def _encoder() -> TextEncoder:
    # One thread: single sentences gain nothing from more, and lose much on a machine with other work.
    return TextEncoder.load(EncoderSettings(threads=1))


@pytest.fixture(scope="session")
def encoder() -> TextEncoder:
    return _encoder()


@pytest.fixture
def shop(database: Database, clock: FixedClock) -> Database:
    with database.write() as records:
        fill_shop(records, clock)
    return database


def open_agent(database: Database, clock: FixedClock, encoder: TextEncoder, settings: AgentSettings) -> Agent:
    search = ProductSearch(database, encoder, RetrievalSettings())
    recommender = Recommender(database, search, RetrievalSettings(), clock)
    return Agent(database, products=search, recommender=recommender, encoder=encoder, settings=settings, clock=clock)


@pytest.fixture
def agent(shop: Database, clock: FixedClock, encoder: TextEncoder) -> Iterator[Agent]:
    """The agent with the built-in model and the demo shop's help pages."""
    opened = open_agent(shop, clock, encoder, AgentSettings(help_pages="demo"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def server() -> Iterator[scripted_server.ScriptedServer]:
    """A model elsewhere that says what a test tells it to."""
    running = scripted_server.ScriptedServer()
    yield running
    running.close()


@pytest.fixture(name="open_agent", scope="session")
def open_agent_fixture() -> Callable[[Database, FixedClock, TextEncoder, AgentSettings], Agent]:
    """Opens an agent with settings of the test's own."""
    return open_agent
