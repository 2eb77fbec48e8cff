"""The learned last step of a search: from the features of query and product to one score.

Three forms that are tried against each other on the merchant's judgements: the fixed sum of words, meaning and heads, a
line through all features (ridge regression within queries, near that sum), and trees (LambdaRank: Burges, 2010, by
LightGBM), each alone and beside a cross-encoder whose word counts more or less. The best in cross-validation by query
is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from store import ModelError

from .cross_encoder import weighed_together
from .measures import graded_ndcg
from .ranking_features import FEATURES

Matrix = NDArray[np.float32]
_WORDS, _MEANING, _HEAD = (FEATURES.index(name) for name in ("words", "meaning", "same_head"))
_STEEPNESS = 10.0
_FOLDS = 5
_RIDGE = 1000.0
_LEVELS = 10
_TREES = {
    "objective": "lambdarank", "learning_rate": 0.05, "num_leaves": 7, "min_data_in_leaf": 50, "lambda_l2": 5.0,
    "feature_fraction": 0.7, "lambdarank_truncation_level": 15, "label_gain": list(range(_LEVELS + 1)),
    "verbosity": -1, "num_threads": 1, "deterministic": True, "seed": 0,
}  # fmt: skip
_ROUNDS = 100
_READING = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Weights of a cross-encoder's logit beside the ranker's that are tried."""


@dataclass(frozen=True, slots=True)
class RatedQuery:
    """The candidates of one judged query: features, shape (candidates, len(FEATURES)), and grades from 0 to 1."""

    features: Matrix
    grades: NDArray[np.float32]
    read: NDArray[np.float32] | None = None
    """What a cross-encoder says of each, 0 to 1."""


