"""Examples to learn from: what was known at moments of the past, and what then happened.

An example is only made where its outcome's whole time has passed. ``groups`` names the customer, so that one customer's
examples never stand on both sides of a division; ``at`` is the moment, for divisions by time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from store import InputError

from .as_of import AsOf
from .btyd import BgNbd
from .cart_features import cart_features, cart_states
from .customer_features import customer_features, purchase_counts
from .history import DAY, KINDS, NEVER, History
from .item_features import item_features
from .learning import Table
from .settings import InsightSettings
from .visit_features import VisitMoments, visit_features
from .wish_features import bought_pairs, open_wishes, wish_features

Numbers: TypeAlias = NDArray[np.int64]
Vector: TypeAlias = NDArray[np.float64]

HOUR = DAY // 24
_WARM_UP_DAYS = 30
_MIN_REPEATERS = 30
_VISIT_STEPS = (1, 2, 4, 7, 12, 20, 40)
"""A visit is looked at after so many of its events."""
_CART_WAITS = (0, 1 * HOUR, 8 * HOUR, 24 * HOUR)
"""A cart is looked at so long after its last change, if nothing has happened in between."""
UPSET_STARS = 2.0
"""An opinion of so many stars or fewer is a bad one."""


@dataclass(frozen=True, slots=True)
class Examples:
    """(rows, features) of what was known, (rows,) what happened: 0, 1 or a count."""

    table: Table
    labels: Vector
    groups: Numbers
    at: Numbers
    horizon: int
    """How long after ``at`` the outcome is known, in microseconds."""

    def __len__(self) -> int:
        return int(self.labels.size)

    def rows(self, which: NDArray[np.bool_] | Numbers) -> Examples:
        return Examples(self.table.rows(which), self.labels[which], self.groups[which], self.at[which], self.horizon)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All customers as they were known at a moment."""

    at: int
    history: History
    features: Table
    rates: BgNbd | None


def fitted_rates(history: History, *, ridge: float = 1e-4) -> BgNbd | None:
    """BG/NBD in days from what ``history`` knows; ``None`` with too few customers who came back."""
    counts, _ = purchase_counts(history.purchases, history.known_until, len(history.customers))
    if int((counts.repeats > 0).sum()) < _MIN_REPEATERS:
        return None
    return BgNbd.fit(counts, ridge=ridge)


def snapshots(history: History, settings: InsightSettings) -> list[Snapshot]:
    """The shop at evenly spaced moments, the latest first; none before a month of it was seen."""
    shortest = min(7, settings.value_days, settings.leaves_days, settings.upset_days)
    found = []
    for step in range(settings.snapshots):
        at = history.known_until - (shortest + step * settings.snapshot_days) * DAY
        if at < history.begins() + _WARM_UP_DAYS * DAY:
            break
        past = history.until(at)
        rates = fitted_rates(past)
        found.append(Snapshot(at, past, customer_features(past, rates), rates))
    return found


def buys_examples(history: History, shots: list[Snapshot], settings: InsightSettings, days: int = 7) -> Examples:
    """Does an active customer buy within ``days``?"""
    return _stacked(
        [
            (shot, active(shot.features, settings), _bought(history, shot.at, days * DAY) > 0)
            for shot in shots
            if shot.at <= history.known_until - days * DAY
        ],
        days * DAY,
    )


def leaves_examples(history: History, shots: list[Snapshot], settings: InsightSettings) -> Examples:
    """Does a customer who bought within twice the time now buy nothing for ``leaves_days``?"""
    horizon = settings.leaves_days * DAY
    return _stacked(
        [
            (shot, may_leave(shot.features, settings), _bought(history, shot.at, horizon) == 0)
            for shot in shots
            if shot.at <= history.known_until - horizon
        ],
        horizon,
    )


def upset_examples(history: History, shots: list[Snapshot], settings: InsightSettings) -> Examples:
    """Does a customer who has just dealt with the shop say something bad within ``upset_days``?"""
    horizon = settings.upset_days * DAY
    rows = []
    for shot in shots:
        if shot.at <= history.known_until - horizon:
            said = history.voices.after(shot.at, shot.at + horizon)
            bad = said.where(said.stars <= UPSET_STARS)
            outcome = np.bincount(bad.customer, minlength=len(history.customers)) > 0
            rows.append((shot, may_be_upset(shot.features), outcome))
    return _stacked(rows, horizon)


def active(features: Table, settings: InsightSettings) -> NDArray[np.bool_]:
    """(customers,) Who did anything lately; of the others nobody asks whether they buy this week."""
    days = settings.active_days
    return (features.column("days_since_event") <= days) | (features.column("days_since_purchase") <= days)


def may_leave(features: Table, settings: InsightSettings) -> NDArray[np.bool_]:
    """(customers,) Who has bought and is not gone already."""
    return features.column("days_since_purchase") <= 2 * settings.leaves_days


def may_be_upset(features: Table) -> NDArray[np.bool_]:
    """(customers,) Who has had a reason to have an opinion: a purchase in 60 days, or a message in 28."""
    return (features.column("days_since_purchase") <= 60) | (features.column("messages_28") > 0)


