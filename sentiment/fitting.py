"""Fit a ``SentimentNetwork`` to examples: batches by token budget, bf16, warm-up and decay, early stopping by dev.

Comes in: token ids and what is known of their stars. Goes out: the network, fitted. Knows nothing of files or texts.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders import MULTIPLE, Device, WeightMean, learnt_weights, pack_by_tokens, padded, put_back, schedule

from .network import STARS, SentimentNetwork, star_loss


@dataclass(frozen=True, slots=True)
class TokenExample:
    """A text as token ids, with the stars that its label allows and those that its source could have given."""

    ids: list[int]
    allowed: tuple[int, ...]
    possible: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FitPlan:
    """How to fit. ``rate`` is the top learning rate, ``decay_per_layer`` what each layer below the top has of it."""

    rate: float = 1e-4
    head_rate: float = 5e-4
    words_rate: float = 1e-3
    decay_per_layer: float = 0.9
    weight_decay: float = 0.01
    warm_up: float = 0.06
    batch_tokens: int = 4096
    most_texts: int = 128
    word_dropout: float = 0.0
    average_last: float = 0.3
    """The weights that come out are the mean over this last part of the run, which does better than the last step."""
    least_rate: float = 0.0
    """The rates do not fall below this share of their tops. What is averaged then differs more, and its mean says more
    (Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima")."""
    checks: int = 8
    """How often the loss on dev is measured, evenly over the run, where dev examples are given."""
    patience: int = 3
    """So many checks without a better one end the run."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class FitProgress:
    """A step was done."""

    step: int
    steps: int
    loss: float
    tokens_per_s: float


def fit(
    network: SentimentNetwork,
    epochs: Sequence[Sequence[TokenExample]],
    plan: FitPlan,
    device: Device,
    *,
    mask_id: int,
    dev: Sequence[TokenExample] = (),
    progress: Callable[[FitProgress], None] | None = None,
) -> SentimentNetwork:
    """Fit ``network`` in place to ``epochs``, each a list of examples seen once in random order.

    What comes out is the mean over the last part of the run; with ``dev``, the weights of the check with the lowest
    loss on it where that is lower still, and the run ends early when checks no longer get better.
    """
    draw = random.Random(plan.seed)
    torch.manual_seed(plan.seed)
    network.to(device.name).train()
    batches = [batch for epoch in epochs for batch in _batches(epoch, plan, draw)]
    optimizer = torch.optim.AdamW(_groups(network, plan), fused=True)
    tops = [group["lr"] for group in optimizer.param_groups]
    mean = WeightMean()
    smooth, tokens, began = float("nan"), 0, time.perf_counter()
    best = _Best(plan.patience)
    every = max(1, len(batches) // plan.checks)
    for step, batch in enumerate(batches):
        share = max(plan.least_rate, schedule(step / len(batches), plan.warm_up))
        for group, top in zip(optimizer.param_groups, tops, strict=True):
            group["lr"] = top * share
        ids, mask = padded([one.ids for one in batch], device)
        if plan.word_dropout:
            drop = (torch.rand(ids.shape, device=ids.device) < plan.word_dropout) & (ids > 999)
            ids = ids.masked_fill(drop, mask_id)
        logits = network(ids, mask)
        loss = star_loss(logits, _stars(batch, "allowed", device), _stars(batch, "possible", device))
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        smooth = loss.item() if step == 0 else 0.98 * smooth + 0.02 * loss.item()
        tokens += ids.numel()
        if step >= (1 - plan.average_last) * len(batches) and step % 5 == 0:
            mean.add(network)
        if progress is not None and (step % 20 == 0 or step == len(batches) - 1):
            progress(FitProgress(step + 1, len(batches), smooth, tokens / (time.perf_counter() - began)))
        if dev and (step + 1) % every == 0:
            if best.ends(dev_loss(network, dev, device), network):
                break
            network.train()
    put_back(network, mean.weights)
    if dev and best.state and dev_loss(network, dev, device) > best.loss:
        put_back(network, best.state)
    return network.eval()


class _Best:
    """The weights of the best check so far, and whether the last ones were worth going on."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.loss = float("inf")
        self.state: dict[str, Tensor] = {}
        self._worse = 0

    def ends(self, loss: float, network: SentimentNetwork) -> bool:
        """Take a check's ``loss``; True when ``patience`` checks in a row were no better."""
        if loss < self.loss:
            self.loss, self._worse = loss, 0
            self.state = learnt_weights(network)
            return False
        self._worse += 1
        return self._worse >= self.patience


def dev_loss(network: SentimentNetwork, dev: Sequence[TokenExample], device: Device) -> float:
    """``star_loss`` over all of ``dev``, read without dropout."""
    logits = torch.from_numpy(predict(network, [one.ids for one in dev], device)).to(device.name)
    return float(star_loss(logits, _stars(dev, "allowed", device), _stars(dev, "possible", device)))


def predict(
    network: SentimentNetwork, tokens: Sequence[list[int]], device: Device, *, batch_tokens: int = 8192
) -> NDArray[np.float32]:
    """Star logits of ``tokens``: float32, shape (texts, 5), in their order."""
    network.eval()
    rows = np.zeros((len(tokens), STARS), dtype=np.float32)
    with torch.inference_mode():
        for batch in pack_by_tokens([len(one) for one in tokens], batch_tokens, multiple=MULTIPLE):
            ids, mask = padded([tokens[position] for position in batch], device)
            rows[batch] = network(ids, mask).float().cpu().numpy()
    return rows


def _batches(examples: Sequence[TokenExample], plan: FitPlan, draw: random.Random) -> Iterator[list[TokenExample]]:
    """Random batches of like lengths: texts are sorted within pools of some 50 batches, which then come mixed."""
    order = list(examples)
    draw.shuffle(order)
    pool = 50 * plan.most_texts
    for start in range(0, len(order), pool):
        part = order[start : start + pool]
        packed = list(
            pack_by_tokens([len(one.ids) for one in part], plan.batch_tokens, most=plan.most_texts, multiple=MULTIPLE)
        )
        draw.shuffle(packed)
        for positions in packed:
            yield [part[position] for position in positions]


def _groups(network: SentimentNetwork, plan: FitPlan) -> list[dict[str, object]]:
    """Parameter groups: lower layers learn more slowly (layer-wise decay), added words and the head faster."""
    layers = 1 + max(
        int(name.split(".")[3]) for name, _ in network.named_parameters() if name.startswith("bert.encoder.layer.")
    )
    groups = []
    for name, one in network.named_parameters():
        if not one.requires_grad:
            continue
        if name.startswith("bert.encoder.layer."):
            rate = plan.rate * plan.decay_per_layer ** (layers - 1 - int(name.split(".")[3]))
        elif name.startswith("bert.embeddings."):
            rate = plan.rate * plan.decay_per_layer**layers
        elif name == "more_words":
            rate = plan.words_rate
        else:
            rate = plan.head_rate if name.startswith("classifier") else plan.rate
        decay = plan.weight_decay if one.dim() > 1 and name != "more_words" else 0.0
        groups.append({"params": [one], "lr": rate, "weight_decay": decay})
    return groups


def _stars(batch: Sequence[TokenExample], field: str, device: Device) -> Tensor:
    rows = np.zeros((len(batch), STARS), dtype=bool)
    for row, one in enumerate(batch):
        for star in getattr(one, field):
            rows[row, star - 1] = True
    return torch.from_numpy(rows).to(device.name)
