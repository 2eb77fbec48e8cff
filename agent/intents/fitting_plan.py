"""How an ``IntentNetwork`` is fitted."""

from __future__ import annotations

from dataclasses import dataclass

RECIPE = 2
"""Goes up when the same plan would give other weights than before."""


@dataclass(frozen=True, slots=True)
class FitPlan:
    """How to fit."""

    epochs: int = 12
    rate: float = 2e-4
    head_rate: float = 2e-3
    batch: int = 128
    together: int = 4
    """Rows of one intent in a batch."""
    contrast: float = 0.5
    """Weight of the contrastive loss."""
    temperature: float = 0.1
    smoothing: float = 0.1
    weight_decay: float = 0.01
    warm_up: float = 0.1
    average_last: float = 0.25
    """The weights that come out are the mean over this last part of the run."""
    mixed: float = 0.25
    """Mixed rows per row of a batch, learnt as ``unknown``; 0 where there is no such intent."""
    seed: int = 0
