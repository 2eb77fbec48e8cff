"""The tasks of the insight benchmark that start from a log of purchases or events, as a shop's own do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from insight.counts import CountModel
from insight.customer_features import customer_features, purchase_counts
from insight.examples import Examples, fitted_rates, stacked
from insight.grouping import distinct
from insight.history import DAY, KINDS, History
from insight.learning import ProbabilityModel, Table
from insight.settings import LearnerSettings
from insight.wish_features import open_wishes, wish_features

from .frame import Figures, bootstrap
from .insight_shops import cdnow, day, online_retail, taobao

Vector = NDArray[np.float64]
Task = tuple[str, Vector, Vector, dict[str, Vector]]
"""A task's key, and of its test rows the outcome, the forecast, and the scores of its peers by their keys."""

_RETAIL_DAYS = 45
_RETAIL_STEP_DAYS = 15
_WEEK = 7


def returning_customers(folder: Path, learner: LearnerSettings) -> Iterator[Task]:
    """Online Retail: who of the earlier customers buys in the last 45 days of a year.

    Learnt at moments 15 days apart whose 45 days were over by then; the latest of them is the ``valid`` split, to which
    the calibration is drawn. The second year is told twice: from its own file alone, and with the first year's as well,
    for the same customers.
    """
    files = [folder / "online_retail_2009_2010.parquet", folder / "online_retail_2010_2011.parquet"]
    asked_about: set[str] = set()
    for key, used, now in (
        ("retail1", files[:1], day(2010, 10, 26)),
        ("retail2", files[1:], day(2011, 10, 26)),
        ("retail2_two_years", files, day(2011, 10, 26)),
    ):
        history, horizon = online_retail(used), _RETAIL_DAYS * DAY
        asked = _buys_after(history, now, horizon)
        names = np.array(history.customers)[asked.groups]
        if key == "retail2_two_years":
            asked = asked.rows(np.isin(names, list(asked_about)))
        asked_about = set(names.tolist())
        first = history.begins() + _RETAIL_DAYS * DAY
        moments = range(now - horizon, first, -_RETAIL_STEP_DAYS * DAY)
        known = stacked([_buys_after(history, at, horizon) for at in moments])
        model = ProbabilityModel.fit(known.table.telling(), known.labels, groups=known.groups, settings=learner)
        model = model.settled_on(known.at == known.at.max(), known.labels)
        yield (
            key,
            asked.labels,
            model.probability(asked.table.select(model.names)),
            {
                f"{key}_recency": -np.nan_to_num(asked.table.column("days_since_purchase"), nan=999.0),
                f"{key}_frequency": asked.table.column("purchase_days"),
            },
        )


def taobao_buyers(file: Path, learner: LearnerSettings) -> Task:
    """Taobao: who buys on the test day, by what he did on the days before; learnt on the days before that."""
    history = taobao(file)
    days = [_taobao_day(number) for number in range(3, 10)]
    known = stacked([_buys_after(history, at, DAY) for at in days[:-1]])
    asked = _buys_after(history, days[-1], DAY)
    model = ProbabilityModel.fit(known.table.telling(), known.labels, groups=known.groups, settings=learner)
    model = model.settled_on(known.at == known.at.max(), known.labels)
    return (
        "taobao_buyer",
        asked.labels,
        model.probability(asked.table.select(model.names)),
        {
            "taobao_recency": -np.nan_to_num(asked.table.column("days_since_purchase"), nan=99.0),
            "taobao_last_seen": -np.nan_to_num(asked.table.column("days_since_event"), nan=99.0),
            "taobao_frequency": asked.table.column("purchase_days"),
            "taobao_views": asked.table.column("view_90"),
        },
    )


def carted_items(file: Path, learner: LearnerSettings) -> Task:
    """Taobao: which of the products that lie in carts are bought on the test day."""
    history = taobao(file)
    parts = [_carted(history, _taobao_day(number)) for number in range(2, 10)]
    known, asked = stacked(parts[:-1]), parts[-1]
    model = ProbabilityModel.fit(known.table.telling(), known.labels, groups=known.groups, settings=learner)
    return (
        "taobao_carted",
        asked.labels,
        model.probability(asked.table.select(model.names)),
        {
            "taobao_carted_recency": -asked.table.column("wish_hours_since_cart"),
            "taobao_carted_frequency": asked.table.column("wish_looks") + asked.table.column("wish_carted"),
        },
    )


