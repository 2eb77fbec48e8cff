"""Logs of decisions whose truth is known: for checking off-policy estimators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax

from agent.deciding.batch import Floats
from agent.deciding.evaluation import Log

_FEATURES, _ACTIONS = 5, 5
_TRUTH_ROWS = 40_000


@dataclass(frozen=True, slots=True)
class KnownLog:
    """A log, what another policy would have chosen, and what it is truly worth per decision."""

    log: Log
    target: Floats
    truth: float


def draw_log(seed: int, rows: int = 2000) -> KnownLog:
    """A shop with its own tastes, a logging policy that leans somewhere, and a target that leans elsewhere.

    Reward: a margin with the probability of a logistic model, less a cost; so most rewards are 0 and some are large.
    """
    random = np.random.default_rng([seed, 31])
    weights = random.normal(0, 0.5, (_FEATURES, _ACTIONS))
    bias, margin = random.normal(-1.5, 0.5, _ACTIONS), random.uniform(5, 30, _ACTIONS)
    cost = random.uniform(0, 1, _ACTIONS)
    logged_lean, target_lean = (random.normal(0, 0.7, (_FEATURES, _ACTIONS)) for _ in range(2))
    floor = random.uniform(0.05, 0.2)

    def logging(features: Floats) -> Floats:
        leaning: Floats = (1 - floor) * softmax(features @ logged_lean, axis=1) + floor / _ACTIONS
        return leaning

    def target(features: Floats) -> Floats:
        leaning: Floats = softmax(2 * features @ target_lean, axis=1)
        return leaning

    def chance(features: Floats) -> Floats:
        found: Floats = expit(features @ weights + bias + 0.3 * np.sin(2 * features[:, :1]))
        return found

    # Pairs of opposite shoppers: a truth with less noise for the same work.
    half = random.normal(size=(_TRUTH_ROWS // 2, _FEATURES))
    many = np.concatenate((half, -half))
    truth = float((target(many) * (chance(many) * margin - cost)).sum(axis=1).mean())
    features = random.normal(size=(rows, _FEATURES))
    probabilities = logging(features)
    chosen = (random.random(rows)[:, None] > np.cumsum(probabilities, axis=1)).sum(axis=1).clip(max=_ACTIONS - 1)
    at = np.arange(rows)
    bought = random.random(rows) < chance(features)[at, chosen]
    reward = bought * margin[chosen] - cost[chosen]
    return KnownLog(Log(features, chosen, probabilities[at, chosen], reward), target(features), truth)
