"""Long work in a thread of its own, told step by step with the time left: for pages that must not stand still."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from store import BeforehandError

_Result = TypeVar("_Result")
Told = Callable[[str, float, float | None], None]
_EVERY_S = 0.4


@dataclass(frozen=True, slots=True)
class Step:
    """Where the work stands."""

    what: str
    share: float | None
    """0 to 1 of this piece of work; ``None``: the end is not known."""
    left_s: float | None
    """Seconds that this piece will probably still take; ``None``: too early to say."""


class LongWork(Generic[_Result]):
    """One piece of work. ``result`` or ``problem`` is set when ``steps`` has ended."""

    def __init__(self, work: Callable[[Told], _Result]) -> None:
        self.result: _Result | None = None
        self.problem: BeforehandError | None = None
        self._failure: BaseException | None = None
        self._work = work
        self._told: queue.SimpleQueue[tuple[str, float, float | None]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="beforehand-long-work", daemon=True)

    def steps(self) -> Iterator[Step]:
        """Start, and tell the latest step about twice a second until the work ends.

        What is wrong with the input becomes ``problem``; any other failure is raised here.
        """
        self._thread.start()
        what, share, begun, first = "", None, time.monotonic(), 0.0
        while self._thread.is_alive() or not self._told.empty():
            self._thread.join(_EVERY_S)
            while not self._told.empty():
                now, done, total = self._told.get()
                share = done / total if total else None
                # "learning: leaves" and "learning: value" are steps of one piece of work.
                if now.partition(":")[0] != what.partition(":")[0]:
                    begun, first = time.monotonic(), share or 0.0
                what = now
            spent = time.monotonic() - begun
            left = spent * (1 - share) / (share - first) if share and share > first and spent > 1 else None
            yield Step(what.replace("_", " "), share, left)
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            self.result = self._work(lambda what, done, total: self._told.put((what, done, total)))
        except BeforehandError as error:
            self.problem = error
        except BaseException as error:  # noqa: BLE001 - raised again where the steps are read
            self._failure = error
