"""Events in: many small requests, few transactions.

A transaction that is safe on disk costs milliseconds, whatever is in it. So one thread writes: it takes whatever waits,
writes it in one transaction, and only then tells the requests that their events are in. Nothing is told to be in that
is not; what was sent again under its id is known already and changes nothing.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session as Records

from store import Database
from store.schema import Event

from .metrics import Metrics
from .problems import Refused
from .records import EventIn, EventsTaken

_log = logging.getLogger("beforehand.http")
_EXTRA = {"results", "in_stock"}
"""What moments ask of an event beyond its columns."""
_AT_ONCE = 2000
_MOST_WAITING = 20_000


@dataclass(frozen=True, slots=True)
class _Waiting:
    events: Sequence[EventIn]
    source: str
    done: Future[EventsTaken]


class EventIntake:
    """The writing thread, for as long as the block runs."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database, self._metrics = database, metrics
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._waiting, self._lock, self._closed = 0, threading.Lock(), False
        self._thread = threading.Thread(target=self._run, name="beforehand-events", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Write what waits, then end."""
        with self._lock:
            self._closed = True
            self._queue.put(None)
        self._thread.join(timeout=30)

    def take(self, events: Sequence[EventIn], source: str) -> Future[EventsTaken]:
        """Done when they are in the records. Raises ``Refused`` when more waits than can be written soon."""
        waiting = _Waiting(events, source, Future())
        with self._lock:
            if self._closed or self._waiting + len(events) > _MOST_WAITING:
                raise Refused(
                    429, "too many events wait to be written", advice="Send them again in 5 s", retry_after_s=5
                )
            self._count(len(events))
            self._queue.put(waiting)
        return waiting.done

    def _count(self, more: int) -> None:
        self._waiting += more
        self._metrics.waiting.set(self._waiting)

    def _run(self) -> None:
        ending = False
        while not ending:
            first = self._queue.get()
            if first is None:
                return
            batch, size = [first], len(first.events)
            while size < _AT_ONCE and not self._queue.empty():
                more = self._queue.get()
                if more is None:
                    ending = True
                    break
                batch.append(more)
                size += len(more.events)
            self._write(batch)
            with self._lock:
                self._count(-size)

    def _write(self, batch: Sequence[_Waiting]) -> None:
        try:
            with self._database.write() as records:
                new = _insert(records, {one.id: _row(one, each.source) for each in batch for one in each.events})
        except Exception as error:  # noqa: BLE001 - whoever waits is told, and the thread goes on
            _log.exception("%d events could not be written", sum(len(one.events) for one in batch))
            for each in batch:
                each.done.set_exception(error)
            return
        for each in batch:
            mine = 0
            for one in each.events:
                # An id that came twice at once is new for the first and known for the second.
                mine += one.id in new
                new.discard(one.id)
            taken = EventsTaken(new=mine, known=len(each.events) - mine)
            self._metrics.events.labels("new").inc(taken.new)
            self._metrics.events.labels("known").inc(taken.known)
            each.done.set_result(taken)


def _insert(records: Records, rows: dict[str, dict[str, Any]]) -> set[str]:
    """Write those that are not there yet; returns their ids."""
    known: set[str] = set()
    ids = list(rows)
    for start in range(0, len(ids), 500):
        known.update(records.scalars(select(Event.id).where(Event.id.in_(ids[start : start + 500]))))
    fresh = [row for key, row in rows.items() if key not in known]
    if fresh:
        # An importer may write the same id at the same time on PostgreSQL; it is the same event.
        insert = postgresql.insert if records.get_bind().dialect.name == "postgresql" else sqlite.insert
        records.execute(insert(Event).on_conflict_do_nothing(index_elements=[Event.id]), fresh)
    return set(rows) - known


def _row(event: EventIn, source: str) -> dict[str, Any]:
    extra = event.model_dump(include=_EXTRA, exclude_none=True)
    return {**event.model_dump(exclude=_EXTRA), "source": source, "extra": extra}
