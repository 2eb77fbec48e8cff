"""What is known of a visit while it goes on: what was done in it so far, and who is doing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import grouping
from .as_of import AsOf
from .history import DAY, KINDS, History
from .learning import Table

Numbers: TypeAlias = NDArray[np.int64]
Vector: TypeAlias = NDArray[np.float64]

_KIND = {name: number for number, name in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class VisitMoments:
    """Moments within visits, one a row: who, in which visit, when."""

    customer: Numbers
    visit: Numbers
    at: Numbers


def visit_features(history: History, moments: VisitMoments) -> Table:
    """(moments, features). Of each moment only what happened up to it counts, whatever else ``history`` holds."""
    events, at = history.events, moments.at
    own = AsOf(events.visit, events.at)
    so_far = own.upto(moments.visit, at)
    began = own.first(so_far, events.at)
    columns: dict[str, Vector] = {
        "visit_events": so_far.count,
        "visit_minutes": (at - began) / (DAY / 1440),
        "visit_quiet_minutes": (at - own.last(so_far, events.at)) / (DAY / 1440),
        "visit_products": own.total(so_far, _new(events.visit, events.product)),
        "visit_cart_value": own.total(so_far, np.where(events.kind == _KIND["cart_add"], events.value, 0.0)),
        "visit_searches_in_vain": own.total(so_far, (events.kind == _KIND["search"]) & (events.found == 0)),
        "visit_last_price": own.last(so_far, events.value),
    }
    for kind in ("view", "search", "cart_add", "cart_remove", "checkout_start", "message"):
        columns[f"visit_{kind}"] = own.total(so_far, events.kind == _KIND[kind])
    # A look at something that the customer had looked at before this visit is a stronger wish than a first look.
    known = _new(events.visit, events.product) - _new(events.customer, events.product)
    columns["visit_products_known"] = own.total(so_far, known)
    columns["visit_seconds_an_event"] = columns["visit_minutes"] * 60 / np.maximum(so_far.count - 1, 1)
    return Table(
        (*columns, *(past := past_columns(history, moments.customer, at))),
        np.column_stack([*columns.values(), *past.values()]),
    )


def past_columns(history: History, customer: Numbers, at: Numbers) -> dict[str, Vector]:
    """What is known of (n,) customers at (n,) moments from before: purchases, visits, carts."""
    events, purchases = history.events, history.purchases
    bought = AsOf(purchases.customer, purchases.at)
    purchased = bought.upto(customer, at)
    last = bought.last(purchased, purchases.at)
    done = AsOf(events.customer, events.at)
    month, week = done.upto(customer, at, after=at - 28 * DAY), done.upto(customer, at, after=at - 7 * DAY)
    since = done.upto(customer, at, after=np.nan_to_num(last, nan=0.0).astype(np.int64))
    new_visit = _new(events.customer, events.visit)
    ever = done.upto(customer, at)
    visits = done.total(ever, new_visit)
    known_amount = ~np.isnan(purchases.amount)
    return {
        "past_purchases": purchased.count,
        "past_days_since_purchase": (at - last) / DAY,
        "past_purchases_90": bought.upto(customer, at, after=at - 90 * DAY).count,
        "past_spent_mean": _share(bought.total(purchased, purchases.amount), bought.total(purchased, known_amount)),
        "past_visits": visits,
        "past_visits_7": done.total(week, new_visit),
        "past_purchases_a_visit": _share(purchased.count, visits),
        "past_views_28": done.total(month, events.kind == _KIND["view"]),
        "past_carts_28": done.total(month, events.kind == _KIND["cart_add"]),
        "past_carts_since_purchase": done.total(since, events.kind == _KIND["cart_add"]),
        "past_checkouts_since_purchase": done.total(since, events.kind == _KIND["checkout_start"]),
    }


def _new(group: Numbers, values: Numbers) -> Vector:
    """(rows,) 1 where this value >= 0 stands in this group for the first time; rows are in order of time."""
    result = np.zeros(group.size)
    known = np.flatnonzero(values >= 0)
    _, index = np.unique(grouping.pairs(group[known], values[known]), return_index=True)
    result[known[index]] = 1.0
    return result


def _share(above: Vector, below: Vector) -> Vector:
    return np.where(below > 0, above / np.maximum(below, 1e-9), np.nan)
