"""What the shop does beside the page: looks for moments to write first, reads the reviews that nobody has read yet, and
gives memory back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Self

from beforehand import Shop

from .memory import give_back

_log = logging.getLogger("beforehand.ui")
_TICK_S = 0.5
"""A look costs two short queries when nothing happened, so a message is in the chat within a second."""
_LOOKS_SHARE = 0.25
"""Of the time, at most so much is spent on looking, up to the longest pause: on a busy machine one look at many
customers costs less than many looks at a few, and a chat that waits needs the processor more."""
_LONGEST_PAUSE_S = 5.0
_REVIEWS_S = 2.0
_NEW_REVIEWS_S = 60.0
"""Where all are read: an import, also one of another process, may bring more."""
_REVIEWS_AT_ONCE = 50
_MEMORY_S = 30.0
_MEMORY_SHARE = 0.01
"""Of the time, at most so much is spent on giving memory back: whoever allocates has to wait for it."""
_REVIEWS_SHARE = 0.1
"""Of the time, at most so much is spent on reading reviews: what the reader needs, a customer's turn cannot have."""


class Worker:
    """A thread, for as long as the block runs. A fault in it is logged and tried again later."""

    def __init__(self, shop: Shop, *, tick_s: float = _TICK_S, read_reviews: bool = True) -> None:
        self._shop, self._tick_s, self._read = shop, tick_s, read_reviews
        self._end = threading.Event()
        self._read_at = 0.0
        self._give_at = time.monotonic() + _MEMORY_S
        self._thread = threading.Thread(target=self._run, name="beforehand-background", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        # At the priority of all other threads: one that is let run seldom on a busy machine holds the database's write
        # lock for as long, and every customer waits for it.
        while not self._end.is_set():
            begun = time.monotonic()
            self._safely("looking for moments", self._tick)
            pause_s = pause_after(time.monotonic() - begun, self._tick_s)
            if self._read and time.monotonic() >= self._read_at:
                self._safely("reading reviews", self._read_some)
            if time.monotonic() >= self._give_at:
                took_s = give_back()
                self._give_at = time.monotonic() + max(_MEMORY_S, took_s / _MEMORY_SHARE)
            self._end.wait(pause_s)

    def _tick(self) -> None:
        self._shop.proactive.tick()

    def _read_some(self) -> None:
        """A few reviews at a time, with a pause after each that is longer the busier the machine is."""
        from sentiment import score_reviews

        begun = time.monotonic()
        read = score_reviews(self._shop.database, self._shop.sentiment, limit=_REVIEWS_AT_ONCE)
        ended = time.monotonic()
        self._read_at = ended + pause_after_reviews(read, ended - begun)

    def _safely(self, what: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # noqa: BLE001 - logged, and the shop goes on
            _log.exception("%s failed; it is tried again", what)


def pause_after(took_s: float, least_s: float) -> float:
    """Seconds to wait after a look that took ``took_s``."""
    return max(least_s, min(_LONGEST_PAUSE_S, took_s * (1 / _LOOKS_SHARE - 1)))


def pause_after_reviews(read: int, took_s: float) -> float:
    """Seconds until the next reviews are looked for, after ``read`` of them took ``took_s``."""
    least_s = _REVIEWS_S if read == _REVIEWS_AT_ONCE else _NEW_REVIEWS_S
    return max(least_s, took_s * (1 / _REVIEWS_SHARE - 1))
