"""A customer who often sends things back for one reason looks at something that may come back for it again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from pydantic import Field

from .signals import Signal, Trigger
from .state import CustomerState, Senses


class OftenReturned(Trigger):
    """Several returns whose reason holds one of the words, and a look at a product with the option they are about."""

    kind: Literal["often_returned"] = "often_returned"
    times: int = Field(default=2, ge=1)
    within_days: int = Field(default=240, ge=1)
    reasons: tuple[str, ...] = ("small", "large", "big", "size", "fit", "tight", "小", "大", "尺码")
    options: tuple[str, ...] = ("size", "尺码")
    """The product must be sold in forms that differ in one of these."""
    settle_minutes: int = Field(default=10, ge=0)
    forget_after_hours: int = Field(default=24, ge=1)

    def signals(self, state: CustomerState, senses: Senses) -> Iterator[Signal]:
        since = state.at - timedelta(days=self.within_days)
        wanted = re.compile("|".join(re.escape(one) for one in self.reasons), re.I)
        times = sum(
            bool(wanted.search(one.reason)) for order in state.orders for one in order.returns if one.at > since
        )
        if times < self.times:
            return
        looked = [
            one
            for one in state.events
            if one.kind in {"view", "cart_add"}
            and one.at > state.at - timedelta(hours=self.forget_after_hours)
            and self._sized(state, one.product_id)
        ]
        if not looked or state.bought_since(looked[-1].at, looked[-1].product_id):
            return
        last = looked[-1]
        yield Signal(
            occasion=f"{last.product_id}:{last.at:%G-W%V}",
            due_at=last.at + timedelta(minutes=self.settle_minutes),
            until=last.at + timedelta(hours=self.forget_after_hours),
            product_id=last.product_id,
            facts={"returns": times},
        )

    def _sized(self, state: CustomerState, product_id: str | None) -> bool:
        goods = state.goods.get(product_id or "")
        if goods is None or not goods.visible:
            return False
        sizes = {one.options.get(name) for one in goods.forms.values() for name in self.options}
        return len(sizes - {None}) > 1
