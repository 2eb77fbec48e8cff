"""How often somebody may ask: token buckets in memory, one per caller."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable


class RateLimit:
    """A bucket per name that holds ``per_minute`` requests and fills evenly. May be shared between threads."""

    def __init__(
        self, per_minute: int, *, callers: int = 20_000, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        """``callers``: how many are remembered; the one not seen for longest is forgotten first."""
        self._per_minute, self._callers, self._seconds = per_minute, callers, seconds
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: str, per_minute: int | None = None) -> float:
        """Seconds to wait before asking again; 0: this request is allowed, and counted."""
        limit = per_minute or self._per_minute
        now = self._seconds()
        with self._lock:
            left, seen = self._buckets.pop(name, (float(limit), now))
            left = min(float(limit), left + (now - seen) * limit / 60)
            allowed = left >= 1
            self._buckets[name] = (left - 1 if allowed else left, now)
            while len(self._buckets) > self._callers:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) * 60 / limit
