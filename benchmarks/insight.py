"""Foresight on public data: who buys, comes back, leaves, can be moved; how well, and how well calibrated.

    python -m benchmarks insight

Each task goes through the modules that a shop's own models go through (``insight``): the learner, its calibration, the
features where the data are a purchase or event log, BG/NBD and its correction, the uplift lines. Everything is chosen
by cross-validation inside train (and valid, where time passes); test is scored once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from insight.calibration import calibration_error, calibration_excess
from insight.learning import ProbabilityModel, Table
from insight.settings import LearnerSettings
from insight.uplift import UpliftModel, qini
from store import InputError

from .frame import Figures, Options, bootstrap
from .insight_logs import carted_items, purchases_of_cdnow, returning_customers, taobao_buyers

KEYS = (
    "shoppers_auc",
    "shoppers_ap",
    "shoppers_month_auc",
    "shoppers_nopagevalues_auc",
    "taobao_buyer_auc",
    "taobao_recency_auc",
    "cdnow_mae",
    "cdnow_corr",
    "cdnow_total_ratio",
    "retail1_auc",
    "retail2_auc",
    "churn_auc",
    "churn_f1",
    "hillstrom_qini",
    "ece_excess_max",
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Vector = NDArray[np.float64]


def run(options: Options) -> Figures:
    """All tasks; ``--quick`` fits fewer and smaller models."""
    if options.data:
        raise InputError(
            "this benchmark measures on its own data sets only",
            value=str(options.data[0]),
            advice="Your shop's own figures are in the report of: beforehand train insight",
        )
    figures, folder = Figures(), options.public / "behaviour"
    learner = LearnerSettings(repeats=1 if options.quick else 2, shapes=("small", "medium"), seed=options.seed)
    eager = learner.model_copy(update={"shapes": ("large",), "members": 5})
    excesses: dict[str, float] = {}

    def judged(key: str, probability: Vector, labels: Vector) -> None:
        excesses[key] = calibration_excess(probability, labels, seed=options.seed)
        figures.add(f"{key}_ece", calibration_error(probability, labels))
        figures.add(f"{key}_ece_excess", excesses[key])

    _shoppers(figures, folder / "purchase_intent" / "online_shoppers.csv.gz", learner, judged)
    _churn(figures, folder / "churn_ltv" / "ecommerce_churn.csv.gz", eager, judged)
    _hillstrom(figures, folder / "interventions" / "hillstrom.csv.gz", learner)
    for key, labels, probability, peers in (
        *returning_customers(folder / "churn_ltv", learner),
        taobao_buyers(folder / "purchase_intent" / "taobao_events.parquet", learner),
        carted_items(folder / "purchase_intent" / "taobao_events.parquet", learner),
    ):
        _ranking(figures, key, labels, probability)
        for peer, scores in peers.items():
            _auc(figures, f"{peer}_auc", labels, scores)
        judged(key, probability, labels)
    purchases_of_cdnow(figures, folder / "churn_ltv" / "cdnow.parquet", learner)
    worst = max(excesses, key=lambda key: excesses[key])
    figures.add("ece_excess_max", excesses[worst])
    figures.note(f"The worst calibrated forecast is {worst}.")
    return figures


def _shoppers(figures: Figures, file: Path, learner: LearnerSettings, judged: Callable[..., None]) -> None:
    frame = pd.read_csv(file)
    labels = frame.Revenue.to_numpy(dtype=float)
    everything = _shopper_table(frame)
    # By months the test months never stand in train: a number for the month could only mislead.
    no_month = everything.select(tuple(name for name in everything.names if name != "month"))
    no_pages = everything.select(tuple(name for name in everything.names if not name.startswith("page_value")))
    for key, table, split in (
        ("shoppers", everything, frame.split),
        ("shoppers_month", no_month, frame.split_month),
        ("shoppers_nopagevalues", no_pages, frame.split),
    ):
        train, valid, test = ((split == part).to_numpy() for part in ("train", "valid", "test"))
        # Where time passes the latest month known is learnt from as well, and sets the level, as in a shop.
        known = train | valid if key == "shoppers_month" else train
        model = ProbabilityModel.fit(table.rows(known), labels[known], settings=learner)
        if key == "shoppers_month":
            model = model.settled_on(valid[known], labels[known])
        probability = model.probability(table.rows(test))
        _ranking(figures, key, labels[test], probability)
        judged(key, probability, labels[test])


def _shopper_table(frame: pd.DataFrame) -> Table:
    kinds = ("Administrative", "Informational", "ProductRelated")
    pages = frame[list(kinds)].sum(axis=1)
    columns: dict[str, pd.Series] = {
        **{f"pages_{kind}": frame[kind] for kind in kinds},
        **{f"seconds_{kind}": frame[f"{kind}_Duration"] for kind in kinds},
        "bounce": frame.BounceRates,
        "exit": frame.ExitRates,
        "page_value": frame.PageValues,
        "special_day": frame.SpecialDay,
        "system": frame.OperatingSystems,
        "browser": frame.Browser,
        "region": frame.Region,
        "traffic": frame.TrafficType,
        "month": frame.Month.map({name: number for number, name in enumerate(_MONTHS)}),
        "returning": (frame.VisitorType == "Returning_Visitor"),
        "new": (frame.VisitorType == "New_Visitor"),
        "weekend": frame.Weekend,
        "pages": pages,
        "seconds_a_page": frame.ProductRelated_Duration / frame.ProductRelated.clip(lower=1),
        "page_value_kept": frame.PageValues * (1 - frame.ExitRates),
        "exits": frame.ExitRates * pages,
    }
    return _table(columns)


def _churn(figures: Figures, file: Path, learner: LearnerSettings, judged: Callable[..., None]) -> None:
    frame = pd.read_csv(file)
    named = ["PreferredLoginDevice", "PreferredPaymentMode", "Gender", "PreferedOrderCat", "MaritalStatus"]
    given = frame.drop(columns=["CustomerID", "Churn", "split", *named])
    one_hot = pd.get_dummies(frame[named])
    table = _table({**{name: given[name] for name in given}, **{name: one_hot[name] for name in one_hot}})
    labels = frame.Churn.to_numpy(dtype=float)
    train, valid, test = ((frame.split == part).to_numpy() for part in ("train", "valid", "test"))
    model = ProbabilityModel.fit(table.rows(train), labels[train], settings=learner)
    found = model.probability(table.rows(valid))
    bars = np.unique(found)
    bar = float(bars[np.argmax([f1_score(labels[valid], found >= one) for one in bars])])
    probability = model.probability(table.rows(test))
    _ranking(figures, "churn", labels[test], probability)
    leaves = probability >= bar

    def f1(rows: NDArray[np.int64]) -> float:
        return float(f1_score(labels[test][rows], leaves[rows]))

    figures.add("churn_f1", f1(np.arange(leaves.size)), bootstrap(f1, leaves.size))
    judged("churn", probability, labels[test])


def _hillstrom(figures: Figures, file: Path, learner: LearnerSettings) -> None:
    frame = pd.read_csv(file)
    one_hot = pd.get_dummies(frame[["zip_code", "channel"]])
    table = _table(
        {
            **{name: frame[name] for name in ("recency", "history", "mens", "womens", "newbie")},
            **{name: one_hot[name] for name in one_hot},
        }
    )
    fit = (frame.split != "test").to_numpy()
    for key, arm in (("hillstrom", "Womens E-Mail"), ("hillstrom_mens", "Mens E-Mail")):
        use = frame.segment.isin([arm, "No E-Mail"]).to_numpy()
        treated, visit = (frame.segment == arm).to_numpy(dtype=float), frame.visit.to_numpy(dtype=float)
        known, asked = use & fit, use & ~fit
        model = UpliftModel.fit(table.rows(known), treated[known], visit[known], learner)
        effect, given, came = model.effect(table.rows(asked)), treated[asked], visit[asked]

        def area(rows: NDArray[np.int64], effect: Vector = effect, given: Vector = given, came: Vector = came) -> float:
            return qini(effect[rows], given[rows], came[rows])

        figures.add(f"{key}_qini", area(np.arange(effect.size)), bootstrap(area, effect.size))


def _ranking(figures: Figures, key: str, labels: Vector, probability: Vector) -> None:
    _auc(figures, f"{key}_auc", labels, probability)

    def precision(rows: NDArray[np.int64]) -> float:
        return float(average_precision_score(labels[rows], probability[rows]))

    figures.add(f"{key}_ap", precision(np.arange(labels.size)), bootstrap(precision, labels.size))


def _auc(figures: Figures, key: str, labels: Vector, scores: Vector) -> None:
    def area(rows: NDArray[np.int64]) -> float:
        return float(roc_auc_score(labels[rows], scores[rows]))

    figures.add(key, area(np.arange(labels.size)), bootstrap(area, labels.size))


def _table(columns: dict[str, pd.Series]) -> Table:
    return Table(tuple(columns), np.column_stack([one.to_numpy(dtype=float) for one in columns.values()]))
