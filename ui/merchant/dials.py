"""The settings that the console can change: how each is shown, read back, and what other values would have done.

Comes in: what somebody typed. Goes out: changes by the settings' own names, checked by the settings themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select

from store import Database, InputError, minor_digits
from store.schema import Proposal

if TYPE_CHECKING:
    from agent import Preview
    from beforehand import Config, Shop

DAYS, REFUND_DAYS = 7, 90
_PEOPLE = 5
REFUND_LIMIT = "agent.approve_refunds_above"
Kind = Literal["number", "share", "clock", "switch", "money", "limit"]
Shown = float | int | str | bool | None


@dataclass(frozen=True, slots=True)
class Dial:
    """One setting. ``share`` is typed in percent, ``money`` and ``limit`` in whole units of the shop's currency."""

    name: str
    """Dotted, as in the settings file."""
    kind: Kind
    group: Literal["first", "offers", "recommend", "person"]

    @property
    def word(self) -> str:
        """The key of its label."""
        return "dial_" + self.name.rpartition(".")[2] if self.name != "proactive.offers.enabled" else "dial_offers"


DIALS = (
    Dial("proactive.enabled", "switch", "first"),
    Dial("proactive.max_per_week", "number", "first"),
    Dial("proactive.min_gap_hours", "number", "first"),
    Dial("proactive.quiet_from", "clock", "first"),
    Dial("proactive.quiet_to", "clock", "first"),
    Dial("proactive.holdout_share", "share", "first"),
    Dial("proactive.offers.enabled", "switch", "offers"),
    Dial("proactive.offers.budget_minor", "money", "offers"),
    Dial("proactive.offers.margin_floor", "share", "offers"),
    Dial("proactive.offers.pause_days", "number", "offers"),
    Dial("retrieval.recommend.diversity", "number", "recommend"),
    Dial("retrieval.recommend.novelty_weight", "number", "recommend"),
    Dial("retrieval.recommend.new_every", "number", "recommend"),
    Dial(REFUND_LIMIT, "limit", "person"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """A setting as it is and as it would be, as people write it."""

    dial: Dial
    now: str
    then: str


@dataclass(frozen=True, slots=True)
class Effects:
    """What the changes would have done; ``None`` where they do not touch it."""

    decisions: Preview | None = None
    recommendations: tuple[tuple[str, Sequence[str], Sequence[str]], ...] | None = None
    """Customer, products now, products then."""
    refunds: tuple[int, int, int] | None = None
    """Of the last days: how many in all, and how many would wait for a person now and then."""


def shown(shop: Shop, config: Config, dial: Dial) -> Shown:
    """What the field of ``dial`` holds."""
    value: Any = config
    for part in dial.name.split("."):
        value = getattr(value, part)
    return _shown(shop, dial, value)


def _shown(shop: Shop, dial: Dial, value: Any) -> Shown:
    if dial.kind == "clock":
        return f"{value:%H:%M}"
    if dial.kind == "share":
        return float(round(100 * value, 4))
    if dial.kind == "money":
        return float(value / 10 ** minor_digits(shop.config.shop.currency))
    if dial.kind == "limit":
        return _limit(shop, value)
    return bool(value) if dial.kind == "switch" else float(value) if isinstance(value, float) else int(value)


def changes_of(shop: Shop, values: Sequence[Shown]) -> tuple[dict[str, object], list[Change]]:
    """What differs from the settings in force: by name for the settings, and as people write it.

    Raises ``InputError`` for what is no number or time of day, ``ConfigError`` for what the settings do not allow.
    """
    changes: dict[str, object] = {}
    told: list[Change] = []
    for dial, value in zip(DIALS, values, strict=True):
        now = shown(shop, shop.config, dial)
        then = _read(dial, value, now)
        if then != now:
            changes[dial.name] = _setting(dial, then, shop.config.shop.currency)
            told.append(Change(dial, _plain(now), _plain(then)))
    if changes:
        shop.preview_config(changes)
    return changes, told


def effects_of(shop: Shop, changes: dict[str, object]) -> Effects:
    """The last days under the changed settings. Nothing is written or sent."""
    config = shop.preview_config(changes)
    decisions = recommendations = refunds = None
    if any(name.startswith("proactive.") for name in changes):
        decisions = shop.preview_decisions(config.proactive, days=DAYS)
    if any(name.startswith("retrieval.") for name in changes):
        found = shop.preview_recommendations(config.retrieval, _recent(shop.database))
        recommendations = tuple((one, *both) for one, both in found.items())
    if REFUND_LIMIT in changes:
        limits = [_minor(shop, _limit(shop, one.agent.approve_refunds_above)) for one in (shop.config, config)]
        refunds = _refunds(shop.database, shop.clock(), limits, shop.config.shop.currency)
    return Effects(decisions, recommendations, refunds)


def _read(dial: Dial, value: Shown, now: Shown) -> Shown:
    if dial.kind == "switch":
        return bool(value)
    if dial.kind == "clock":
        try:
            return f"{time.fromisoformat(str(value).strip()):%H:%M}"
        except ValueError as error:
            raise InputError("not a time of day", value=value, allowed="hours and minutes, such as 21:00") from error
    if value is None or value == "":
        return None if dial.kind == "limit" else now
    if isinstance(value, bool | str) or value != value:
        raise InputError("not a number", value=value)
    return value


def _setting(dial: Dial, value: Shown, currency: str) -> object:
    if dial.kind == "limit":
        return {} if value is None else {currency: f"{value:.{minor_digits(currency)}f}"}
    if isinstance(value, float):
        if dial.kind == "share":
            return round(value / 100, 6)
        if dial.kind == "money":
            return round(value * 10 ** minor_digits(currency))
        return int(value) if value.is_integer() else value
    if dial.kind == "money" and isinstance(value, int):
        return value * 10 ** minor_digits(currency)
    return value / 100 if dial.kind == "share" and isinstance(value, int) else value


def _limit(shop: Shop, own: dict[str, str]) -> float | None:
    """Above what a refund waits for a person, in whole units; ``None``: none does, or the shop has no policy."""
    currency = shop.config.shop.currency
    if currency in own:
        return float(own[currency])
    if shop.config.agent.policy is None:
        return None
    from agent.operations import load_policy

    minor = load_policy(shop.config.agent.policy).approval.refund_above.get(currency)
    return None if minor is None else minor / 10 ** minor_digits(currency)


def _minor(shop: Shop, major: float | None) -> int | None:
    return None if major is None else round(major * 10 ** minor_digits(shop.config.shop.currency))


def _plain(value: Shown) -> str:
    if value is None:
        return "–"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _recent(database: Database) -> list[str]:
    """Some customers who bought last."""
    from .people import find_people

    return [one.customer_id for one in find_people(database, "")[:_PEOPLE]]


def _refunds(database: Database, now: datetime, limits: Sequence[int | None], currency: str) -> tuple[int, int, int]:
    asked = select(Proposal.money_out_minor, Proposal.consequences).where(
        Proposal.confirmed_at > now - timedelta(days=REFUND_DAYS), Proposal.currency.in_((currency, ""))
    )
    with database.read() as records:
        amounts = [money or int(told.get("money_out_minor") or 0) for money, told in records.execute(asked)]
    paid = [one for one in amounts if one > 0]
    waits = [sum(limit is not None and one > limit for one in paid) for limit in limits]
    return len(paid), waits[0], waits[1]
