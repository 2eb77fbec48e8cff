"""``Trigger``: a kind of thing that can be noticed about a customer, and ``Signal``: that it was noticed, or will be.

Triggers are code, few and general; which of them make up a moment, and with which numbers, is data (``moments.yaml``).
A trigger reads one customer's state and nothing else, so that an event costs the work of its own customer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from insight import OpenCart
from store import Settings

from .state import CustomerState, Senses


@dataclass(frozen=True, slots=True)
class Signal:
    """An occasion of one customer."""

    occasion: str
    """What makes it this one and no other; with moment and customer it is decided once."""
    due_at: datetime
    """From when it may be acted on. Later than now: look again then."""
    until: datetime
    """After it the occasion is let go."""
    product_id: str | None = None
    order_id: str | None = None
    cart: OpenCart | None = None
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    """What was noticed, for the ledger and for the wording."""


class Trigger(Settings, ABC):
    """Base of all kinds. A kind has a literal ``kind`` and its own numbers."""

    kind: str

    @abstractmethod
    def signals(self, state: CustomerState, senses: Senses) -> Iterator[Signal]:
        """What is noticed at ``state.at``, or will be if nothing more happens."""

    @property
    def event_days(self) -> float:
        """How far back events are read."""
        return 1.0