def purchases_of_cdnow(figures: Figures, file: Path, learner: LearnerSettings) -> None:
    """CDNOW: days with a purchase in weeks 40 to 78, of all 23,570 customers, from the 39 weeks before.

    BG/NBD as published, then with the correction that is learnt inside the 39 weeks (at three moments, on what followed
    them); it moves purchases between customers and keeps BG/NBD's total, for of the level of the next 39 weeks nothing
    can be learnt there.
    """
    history, end = cdnow(file), 272
    table, baseline, actual, _ = _cdnow_rows(history, end, 39)
    parts = [_cdnow_rows(history, at, (end - at) // _WEEK) for at in (118, 146, 181)]
    model = CountModel.fit(
        Table.stacked([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
        groups=np.concatenate([part[3] for part in parts]),
        settings=learner,
    )
    corrected = model.expected(table, baseline, keep_total=True)
    for key, expected in (("cdnow", corrected), ("cdnow_bgnbd", baseline)):

        def mae(rows: NDArray[np.int64], expected: Vector = expected) -> float:
            return float(np.abs(actual[rows] - expected[rows]).mean())

        def corr(rows: NDArray[np.int64], expected: Vector = expected) -> float:
            return float(np.corrcoef(actual[rows], expected[rows])[0, 1])

        def ratio(rows: NDArray[np.int64], expected: Vector = expected) -> float:
            return float(expected[rows].sum() / actual[rows].sum())

        everybody = np.arange(actual.size)
        for name, measure in (("mae", mae), ("corr", corr), ("total_ratio", ratio)):
            figures.add(f"{key}_{name}", measure(everybody), bootstrap(measure, actual.size))


def _cdnow_rows(history: History, day_number: int, weeks: int) -> tuple[Table, Vector, Vector, NDArray[np.int64]]:
    """At the end of a day of 1997: features, BG/NBD's expectation of the next weeks, what came, and who."""
    start = day(1997, 1, 1) + day_number * DAY
    past, size = history.until(start + DAY - 1), len(history.customers)
    rates = fitted_rates(past, ridge=0.0)
    assert rates is not None
    counts, bought = purchase_counts(past.purchases, start, size)
    expected = rates.expected(counts, float(weeks * _WEEK))
    later = history.purchases.after(start + DAY - 1, start + DAY - 1 + weeks * _WEEK * DAY)
    actual = distinct(later.customer, later.at // DAY, size)[bought]
    features = customer_features(past, rates).rows(bought)
    relative = {
        # Free of the length of the past and of the horizon, which differ between learning and asking.
        "log_rate": np.log(expected / weeks + 1e-6),
        "alive": rates.alive(counts),
        "pause_share": (counts.observed - counts.last) / np.maximum(counts.observed, 1.0),
        **{
            name: features.column(name)
            for name in (
                "spent_mean",
                "spent_last",
                "items_mean",
                "spread_of_gaps",
                "pause_to_usual",
                "pause_to_longest",
                "last_gap_to_usual",
            )
        },
        "spent": np.log1p(features.column("spent")),
    }
    return Table(tuple(relative), np.column_stack([*relative.values()])), expected, actual, np.flatnonzero(bought)


def _buys_after(history: History, at: int, horizon: int) -> Examples:
    """Who was known before ``at``, and whether he buys within ``horizon`` from then."""
    past = history.until(at - 1)
    rates = fitted_rates(past)
    features = customer_features(past, rates)
    active = past.events.customer if len(past.events) else past.purchases.customer
    there = np.bincount(active, minlength=len(history.customers)) > 0
    who = np.flatnonzero(there | ~np.isnan(features.column("days_since_joined")))
    later = history.purchases.after(at - 1, at - 1 + horizon)
    buys = np.bincount(later.customer, minlength=len(history.customers)) > 0
    return Examples(features.rows(who), buys[who].astype(float), who, np.full(who.size, at), horizon)


def _carted(history: History, at: int) -> Examples:
    past, size = history.until(at - 1), len(history.products)
    wishes = open_wishes(past, days=30)
    later = history.events.after(at - 1, at - 1 + DAY)
    bought = later.where(later.kind == KINDS.index("purchase"))
    labels = np.isin(wishes.customer * size + wishes.product, bought.customer * size + bought.product)
    return Examples(wish_features(past, wishes), labels.astype(float), wishes.customer, np.full(len(wishes), at), DAY)


def _taobao_day(number: int) -> int:
    """The begin of a day in China, counted from 2017-11-25 as day 1."""
    return day(2017, 11, 24, 16) + (number - 1) * DAY
