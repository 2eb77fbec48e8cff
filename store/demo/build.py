"""Builds the demo shop: lives through the year, then writes everything in one transaction.

The same seed, ``now`` and scale give the same rows. A build that is killed leaves the database as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ..database import Database
from ..errors import InputError, StoreError
from ..schema import (
    Base,
    Customer,
    Event,
    Order,
    OrderLine,
    Payment,
    PaymentMethod,
    Product,
    Return,
    Review,
    Shipment,
    Variant,
)
from . import rows
from .catalog import make_catalog
from .fulfilment import DAY_S
from .passers_by import add_passers_by
from .people import make_people
from .reviews import ReviewPlan, review_row, write_reviews
from .shopper import Shopper
from .stories import Story, Teller, cast, prepare, read_stories
from .vocabulary import Vocabulary, read_vocabulary
from .world import World

_BATCH = 5000
_FIRST_ORDER, _FIRST_EVENT, _FIRST_REVIEW = 100_000, 1_000_000, 100_000


@dataclass(frozen=True, slots=True)
class DemoProgress:
    """``done`` of ``total`` steps of the work called ``step``."""

    step: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What was built, as counts of rows, and how long it took."""

    seed: int
    now: datetime
    products: int
    variants: int
    customers: int
    orders: int
    late_parcels: int
    returns: int
    reviews: int
    events: int
    seconds: float


@dataclass(frozen=True, slots=True)
class DemoShop:
    """Everything drawn, before it is written."""

    vocabulary: Vocabulary
    world: World
    stories: tuple[Story, ...]
    visitors: dict[str, str]
    reviews: list[ReviewPlan]


Progress = Callable[[DemoProgress], None]


def build_demo(
    database: Database,
    home: Path,
    *,
    seed: int = 0,
    now: datetime,
    scale: float = 1.0,
    progress: Progress | None = None,
) -> DemoReport:
    """Fill an empty ``database`` with the demo shop, whose year ends ``now``.

    ``home`` is the shop's folder; pictures are drawn into it when they are asked for (``product_picture``). ``scale``
    makes a smaller shop: 0.05 has 108 products and 10,000 events. Raises ``StoreError`` if the database already holds
    products or customers, ``InputError`` for a ``now`` without time zone or a scale outside 0.01 to 5.
    """
    if now.tzinfo is None:
        raise InputError("the demo shop needs a time with a time zone", value=now, advice="Use datetime.now(UTC)")
    if not 0.01 <= scale <= 5:
        raise InputError("this scale cannot be built", value=scale, allowed="0.01 to 5")
    started = time.perf_counter()
    _refuse_full(database)
    (home / rows.PICTURES).mkdir(parents=True, exist_ok=True)
    tell = progress or (lambda _: None)
    shop = draw_shop(seed=seed, now=now.astimezone(UTC).replace(microsecond=0), scale=scale, progress=tell)
    with database.write() as session:
        counts = _write(session, shop, tell)
    return DemoReport(
        seed=seed,
        now=now,
        products=counts[Product],
        variants=counts[Variant],
        customers=counts[Customer],
        orders=counts[Order],
        late_parcels=sum(order.overdue(shop.world.now) for order in shop.world.log.orders),
        returns=counts[Return],
        reviews=counts[Review],
        events=counts[Event],
        seconds=time.perf_counter() - started,
    )


def _refuse_full(database: Database) -> None:
    with database.read() as session:
        for table in (Product, Customer):
            if session.scalar(select(table.id).limit(1)) is not None:
                raise StoreError(
                    f"the database already holds {table.__tablename__}",
                    value=database.engine.url.render_as_string(),
                    advice="The demo shop goes into an empty database",
                )


