"""A cheap first reader: it settles the clear texts alone, and has a say beside the network in the others.

A linear model over the same tokens: single ones, and runs of two and three neighbours by hash, each feature trusted by
how unevenly it stands in good and bad texts (a baseline that is hard to beat: Wang and Manning 2012). Comes in: token
ids. Goes out: star logits. A text counts as settled where the polarity is surer than a threshold, chosen so that what
the network would have said is rarely changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from .fitting import TokenExample

LONGEST_RUN = 3
"""Neighbours that are looked at together at most."""
LEAST_SEEN = 3
"""Runs that stand in fewer places than this are not learnt."""
MOST_RUNS = 200_000
"""So many runs are learnt, the most frequent: two megabytes of weights."""
_STARS = 5
_MIX = (np.int64(2_654_435_761), np.int64(40_503))
_KEYS = np.int64(2**31)
_DECAY = 4e-6
_STEPS = 80
# Added to how often each feature stands in good and in bad texts, so that rare ones are trusted a little less.
_PRIOR_COUNT = 0.05


@dataclass(frozen=True, slots=True)
class FirstStage:
    """``logits = sum of table rows of a text's features / sqrt(number of features) + bias``."""

    runs: NDArray[np.int32]
    """Keys of the runs that were learnt, ascending."""
    table: NDArray[np.float32]
    """Shape (vocabulary + len(runs), 5)."""
    bias: NDArray[np.float32]

    def read(self, tokens: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Star logits: float32, shape (len(tokens), 5)."""
        if not tokens:
            return np.zeros((0, len(self.bias)), dtype=np.float32)
        counted = token_features(tokens, len(self.table) - len(self.runs), self.runs)
        return np.asarray(counted @ self.table + self.bias, dtype=np.float32)


def token_features(tokens: Sequence[Sequence[int]], vocabulary: int, runs: NDArray[np.int32]) -> csr_matrix:
    """What stands in each text: float32, shape (texts, vocabulary + len(runs)), each row of length 1.

    Every token of a text counts once, however often it comes, and every run of two or three that is in ``runs``.
    """
    from scipy.sparse import csr_matrix

    text, ids = _flat(tokens)
    rows, columns = [text], [ids]
    for keys, owner in _runs(text, ids):
        places = np.searchsorted(runs, keys)
        known = np.flatnonzero(places < len(runs))
        known = known[runs[places[known]] == keys[known]]
        rows.append(owner[known])
        columns.append(places[known] + vocabulary)
    row, column = np.concatenate(rows), np.concatenate(columns)
    shape = (len(tokens), vocabulary + len(runs))
    counted = csr_matrix((np.ones(len(row), dtype=np.float32), (row, column)), shape=shape)  # adds up what comes twice
    sizes = np.diff(counted.indptr)
    counted.data = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
    return counted


def frequent_runs(tokens: Sequence[Sequence[int]]) -> NDArray[np.int32]:
    """Keys of the runs of two and three tokens worth learning, ascending."""
    every = [keys for keys, _ in _runs(*_flat(tokens))]
    keys, counts = np.unique(np.concatenate(every), return_counts=True)
    least = LEAST_SEEN
    if len(counts) > MOST_RUNS:
        least = max(least, int(np.partition(counts, -MOST_RUNS)[-MOST_RUNS]))
    return np.asarray(keys[counts >= least], dtype=np.int32)[:MOST_RUNS]


def _flat(tokens: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The number of the text that each token stands in, and the tokens, one text after the other."""
    lengths = np.array([len(one) for one in tokens], dtype=np.int64)
    ids = np.fromiter((one for text in tokens for one in text), dtype=np.int64, count=int(lengths.sum()))
    return np.repeat(np.arange(len(lengths)), lengths), ids


def _runs(text: NDArray[np.int64], ids: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """For pairs, then threes: the key of each run within a text, and the text that it stands in."""
    keys = ids
    for size in range(2, LONGEST_RUN + 1):
        keys = keys[:-1] * _MIX[0] + ids[size - 1 :] * _MIX[1]
        inside = text[: len(keys)] == text[size - 1 :]
        yield (keys[inside] >> 7) % _KEYS, text[: len(keys)][inside]


def fit_first_stage(
    examples: Sequence[TokenExample], vocabulary: int, *, steps: int = _STEPS, decay: float = _DECAY
) -> FirstStage:
    """Fit the table to ``examples`` with the loss of the network (``star_loss``); some minutes for 200,000 texts.

    By L-BFGS with ``decay / 2`` times the squares of the weights, each over how uneven its feature is (the log-count
    ratios of Wang and Manning 2012, which they multiply the features with).
    """
    from scipy.optimize import minimize

    tokens = [one.ids for one in examples]
    runs = frequent_runs(tokens)
    counted = token_features(tokens, vocabulary, runs).astype(np.float64)
    allowed = _masks([one.allowed for one in examples])
    possible = _masks([one.possible for one in examples])
    uneven = _unevenness(counted, allowed)[:, None]
    across = counted.T.tocsr()

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = flat[:-_STARS].reshape(-1, _STARS), flat[-_STARS:]
        logits = counted @ (uneven * weights) + bias
        inside, right = _shares(logits, allowed)
        total, every = _shares(logits, possible)
        slope = (every - right) / len(examples)
        down = uneven * (across @ slope) + decay * weights
        value = float((total - inside).mean() + decay / 2 * (weights**2).sum())
        return value, np.concatenate([down.ravel(), slope.sum(axis=0)])

    start = np.zeros(counted.shape[1] * _STARS + _STARS)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": steps}).x
    table = uneven * found[:-_STARS].reshape(-1, _STARS)
    return FirstStage(runs, table.astype(np.float32), found[-_STARS:].astype(np.float32))


def _unevenness(counted: csr_matrix, allowed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How far apart a feature's shares of good and of bad texts are: shape (features,), log units.

    Middling texts do not count here: few sources have them, so they would tell sources apart, not verdicts.
    """
    logs = []
    for stars in (slice(0, 2), slice(3, 5)):
        rows = allowed[:, stars].any(axis=1)
        sums = np.asarray(counted[rows].sum(axis=0)).ravel() + _PRIOR_COUNT * rows.mean()
        logs.append(np.log(np.maximum(sums, 1e-9) / max(float(sums.sum()), 1e-9)))
    return np.asarray(np.abs(logs[0] - logs[1]))


def _shares(logits: NDArray[np.float64], among: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log of the summed exponentials of the logits ``among`` each row, and each one's share of the sum."""
    kept = np.where(among, logits, -np.inf)
    top = kept.max(axis=1, keepdims=True)
    powers = np.exp(kept - top)
    sums = powers.sum(axis=1, keepdims=True)
    return (top + np.log(sums))[:, 0], powers / sums


def choose_threshold(first: NDArray[np.float64], second: NDArray[np.int64], *, agreement: float) -> float:
    """The lowest sureness from which on the first stage says what the second says in ``agreement`` of the texts.

    ``first`` are polarity shares (texts, 3) of the first stage, ``second`` the labels of the network.
    """
    sure, labels = first.max(axis=1), first.argmax(axis=1)
    order = np.argsort(-sure)
    right = np.cumsum((labels == second)[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(right >= agreement)
    return 1.01 if len(enough) == 0 else float(sure[order[enough[-1]]])


def _masks(rows: Sequence[Sequence[int]]) -> NDArray[np.bool_]:
    out = np.zeros((len(rows), _STARS), dtype=bool)
    for number, row in enumerate(rows):
        out[number, np.array(row) - 1] = True
    return out
