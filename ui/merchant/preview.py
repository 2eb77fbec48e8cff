"""What other settings would do now, before anybody turns them on. Nothing is written and nobody is told anything."""

from __future__ import annotations

import time as timing
from dataclasses import dataclass
from datetime import time, timedelta
from typing import TYPE_CHECKING

from store import InputError
from store.schema import Customer

from .people import name_of

if TYPE_CHECKING:
    from beforehand import Shop

_MOST = 60


@dataclass(frozen=True, slots=True)
class Change:
    """A customer whose decision would be another one."""

    customer_id: str
    name: str
    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The same customers under both settings."""

    looked: int
    written_now: int
    written_then: int
    changes: tuple[Change, ...]
    seconds: float


def preview_settings(shop: Shop, per_week: int, quiet_from: str, quiet_to: str, holdout: float) -> Preview:
    """Decide for everybody who left a cart lately, twice. Raises ``InputError`` for a time that is none."""
    from insight import open_carts

    begun = timing.monotonic()
    changed = {
        "max_per_week": per_week,
        "quiet_from": _clock(quiet_from),
        "quiet_to": _clock(quiet_to),
        "holdout_share": holdout,
    }
    now = shop.clock()
    carts = open_carts(shop.database, now, timedelta(minutes=30), lookback=timedelta(days=3))
    people = list(dict.fromkeys(cart.customer_id for cart in reversed(carts)))[:_MOST]
    other = shop.proactive_under(shop.config.proactive.model_copy(update=changed))
    changes: list[Change] = []
    written_now = written_then = 0
    for customer_id in people:
        before, after = shop.proactive.decide(customer_id), other.decide(customer_id)
        written_now += before.text is not None
        written_then += after.text is not None
        if before.action != after.action:
            with shop.database.read() as records:
                name = name_of(records.get(Customer, customer_id), customer_id)
            changes.append(Change(customer_id, name, before.action, after.action, after.reason))
    return Preview(len(people), written_now, written_then, tuple(changes), timing.monotonic() - begun)


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError("not a time of day", value=text, allowed="hours and minutes, such as 21:00") from error
