"""The policies to be beaten, and the oracle, which cannot be."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from agent.deciding.draws import draw, uniforms

from .interface import DayResult, Integers, Occasions, World


class Contestant(Protocol):
    """Someone who chooses in a world: by the occasions of the day, and by what came of earlier ones."""

    def choose(self, occasions: Occasions) -> Integers:
        """(n,) columns, each eligible."""
        ...

    def see(self, result: DayResult) -> None:
        """The day is over."""
        ...


class _Fixed:
    def see(self, result: DayResult) -> None:
        """Learns nothing."""


class Passive(_Fixed):
    """Silence."""

    def choose(self, occasions: Occasions) -> Integers:
        """See ``Contestant``."""
        return np.zeros(len(occasions.batch), dtype=np.int64)


class AtRandom(_Fixed):
    """Any eligible action, silence among them, each as probable."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def choose(self, occasions: Occasions) -> Integers:
        """See ``Contestant``."""
        eligible = occasions.batch.eligible
        return draw(eligible / eligible.sum(axis=1, keepdims=True), uniforms(self._seed, occasions.batch.keys))


class AlwaysDiscount(_Fixed):
    """The largest discount that is eligible, at every occasion."""

    def choose(self, occasions: Occasions) -> Integers:
        """See ``Contestant``."""
        chosen: Integers = np.argmax(np.where(occasions.batch.eligible, occasions.batch.discount, -1.0), axis=1)
        return chosen


class Popularity(_Fixed):
    """Tells of what sells best, at every occasion."""

    def __init__(self, action: str) -> None:
        self._action = action

    def choose(self, occasions: Occasions) -> Integers:
        """See ``Contestant``."""
        column = occasions.batch.actions.index(self._action)
        return np.where(occasions.batch.eligible[:, column], column, 0)


class Oracle(_Fixed):
    """Knows what the world hides."""

    def __init__(self, world: World) -> None:
        self._world = world

    def choose(self, occasions: Occasions) -> Integers:
        """See ``Contestant``."""
        chosen: Integers = np.argmax(np.where(occasions.batch.eligible, self._world.expected(), -np.inf), axis=1)
        return chosen
