"""BG/NBD and gamma-gamma against simulation, against each other's limits, and on input they cannot use."""

from __future__ import annotations

import numpy as np
import pytest

from insight.btyd import BgNbd, GammaGamma, PurchaseCounts
from store import InputError

TRUE = BgNbd(r=0.8, alpha=6.0, a=0.9, b=2.5)


def simulated(count: int, now: float, ahead: float, seed: int = 0) -> tuple[PurchaseCounts, np.ndarray]:
    """Customers that live by the model's own assumptions, and what they buy in ``ahead`` after ``now``."""
    random = np.random.default_rng(seed)
    rates = random.gamma(TRUE.r, 1 / TRUE.alpha, count)
    leaving = random.beta(TRUE.a, TRUE.b, count)
    repeats, last, later = np.zeros(count), np.zeros(count), np.zeros(count)
    observed = now * random.uniform(0.5, 1.0, count)
    for row in range(count):
        clock = 0.0
        while True:
            clock += random.exponential(1 / rates[row])
            if clock > observed[row] + ahead:
                break
            if clock <= observed[row]:
                repeats[row] += 1
                last[row] = clock
            else:
                later[row] += 1
            if random.random() < leaving[row]:
                break
    return PurchaseCounts(repeats, last, observed), later


def test_fit_finds_the_parameters_that_made_the_data() -> None:
    counts, _ = simulated(20_000, 40.0, 0.0)
    model = BgNbd.fit(counts)
    assert model.r == pytest.approx(TRUE.r, rel=0.1)
    assert model.alpha == pytest.approx(TRUE.alpha, rel=0.12)
    assert model.a / (model.a + model.b) == pytest.approx(TRUE.a / (TRUE.a + TRUE.b), rel=0.1)


def test_slopes_are_those_of_the_likelihood() -> None:
    counts, _ = simulated(200, 40.0, 0.0)
    from insight.btyd import _log_likelihood

    point = np.array([0.7, 5.0, 0.8, 2.0])
    _, slopes = _log_likelihood(*point, counts.repeats, counts.last, counts.observed)
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-6
        above, _ = _log_likelihood(*(point + step), counts.repeats, counts.last, counts.observed)
        below, _ = _log_likelihood(*(point - step), counts.repeats, counts.last, counts.observed)
        np.testing.assert_allclose(slopes[place], (above - below) / 2e-6, rtol=1e-4, atol=1e-5)


def test_expected_purchases_and_chance_to_buy_agree_with_what_simulated_customers_do() -> None:
    counts, later = simulated(40_000, 40.0, 20.0, seed=1)
    expected = TRUE.expected(counts, 20.0)
    assert expected.sum() == pytest.approx(later.sum(), rel=0.03)
    for low, high in ((0, 1), (1, 3), (3, 50)):
        mine = (counts.repeats >= low) & (counts.repeats < high)
        assert expected[mine].mean() == pytest.approx(later[mine].mean(), rel=0.06)
        assert TRUE.buys_within(counts, 20.0)[mine].mean() == pytest.approx((later[mine] > 0).mean(), rel=0.05)


def test_the_longer_someone_stays_away_the_less_he_is_still_a_customer() -> None:
    away = np.linspace(0.0, 100.0, 30)
    counts = PurchaseCounts(np.full(30, 5.0), np.full(30, 20.0), 20.0 + away)
    alive = TRUE.alive(counts)
    assert np.all(np.diff(alive) < 0)
    assert np.all((alive > 0) & (alive <= 1))


def test_expectations_stay_finite_for_very_heavy_buyers_and_near_a_equal_1() -> None:
    counts = PurchaseCounts(np.array([0.0, 900.0, 3.0]), np.array([0.0, 364.0, 1.0]), np.array([365.0, 365.0, 365.0]))
    for a in (0.3, 1.0, 1.0 + 1e-9, 4.0):
        expected = BgNbd(0.5, 8.0, a, 2.0).expected(counts, 90.0)
        assert np.all(np.isfinite(expected))
        assert np.all(expected >= 0)
    assert expected[1] > expected[2]


def test_gamma_gamma_draws_means_of_few_purchases_to_the_mean_of_all() -> None:
    random = np.random.default_rng(0)
    true_means = 30.0 * 3.0 / random.gamma(4.0, 1.0, 8_000)
    counts = random.integers(1, 12, 8_000).astype(float)
    means = random.gamma(6.0 * counts, true_means / (6.0 * counts))
    model = GammaGamma.fit(counts, means)
    expected = model.expected(counts, means)
    assert expected.mean() == pytest.approx(true_means.mean(), rel=0.03)
    assert np.abs(expected - true_means).mean() < np.abs(means - true_means).mean()
    unknown = model.expected(np.zeros(1), np.zeros(1))
    assert unknown[0] == pytest.approx(true_means.mean(), rel=0.05)


def test_gamma_gamma_with_all_amounts_alike_stays_finite() -> None:
    model = GammaGamma.fit(np.full(50, 3.0), np.full(50, 9.99))
    assert model.expected(np.array([3.0]), np.array([9.99]))[0] == pytest.approx(9.99, rel=0.05)


@pytest.mark.parametrize(
    ("repeats", "last", "observed"),
    [([1.0], [5.0], [4.0]), ([-1.0], [0.0], [4.0]), ([1.0, 2.0], [1.0], [4.0])],
)
def test_impossible_counts_are_refused(repeats: list[float], last: list[float], observed: list[float]) -> None:
    with pytest.raises(InputError):
        PurchaseCounts(np.array(repeats), np.array(last), np.array(observed))


def test_a_shop_where_nobody_came_back_has_no_rate_to_learn() -> None:
    with pytest.raises(InputError, match="more than once"):
        BgNbd.fit(PurchaseCounts(np.zeros(9), np.zeros(9), np.ones(9)))
    with pytest.raises(InputError, match="amount"):
        GammaGamma.fit(np.ones(3), np.zeros(3))
