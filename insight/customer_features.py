"""What is known of each customer at a moment, as numbers: the one definition for training and for use.

Every function takes a ``History`` that was cut off by ``until``; the moment is its ``known_until``. Nothing here tells
who a person is (name, sex, country, language, age): only what he did in this shop.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import grouping
from .btyd import BgNbd, PurchaseCounts
from .history import DAY, KINDS, NEVER, History, Purchases
from .learning import Table

Vector: TypeAlias = NDArray[np.float64]
Columns: TypeAlias = dict[str, Vector]

_KIND = {name: number for number, name in enumerate(KINDS)}
_MANY_DAYS = 28


def customer_features(history: History, rates: BgNbd | None = None) -> Table:
    """(customers, features) of everybody in ``history`` at ``history.known_until``.

    ``rates`` is a BG/NBD model in days, fitted to what was known at an earlier moment or the same one; with it come
    its forecasts for each customer.
    """
    columns = purchase_columns(history.purchases, history.known_until, len(history.customers), rates)
    columns |= _basket_columns(history)
    columns |= _activity_columns(history)
    columns |= _service_columns(history)
    known = history.joined < NEVER
    columns["days_since_joined"] = np.where(known, (history.known_until - history.joined) / DAY, np.nan)
    return table(columns, len(history.customers))


def table(columns: Columns, rows: int) -> Table:
    """A ``Table`` of these columns, each (rows,)."""
    return Table(tuple(columns), np.column_stack([*columns.values()]) if columns else np.empty((rows, 0)))


def purchase_counts(purchases: Purchases, at: int, size: int) -> tuple[PurchaseCounts, NDArray[np.bool_]]:
    """What BG/NBD needs, in days, of the customers who bought; and (size,) who they are.

    Purchases on one day count as one, as in the papers.
    """
    days = purchases.at // DAY
    buys = grouping.distinct(purchases.customer, days, size)
    bought = buys > 0
    first = grouping.first(purchases.customer, days, size)[bought]
    last = grouping.last(purchases.customer, days, size)[bought]
    return PurchaseCounts(buys[bought] - 1.0, last - first, at // DAY - first), bought


def purchase_columns(purchases: Purchases, at: int, size: int, rates: BgNbd | None = None) -> Columns:
    """Recency, frequency and money of ``size`` customers at ``at``, and how regular they are."""
    who, days, amount = purchases.customer, purchases.at // DAY, purchases.amount
    now = at / DAY
    shopping = _shopping_days(purchases)
    first, last = grouping.first(who, purchases.at, size) / DAY, grouping.last(who, purchases.at, size) / DAY
    buys = grouping.count(shopping.customer, size)
    columns: Columns = {
        "days_since_purchase": now - last,
        "days_since_first_purchase": now - first,
        "purchase_days": buys,
    }
    for window in (7, 30, 60, 90, 180, 365):
        recent = shopping.at > at - window * DAY
        columns[f"purchase_days_{window}"] = grouping.count(shopping.customer[recent], size)
    gap, gap_spread, last_gap, longest = _gaps(shopping, size)
    columns |= {
        "days_between_purchases": gap,
        "spread_of_gaps": grouping.ratio(gap_spread, gap),
        "last_gap": last_gap,
        # Above 1 he is overdue: the present pause is longer than his usual one, or than any he ever made.
        "pause_to_usual": grouping.ratio(now - last, gap),
        "pause_to_longest": grouping.ratio(now - last, longest),
        "last_gap_to_usual": grouping.ratio(last_gap, gap),
        "spent": grouping.total(who, amount, size),
        "spent_mean": grouping.mean(who, amount, size),
        "spent_last": grouping.last(who, amount, size),
        "items_mean": grouping.mean(who, purchases.items, size),
        "discount_mean": grouping.mean(who, purchases.discount, size),
    }
    recent = purchases.at > at - 90 * DAY
    columns["spent_90"] = grouping.total(who[recent], amount[recent], size)
    columns["purchases_on_a_day"] = grouping.ratio(grouping.count(who, size), buys)
    # The same season a year ago: who bought in the month that now begins.
    year = (days > now - 365) & (days <= now - 365 + 45)
    columns["bought_this_season_last_year"] = grouping.count(who[year], size)
    columns["still_customer"], columns["purchases_foreseen_30"] = np.full(size, np.nan), np.full(size, np.nan)
    if rates is not None:
        counts, bought = purchase_counts(purchases, at, size)
        columns["still_customer"][bought] = rates.alive(counts)
        columns["purchases_foreseen_30"][bought] = rates.expected(counts, 30.0)
    return columns


def _shopping_days(purchases: Purchases) -> Purchases:
    """One row per customer and day with purchases."""
    _, index = np.unique(grouping.pairs(purchases.customer, purchases.at // DAY), return_index=True)
    mask = np.zeros(len(purchases), bool)
    mask[index] = True
    return purchases.where(mask)


def _gaps(shopping: Purchases, size: int) -> tuple[Vector, Vector, Vector, Vector]:
    """Of the pauses between shopping days, in days: mean, standard deviation, the last, the longest; each (size,)."""
    order = np.lexsort((shopping.at, shopping.customer))
    who, at = shopping.customer[order], shopping.at[order] // DAY
    same = who[1:] == who[:-1]
    gaps, owner = (at[1:] - at[:-1])[same].astype(float), who[1:][same]
    mean = grouping.mean(owner, gaps, size)
    spread = np.sqrt(np.maximum(grouping.mean(owner, gaps**2, size) - mean**2, 0.0))
    longest = np.full(size, np.nan)
    if gaps.size:
        longest[np.unique(owner)] = 0.0
        np.maximum.at(longest, owner, gaps)
    return mean, spread, grouping.last(owner, gaps, size), longest


def _basket_columns(history: History) -> Columns:
    """What was in the orders: breadth, and goods that run out."""
    lines, size = history.lines, len(history.customers)
    sort = category_of(history, lines.product)
    columns = {
        "products_bought": grouping.distinct(lines.customer, lines.product, size),
        "categories_bought": grouping.distinct(lines.customer, sort, size),
        "price_mean": grouping.mean(lines.customer, lines.price, size),
    }
    used_up = np.append(history.consumable, False)[lines.product]
    columns["consumables_share"] = grouping.mean(lines.customer, used_up.astype(float), size)
    again = grouping.count(lines.customer, size) - columns["products_bought"]
    columns["bought_again_share"] = grouping.ratio(again, grouping.count(lines.customer, size))
    return columns


def _activity_columns(history: History) -> Columns:
    """What was looked at, searched and put into carts, lately and since the last purchase."""
    events, size, at = history.events, len(history.customers), history.known_until
    columns: Columns = {}
    kinds = {name: events.kind == number for name, number in _KIND.items()}
    columns["days_since_event"] = (at - grouping.last(events.customer, events.at, size)) / DAY
    for name in ("view", "cart_add", "checkout_start"):
        mine = kinds[name]
        columns[f"days_since_{name}"] = (at - grouping.last(events.customer[mine], events.at[mine], size)) / DAY
    for window in (1, 3, 7, _MANY_DAYS, 90):
        recent = events.at > at - window * DAY
        columns[f"visits_{window}"] = grouping.distinct(events.customer[recent], events.visit[recent], size)
        for name in ("view", "cart_add", "checkout_start", "search"):
            mine = recent & kinds[name]
            columns[f"{name}_{window}"] = grouping.count(events.customer[mine], size)
    month = events.at > at - _MANY_DAYS * DAY
    columns["active_days_28"] = grouping.distinct(events.customer[month], events.at[month] // DAY, size)
    viewed = month & kinds["view"]
    columns["products_viewed_28"] = grouping.distinct(events.customer[viewed], events.product[viewed], size)
    columns["same_product_viewed_28"] = grouping.most(events.customer[viewed], events.product[viewed], size)
    sort = category_of(history, events.product[viewed])
    columns["same_category_viewed_28"] = grouping.most(events.customer[viewed], sort, size)
    removed = month & kinds["cart_remove"]
    columns["cart_remove_28"] = grouping.count(events.customer[removed], size)
    vain = month & kinds["search"] & (events.found == 0)
    columns["searches_in_vain_28"] = grouping.count(events.customer[vain], size)
    last_purchase = grouping.last(history.purchases.customer, history.purchases.at, size)
    since = events.at > np.nan_to_num(last_purchase, nan=-1.0)[events.customer]
    for name in ("view", "cart_add"):
        mine = since & kinds[name] & (events.at > at - 90 * DAY)
        columns[f"{name}_since_purchase"] = grouping.count(events.customer[mine], size)
    all_visits = grouping.distinct(events.customer, events.visit, size)
    columns["purchases_per_visit"] = grouping.ratio(grouping.count(history.purchases.customer, size), all_visits)
    return columns


def _service_columns(history: History) -> Columns:
    """How the shop served them: late parcels, returns, what they wrote."""
    size, at = len(history.customers), history.known_until
    columns: Columns = {}
    parcels, lines, voices = history.parcels, history.lines, history.voices
    due = parcels.promised < NEVER
    late = due & (parcels.delivered > parcels.promised) & (parcels.promised < at)
    recent = late & (parcels.at > at - 90 * DAY)
    waiting = late & (parcels.delivered == NEVER) & (parcels.promised > at - 30 * DAY)
    columns["late_share"] = grouping.mean(parcels.customer[due], late[due].astype(float), size)
    columns["late_90"] = grouping.count(parcels.customer[recent], size)
    columns["overdue_now"] = grouping.count(parcels.customer[waiting], size)
    under_way = (parcels.delivered == NEVER) & (parcels.at > at - 30 * DAY)
    columns["under_way"] = grouping.count(parcels.customer[under_way], size)
    arrived = parcels.delivered < NEVER
    newest = np.full(size, -np.inf)
    np.maximum.at(newest, parcels.customer[arrived], parcels.delivered[arrived].astype(float))
    columns["days_since_delivery"] = np.where(np.isfinite(newest), (at - newest) / DAY, np.nan)
    back = lines.returned < NEVER
    columns["return_share"] = grouping.mean(lines.customer, back.astype(float), size)
    lately = back & (lines.returned > at - 90 * DAY)
    columns["returns_90"] = grouping.count(lines.customer[lately], size)
    review = voices.is_review == 1
    columns["reviews"] = grouping.count(voices.customer[review], size)
    columns["stars_mean"] = grouping.mean(voices.customer, voices.stars, size)
    rated = ~np.isnan(voices.stars)
    columns["stars_last"] = grouping.last(voices.customer[rated], voices.stars[rated], size)
    low = rated & (voices.stars <= 2.0) & (voices.at > at - 90 * DAY)
    columns["bad_words_90"] = grouping.count(voices.customer[low], size)
    wrote = ~review & (voices.at > at - _MANY_DAYS * DAY)
    columns["messages_28"] = grouping.count(voices.customer[wrote], size)
    return columns


def category_of(history: History, products: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) Top category of each product's number; -1 for none."""
    # The -1 of no product finds the -1 of no category at the end.
    return np.append(history.categories, -1)[products]
