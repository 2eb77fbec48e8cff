"""Train a history model: the next item of each history by sampled softmax, the best epoch by validation.

Right items of a batch serve each other as negatives, and random items fill up to a fixed number; how likely an item is
to be among them is corrected for (logQ, Yi and others 2019), so that the softmax is that over all items. Comes in:
histories as numbers. Goes out: a ``SequenceModel``. Knows nothing of products or of the database.
"""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders import Device

from .history_settings import HistorySettings
from .measures import ndcg, ranks, recall
from .sequence_model import ItemTable, SequenceModel
from .sequence_network import NetworkShape, SequenceNetwork, Whitening
from .sequences import LENGTHS, Batch, Sequences, batches

_log = logging.getLogger(__name__)
_LOOKED_AT = 10_000
"""So many validation rows are ranked at each look."""
_RANKED_AT_ONCE = 512
_BEST_OF = 10
Step = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Held:
    """What the model is judged by and does not learn from: after ``histories[r]`` came ``targets[r]``."""

    histories: Sequences
    targets: NDArray[np.int64]

    def some(self, most: int, seed: int) -> Held:
        """At most ``most`` rows, drawn at random."""
        if len(self.targets) <= most:
            return self
        chosen = np.sort(np.random.default_rng(seed).choice(len(self.targets), most, replace=False))
        return Held(self.histories.rows(chosen), self.targets[chosen])


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the validation part."""

    epoch: int
    loss: float
    recall_10: float
    ndcg_10: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Trained:
    """A model and how its training went."""

    model: SequenceModel
    best_epoch: int
    looks: tuple[Look, ...]


class _SampledSoftmax(torch.autograd.Function):
    """Cross-entropy of ``hidden @ items.T + bias``, its gradient computed with the loss: the table of logits, the
    largest thing in a step, is gone through few times and kept once, in the precision of the matrices."""

    @staticmethod
    def forward(context: Any, hidden: Tensor, items: Tensor, targets: Tensor, bias: Tensor, weights: Tensor) -> Tensor:
        """``hidden`` shape (n, d), ``items`` (m, d), ``bias`` (m,); row i counts ``weights[i]``, which sum to 1."""
        logits = (hidden @ items.T).float() + bias
        rows = torch.arange(len(targets), device=targets.device)
        highest = logits.amax(dim=1, keepdim=True)
        right = logits[rows, targets]
        total = logits.sub_(highest).exp_().sum(dim=1, keepdim=True)
        loss = (total.log() + highest).squeeze(1) - right
        slope = logits.mul_(weights[:, None] / total)
        slope[rows, targets] -= weights
        context.save_for_backward(hidden, items, slope.to(hidden.dtype))
        return (loss * weights).sum()

    @staticmethod
    def backward(context: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        hidden, items, slope = context.saved_tensors
        return (slope @ items) * grad, (slope.T @ hidden) * grad, None, None, None


class Trainer:
    """One training: the network, its running mean, and what it learns from."""

    def __init__(self, histories: Sequences, table: ItemTable, items: int, settings: HistorySettings, device: Device):
        self.settings, self.device, self.items = settings, device, items
        torch.manual_seed(settings.seed)
        self._draw = np.random.default_rng(settings.seed)
        self.histories = histories.latest(LENGTHS[-1] + 1)
        whitening = None if table.text is None else Whitening.of(_known_text(table.text), settings.dimension)
        shape = NetworkShape(
            items=items,
            text=0 if whitening is None else whitening.turn.shape[1],
            attributes=0 if table.attributes is None else int(table.attributes.max()),
            dimension=settings.dimension,
            blocks=settings.blocks,
            heads=settings.heads,
        )
        self.network = SequenceNetwork(
            shape, dropout=settings.dropout, first_dropout=settings.first_dropout, seed=settings.seed
        ).to(device.name)
        self.model = SequenceModel(self.network, whitening, device)
        self._text, self._attributes = self.model.prepared(table)
        self._mean = copy.deepcopy(self.network).eval()
        self._optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=settings.rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True
        )
        self._steps = 0
        learnt = self.histories.items[np.delete(np.arange(len(self.histories.items)), _firsts(self.histories))]
        counts = np.bincount(learnt, minlength=items + 1).astype(np.float64)
        counts[0] = 0
        self._met = np.bincount(self.histories.items, minlength=items + 1) > 0
        self._met[0] = False
        self._share = counts / max(counts.sum(), 1.0)

    def epoch(self) -> float:
        """Go through all histories once. Returns the mean loss."""
        self.network.train()
        lead = self.histories.without_last()
        following = _following(self.histories)
        total, entries = 0.0, 0
        for batch, right in zip(
            batches(lead, self.settings.batch_places, np.random.default_rng(self._steps)),
            batches(following, self.settings.batch_places, np.random.default_rng(self._steps)),
            strict=True,
        ):
            known = int((right.items > 0).sum())
            total += self._step(batch, right.items.ravel()) * known
            entries += known
        return total / max(entries, 1)

    def averaged(self) -> SequenceModel:
        """The model with the running mean of the weights, of its own."""
        return replace(self.model, network=copy.deepcopy(self._mean))

    def _step(self, batch: Batch, targets: NDArray[np.int64]) -> float:
        candidates, place, bias = self._candidates(targets)
        entries = batch.items.ravel()
        both = np.concatenate([candidates, entries])
        vectors = self._vectors(both)
        device = self.device.name
        into = torch.arange(len(candidates), len(both), device=device).view(*batch.items.shape)
        bf16 = self.device.dtype is torch.bfloat16
        with torch.autocast(device, torch.bfloat16, enabled=bf16):
            hidden = self.network(
                vectors[into], self._tensor(batch.items == 0), self._tensor(batch.kinds), self._tensor(batch.gaps)
            )
        weights = (targets > 0).astype(np.float32)
        loss = _SampledSoftmax.apply(  # type: ignore[no-untyped-call]
            hidden.reshape(len(entries), -1).to(self.device.dtype),
            vectors[: len(candidates)].to(self.device.dtype),
            self._tensor(place),
            self._tensor(bias),
            self._tensor(weights / max(float(weights.sum()), 1.0)),
        )
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        self._steps += 1
        self._take_mean()
        return float(loss.item())

    def _candidates(
        self, targets: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """The items told from one another in a step, the place of each target among them, and the correction."""
        right = np.unique(targets[targets > 0])
        # An item that nobody met is no negative: the network would learn against its text, by which alone it is found.
        others = self._met.copy()
        others[right] = False
        rest = np.flatnonzero(others)
        # Never fewer than the right ones; a batch of many different ones has the more.
        count = min(max(self.settings.negatives, len(right)), int(self._met.sum()))
        drawn = self._draw.choice(rest, count - len(right), replace=False, shuffle=False)
        candidates = np.concatenate([right, drawn]).astype(np.int64)
        place_of = np.zeros(self.items + 1, dtype=np.int64)
        place_of[candidates] = np.arange(len(candidates))
        by_chance = len(drawn) / max(len(rest), 1)
        missed = (1 - self._share[candidates]) ** int((targets > 0).sum()) * (1 - by_chance)
        bias = -np.log(np.maximum(1 - missed, 1e-9))
        return candidates, place_of[targets], bias.astype(np.float32)

    def _vectors(self, numbers: NDArray[np.int64]) -> Tensor:
        rows = self._tensor(numbers)
        own = self.network.own(rows)
        alone = self._draw.random(len(numbers)) < self.settings.own_dropout
        if self._text is not None or self._attributes is not None:
            own = own * self._tensor(~alone)[:, None]
        text = None if self._text is None else self._text[rows]
        attributes = None if self._attributes is None else self._attributes[rows]
        return self.network.item_vectors(own, text, attributes)

    @torch.no_grad()
    def _take_mean(self) -> None:
        keep = min(self.settings.average, (1 + self._steps) / (10 + self._steps))
        mean: list[Tensor] = list(self._mean.parameters())
        now: list[Tensor] = list(self.network.parameters())
        torch._foreach_lerp_(mean, now, 1 - keep)

    def _tensor(self, values: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device.name)


def train_sequences(
    histories: Sequences,
    held: Held,
    table: ItemTable,
    items: int,
    settings: HistorySettings,
    device: Device,
    progress: Step | None = None,
) -> Trained:
    """Train on ``histories``; the epoch whose model ranks ``held`` best (NDCG@10 among all items) is what comes out."""
    trainer = Trainer(histories, table, items, settings, device)
    judged = held.some(_LOOKED_AT, settings.seed)
    best: SequenceModel | None = None
    looks: list[Look] = []
    began, misses, highest, best_epoch = time.monotonic(), 0, -1.0, 0
    for epoch in range(1, settings.most_epochs + 1):
        loss = trainer.epoch()
        if progress is not None:
            progress("training", epoch, settings.most_epochs)
        late = time.monotonic() - began > 60 * settings.most_minutes
        if epoch % settings.look_every and epoch < settings.most_epochs and not late:
            continue
        model = trainer.averaged()
        found = rank_held(model, table, judged)
        look = Look(
            epoch,
            loss,
            float(recall(found, _BEST_OF).mean()),
            float(ndcg(found, _BEST_OF).mean()),
            time.monotonic() - began,
        )
        looks.append(look)
        _log.info("%s", look)
        misses = 0 if look.ndcg_10 > highest else misses + 1
        if not misses:
            best, best_epoch, highest = model, epoch, look.ndcg_10
        if late or misses >= settings.patience:
            break
    assert best is not None
    return Trained(best, best_epoch, tuple(looks))


def train_again(
    histories: Sequences,
    table: ItemTable,
    items: int,
    epochs: int,
    settings: HistorySettings,
    device: Device,
    progress: Step | None = None,
) -> SequenceModel:
    """Train anew for ``epochs`` on all there is, with nothing held out."""
    trainer = Trainer(histories, table, items, settings, device)
    for epoch in range(1, epochs + 1):
        trainer.epoch()
        if progress is not None:
            progress("training on everything", epoch, epochs)
    return trainer.averaged()


def rank_held(model: SequenceModel, table: ItemTable, held: Held) -> NDArray[np.int64]:
    """The rank of each target of ``held`` among all items that are not in its history; shape (rows,)."""
    items = model.network.shape.items
    vectors = model.item_vectors(np.arange(items + 1), table)
    found = [np.zeros(0, dtype=np.int64)]
    for start in range(0, len(held.targets), _RANKED_AT_ONCE):
        rows = np.arange(start, min(start + _RANKED_AT_ONCE, len(held.targets)))
        some = held.histories.rows(rows)
        scores = model.customers(some, vectors) @ vectors.T
        found.append(ranks(scores, held.targets[rows], (some.row_numbers(), some.items)))
    return np.concatenate(found)


def _known_text(text: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(text[np.abs(text).sum(axis=1) > 0], dtype=np.float32)


def _firsts(histories: Sequences) -> NDArray[np.int64]:
    """The places of the first entry of each history, which is never a target."""
    return histories.starts[:-1][histories.lengths > 0]


def _following(histories: Sequences) -> Sequences:
    """Each history without its first entry: what came after each entry of ``without_last``."""
    return histories.between(np.minimum(histories.starts[:-1] + 1, histories.starts[1:]), histories.starts[1:])
