"""Whom does a message move? The effect of a treatment on each customer, learnt from an experiment.

In go rows that were treated or not by chance; out comes how much more probable the outcome is with the treatment than
without. Scored by Qini: what is gained over treating at random when customers are treated in the order of the scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from store import InputError

from .learning import Table
from .line import Line
from .settings import LearnerSettings

Vector: TypeAlias = NDArray[np.float64]

_PENALTIES = (1.0, 0.03, 0.003)
"""Inverse strengths of the lines' L2 penalty that are tried."""


@dataclass(frozen=True, slots=True)
class UpliftModel:
    """Two lines (T-learner: Künzel and others 2019, "Metalearners for estimating heterogeneous treatment effects").

    ``effect[i] = P(outcome | row i, treated) - P(outcome | row i, not treated)``. Lines rather than trees: effects are
    small beside their noise, and in experiments of a usual size whatever is more flexible learns the noise.
    """

    names: tuple[str, ...]
    treated: Line
    untreated: Line
    unseen_qini: float
    """On parts of the rows that the lines had not seen."""

    @classmethod
    def fit(cls, table: Table, treated: Vector, outcome: Vector, settings: LearnerSettings) -> UpliftModel:
        """From (n,) 0/1 ``treated`` and 0/1 ``outcome``. The penalty is chosen by the Qini on parts left out.

        Raises ``InputError`` unless each arm has ``folds`` rows of either outcome.
        """
        from sklearn.model_selection import StratifiedKFold

        cells = (2 * outcome + treated).astype(int)
        if np.bincount(cells, minlength=4).min() < settings.folds:
            raise InputError(
                "each arm needs both outcomes",
                value=np.bincount(cells, minlength=4).tolist(),
                allowed=f"at least {settings.folds} of each",
            )
        best: tuple[float, float] | None = None
        for penalty in _PENALTIES:
            found = []
            for repeat in range(settings.repeats):
                parts = StratifiedKFold(settings.folds, shuffle=True, random_state=settings.seed + repeat)
                for inside, outside in parts.split(table.values, cells):
                    pair = _lines(table.values[inside], treated[inside], outcome[inside], penalty)
                    effect = _effect(pair, table.values[outside])
                    found.append(qini(effect, treated[outside], outcome[outside]))
            if best is None or np.mean(found) > best[0]:
                best = float(np.mean(found)), penalty
        assert best is not None
        with_it, without = _lines(table.values, treated, outcome, best[1])
        return cls(table.names, with_it, without, best[0])

    def effect(self, table: Table) -> Vector:
        """(n,) How much the treatment adds to the probability of the outcome."""
        return _effect((self.treated, self.untreated), table.select(self.names).values)


def qini(effect: Vector, treated: Vector, outcome: Vector) -> float:
    """Area between the Qini curve and the straight line of treating at random, per treated customer (Radcliffe 2007).

    Customers are taken in the order of ``effect``; at each depth the gain is the outcomes of the treated so far, less
    those of the untreated scaled to as many.
    """
    order = np.argsort(-effect, kind="stable")
    given, came = treated[order], outcome[order]
    number, others = np.cumsum(given), np.cumsum(1.0 - given)
    lost = np.cumsum(came * (1.0 - given)) * number / np.maximum(others, 1.0)
    gain = np.cumsum(came * given) - lost
    chance = gain[-1] * np.arange(1, gain.size + 1) / gain.size
    return float((gain - chance).mean() / max(given.sum(), 1.0))


def _lines(values: NDArray[Any], treated: Vector, outcome: Vector, penalty: float) -> tuple[Line, Line]:
    arms = (treated == 1, treated == 0)
    with_it, without = (Line.fit(values[arm], outcome[arm], penalty=penalty) for arm in arms)
    return with_it, without


def _effect(pair: tuple[Line, Line], values: NDArray[Any]) -> Vector:
    with_it, without = (1.0 / (1.0 + np.exp(-line.margins(values))) for line in pair)
    effect: Vector = with_it - without
    return effect
