"""What was decided and what came of it: the rows that a policy learns from and is judged on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from store import InputError

from .batch import Batch, Flags, Floats


@dataclass(frozen=True, slots=True)
class Experience:
    """n decisions, oldest first, and what has come of them so far."""

    batch: Batch
    customers: tuple[str, ...]
    """(n,)"""
    day: Floats
    """(n,) when it was decided, in days since any fixed time."""
    chosen: NDArray[np.int64]
    """(n,) columns of ``batch.actions``."""
    propensity: Floats
    """(n,) the probability with which each was drawn."""
    bought: Floats
    """(n,) whether the customer bought within the window: 0 or 1, or the share of an order that several led to."""
    margin: Floats
    """(n,) minor units that his orders earned within the window, before the cost of the message."""
    complained: Flags
    """(n,) whether he asked for less of this within the window."""
    ripe: Floats
    """(n,) the share of orders that have usually come by now: 1 where the window is over."""

    def __post_init__(self) -> None:
        for name in ("day", "chosen", "propensity", "bought", "margin", "complained", "ripe"):
            if getattr(self, name).shape != (len(self.batch),):
                raise InputError(
                    f"{name} must have a value for each decision",
                    value=getattr(self, name).shape,
                    allowed=f"({len(self.batch)},)",
                )
        if bool(((self.propensity <= 0) | (self.propensity > 1)).any()):
            raise InputError("propensities must be above 0 and at most 1", value=float(self.propensity.min()))

    def __len__(self) -> int:
        return len(self.batch)

    @property
    def reward(self) -> Floats:
        """(n,) minor units: what the orders earned less what the message cost."""
        return self.margin - self.batch.cost[np.arange(len(self)), self.chosen]

    def last(self, rows: int) -> Experience:
        """The latest ``rows``."""
        return self.take(np.arange(max(len(self) - rows, 0), len(self)))

    def take(self, rows: NDArray[np.int64]) -> Experience:
        """Some of the rows, by position."""
        return Experience(
            self.batch.take(rows),
            tuple(self.customers[row] for row in rows),
            *(getattr(self, one.name)[rows] for one in fields(self)[2:]),
        )

    @classmethod
    def joined(cls, parts: Sequence[Experience]) -> Experience:
        """Parts one after the other; actions and features that some do not know are not eligible, not known there."""
        batch = Batch.joined([one.batch for one in parts])
        columns = [
            np.array([batch.actions.index(action) for action in one.batch.actions], dtype=np.int64)[one.chosen]
            for one in parts
        ]
        rest = {
            one.name: np.concatenate([getattr(part, one.name) for part in parts])
            for one in fields(cls)
            if one.name not in ("batch", "customers", "chosen")
        }
        customers = tuple(customer for one in parts for customer in one.customers)
        return cls(batch=batch, customers=customers, chosen=np.concatenate(columns), **rest)
