"""The learner on data whose answer is known by construction; its explanations, calibration and refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from insight.calibration import Calibrator, calibration_error, calibration_excess
from insight.counts import CountModel
from insight.learning import ProbabilityModel, Table
from insight.saved import probability_model, probability_record
from insight.settings import LearnerSettings
from insight.uplift import UpliftModel, qini
from store import InputError

FAST = LearnerSettings(folds=3, rounds=150, patience=15, shapes=("small",), members=2)


def made(rows: int, seed: int = 0) -> tuple[Table, np.ndarray, np.ndarray]:
    """Two features that matter (one with gaps), one that does not, and the true probabilities."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, 3))
    truth = expit(1.2 * values[:, 0] - 2.0 * (values[:, 1] > 0.5) - 0.5)
    values[random.random(rows) < 0.1, 0] = np.nan
    return Table(("pull", "step", "noise"), values), (random.random(rows) < truth).astype(float), truth


@pytest.fixture(scope="module")
def model() -> ProbabilityModel:
    table, labels, _ = made(4000)
    return ProbabilityModel.fit(table, labels, settings=FAST)


def test_probabilities_come_near_the_true_ones_and_are_calibrated(model: ProbabilityModel) -> None:
    table, labels, truth = made(4000, seed=1)
    found = model.probability(table)
    assert np.corrcoef(found, truth)[0, 1] > 0.9
    assert calibration_excess(found, labels) < 0.02


def test_contributions_add_up_to_the_score_and_leave_noise_aside(model: ProbabilityModel) -> None:
    table, _, _ = made(500, seed=2)
    parts, base = model.contributions(table)
    np.testing.assert_allclose(parts.sum(axis=1) + base, model.margins(table), atol=1e-6)
    size = np.abs(parts).mean(axis=0)
    assert size[0] > 4 * size[2]
    assert size[1] > 4 * size[2]


def test_the_same_seed_gives_the_same_model_and_a_saved_one_says_the_same(model: ProbabilityModel) -> None:
    table, labels, _ = made(4000)
    asked, _, _ = made(200, seed=3)
    again = ProbabilityModel.fit(table, labels, settings=FAST)
    np.testing.assert_array_equal(again.probability(asked), model.probability(asked))
    loaded = probability_model(probability_record(model))
    np.testing.assert_allclose(loaded.probability(asked), model.probability(asked), rtol=1e-12)


def test_rows_of_one_customer_never_judge_models_that_saw_him() -> None:
    """A feature that names the customer says all about him, and nothing about anybody else."""
    random = np.random.default_rng(0)
    customers = np.repeat(np.arange(200), 10)
    fate = (random.random(200) < 0.5).astype(float)[customers]
    name = random.normal(size=200)[customers]
    table = Table(("name", "noise"), np.column_stack([name, random.normal(size=2000)]))
    apart = ProbabilityModel.fit(table, fate, groups=customers, settings=FAST)
    mixed = ProbabilityModel.fit(table, fate, settings=FAST.model_copy(update={"shapes": ("large",)}))
    assert apart.fit_report.log_loss > 0.6
    assert mixed.fit_report.log_loss < 0.5


def test_drawing_the_calibration_to_later_rows_moves_the_level_and_not_the_order(model: ProbabilityModel) -> None:
    table, labels, truth = made(4000)
    late = np.arange(4000) >= 1000
    more_often = np.where(late, np.random.default_rng(5).random(4000) < np.minimum(truth * 1.6, 1.0), labels)
    later = model.settled_on(late, more_often)
    before, after = model.probability(table), later.probability(table)
    came = more_often[late].mean()
    assert abs(after[late].mean() - came) < 0.015 < abs(before[late].mean() - came)
    np.testing.assert_array_equal(np.argsort(before, kind="stable"), np.argsort(after, kind="stable"))


def test_what_cannot_be_learnt_or_asked_is_refused(model: ProbabilityModel) -> None:
    table, labels, _ = made(100)
    with pytest.raises(InputError, match="too few examples"):
        ProbabilityModel.fit(table, np.zeros(100), settings=FAST)
    with pytest.raises(InputError, match="not those the model"):
        model.probability(Table(("pull", "step", "other"), table.values))
    with pytest.raises(InputError, match="shape of trees"):
        ProbabilityModel.fit(table, labels, settings=FAST.model_copy(update={"shapes": ("huge",)}))
    with pytest.raises(InputError, match="one column per name"):
        Table(("one",), np.zeros((2, 2)))


def test_calibration_error_of_perfect_forecasts_is_chance_alone() -> None:
    random = np.random.default_rng(0)
    chance = random.random(3000)
    came = (random.random(3000) < chance).astype(float)
    assert abs(calibration_excess(chance, came)) < 0.02
    assert calibration_error(np.full(10, 0.5), np.ones(10)) == pytest.approx(0.5)
    assert calibration_excess(chance**3, came) > 0.1


def test_the_calibrator_mends_a_score_that_is_too_sure_at_one_end() -> None:
    random = np.random.default_rng(1)
    margins = random.normal(size=6000) * 2
    truth = expit(np.where(margins > 0, 0.4 * margins, margins) - 0.7)
    came = (random.random(6000) < truth).astype(float)
    found = Calibrator.fit(margins, came)(margins)
    assert np.abs(found - truth).mean() < 0.02
    assert np.abs(expit(margins) - truth).mean() > 0.1
    assert Calibrator.fit(margins, np.ones(6000)) == Calibrator(knot=float(np.median(margins)))


def test_counts_are_corrected_where_the_expectation_overlooks_something_and_else_left_alone() -> None:
    random = np.random.default_rng(0)
    baseline = random.gamma(2.0, 0.5, 4000)
    money = random.normal(size=4000)
    table = Table(("money",), money[:, None])
    overlooked = random.poisson(baseline * np.exp(0.8 * money)).astype(float)
    model = CountModel.fit(table, baseline, overlooked, groups=np.arange(4000), settings=FAST)
    truth = baseline * np.exp(0.8 * money)
    corrected = model.expected(table, baseline)
    assert np.abs(corrected - truth).mean() < 0.5 * np.abs(baseline - truth).mean()
    assert model.expected(table, baseline, keep_total=True).sum() == pytest.approx(baseline.sum())
    seen = random.poisson(baseline).astype(float)
    alone = CountModel.fit(table, baseline, seen, groups=np.arange(4000), settings=FAST)
    assert np.abs(alone.expected(table, baseline) - baseline).mean() < 0.05


def test_uplift_finds_whom_the_message_moves() -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=(8000, 2))
    treated = (random.random(8000) < 0.5).astype(float)
    effect = 0.2 * (values[:, 0] > 0)
    came = (random.random(8000) < 0.15 + 0.1 * (values[:, 1] > 0) + treated * effect).astype(float)
    model = UpliftModel.fit(Table(("moved", "buyer"), values), treated, came, FAST)
    found = model.effect(Table(("moved", "buyer"), values))
    assert np.corrcoef(found, effect)[0, 1] > 0.7
    assert model.unseen_qini > 0.01
    assert qini(found, treated, came) > qini(values[:, 1], treated, came)
    assert abs(qini(random.random(8000), treated, came)) < 0.006
    with pytest.raises(InputError, match="both outcomes"):
        UpliftModel.fit(Table(("moved", "buyer"), values), treated, treated, FAST)
