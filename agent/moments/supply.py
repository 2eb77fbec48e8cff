"""What a customer buys again and again is about to run out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Literal

from pydantic import Field

from .signals import Signal, Trigger
from .state import CustomerState, Senses


class RunsOut(Trigger):
    """A consumable is used up at the pace at which this customer has bought it."""

    kind: Literal["runs_out"] = "runs_out"
    orders: int = Field(default=2, ge=2)
    """Bought at least so often: from fewer no pace can be read."""
    lead_share: float = Field(default=0.95, gt=0, le=1)
    """Said after this share of the expected time."""
    forget_after_days: int = Field(default=14, ge=1)

    def signals(self, state: CustomerState, senses: Senses) -> Iterator[Signal]:
        bought: dict[str, list[tuple[datetime, int, str]]] = defaultdict(list)
        for order in state.kept_orders:
            for line in order.lines:
                goods = state.goods.get(line.product_id or "")
                if goods is not None and goods.consumable:
                    bought[goods.product_id].append((order.placed_at, line.quantity, order.id))
        for product_id, times in bought.items():
            if len(times) < self.orders or not state.goods[product_id].can_be_bought():
                continue
            # Days that one piece lasted: from each order to the next, over the pieces of the first.
            paces = [
                (later[0] - earlier[0]) / timedelta(days=1) / max(earlier[1], 1)
                for earlier, later in pairwise(times)
                if later[0] > earlier[0]
            ]
            if not paces:
                continue
            at, pieces, order_id = times[-1]
            lasts = median(paces) * max(pieces, 1)
            due = at + timedelta(days=lasts * self.lead_share)
            yield Signal(
                occasion=f"{product_id}:{order_id}",
                due_at=due,
                until=due + timedelta(days=self.forget_after_days),
                product_id=product_id,
                order_id=order_id,
                facts={"times": len(times), "lasts_days": round(lasts)},
            )
