"""Something that is foreseen of a customer who has become quiet: that he leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from pydantic import Field

from .signals import Signal, Trigger
from .state import CustomerState, Senses


class Foreseen(Trigger):
    """A forecast is high. Asked on a schedule, and only of customers who are quiet: a forecast is costly."""

    kind: Literal["foreseen"] = "foreseen"
    forecast: str = "leaves"
    at_least: float | None = Field(default=None, gt=0, lt=1)
    """Probability from which it counts; ``None``: half as probable again as is usual, in the odds."""
    quiet_days: int = Field(default=21, ge=1)
    """Nothing was seen of the customer for so long."""
    every_days: int = Field(default=7, ge=1)
    """Asked again after so long."""
    forget_after_days: int = Field(default=150, ge=1)
    """Who bought nothing for so long is gone."""

    def signals(self, state: CustomerState, senses: Senses) -> Iterator[Signal]:
        orders = state.kept_orders
        if not orders or senses.foresight is None:
            return
        last = max(orders[-1].placed_at, state.last_activity or orders[-1].placed_at)
        quiet, until = last + timedelta(days=self.quiet_days), last + timedelta(days=self.forget_after_days)
        # One occasion for each silence, whatever the number of times it is asked.
        occasion = f"{self.forecast}:{last:%Y-%m-%d}"
        if state.at < quiet:
            yield Signal(occasion, quiet, until)
            return
        if state.at > until:
            return
        found = senses.foresight.predicted(state.customer_id, self.forecast, state.at)
        high = found is not None and (
            found.level == "high" if self.at_least is None else found.probability >= self.at_least
        )
        if found is None or not high:
            yield Signal(occasion, state.at + timedelta(days=self.every_days), until)
            return
        yield Signal(occasion, quiet, until, facts={"probability": round(found.probability, 3)})
