"""Quiet hours, in the customer's own day."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..settings import ProactiveSettings


def is_quiet(time_zone: str, settings: ProactiveSettings, at: datetime) -> bool:
    """Whether ``at`` lies in the quiet hours of the customer's own day. An unknown zone counts as UTC."""
    now: time = at.astimezone(_zone(time_zone)).time()
    start, end = settings.quiet_from, settings.quiet_to
    if start <= end:
        return start <= now < end
    return now >= start or now < end


def quiet_until(time_zone: str, settings: ProactiveSettings, at: datetime) -> datetime:
    """When the quiet hours in which ``at`` lies are over, in UTC."""
    zone = _zone(time_zone)
    local = at.astimezone(zone)
    end = datetime.combine(local.date(), settings.quiet_to, zone)
    if end <= local:
        end = datetime.combine(local.date() + timedelta(days=1), settings.quiet_to, zone)
    over = end.astimezone(UTC)
    # Where clocks jump over the end of the quiet hours, that local time does not exist: go on to the next that does.
    while is_quiet(time_zone, settings, over) and over < at + timedelta(days=2):
        over += timedelta(minutes=15)
    return max(over, at + timedelta(minutes=1))


@lru_cache(maxsize=1000)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
