"""What every training run of an encoder shares: the learning rate over the run, and weights kept and put back.

Knows nothing of losses, texts or batches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn


def schedule(part: float, warm_up: float) -> float:
    """Share of the top learning rate at ``part`` (0 to 1) of the run: linear up, then linear down."""
    return part / warm_up + 1e-3 if part < warm_up else max(0.0, (1 - part) / (1 - warm_up))


def adamw(parameters: Sequence[Tensor], rate: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2019) whose decay leaves biases and norms alone."""
    return torch.optim.AdamW(
        [
            {"params": [one for one in parameters if one.dim() > 1], "weight_decay": weight_decay},
            {"params": [one for one in parameters if one.dim() <= 1], "weight_decay": 0.0},
        ],
        lr=rate,
        fused=True,
    )


def descend(optimizer: torch.optim.Optimizer, loss: Tensor, learnt: Sequence[Tensor], rate: float) -> None:
    """One step down from ``loss`` at ``rate``, the gradient of ``learnt`` cut to length 1."""
    for part in optimizer.param_groups:
        part["lr"] = rate
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(learnt, 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def learnt_weights(network: nn.Module) -> dict[str, Tensor]:
    """Copies of the parameters that ``network`` learns, by name."""
    return {name: one.detach().clone() for name, one in network.named_parameters() if one.requires_grad}


def put_back(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Write ``weights`` (of ``learnt_weights``) into ``network``; parameters that they lack stay."""
    with torch.no_grad():
        for name, one in network.named_parameters():
            if name in weights:
                one.copy_(weights[name])


class WeightMean:
    """The running mean of what a network learns (Polyak and Juditsky 1992); empty until ``add`` was called."""

    def __init__(self) -> None:
        self.weights: dict[str, Tensor] = {}
        self._count = 0

    def add(self, network: nn.Module) -> None:
        """Take the present weights into the mean."""
        self._count += 1
        if not self.weights:
            self.weights = learnt_weights(network)
            return
        with torch.no_grad():
            for name, one in network.named_parameters():
                if name in self.weights:
                    self.weights[name] += (one - self.weights[name]) / self._count
