"""Calibration: known distortions are undone, and the figures agree with their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from sentiment.calibration import (
    Calibration,
    choose_label_weights,
    expected_calibration_error,
    fit_calibration,
    macro_f1,
    polarity_shares,
)


def _drawn(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """True logits, and stars drawn from them."""
    draw = np.random.default_rng(0)
    logits = draw.normal(size=(rows, 5)) * 2
    shares = Calibration().stars(logits)
    return logits, np.array([draw.choice(5, p=row) + 1 for row in shares])


def test_overconfidence_is_found_and_undone() -> None:
    logits, stars = _drawn(20_000)
    every = [(1, 2, 3, 4, 5)] * len(stars)
    fitted = fit_calibration((logits * 3).astype(np.float32), [(star,) for star in stars], every, [1.0] * len(stars))
    assert fitted.temperature == pytest.approx(3, rel=0.05)
    shares = fitted.stars((logits * 3).astype(np.float32))
    assert expected_calibration_error(shares.max(axis=1), shares.argmax(axis=1) + 1 == stars) < 0.02


def test_bare_polarities_calibrate_too() -> None:
    logits, stars = _drawn(20_000)
    allowed = [(1, 2) if star < 3 else (3,) if star == 3 else (4, 5) for star in stars]
    fitted = fit_calibration(
        (logits / 2).astype(np.float32), allowed, [(1, 2, 3, 4, 5)] * len(stars), [1.0] * len(stars)
    )
    shares = polarity_shares(fitted.stars((logits / 2).astype(np.float32)))
    right = shares.argmax(axis=1) == np.where(stars < 3, 0, np.where(stars == 3, 1, 2))
    assert expected_calibration_error(shares.max(axis=1), right) < 0.02


def test_shares_sum_to_one_and_doubt_evens_them() -> None:
    logits = np.array([[0.0, 1, 2, 3, 8]], dtype=np.float32)
    plain, doubtful = Calibration().stars(logits), Calibration().stars(logits, doubt=2.5)
    assert plain.sum() == pytest.approx(1)
    assert doubtful.max() < plain.max()


def test_a_rare_class_is_weighed_up() -> None:
    draw = np.random.default_rng(1)
    labels = draw.choice(3, size=5000, p=[0.1, 0.08, 0.82])
    shares = polarity_shares(Calibration().stars(np.eye(5)[[0, 2, 4]][labels] * 1.5 + draw.normal(size=(5000, 5))))
    shares *= [0.1, 0.08, 0.82]
    weights = choose_label_weights(shares, labels, np.array(["shop"] * 5000))
    assert weights[1] > weights[2]
    assert macro_f1(labels, (shares * weights).argmax(axis=1)) > macro_f1(labels, shares.argmax(axis=1)) + 0.05


def test_sources_of_two_kinds_say_where_good_and_bad_part() -> None:
    draw = np.random.default_rng(1)
    labels = draw.choice([0, 2], size=4000)
    shares = polarity_shares(Calibration().stars(np.eye(5)[[0, 2, 4]][labels] * 1.5 + draw.normal(size=(4000, 5))))
    shares *= [0.4, 0.2, 1.0]  # a reader who is used to shops where most texts are good
    weights = Calibration(label_weights=choose_label_weights(shares, labels, np.array(["shop"] * 4000)))
    plain, better = (one.labels(shares, neutral=False) == labels for one in (Calibration(), weights))
    assert better.mean() > plain.mean() + 0.02


def test_macro_f1_is_that_of_scikit_learn() -> None:
    draw = np.random.default_rng(2)
    labels, found = draw.integers(0, 3, 500), draw.integers(0, 3, 500)
    assert macro_f1(labels, found) == pytest.approx(f1_score(labels, found, average="macro"))
