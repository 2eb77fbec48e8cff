"""``World``: what a simulated shop must offer so that policies can be compared in it (see docs/worlds.md).

A world knows its shoppers; a policy sees only what ``Occasions`` hold. Nothing here knows of a policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent.deciding import Batch

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Occasions:
    """The occasions of one day: who could be written to, and what a shop would know of them."""

    customers: Integers
    """(n,) numbers of the customers, 0 to ``World.customers`` - 1, each at most once."""
    batch: Batch
    """n rows. ``batch.actions`` are the same on every day. ``batch.keys`` name customer and day, and are unique."""


@dataclass(frozen=True, slots=True)
class DayResult:
    """What a shop would see by the end of the day. All arrays are (customers,)."""

    profit_minor: Floats
    """What came in on this day: margins of orders less discounts, less what was spent on messages."""
    orders: Integers
    """Orders placed on this day, for whatever reason."""
    complaints: Integers
    """How often the customer said today that he wants less of this."""


class World(Protocol):
    """A simulated shop. It must give the same shoppers the same luck whatever is done to them (see docs/worlds.md)."""

    customers: int
    days: int
    window_days: int
    """An order so many days after an occasion, the same day included, may still come of it."""
    popular: str
    """The action that tells of what sells best, for the rival that does nothing else."""

    def open_day(self, day: int) -> Occasions:
        """The occasions of ``day``, 0 to ``days`` - 1, in this order, each day once."""
        ...

    def expected(self) -> Floats:
        """(n, a) For the open day: what each action will bring beyond silence, by all that the world hides, long after
        the day included. The oracle takes the highest that is eligible.
        """
        ...

    def close_day(self, chosen: Integers) -> DayResult:
        """Do what was chosen, (n,) columns of ``batch.actions``, for the open day, and let the day pass."""
        ...


class WorldMaker(Protocol):
    """A class of worlds: each ``seed`` draws another one."""

    def __call__(self, seed: int, customers: int, days: int) -> World: ...
