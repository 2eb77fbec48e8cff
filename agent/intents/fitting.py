"""Fits an ``IntentNetwork``: cross-entropy and supervised contrast over batches that hold several rows of an intent.

Comes in: token ids and intent numbers. Goes out: the network, fitted. Knows nothing of texts or files. The contrastive
loss is that of Khosla and others 2020 (arXiv 2004.11362); rows of unknown intent made by mixing two rows of different
intents follow Zhan and others 2021 (arXiv 2106.08616).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from encoders import MULTIPLE, Device, WeightMean, pack_by_tokens, padded, put_back, schedule

from .fitting_plan import FitPlan
from .network import IntentNetwork

Step = Callable[[int, int, float], None]
"""Called with the step, the number of steps, and the smoothed loss."""


def fit(
    network: IntentNetwork,
    tokens: Sequence[list[int]],
    intents: Sequence[int],
    plan: FitPlan,
    device: Device,
    *,
    unknown: int | None = None,
    progress: Step | None = None,
) -> IntentNetwork:
    """Fit ``network`` in place. ``unknown`` is the number of the intent "none of these", if there is one."""
    draw = random.Random(plan.seed)
    torch.manual_seed(plan.seed)
    network.to(device.name).train()
    batches = [batch for _ in range(plan.epochs) for batch in _batches(intents, plan, draw)]
    optimizer = torch.optim.AdamW(_groups(network, plan), fused=True)
    tops = [group["lr"] for group in optimizer.param_groups]
    mean, smooth = WeightMean(), float("nan")
    for step, rows in enumerate(batches):
        share = schedule(step / len(batches), plan.warm_up)
        for group, top in zip(optimizer.param_groups, tops, strict=True):
            group["lr"] = top * share
        rows = sorted(rows, key=lambda row: len(tokens[row]))
        wanted = torch.tensor([intents[row] for row in rows], device=device.name)
        with torch.autocast(device.name, torch.bfloat16, enabled=device.dtype is torch.bfloat16):
            vectors = torch.cat(
                [network.vectors(*padded([tokens[row] for row in part], device)) for part in _halves(rows)]
            )
        loss = plan.contrast * _contrast(vectors, wanted, plan.temperature)
        if unknown is not None and plan.mixed:
            vectors, wanted = _with_mixed(vectors, wanted, unknown, plan.mixed)
        loss = loss + nn.functional.cross_entropy(network.logits(vectors), wanted, label_smoothing=plan.smoothing)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        smooth = loss.item() if step == 0 else 0.98 * smooth + 0.02 * loss.item()
        if step >= (1 - plan.average_last) * len(batches) and step % 5 == 0:
            mean.add(network)
        if progress is not None and (step % 20 == 0 or step == len(batches) - 1):
            progress(step + 1, len(batches), smooth)
    put_back(network, mean.weights)
    return network.eval()


def read(
    network: IntentNetwork, tokens: Sequence[list[int]], device: Device, *, batch_tokens: int = 8192
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Vectors (texts, hidden) and logits (texts, intents) of ``tokens``, float32, in their order."""
    network.eval()
    vectors = np.zeros((len(tokens), network.directions.shape[1]), dtype=np.float32)
    logits = np.zeros((len(tokens), len(network.directions)), dtype=np.float32)
    with torch.inference_mode():
        for batch in pack_by_tokens([len(one) for one in tokens], batch_tokens, multiple=MULTIPLE):
            with torch.autocast(device.name, torch.bfloat16, enabled=device.dtype is torch.bfloat16):
                found = network.vectors(*padded([tokens[position] for position in batch], device))
            vectors[batch] = found.cpu().numpy()
            logits[batch] = network.logits(found).cpu().numpy()
    return vectors, logits


def _batches(intents: Sequence[int], plan: FitPlan, draw: random.Random) -> Iterator[list[int]]:
    """Every row once, in random order, ``plan.together`` rows of one intent side by side."""
    by_intent: dict[int, list[int]] = {}
    for row, intent in enumerate(intents):
        by_intent.setdefault(intent, []).append(row)
    groups: list[list[int]] = []
    for rows in by_intent.values():
        draw.shuffle(rows)
        groups.extend(rows[at : at + plan.together] for at in range(0, len(rows), plan.together))
    draw.shuffle(groups)
    order = [row for group in groups for row in group]
    for at in range(0, len(order), plan.batch):
        if len(order) - at > 1:
            yield order[at : at + plan.batch]


def _halves(rows: list[int]) -> list[list[int]]:
    """Short ones and long ones apart, so that little of what is computed is padding."""
    cut = 2 * len(rows) // 3
    return [part for part in (rows[:cut], rows[cut:]) if part]


def _contrast(vectors: Tensor, intents: Tensor, temperature: float) -> Tensor:
    """Mean over rows of ``-log`` of the share that rows of the same intent have of the row's similarity to all."""
    near = vectors @ vectors.T / temperature
    itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    near = near.masked_fill(itself, -1e4)
    same = (intents[:, None] == intents[None]) & ~itself
    shares = near - torch.logsumexp(near, dim=1, keepdim=True)
    counts = same.sum(1)
    rows = counts > 0
    if not rows.any():
        return vectors.sum() * 0.0
    return -((shares * same).sum(1)[rows] / counts[rows]).mean()


def _with_mixed(vectors: Tensor, intents: Tensor, unknown: int, share: float) -> tuple[Tensor, Tensor]:
    """The batch and, as ``unknown``, points between rows of different intents."""
    size = len(vectors)
    one, other = torch.randint(size, (2, int(share * size)), device=vectors.device)
    differ = (intents[one] != intents[other]) & (intents[one] != unknown) & (intents[other] != unknown)
    one, other = one[differ], other[differ]
    part = torch.rand(len(one), 1, device=vectors.device) * 0.4 + 0.3
    mixed = nn.functional.normalize(part * vectors[one] + (1 - part) * vectors[other], dim=1)
    return torch.cat([vectors, mixed]), torch.cat([intents, intents.new_full((len(one),), unknown)])


def _groups(network: IntentNetwork, plan: FitPlan) -> list[dict[str, object]]:
    heads = [one for name, one in network.named_parameters() if not name.startswith("bert.")]
    body = [one for name, one in network.named_parameters() if name.startswith("bert.") and one.requires_grad]
    return [
        {"params": [one for one in body if one.dim() > 1], "lr": plan.rate, "weight_decay": plan.weight_decay},
        {"params": [one for one in body if one.dim() <= 1], "lr": plan.rate, "weight_decay": 0.0},
        {"params": heads, "lr": plan.head_rate, "weight_decay": 0.0},
    ]
