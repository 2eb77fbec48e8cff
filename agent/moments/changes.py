"""Something that the customer looked at became better to buy: cheaper, or there again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from pydantic import Field

from .signals import Signal, Trigger
from .state import CustomerState, Did, Form, Senses


class Changed(Trigger):
    """The price fell below the one he saw, or what he found sold out can be bought."""

    kind: Literal["changed"] = "changed"
    change: Literal["price_drop", "back_in_stock"]
    seen_within_days: int = Field(default=14, ge=1)
    percent: float = Field(default=5.0, gt=0, le=100)
    """Of a price drop: at least so much."""
    settle_minutes: int = Field(default=30, ge=0)
    """Not while he is looking."""

    @property
    def event_days(self) -> float:
        return float(self.seen_within_days)

    def signals(self, state: CustomerState, senses: Senses) -> Iterator[Signal]:
        since = state.at - timedelta(days=self.seen_within_days)
        last: dict[str, Did] = {}
        for event in state.events:
            if event.kind == "view" and event.product_id is not None and event.at > since:
                last[event.product_id] = event
        for product_id, seen in last.items():
            goods = state.goods.get(product_id)
            if goods is None or not goods.can_be_bought(seen.variant_id):
                continue
            form = goods.form(seen.variant_id)
            if form is None or state.bought_since(seen.at - timedelta(days=1), product_id):
                continue
            facts, occasion = self._noticed(seen, form)
            if not occasion:
                continue
            yield Signal(
                occasion=f"{product_id}:{occasion}",
                due_at=seen.at + timedelta(minutes=self.settle_minutes),
                until=seen.at + timedelta(days=self.seen_within_days),
                product_id=product_id,
                facts=facts,
            )

    def _noticed(self, seen: Did, form: Form) -> tuple[dict[str, str | int | float], str]:
        if self.change == "back_in_stock":
            return ({"variant": form.id}, seen.id) if seen.extra.get("in_stock") is False else ({}, "")
        before, now = seen.value_minor, form.price_minor
        if before is None or now is None or seen.currency not in (None, form.currency):
            return {}, ""
        if now > before * (1 - self.percent / 100):
            return {}, ""
        return {"variant": form.id, "before_minor": before, "now_minor": now}, str(now)
