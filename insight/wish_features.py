"""What is known of a product that a customer put into the cart and has not bought: how strong the wish is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import grouping
from .as_of import AsOf
from .customer_features import category_of
from .history import DAY, KINDS, History
from .learning import Table
from .visit_features import past_columns

Numbers: TypeAlias = NDArray[np.int64]
Vector: TypeAlias = NDArray[np.float64]

_KIND = {name: number for number, name in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Wishes:
    """Products in carts, one a row: whose, which."""

    customer: Numbers
    product: Numbers

    def __len__(self) -> int:
        return int(self.customer.size)


def open_wishes(history: History, days: int) -> Wishes:
    """What was put into a cart within ``days`` before now and neither taken out nor bought since."""
    events = history.events
    of = (events.product >= 0) & np.isin(events.kind, [_KIND[kind] for kind in ("cart_add", "cart_remove", "purchase")])
    carted = events.where(of)
    width = len(history.products)
    lines = history.lines.where(history.lines.product >= 0)
    pair = np.concatenate([carted.customer * width + carted.product, lines.customer * width + lines.product])
    at = np.concatenate([carted.at, lines.at])
    kind = np.concatenate([carted.kind, np.full(at.size - carted.at.size, _KIND["purchase"])])
    # Of what happened at once, the purchase came last.
    order = np.lexsort((kind == _KIND["purchase"], at, pair))
    pair, at, kind = pair[order], at[order], kind[order]
    last = np.append(pair[1:] != pair[:-1], True) if pair.size else np.empty(0, bool)
    still = last & (kind == _KIND["cart_add"]) & (at > history.known_until - days * DAY)
    return Wishes(pair[still] // width, pair[still] % width)


def wish_features(history: History, wishes: Wishes) -> Table:
    """(wishes, features) at ``history.known_until``."""
    events, width = history.events, len(history.products)
    at = np.full(len(wishes), history.known_until)
    pairs, wanted = events.customer * width + events.product, wishes.customer * width + wishes.product
    known = events.product >= 0
    mine, kind = AsOf(pairs[known], events.at[known]), events.kind[known]
    carting = known & (events.kind == _KIND["cart_add"])
    carts = AsOf(pairs[carting], events.at[carting])
    ever, today = mine.upto(wanted, at), mine.upto(wanted, at, after=at - DAY)
    sorts = len(history.category_names) + 1
    sort = category_of(history, events.product) + 1
    shelf = AsOf(events.customer * sorts + sort, events.at)
    asked = wishes.customer * sorts + category_of(history, wishes.product) + 1
    of_shelf = shelf.upto(asked, at)
    columns = {
        "wish_hours_since_look": (at - mine.last(ever, events.at[known])) / (DAY / 24),
        "wish_hours_since_cart": (at - carts.last(carts.upto(wanted, at), events.at[carting])) / (DAY / 24),
        "wish_looks": mine.total(ever, kind == _KIND["view"]),
        "wish_looks_today": mine.total(today, kind == _KIND["view"]),
        "wish_carted": mine.total(ever, kind == _KIND["cart_add"]),
        "wish_category_looks_today": shelf.upto(asked, at, after=at - DAY).count,
        "wish_category_hours": (at - shelf.last(of_shelf, events.at)) / (DAY / 24),
        "wish_category_bought": shelf.total(of_shelf, events.kind == _KIND["purchase"]),
        "wish_others": grouping.count(wishes.customer, len(history.customers))[wishes.customer],
    }
    past = past_columns(history, wishes.customer, at)
    return Table((*columns, *past), np.column_stack([*columns.values(), *past.values()]))


def bought_pairs(history: History, after: int, until: int) -> Numbers:
    """(n,) ``customer * products + product`` of what was bought then, by orders' lines and by purchase events."""
    width, lines, events = len(history.products), history.lines.after(after, until), history.events.after(after, until)
    buying = events.where((events.kind == _KIND["purchase"]) & (events.product >= 0))
    lines = lines.where(lines.product >= 0)
    return np.concatenate([lines.customer * width + lines.product, buying.customer * width + buying.product])
