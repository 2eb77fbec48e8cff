"""What calls of a model elsewhere have used today, and whether the day's budget allows another.

Counted in this process, by UTC day: several processes have a budget each. Tokens are those that the provider reports;
where it reports none, four characters count as one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from langchain_core.messages import AIMessage, BaseMessage

from store import Clock

from .settings import AgentSettings

_CHARACTERS_PER_TOKEN = 4
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one day."""

    day: date
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


class Spending:
    """Safe to share between threads."""

    def __init__(self, settings: AgentSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._usage = Usage(clock().date())

    @property
    def today(self) -> Usage:
        """What today has used so far."""
        with self._lock:
            return self._of_today()

    @property
    def cost(self) -> float:
        """What today has cost, in the currency that the prices of the settings are in."""
        used = self.today
        prices = self._settings
        return (used.input_tokens * prices.input_price + used.output_tokens * prices.output_price) / _MILLION

    def objection(self) -> str | None:
        """Why no further call may be made today; ``None`` if one may."""
        used, cap = self.today, self._settings.daily_tokens
        if cap is not None and used.input_tokens + used.output_tokens >= cap:
            return f"the day's {cap} tokens are used up"
        budget = self._settings.daily_budget
        if budget is not None and self.cost >= budget:
            return f"the day's budget of {budget:g} is spent"
        return None

    def add(self, sent: Sequence[BaseMessage], got: Sequence[BaseMessage]) -> None:
        """Count one call."""
        reported = [one.usage_metadata for one in got if isinstance(one, AIMessage) and one.usage_metadata]
        read = sum(one["input_tokens"] for one in reported) if reported else _estimate(sent)
        written = sum(one["output_tokens"] for one in reported) if reported else _estimate(got)
        with self._lock:
            used = self._of_today()
            self._usage = Usage(used.day, used.calls + 1, used.input_tokens + read, used.output_tokens + written)

    def _of_today(self) -> Usage:
        today = self._clock().date()
        if self._usage.day != today:
            self._usage = Usage(today)
        return self._usage


def _estimate(messages: Sequence[BaseMessage]) -> int:
    return sum(len(str(one.content)) for one in messages) // _CHARACTERS_PER_TOKEN
