"""A cheap first reader that settles the clear texts, so that the network reads the rest only.

A linear model over the same tokens: single ones, and pairs of neighbours by hash (a baseline that is hard to beat: Wang
and Manning 2012). Comes in: token ids. Goes out: star logits. A text counts as settled where the polarity is surer than
a threshold, chosen so that what the network would have said is rarely changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

    from .fitting import TokenExample

PAIR_BUCKETS = 2**17
_MIX = np.int64(2_654_435_761)


@dataclass(frozen=True, slots=True)
class FirstStage:
    """``logits = sum of table rows of a text's features / sqrt(number of features) + bias``."""

    table: NDArray[np.float32]
    """Shape (vocabulary + PAIR_BUCKETS, 5)."""
    bias: NDArray[np.float32]

    def read(self, tokens: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Star logits: float32, shape (len(tokens), 5)."""
        if not tokens:
            return np.zeros((0, len(self.bias)), dtype=np.float32)
        features, starts, counts = token_features(tokens, len(self.table) - PAIR_BUCKETS)
        sums = np.add.reduceat(self.table[features], starts, axis=0)
        return np.asarray(sums / np.sqrt(counts)[:, None] + self.bias, dtype=np.float32)


def token_features(
    tokens: Sequence[Sequence[int]], vocabulary: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Feature numbers of all texts one after the other, where each text's begin, and how many each has.

    A text of n tokens (with [CLS] and [SEP]) has n single features and n - 1 pairs.
    """
    lengths = np.array([len(one) for one in tokens], dtype=np.int64)
    ids = np.fromiter((one for text in tokens for one in text), dtype=np.int64, count=int(lengths.sum()))
    ends = np.cumsum(lengths)
    pairs = (ids[:-1] * _MIX + ids[1:] * np.int64(40_503)) % PAIR_BUCKETS + vocabulary
    counts = 2 * lengths - 1
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    features = np.empty(int(counts.sum()), dtype=np.int64)
    text = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(ids)) - (ends - lengths)[text]
    features[starts[text] + place] = ids
    inside = np.ones(len(pairs), dtype=bool)
    inside[ends[:-1] - 1] = False  # the pair across the border of two texts
    features[(starts[text] + lengths[text] + place)[:-1][inside]] = pairs[inside]
    return features, starts, counts


def fit_first_stage(
    examples: Sequence[TokenExample], vocabulary: int, *, epochs: int = 4, rate: float = 0.02, seed: int = 0
) -> FirstStage:
    """Fit the table to ``examples`` with the loss of the network (``star_loss``); a minute for 200,000 texts."""
    import torch
    import torch.nn.functional as F

    from .network import STARS, star_loss

    torch.manual_seed(seed)
    features, starts, counts = token_features([one.ids for one in examples], vocabulary)
    allowed = _masks([one.allowed for one in examples])
    possible = _masks([one.possible for one in examples])
    table = torch.nn.EmbeddingBag(vocabulary + PAIR_BUCKETS, STARS, mode="sum", sparse=True)
    torch.nn.init.zeros_(table.weight)
    bias = torch.zeros(STARS, requires_grad=True)
    sparse = torch.optim.SparseAdam(list(table.parameters()), lr=rate)
    dense = torch.optim.Adam([bias], lr=rate)
    flat = torch.from_numpy(features)
    for _ in range(epochs):
        order = torch.randperm(len(examples))
        for start in range(0, len(order), 512):
            rows = order[start : start + 512]
            places = [flat[starts[row] : starts[row] + counts[row]] for row in rows.tolist()]
            sizes = torch.tensor([len(one) for one in places])
            offsets = F.pad(sizes.cumsum(0)[:-1], (1, 0))
            logits = table(torch.cat(places), offsets) / sizes.sqrt()[:, None] + bias
            loss = star_loss(logits, allowed[rows], possible[rows])
            loss.backward()  # type: ignore[no-untyped-call]
            sparse.step()  # type: ignore[no-untyped-call]
            dense.step()
            sparse.zero_grad()
            dense.zero_grad()
    return FirstStage(table.weight.detach().numpy(), bias.detach().numpy())


def choose_threshold(first: NDArray[np.float64], second: NDArray[np.int64], *, agreement: float) -> float:
    """The lowest sureness from which on the first stage says what the second says in ``agreement`` of the texts.

    ``first`` are polarity shares (texts, 3) of the first stage, ``second`` the labels of the network.
    """
    sure, labels = first.max(axis=1), first.argmax(axis=1)
    order = np.argsort(-sure)
    right = np.cumsum((labels == second)[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(right >= agreement)
    return 1.01 if len(enough) == 0 else float(sure[order[enough[-1]]])


def _masks(rows: Sequence[Sequence[int]]) -> torch.Tensor:
    import torch

    from .network import STARS

    out = np.zeros((len(rows), STARS), dtype=bool)
    for number, row in enumerate(rows):
        out[number, np.array(row) - 1] = True
    return torch.from_numpy(out)
