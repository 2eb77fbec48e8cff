"""The first days of a new customer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from pydantic import Field

from .signals import Signal, Trigger
from .state import CustomerState, Senses


class Newcomer(Trigger):
    """Came lately, looked around, and has not bought."""

    kind: Literal["newcomer"] = "newcomer"
    days: int = Field(default=3, ge=1)
    views: int = Field(default=2, ge=1)
    settle_minutes: int = Field(default=20, ge=0)

    @property
    def event_days(self) -> float:
        return float(self.days)

    def signals(self, state: CustomerState, senses: Senses) -> Iterator[Signal]:
        since = state.person.created_at
        if since is None or state.orders or state.last_activity is None:
            return
        viewed = sum(one.kind == "view" for one in state.events if one.at >= since)
        if viewed < self.views or state.bought_since(since):
            return
        yield Signal(
            occasion="first",
            due_at=state.last_activity + timedelta(minutes=self.settle_minutes),
            until=since + timedelta(days=self.days),
            facts={"views": viewed},
        )
