"""How long a recommendation takes in a shop with 1,000,000 events."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, thread_time

import numpy as np
from sqlalchemy import func, insert, select

from encoders import TextEncoder
from retrieval import HistorySettings, ProductSearch, Recommender, RetrievalSettings, train_history
from store import Database, FixedClock
from store.demo import build_demo
from store.schema import Customer, Event

from .frame import Figures

_NOW = datetime(2026, 3, 2, tzinfo=UTC)
_EVENTS = 1_000_000
_CALLS = 200
_AT_ONCE = 50_000


def recommend_ms(figures: Figures, folder: Path, encoder: TextEncoder, *, quick: bool) -> None:
    """Median and 95th percentile of ``for_customer``, with a trained history model; each call follows a new event."""
    database = Database.open(f"sqlite:///{folder}/shop.db")
    build_demo(database, folder, seed=0, now=_NOW, scale=0.1 if quick else 1.0)
    _copy_events(database, 20_000 if quick else _EVENTS)
    settings = RetrievalSettings(history=HistorySettings(most_epochs=2, refit=False))
    clock = FixedClock(_NOW)
    search = ProductSearch(database, encoder, settings, folder / "index")
    search.sync()
    train_history(database, search, folder / "history", settings, clock)
    recommender = Recommender(database, search, settings, clock, folder / "history")
    with database.read() as records:
        customers = list(records.scalars(select(Customer.id).order_by(Customer.id).limit(_CALLS)))
        events = records.scalar(select(func.count()).select_from(Event))
        products = list(records.scalars(select(Event.product_id).where(Event.product_id.is_not(None)).limit(500)))
    recommender.for_customer(customers[0])
    draw, took, worked = random.Random(0), list[float](), list[float]()
    for number, customer in enumerate(customers):
        clock.advance(timedelta(seconds=1))
        with database.write() as records:
            records.add(
                Event(
                    id=f"new{number}", kind="view", at=clock(), customer_id=customer, product_id=draw.choice(products)
                )
            )
        began, began_work = perf_counter(), thread_time()
        recommender.for_customer(customer)
        took.append(1000 * (perf_counter() - began))
        worked.append(1000 * (thread_time() - began_work))
    low, high = np.percentile(took, [50, 95])
    figures.add("recommend_p50_ms", float(low))
    figures.add("recommend_p95_ms", float(high))
    # On a machine that does other things at the same time, waiting is most of the time that passes.
    figures.add("recommend_processor_p50_ms", float(np.median(worked)))
    figures.note(f"recommend: {events:,} events, {len(customers)} customers, one call each just after a new event")
    database.close()


def _copy_events(database: Database, wanted: int) -> None:
    """Let the demo shop's customers have done more of the same, some hours apart, until there are ``wanted`` events."""
    with database.read() as records:
        names = [column.name for column in Event.__table__.columns]
        own = [dict(zip(names, row, strict=True)) for row in records.execute(select(Event.__table__)).all()]
    draw, missing, copy = random.Random(1), wanted - len(own), 0
    while missing > 0:
        copy += 1
        some = own[:missing]
        rows = [
            {
                **event,
                "id": f"{event['id']}-{copy}",
                "at": event["at"] - timedelta(seconds=draw.randrange(1, 86_400)),
                "visit_id": event["visit_id"] and f"{event['visit_id']}-{copy}",
                "anonymous_id": event["anonymous_id"] and f"{event['anonymous_id']}-{copy}",
            }
            for event in some
        ]
        for start in range(0, len(rows), _AT_ONCE):
            with database.write() as records:
                records.execute(insert(Event), rows[start : start + _AT_ONCE])
        missing -= len(some)
