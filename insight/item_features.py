"""What is known of a bought item when it is ordered: how often it comes back, and whether this customer sends back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import grouping
from .as_of import AsOf
from .customer_features import category_of
from .history import NEVER, History
from .learning import Table

Numbers: TypeAlias = NDArray[np.int64]
Vector: TypeAlias = NDArray[np.float64]

_PRIOR = 4.0
"""A product's share of returns counts as so many lines of the whole shop's share before any are known."""


def item_features(
    history: History, rows: Numbers, *, category_shares: Mapping[str, float] | None = None, shop_share: float
) -> Table:
    """(rows, features) of order lines ``rows`` at the time of their order; nothing later counts.

    ``shop_share`` is the share of lines that come back in the shop. ``category_shares``, where given, is used for the
    categories' shares instead of counting them: for when ``history`` holds only a part of the shop.
    """
    lines = history.lines
    at, customer, product = lines.at[rows], lines.customer[rows], lines.product[rows]
    sort = category_of(history, product)
    same = _within_orders(history, rows)
    mean_price, _ = _share_before(lines.order, lines.at, lines.price, lines.order[rows], at)
    categories = (
        _returned_before(history, category_of(history, lines.product), sort, at, shop_share)[0]
        if category_shares is None
        else np.array([category_shares.get(_category_name(history, int(one)), shop_share) for one in sort])
    )
    share, sold = _returned_before(history, lines.product, product, at, shop_share)
    own_share, own_lines = _returned_before(history, lines.customer, customer, at, shop_share)
    columns: dict[str, Vector] = {
        "item_price": lines.price[rows],
        "item_quantity": lines.quantity[rows].astype(float),
        "item_price_to_order": np.where(mean_price > 0, lines.price[rows] / np.maximum(mean_price, 1e-9), np.nan),
        "item_sizes_in_order": same,
        "item_lines_in_order": np.bincount(lines.order, minlength=int(lines.order.max(initial=0)) + 1)[
            lines.order[rows]
        ].astype(float),
        "item_return_share": np.where(product >= 0, share, np.nan),
        "item_sold_before": np.where(product >= 0, sold, np.nan),
        "item_category_return_share": categories,
        "item_customer_return_share": own_share,
        "item_customer_bought_before": own_lines,
    }
    return Table(tuple(columns), np.column_stack([*columns.values()]))


def category_return_shares(history: History, shop_share: float) -> dict[str, float]:
    """Share of the lines of each category that were sent back, as known now; "" stands for those of none."""
    sort = category_of(history, history.lines.product)
    shares: dict[str, float] = {}
    for one in np.unique(sort):
        mine = sort == one
        back = float((history.lines.returned[mine] < NEVER).sum())
        shares[_category_name(history, int(one))] = (back + _PRIOR * shop_share) / (float(mine.sum()) + _PRIOR)
    return shares


def _category_name(history: History, number: int) -> str:
    return history.category_names[number] if number >= 0 else ""


def _returned_before(
    history: History, groups: Numbers, asked: Numbers, at: Numbers, shop_share: float
) -> tuple[Vector, Vector]:
    """(rows,) Share of earlier lines of the group that had come back by then, drawn to the shop's; and their number."""
    lines = history.lines
    sold = AsOf(groups, lines.at).upto(asked, at, inclusive=False).count
    # A return by now of a line ordered by now: its time alone says both, for no return precedes its order.
    back = AsOf(groups, lines.returned).upto(asked, at, inclusive=False).count
    return (back + _PRIOR * shop_share) / (sold + _PRIOR), sold


def _share_before(
    groups: Numbers, times: Numbers, values: Vector, asked: Numbers, at: Numbers
) -> tuple[Vector, Vector]:
    table = AsOf(groups, times)
    span = table.upto(asked, at)
    known = table.total(span, ~np.isnan(values))
    return np.where(known > 0, table.total(span, values) / np.maximum(known, 1.0), np.nan), known


def _within_orders(history: History, rows: Numbers) -> Vector:
    """(rows,) How many forms (sizes, colours) of the line's product its order holds."""
    lines = history.lines
    _, index = np.unique(grouping.pairs(lines.order, lines.product + 1), return_inverse=True)
    return np.bincount(index)[index[rows]].astype(float)