def draw_shop(*, seed: int, now: datetime, scale: float, progress: Progress) -> DemoShop:
    """Draw catalogue and people, let everybody live through the year, and write the reviews."""
    vocabulary = read_vocabulary()
    stories = read_stories()
    catalog = make_catalog(vocabulary, seed=seed, now=now, scale=scale)
    people = make_people(vocabulary, catalog, seed=seed, now=now, scale=scale)
    countries = vocabulary.people["countries"]
    named = tuple(cast(story, person, countries, now) for story, person in zip(stories, people.persons, strict=False))
    people = replace(people, persons=(*named, *people.persons[len(named) :]))
    prepare(stories, people, vocabulary)
    world = World(vocabulary, catalog, people, now)
    for row in range(len(people.persons)):
        is_named = row < len(named)
        until = world.now - stories[row].pause_days * DAY_S if is_named else world.now
        shopper = Shopper(world, row, seed, until=until, loyal=is_named)
        if not (is_named and stories[row].kind == "new"):
            shopper.live()
        if is_named:
            Teller(world, shopper, stories[row], seed).tell()
        if row % 100 == 99:
            progress(DemoProgress("customers live through the year", row + 1, len(people.persons)))
    visitors = add_passers_by(world, seed=seed, scale=scale)
    world.log.happenings.sort(key=lambda happening: happening.at)
    world.log.orders.sort(key=lambda order: (order.placed, order.customer))
    for at, order in enumerate(world.log.orders):
        order.id = f"#B{_FIRST_ORDER + at}"
    reviews = write_reviews(world, seed=seed, scale=scale)
    progress(DemoProgress("reviews are written", len(reviews), len(reviews)))
    return DemoShop(vocabulary, world, stories, visitors, reviews)


def table_rows(shop: DemoShop) -> Iterator[tuple[type[Base], Iterable[rows.Row]]]:
    """All rows, table by table, parents before children."""
    catalog, persons, now = shop.world.catalog, shop.world.people.persons, shop.world.now
    orders, reasons = shop.world.log.orders, shop.vocabulary.general["return_reasons"]
    method = [str(person.methods[0]["id"]) for person in persons]
    yield Product, (rows.product_row(plan, shop.vocabulary) for plan in catalog.products)
    yield Variant, (row for plan in catalog.products for row in rows.variant_rows(plan))
    yield Customer, (rows.customer_row(person, _story_extra(shop, at)) for at, person in enumerate(persons))
    yield PaymentMethod, (row for person in persons for row in person.methods)
    yield Order, _order_rows(shop)
    yield OrderLine, (row for order in orders for row in rows.line_rows(order, catalog))
    yield Payment, (row for order in orders for row in rows.payment_rows(order, method[order.customer], now))
    yield Shipment, (row for order in orders for row in rows.shipment_rows(order, catalog, now))
    yield Return, (row for order in orders for row in rows.return_rows(order, catalog, method[order.customer], reasons))
    product_ids, customer_ids = [plan.id for plan in catalog.products], [person.id for person in persons]
    yield (
        Review,
        (review_row(plan, f"R{_FIRST_REVIEW + at}", product_ids, customer_ids) for at, plan in enumerate(shop.reviews)),
    )
    yield (
        Event,
        (
            rows.event_row(
                happening,
                f"E{_FIRST_EVENT + at}",
                catalog,
                customer_ids[happening.customer] if happening.customer >= 0 else None,
                shop.visitors.get(happening.visit),
            )
            for at, happening in enumerate(shop.world.log.happenings)
        ),
    )


def _order_rows(shop: DemoShop) -> Iterator[rows.Row]:
    positions: dict[int, int] = {}
    for order in shop.world.log.orders:
        position = positions[order.customer] = positions.get(order.customer, -1) + 1
        yield rows.order_row(order, shop.world.people.persons[order.customer], position, shop.world.now)


def _story_extra(shop: DemoShop, row: int) -> rows.Row:
    if row >= len(shop.stories):
        return {}
    story = shop.stories[row]
    return {"demo": {"story": story.kind, "en": story.note.en, "zh": story.note.zh}}


def _write(session: Session, shop: DemoShop, progress: Progress) -> dict[type[Base], int]:
    counts: dict[type[Base], int] = {}
    # Through the connection: the session would sort the rows by which values are None, and send them piecemeal.
    connection = session.connection()
    sizes: dict[type[Base], int] = {Event: len(shop.world.log.happenings), Review: len(shop.reviews)}
    for table, entries in table_rows(shop):
        counts[table] = 0
        remaining = iter(entries)
        while batch := list(islice(remaining, _BATCH)):
            connection.execute(insert(table), batch)
            counts[table] += len(batch)
            progress(
                DemoProgress(
                    f"{table.__tablename__} are stored", counts[table], max(sizes.get(table, 0), counts[table])
                )
            )
    return counts
