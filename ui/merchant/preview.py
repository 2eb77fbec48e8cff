"""What other settings would have done in the last days, before anybody turns them on. Nothing is written or sent."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

from agent import Preview, ProactiveSettings
from store import InputError

if TYPE_CHECKING:
    from beforehand import Shop

DAYS = 7


def preview_settings(shop: Shop, per_week: int, quiet_from: str, quiet_to: str, holdout: float) -> Preview:
    """The last seven days decided again. Raises ``InputError`` for a time that is none."""
    changed: dict[str, object] = {
        "max_per_week": per_week,
        "quiet_from": read_clock(quiet_from),
        "quiet_to": read_clock(quiet_to),
        "holdout_share": holdout,
    }
    settings: ProactiveSettings = shop.config.proactive.model_copy(update=changed)
    return shop.preview_decisions(settings, days=DAYS)


def read_clock(text: str) -> time:
    """A time of day such as 21:00. Raises ``InputError`` for anything else."""
    try:
        return time.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError("not a time of day", value=text, allowed="hours and minutes, such as 21:00") from error
