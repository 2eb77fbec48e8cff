"""Trains a shop's own models from its own records, tells how they did on later time, and saves them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from store import Database, InputError

from . import saved
from .calibration import calibration_excess
from .customer_features import customer_features
from .examples import (
    Examples,
    Snapshot,
    buys_examples,
    cart_examples,
    item_examples,
    leaves_examples,
    snapshots,
    upset_examples,
    visit_examples,
    wish_examples,
)
from .history import History, microseconds
from .item_features import category_return_shares
from .learning import ProbabilityModel
from .loading import MoodReader, load_history, shop_currency
from .records import FORECASTS, ForecastReport, InsightReport
from .segments import Quintiles
from .settings import InsightSettings
from .value import ValueModel

Step: TypeAlias = Callable[[str, int, int], None]
"""Told of long work: what is being done, how much is done, how much there is in all."""

_STEPS = 3 + len(FORECASTS)
_TEST_SHARE = 0.25
"""The latest part of the examples, by time, that the trial model is judged on."""
_LATE_SHARE = 0.4
"""The latest part of the examples, by time, to which the calibration is drawn."""


@dataclass(frozen=True, slots=True)
class _Learnt:
    report: ForecastReport
    model: ProbabilityModel | None
    base_rate: float


def train_insight(
    database: Database,
    folder: Path,
    at: datetime,
    settings: InsightSettings | None = None,
    *,
    read_mood: MoodReader | None = None,
    progress: Step | None = None,
) -> InsightReport:
    """Learn from all that the shop knew at ``at``, and put the models into ``folder`` in place of the earlier ones.

    ``read_mood`` reads stars out of customers' messages; without it only reviews tell of dissatisfaction. A forecast
    with too little to learn from is the shop's mean, which the report says. Raises ``InputError`` for a shop in which
    nobody has bought or done anything.
    """
    chosen, began = settings or InsightSettings(), time.monotonic()
    tell = progress or (lambda *_: None)
    tell("reading the shop's past", 0, _STEPS)
    currency = shop_currency(database, at)
    since = at - timedelta(days=chosen.history_days)
    gap = timedelta(minutes=chosen.visit_gap_minutes)
    history = load_history(
        database, at, currency=currency, since=since, visit_gap=gap, read_mood=read_mood, customer_id=None
    )
    if not len(history.purchases) and not len(history.events):
        raise InputError("the shop has no purchases and no events yet", advice="Import orders and events first")
    tell("looking back", 1, _STEPS)
    shots = snapshots(history, chosen)
    learnt: dict[str, _Learnt] = {}
    makers = _makers(history, shots, chosen)
    for number, (forecast, make) in enumerate(makers.items()):
        tell(f"learning: {forecast}", 2 + number, _STEPS)
        learnt[forecast] = _learn(forecast, make, history, chosen)
    tell("learning: value", _STEPS - 1, _STEPS)
    value = ValueModel.fit(history, shots, chosen)
    saved.write(folder, _body(history, at, currency, chosen, learnt, value))
    tell("saved", _STEPS, _STEPS)
    return InsightReport(
        at=at,
        customers=len(history.customers),
        forecasts=tuple(one.report for one in learnt.values()),
        value="none: too few customers came back" if value is None else value.why,
        seconds=time.monotonic() - began,
    )


def _makers(history: History, shots: list[Snapshot], settings: InsightSettings) -> dict[str, Callable[[], Examples]]:
    return {
        "buys_7_days": lambda: buys_examples(history, shots, settings),
        "buys_this_visit": lambda: visit_examples(history, settings),
        "abandons_cart": lambda: cart_examples(history, settings),
        "leaves": lambda: leaves_examples(history, shots, settings),
        "returns_item": lambda: item_examples(history, settings),
        "dissatisfied": lambda: upset_examples(history, shots, settings),
        "buys_carted": lambda: wish_examples(history, shots, settings),
    }


def _learn(forecast: str, make: Callable[[], Examples], history: History, settings: InsightSettings) -> _Learnt:
    try:
        examples = make()
    except InputError as error:
        return _Learnt(ForecastReport(forecast, 0, 0, False, error.problem), None, float("nan"))
    examples = _sampled(examples, settings)
    positives = int(examples.labels.sum())
    rarer = min(positives, len(examples) - positives)
    base = float(examples.labels.mean()) if len(examples) else float("nan")
    if len(examples) < settings.min_rows or rarer < settings.min_positives:
        least = f"at least {settings.min_rows} and {settings.min_positives} are needed"
        why = f"{len(examples)} examples, {rarer} of the rarer outcome: {least}"
        return _Learnt(ForecastReport(forecast, len(examples), positives, False, why), None, base)
    auc, excess = _on_later_time(examples, settings)
    model = _fit(examples, settings)
    report = ForecastReport(forecast, len(examples), positives, True, "", auc, excess)
    return _Learnt(report, model, base)


def _fit(examples: Examples, settings: InsightSettings) -> ProbabilityModel:
    table = examples.table.telling()
    model = ProbabilityModel.fit(table, examples.labels, groups=examples.groups, settings=settings.learner)
    # Custom drifts with season and growth: the level is that of late.
    late = examples.at >= np.quantile(examples.at, 1.0 - _LATE_SHARE, method="lower")
    return model.settled_on(late, examples.labels)


def _on_later_time(examples: Examples, settings: InsightSettings) -> tuple[float | None, float | None]:
    """AUC and calibration excess on the latest examples of a model of those whose outcome was known before them."""
    from sklearn.metrics import roc_auc_score

    start = np.quantile(examples.at, 1.0 - _TEST_SHARE, method="lower")
    late = examples.at >= start
    early = examples.at + examples.horizon <= start
    known, asked = examples.rows(early), examples.rows(late)
    outcomes = [known.labels.sum(), (1 - known.labels).sum(), asked.labels.sum(), (1 - asked.labels).sum()]
    if min(outcomes) < settings.min_positives:
        return None, None
    model = _fit(known, settings)
    probability = model.probability(asked.table.select(model.names))
    return float(roc_auc_score(asked.labels, probability)), calibration_excess(probability, asked.labels)


def _sampled(examples: Examples, settings: InsightSettings) -> Examples:
    """At most ``max_rows`` rows: all of a random part of the customers."""
    if len(examples) <= settings.max_rows:
        return examples
    generator = np.random.default_rng(settings.learner.seed)
    luck = generator.random(int(examples.groups.max()) + 1)[examples.groups]
    return examples.rows(luck < settings.max_rows / len(examples))


def _body(
    history: History,
    at: datetime,
    currency: str | None,
    settings: InsightSettings,
    learnt: dict[str, _Learnt],
    value: ValueModel | None,
) -> dict[str, Any]:
    share = learnt["returns_item"].base_rate
    shares = category_return_shares(history, 0.0 if np.isnan(share) else share)
    return {
        "at_us": microseconds(at),
        "currency": currency or "USD",
        "settings": settings.model_dump(mode="json"),
        "models": {name: saved.probability_record(one.model) for name, one in learnt.items() if one.model is not None},
        "base_rates": {name: one.base_rate for name, one in learnt.items() if not np.isnan(one.base_rate)},
        "value": saved.value_record(value),
        "quintiles": saved.quintiles_record(Quintiles.of(customer_features(history))),
        "category_shares": shares,
    }