class SearchRanker:
    """Scores candidates; higher is better, 0 to 1."""

    reading: float = 0.0
    """The weight of the cross-encoder beside it (``weighed_together``); 0: none reads."""

    def __init__(self, kind: Literal["sum", "line", "trees"], weights: Sequence[float], booster: str | None = None):
        self.kind = kind
        self.weights = np.array(weights, dtype=np.float32)
        """Of the features, unless it is of trees."""
        self._booster_text = booster
        self._booster: Any = None
        if booster is not None:
            import lightgbm

            self._booster = lightgbm.Booster(model_str=booster)

    def scores(self, features: Matrix) -> NDArray[np.float32]:
        """One score per row of ``features``."""
        if not len(features):
            return np.zeros(0, dtype=np.float32)
        raw = features @ self.weights if self._booster is None else self._booster.predict(features, num_threads=1)
        # The order is what was learnt; this only brings it between 0 and 1.
        between: NDArray[np.float32] = (1 / (1 + np.exp(-np.clip(raw, -30, 30)))).astype(np.float32)
        return between

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        content = {
            "features": FEATURES, "kind": self.kind, "weights": self.weights.tolist(), "reading": self.reading
        }  # fmt: skip
        path.write_text(json.dumps({**content, "booster": self._booster_text}), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> SearchRanker:
        """Read what ``save`` wrote. Raises ``ModelError`` where it is damaged or was learnt on other features."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if tuple(content["features"]) != FEATURES:
                raise ModelError(
                    "the ranker was learnt on other features", advice="Run 'beforehand train search' again"
                )
            ranker = cls(content["kind"], content["weights"], content["booster"])
            ranker.reading = float(content["reading"])
            return ranker
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"the ranker cannot be read: {error}", value=str(path)) from error


def fit_ranker(
    rated: Sequence[RatedQuery],
    dense_weight: float,
    head_weight: float,
    *,
    more: Sequence[RatedQuery] = (),
    seed: int = 0,
) -> tuple[SearchRanker, dict[str, float]]:
    """The best form, fitted to all of ``rated``, and the cross-validated NDCG@10 of each form, the best first.

    The weights are those of the fixed sum, which stays unless another form is better by more than the standard error
    of the difference: of many forms tried on few queries, one is a little better by chance. Where a cross-encoder read
    all candidates, each form is tried with it, too. From ``more`` it learns as well, but is not measured on it.
    """
    forms: dict[str, Callable[[Sequence[RatedQuery]], SearchRanker]] = {
        "sum": _sum_of(dense_weight, head_weight),
        **{f"sum {weight}": _sum_of(weight, head_weight) for weight in (0.6, 0.7, 0.8, 0.9)},
        "line": _line_near(fixed_sum(dense_weight, head_weight)),
        "trees": _trees,
    }
    readings = (0.0, *_READING) if all(one.read is not None for one in rated) else (0.0,)
    fold_of = np.random.default_rng(seed).permutation(len(rated)) % _FOLDS
    found: dict[tuple[str, float], list[float]] = {(name, reading): [] for reading in readings for name in forms}
    for name, fit in forms.items():
        for fold in range(_FOLDS):
            kept = [one for one, own in zip(rated, fold_of, strict=True) if own != fold]
            if not kept:
                continue
            ranker = fit([*kept, *more])
            for one in (one for one, own in zip(rated, fold_of, strict=True) if own == fold and one.grades.max() > 0):
                scores = ranker.scores(one.features)
                for reading in readings:
                    found[name, reading].append(graded_ndcg(one.grades, beside(scores, one.read, reading)))
    means = {form: float(np.mean(values)) if values else 0.0 for form, values in found.items()}
    plain = ("sum", 0.0)
    best = max(means, key=lambda form: means[form])
    gains = np.array(found[best]) - np.array(found[plain])
    if len(gains) and gains.mean() <= gains.std() / np.sqrt(len(gains)):
        best = plain
    ranker = forms[best[0]]([*rated, *more])
    ranker.reading = best[1]
    return ranker, {_named(*form): means[form] for form in dict.fromkeys((best, *means))}


def beside(scores: NDArray[np.float32], read: NDArray[np.float32] | None, reading: float) -> NDArray[np.float32]:
    """A ranker's scores, and beside them what a cross-encoder says, with the weight ``reading``."""
    return scores if read is None or not reading else weighed_together(scores, read, reading)


def _named(form: str, reading: float) -> str:
    return f"{form} + {reading:g} x reading" if reading else form


def fixed_sum(dense_weight: float, head_weight: float) -> SearchRanker:
    """Words, meaning, and whether it is the thing that was asked for, weighed as settings say."""
    weights = np.zeros(len(FEATURES))
    fused = _STEEPNESS * (1 - head_weight)
    weights[_WORDS], weights[_MEANING] = fused * (1 - dense_weight), fused * dense_weight
    weights[_HEAD] = _STEEPNESS * head_weight
    return SearchRanker("sum", weights.tolist())


def _sum_of(dense_weight: float, head_weight: float) -> Callable[[Sequence[RatedQuery]], SearchRanker]:
    return lambda _: fixed_sum(dense_weight, head_weight)


def _line_near(start: SearchRanker) -> Callable[[Sequence[RatedQuery]], SearchRanker]:
    """Ridge regression of grade on features, both as differences to the mean of their query, that shrinks towards
    ``start`` and not towards nothing: few queries change little of the search as it is."""

    def fit(rated: Sequence[RatedQuery]) -> SearchRanker:
        rows = np.concatenate([one.features - one.features.mean(0) for one in rated]).astype(np.float64)
        grades = np.concatenate([one.grades - one.grades.mean() for one in rated]).astype(np.float64)
        spread = rows.std(0)
        used = spread > 1e-6
        scaled, before = rows[:, used] / spread[used], start.weights[used] * spread[used]
        told = scaled @ before
        before = before * max(float(told @ grades), 0.0) / max(float(told @ told), 1e-9)
        gram = scaled.T @ scaled + _RIDGE * np.eye(int(used.sum()))
        solved = before + np.linalg.solve(gram, scaled.T @ (grades - scaled @ before))
        weights = np.zeros(len(FEATURES))
        weights[used] = _STEEPNESS * solved / spread[used]
        return SearchRanker("line", weights.tolist())

    return fit


def _trees(rated: Sequence[RatedQuery]) -> SearchRanker:
    import lightgbm

    data = lightgbm.Dataset(
        np.concatenate([one.features for one in rated]),
        np.round(_LEVELS * np.concatenate([one.grades for one in rated])).astype(int),
        group=[len(one.grades) for one in rated],
    )
    booster = lightgbm.train(_TREES, data, _ROUNDS)
    return SearchRanker("trees", (), booster.model_to_string())
