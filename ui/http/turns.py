"""Chat turns beside everything else: a few at a time, each whole in one thread of its own.

A turn is a second of work on a processor. If every waiting turn had a thread of the common pool, nothing else would get
one, and all turns would slow each other down; so they wait for one of a few places, and the rest of the doors does not.
A turn is never given up half-way: whoever goes away before its end finds it in the record.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anyio

from agent import Progress, Reply, Sentence

from .metrics import Metrics

Said = Progress | Sentence | Reply
_AT_ONCE = 4


class Turns:
    """The places. To be used from one event loop."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._limiter: anyio.CapacityLimiter | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def each(self, begin: Callable[[], Iterator[Said]]) -> AsyncIterator[Said]:
        """What a turn says, as it comes. Raises what the turn raises."""
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(_AT_ONCE)
        loop, heard = asyncio.get_running_loop(), asyncio.Queue[Any]()

        def work() -> None:
            ended: BaseException | None = None
            try:
                for event in begin():
                    if isinstance(event, Reply):
                        self._metrics.turns.labels(event.kind).inc()
                    loop.call_soon_threadsafe(heard.put_nowait, event)
            except Exception as error:  # noqa: BLE001 - raised again where it is listened
                ended = error
            loop.call_soon_threadsafe(heard.put_nowait, ended)

        task = asyncio.create_task(anyio.to_thread.run_sync(work, limiter=self._limiter))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        while (event := await heard.get()) is not None:
            if isinstance(event, Exception):
                raise event
            yield event

    async def whole(self, begin: Callable[[], Iterator[Said]]) -> Reply:
        """The turn's reply."""
        last: Said | None = None
        async for event in self.each(begin):
            last = event
        assert isinstance(last, Reply)
        return last
