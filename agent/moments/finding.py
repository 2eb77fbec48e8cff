"""Which moments are due for a customer, and when to look at him next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .declared import MomentKind
from .signals import Signal
from .state import CustomerState, Senses


@dataclass(frozen=True, slots=True)
class Moment:
    """An occasion that is due: it is decided once."""

    kind: MomentKind
    signal: Signal
    state: CustomerState

    @property
    def name(self) -> str:
        return self.kind.name

    @property
    def customer_id(self) -> str:
        return self.state.customer_id

    @property
    def at(self) -> datetime:
        return self.state.at

    @property
    def key(self) -> str:
        """Idempotency key: one row in the ledger per key, whatever crashes or runs twice."""
        return f"{self.name}:{self.customer_id}:{self.signal.occasion}"

    @property
    def window_until(self) -> datetime:
        """What the customer does until then counts as the outcome."""
        return self.at + timedelta(hours=self.kind.outcome_hours)


@dataclass(frozen=True, slots=True)
class Found:
    """All that was found for one customer."""

    due: tuple[Moment, ...]
    """The most urgent first."""
    look_again: datetime | None
    """When something becomes due if nothing happens; ``None``: nothing will."""


def find_moments(kinds: Sequence[MomentKind], state: CustomerState, senses: Senses) -> Found:
    """The moments of ``kinds`` (most urgent first) that are due at ``state.at``. Pure but for what ``senses`` ask."""
    due: list[Moment] = []
    later: list[datetime] = []
    for kind in kinds:
        for signal in kind.when.signals(state, senses):
            if signal.until <= state.at:
                continue
            if signal.due_at <= state.at:
                due.append(Moment(kind, signal, state))
            elif signal.due_at < signal.until:
                later.append(signal.due_at)
    return Found(tuple(due), min(later, default=None))
