"""Moments that may call for a word from the shop. Here: a cart that was filled and left.

Comes in: the records as they stand at a time. Goes out: moments, each with the key of its occasion. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from insight import OpenCart, open_carts
from store import Database

from .settings import ProactiveSettings

CART_ABANDONED = "cart_abandoned"
NONE = "none"


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to one customer and is decided on once."""

    kind: str
    customer_id: str
    at: datetime
    occasion: str
    """What makes it this occasion and no other: the same cart, left at the same point."""
    cart: OpenCart

    @property
    def key(self) -> str:
        """Idempotency key: one row in the ledger per key, whatever crashes or runs twice."""
        return f"{self.kind}:{self.customer_id}:{self.occasion}"


def find_moments(
    database: Database, settings: ProactiveSettings, at: datetime, customer_id: str | None = None
) -> Sequence[Moment]:
    """All moments that are due at ``at``, oldest first; with ``customer_id`` only that customer's."""
    carts = open_carts(
        database,
        at,
        timedelta(minutes=settings.idle_minutes),
        customer_id=customer_id,
        lookback=timedelta(hours=settings.max_age_hours),
    )
    return [Moment(CART_ABANDONED, cart.customer_id, at, cart.last_event_id, cart) for cart in carts if cart.lines]
