"""The same thing done again and again, and not what it was done for: looking without buying, searching in vain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from pydantic import Field

from .signals import Signal, Trigger
from .state import CustomerState, Did, Senses


class Repeated(Trigger):
    """An event came several times, and none that would settle it came after."""

    kind: Literal["repeated"] = "repeated"
    event: str = "view"
    """Kind of event: view, search, or the shop's own name for one."""
    times: int = Field(default=3, ge=1)
    visits: int = Field(default=1, ge=1)
    """In at least so many visits."""
    within_hours: int = Field(default=168, ge=1)
    same_product: bool = True
    """Counted for each product on its own."""
    in_vain: bool = False
    """Only searches that showed nothing (``results`` of the event is 0)."""
    unless: tuple[str, ...] = ("purchase", "cart_add")
    """Events that settle it, of the same product where it is counted for each."""
    settle_minutes: int = Field(default=20, ge=0)
    """How long it must be quiet after the last one."""
    forget_after_hours: int = Field(default=48, ge=1)

    @property
    def event_days(self) -> float:
        return self.within_hours / 24

    def signals(self, state: CustomerState, senses: Senses) -> Iterator[Signal]:
        since = state.at - timedelta(hours=self.within_hours)
        found: dict[str, list[Did]] = defaultdict(list)
        for event in state.events:
            if event.at <= since or (self.same_product and event.product_id is None):
                continue
            subject = (event.product_id or "") if self.same_product else ""
            if event.kind == self.event and (not self.in_vain or event.extra.get("results") == 0):
                found[subject].append(event)
            elif event.kind in self.unless:
                found.pop(subject, None)
        quiet = timedelta(minutes=self.settle_minutes)
        for subject, events in found.items():
            visits = {one.visit_id or f"{one.at:%Y-%m-%d}" for one in events}
            if len(events) < self.times or len(visits) < self.visits:
                continue
            last = events[-1]
            if state.bought_since(events[0].at, subject or None):
                continue
            facts: dict[str, str | int | float] = {"times": len(events), "visits": len(visits)}
            if last.query:
                facts["query"] = last.query
            yield Signal(
                occasion=f"{subject}:{last.at:%G-W%V}",
                due_at=max(last.at, state.last_activity or last.at) + quiet,
                until=last.at + timedelta(hours=self.forget_after_hours),
                product_id=subject or None,
                facts=facts,
            )