def visit_examples(history: History, settings: InsightSettings) -> Examples:
    """Does a visit that goes on end in a purchase?"""
    events, gap = history.events, settings.visit_gap_minutes * DAY // 1440
    order = np.lexsort((np.arange(len(events)), events.visit))
    visit = events.visit[order]
    starts = np.flatnonzero(np.concatenate([[True], visit[1:] != visit[:-1]])) if visit.size else np.empty(0, int)
    place = np.arange(visit.size) - np.repeat(starts, np.diff(np.append(starts, visit.size)))
    rows = order[np.isin(place + 1, _VISIT_STEPS)]
    ends = np.full(len(history.visits), -1, np.int64)
    np.maximum.at(ends, events.visit, events.at)
    bought_in = np.full(len(history.visits), NEVER)
    buying = events.kind == KINDS.index("purchase")
    np.minimum.at(bought_in, events.visit[buying], events.at[buying])
    bought_in = np.minimum(bought_in, _orders_in_visits(history, ends, gap))
    at, number = events.at[rows], events.visit[rows]
    # A visit that may still go on has no outcome yet, and after its purchase there is nothing to foresee.
    use = (ends[number] + gap <= history.known_until) & (bought_in[number] > at)
    rows, at, number = rows[use], at[use], number[use]
    moments = VisitMoments(events.customer[rows], number, at)
    labels = (bought_in[number] < NEVER).astype(float)
    return Examples(visit_features(history, moments), labels, moments.customer, at, DAY)


def cart_examples(history: History, settings: InsightSettings) -> Examples:
    """Is an open cart not bought within ``cart_hours``?"""
    horizon = settings.cart_hours * HOUR
    states = cart_states(history)
    carts = states.rows(np.tile(np.arange(len(states)), len(_CART_WAITS)))
    at = carts.at + np.repeat(np.array(_CART_WAITS), len(states))
    use = (at < carts.ends) & (at + horizon <= history.known_until)
    carts, at = carts.rows(use), at[use]
    labels = 1.0 - _buys_between(history, carts.customer, at, horizon)
    return Examples(cart_features(history, carts, at), labels, carts.customer, at, horizon)


def wish_examples(history: History, shots: list[Snapshot], settings: InsightSettings) -> Examples:
    """Is a product that was put into a cart, and not bought yet, bought within a week?"""
    horizon, width, parts = 7 * DAY, len(history.products), []
    for shot in shots:
        wishes = open_wishes(shot.history, settings.wish_days)
        bought = bought_pairs(history, shot.at, shot.at + horizon)
        labels = np.isin(wishes.customer * width + wishes.product, bought).astype(float)
        at = np.full(len(wishes), shot.at)
        parts.append(Examples(wish_features(shot.history, wishes), labels, wishes.customer, at, horizon))
    return stacked(parts)


def stacked(parts: list[Examples]) -> Examples:
    """The rows of all parts, whose horizons are alike. Raises ``InputError`` where there are none."""
    if not parts:
        raise InputError("the shop's past is too short for this forecast", advice="Train again when it is longer")
    return Examples(
        table=Table.stacked([part.table for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        groups=np.concatenate([part.groups for part in parts]),
        at=np.concatenate([part.at for part in parts]),
        horizon=parts[0].horizon,
    )


def item_examples(history: History, settings: InsightSettings) -> Examples:
    """Does an ordered item come back within ``return_days``?"""
    horizon, lines = settings.return_days * DAY, history.lines
    rows = np.flatnonzero(lines.at + horizon <= history.known_until)
    labels = (lines.returned[rows] <= lines.at[rows] + horizon).astype(float)
    table = item_features(history, rows, shop_share=float(labels.mean()) if labels.size else 0.0)
    return Examples(table, labels, lines.customer[rows], lines.at[rows], horizon)


def _bought(history: History, at: int, horizon: int) -> Vector:
    later = history.purchases.after(at, at + horizon)
    return np.bincount(later.customer, minlength=len(history.customers)).astype(float)


def _buys_between(history: History, customer: Numbers, at: Numbers, horizon: int) -> Vector:

    bought = AsOf(history.purchases.customer, history.purchases.at)
    return (bought.upto(customer, at + horizon, after=at).count > 0).astype(float)


def _orders_in_visits(history: History, ends: Numbers, gap: int) -> Numbers:
    """(visits,) When an order that no event tells of was placed in the visit, by the times; ``NEVER``."""
    events, purchases = history.events, history.purchases

    before = AsOf(events.customer, events.at)
    latest = before.last(before.upto(purchases.customer, purchases.at), events.visit)
    result = np.full(len(history.visits), NEVER)
    known = ~np.isnan(latest)
    visit, at = latest[known].astype(np.int64), purchases.at[known]
    inside = at <= ends[visit] + gap
    np.minimum.at(result, visit[inside], at[inside])
    return result


def _stacked(parts: list[tuple[Snapshot, NDArray[np.bool_], NDArray[np.bool_]]], horizon: int) -> Examples:
    return stacked(
        [
            Examples(
                shot.features.rows(who),
                outcome[who].astype(float),
                np.flatnonzero(who),
                np.full(int(who.sum()), shot.at),
                horizon,
            )
            for shot, who, outcome in parts
        ]
    )
