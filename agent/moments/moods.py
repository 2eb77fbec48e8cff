"""A customer who is not content: a bad review, or an angry message in the chat."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from typing import Literal

from pydantic import Field

from .signals import Signal, Trigger
from .state import CustomerState, ReadMood, Senses


class Unhappy(Trigger):
    """A text of at most so many stars, given or read from its words."""

    kind: Literal["unhappy"] = "unhappy"
    source: Literal["review", "message"]
    stars_at_most: float = Field(default=2.0, ge=1, le=5)
    settle_minutes: int = Field(default=5, ge=0)
    forget_after_hours: int = Field(default=48, ge=1, le=168)

    def signals(self, state: CustomerState, senses: Senses) -> Iterator[Signal]:
        since = state.at - timedelta(hours=self.forget_after_hours)
        texts = [one for one in (state.reviews if self.source == "review" else state.messages) if one.at > since]
        # Of messages the last one tells how it stands.
        for text in texts if self.source == "review" else texts[-1:]:
            stars = text.stars
            if stars is None and senses.read_mood is not None and text.text.strip():
                stars = _mood(senses.read_mood, text.text)
            if stars is None or stars > self.stars_at_most:
                continue
            review = self.source == "review"
            yield Signal(
                occasion=text.id if review else f"{text.subject}:{text.at:%Y-%m-%d}",
                due_at=text.at + timedelta(minutes=self.settle_minutes),
                until=text.at + timedelta(hours=self.forget_after_hours),
                product_id=text.subject if review else None,
                facts={"stars": round(stars, 1)},
            )


@lru_cache(maxsize=1000)
def _mood(read: ReadMood, text: str) -> float:
    """The same message is looked at on each later event of its customer, and read once."""
    return float(read([text])[0])
