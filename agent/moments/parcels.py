"""A parcel that has not come when it was promised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from pydantic import Field

from .signals import Signal, Trigger
from .state import CustomerState, Senses

_CLOSED = frozenset({"cancelled", "canceled", "delivered", "returned", "refunded"})


class ParcelLate(Trigger):
    """The promised time has passed."""

    kind: Literal["parcel_late"] = "parcel_late"
    hours_late: int = Field(default=12, ge=0)
    forget_after_days: int = Field(default=14, ge=1)

    def signals(self, state: CustomerState, senses: Senses) -> Iterator[Signal]:
        for order in state.orders:
            if order.status in _CLOSED:
                continue
            waited = [
                one.promised_at
                for one in order.parcels
                if one.promised_at and one.delivered_at is None and one.status != "delivered"
            ]
            if not waited:
                continue
            promised = min(waited)
            yield Signal(
                # A new promise is a new occasion.
                occasion=f"{order.id}:{promised:%Y-%m-%d}",
                due_at=promised + timedelta(hours=self.hours_late),
                until=promised + timedelta(days=self.forget_after_days),
                order_id=order.id,
                facts={"hours_late": int((state.at - promised) / timedelta(hours=1))},
            )
