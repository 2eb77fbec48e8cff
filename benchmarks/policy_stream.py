"""How many events a second pass through moments and decisions, and how long a message takes into the chat.

A demo shop, the real engine, SQLite on disk. The stream is the shop's own past, told again as if it happened now:
events come in batches as a door would write them, each batch in one transaction, and are looked at after it. The shop's
clock runs so that the stream fills three hours, so carts are left and parcels become late on the way.

The delay is measured at half that rate with the clock of the machine: from the moment an event is handed over to the
end of the round that put its message into the chat. Its events are searches in vain, which are answered at once here;
in a shop most moments wait on purpose before they speak.
"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert, select

from beforehand import Shop
from store import FixedClock, system_clock
from store.schema import Customer, Event

_SPAN = timedelta(hours=3)
_BATCH = 100
_ASKING_SHARE = 0.03
_AT_ONCE = """
moments:
  searched_in_vain:
    when: {settle_minutes: 0}
    pause_days: 0
"""


@dataclass
class _Running:
    """A clock that starts at a time and runs with the machine."""

    start: datetime
    since: float

    def __call__(self) -> datetime:
        return self.start + timedelta(seconds=time.perf_counter() - self.since)


def measure(quick: bool) -> dict[str, float]:
    """``events_per_s``, ``event_to_message_p95_ms``, and beside them ``messages``, ``decisions`` and ``delays``."""
    scale, events = (0.1, 2_000) if quick else (0.5, 12_000)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        moments = home / "moments.yaml"
        moments.write_text(_AT_ONCE)
        built_at = system_clock()
        clock = FixedClock(built_at)
        with Shop.demo(home / "demo", scale=scale, clock=clock) as shop:
            answering = shop.config.proactive.model_copy(update={"moments": str(moments)})
            config = shop.config.model_copy(update={"proactive": answering})
        with Shop.open(config, clock=clock) as shop:
            shop.proactive.tick()
            rate, decisions = _throughput(shop, clock, events, seed=0)
        running = _Running(clock(), time.perf_counter())
        with Shop.open(config, clock=running) as shop:
            shop.proactive.tick()
            delays = _delays(shop, running, rate / 2, 10.0 if quick else 40.0, seed=1)
    return {
        "events_per_s": round(rate, 1),
        "event_to_message_p95_ms": round(float(np.quantile(delays, 0.95)) * 1000, 1) if delays else float("nan"),
        "delays": float(len(delays)),
        "decisions": float(decisions),
    }


def _past(shop: Shop, count: int, seed: int) -> list[dict[str, Any]]:
    """Visits of customers, as they were, in a random order of visits, until there are ``count`` events."""
    columns = Event.__table__.columns
    with shop.database.read() as records:
        rows = records.execute(
            select(*columns).where(Event.customer_id.is_not(None), Event.visit_id.is_not(None)).order_by(Event.at)
        ).mappings()
        visits: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            visits.setdefault(str(row["visit_id"]), []).append(dict(row))
    order = sorted(visits)
    random.Random(seed).shuffle(order)
    found: list[dict[str, Any]] = []
    for visit in order:
        found += visits[visit]
        if len(found) >= count:
            break
    return found[:count]


def _told_again(past: Sequence[dict[str, Any]], start: datetime, span: timedelta, seed: int) -> list[dict[str, Any]]:
    """The same visits, begun at random in ``span`` after ``start``; within a visit times are kept."""
    chance = random.Random(seed)
    begins: dict[str, tuple[datetime, datetime]] = {}
    told = []
    for number, event in enumerate(past):
        first, begin = begins.setdefault(event["visit_id"], (event["at"], start + chance.random() * span))
        at = begin + (event["at"] - first)
        told.append({**event, "id": f"stream-{seed}-{number}", "at": at, "visit_id": f"s{seed}-{event['visit_id']}"})
    return sorted(told, key=lambda one: one["at"])


def _throughput(shop: Shop, clock: FixedClock, count: int, seed: int) -> tuple[float, int]:
    """Events a second, the writing of them included, and the decisions that they led to."""
    events = _told_again(_past(shop, count, seed), clock(), _SPAN, seed)
    decisions = 0
    began = time.perf_counter()
    for start in range(0, len(events), _BATCH):
        part = events[start : start + _BATCH]
        clock.advance(max(part[-1]["at"] - clock(), timedelta(0)))
        with shop.database.write() as records:
            records.execute(insert(Event), part)
        decisions += len(shop.proactive.tick())
    return len(events) / (time.perf_counter() - began), decisions


def _delays(shop: Shop, clock: _Running, rate: float, seconds: float, seed: int) -> list[float]:
    """Seconds from event to message, while events come in at ``rate`` a second."""
    count = int(rate * seconds)
    past = _past(shop, count, seed)
    chance = random.Random(seed)
    with shop.database.read() as records:
        asking = sorted(records.scalars(select(Customer.id).where(Customer.consent_proactive)))
    chance.shuffle(asking)
    handed: dict[str, float] = {}
    delays: list[float] = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            written = shop.proactive.tick()
            now = time.perf_counter()
            delays.extend(
                now - handed[one.customer_id]
                for one in written
                if one.message_id is not None and one.moment == "searched_in_vain" and one.customer_id in handed
            )
            if not written:
                over.wait(0.05)

    looker = threading.Thread(target=look)
    looker.start()
    began = time.perf_counter()
    step = 0.1
    sent = 0
    while sent < len(past):
        target = min(len(past), int((time.perf_counter() - began) * rate) + 1)
        part = []
        for number in range(sent, target):
            now = clock()
            event = {**past[number], "id": f"live-{seed}-{number}", "at": now}
            if chance.random() < _ASKING_SHARE and asking:
                customer = asking.pop()
                event = {**event, "customer_id": customer, "kind": "search", "query": "moon dust", "product_id": None}
                event |= {"variant_id": None, "value_minor": None, "extra": {"results": 0}}
                handed[customer] = time.perf_counter()
            part.append(event)
        if part:
            with shop.database.write() as records:
                records.execute(insert(Event), part)
        sent = target
        time.sleep(step)
    time.sleep(1.0)
    over.set()
    looker.join()
    return delays


if __name__ == "__main__":
    import sys

    print(measure("--quick" in sys.argv))
