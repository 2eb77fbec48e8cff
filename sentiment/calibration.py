"""From star logits to probabilities that hold, and from those to a label.

Temperature and bias per language (vector scaling; Guo et al. 2017, "On Calibration of Modern Neural Networks") are
fitted on dev texts as often as stars come in real shops. The label is the class with the largest product of probability
and weight; the weights are chosen on dev for macro-F1, so that the rare neutral class is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the logits of one language are read: ``softmax((logits + bias) / temperature)``."""

    temperature: float = 1.0
    bias: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0, 0.0)
    label_weights: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Negative, neutral, positive."""

    def stars(self, logits: NDArray[np.float32], *, doubt: float = 1.0) -> _Rows:
        """Probabilities of one to five stars, shape (texts, 5). ``doubt`` above 1 draws them towards even."""
        scaled = (logits.astype(np.float64) + np.array(self.bias)) / (self.temperature * doubt)
        scaled -= scaled.max(axis=1, keepdims=True)
        shares = np.exp(scaled)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def labels(self, polarities: _Rows, *, neutral: bool = True) -> NDArray[np.int64]:
        """0 negative, 1 neutral, 2 positive for rows of ``polarity_shares``.

        ``neutral=False``: for sources that know only good and bad, the better of the two.
        """
        weighed = polarities * np.array(self.label_weights)
        if not neutral:
            weighed[:, 1] = -1
        return np.asarray(weighed.argmax(axis=1))


def polarity_shares(stars: _Rows) -> _Rows:
    """Probabilities of negative (1, 2), neutral (3) and positive (4, 5), shape (texts, 3), from those of stars."""
    return np.stack([stars[:, :2].sum(axis=1), stars[:, 2], stars[:, 3:].sum(axis=1)], axis=1)


def fit_calibration(
    logits: NDArray[np.float32],
    allowed: Sequence[Sequence[int]],
    possible: Sequence[Sequence[int]],
    weights: Sequence[float],
    *,
    steps: int = 300,
) -> Calibration:
    """Temperature and bias that make the known stars likeliest; ``weights`` say how much each text counts.

    A text's known stars are ``allowed`` among ``possible``, as in ``Example``.
    """
    import torch

    from .network import STARS

    def table(rows: Sequence[Sequence[int]]) -> torch.Tensor:
        out = torch.zeros(len(rows), STARS, dtype=torch.bool)
        for number, row in enumerate(rows):
            out[number, torch.tensor(row) - 1] = True
        return out

    inside, total = table(allowed), table(possible)
    scores = torch.from_numpy(logits.astype(np.float64))
    counts = torch.tensor(weights, dtype=torch.float64)
    counts = counts / counts.sum()
    log_temperature = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(STARS, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature, bias], max_iter=steps, line_search_fn="strong_wolfe")
    minus = torch.finfo(torch.float64).min

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        scaled = (scores + bias) / log_temperature.exp()
        found = torch.logsumexp(scaled.masked_fill(~inside, minus), dim=1)
        whole = torch.logsumexp(scaled.masked_fill(~total, minus), dim=1)
        # Biases that no label speaks of (three stars in a source without them) stay where they are.
        value = (counts * (whole - found)).sum() + 1e-3 * (bias**2).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return Calibration(log_temperature.detach().exp().item(), tuple(bias.detach().tolist()))


def choose_label_weights(
    polarities: _Rows, labels: NDArray[np.int64], sources: NDArray[np.str_]
) -> tuple[float, float, float]:
    """The label weights with the best mean macro-F1 over ``sources``, by grid.

    Sources without a neutral text are judged as such: they say where good and bad part.
    """
    every = [(polarities[sources == name], labels[sources == name]) for name in np.unique(sources)]
    best, chosen = -1.0, (1.0, 1.0, 1.0)
    for neutral in np.geomspace(0.7, 5.0, 15):
        for negative in np.geomspace(0.8, 2.5, 8):
            tried = Calibration(label_weights=(float(negative), float(neutral), 1.0))
            scores = [macro_f1(truth, tried.labels(some, neutral=bool((truth == 1).any()))) for some, truth in every]
            if np.mean(scores) > best:
                best, chosen = float(np.mean(scores)), tried.label_weights
    return chosen


def macro_f1(labels: NDArray[np.int64], found: NDArray[np.int64]) -> float:
    """Mean F1 over the classes that ``labels`` has; another class found counts as a miss."""
    scores = []
    for label in np.unique(labels):
        right = int(((labels == label) & (found == label)).sum())
        scores.append(2 * right / max(1, int((labels == label).sum()) + int((found == label).sum())))
    return float(np.mean(scores))


def expected_calibration_error(confidence: _Rows, right: NDArray[np.bool_], *, bins: int = 15) -> float:
    """Mean distance between confidence and accuracy over ``bins`` equal bins of confidence, by their share of texts."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for one in range(bins):
        inside = place == one
        if inside.any():
            error += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return float(error)
