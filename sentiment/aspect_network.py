"""The aspect network: the upper layers of a fine-tuned encoder, taught to find aspect terms and judge them.

The lower layers stay those of the sentiment network. Each token gets a tag (begins a term, goes on in it, is outside);
each span, marked or found, is judged from the mean and the first of its tokens' vectors and the text's. Comes in: token
ids, and spans as token places. Knows nothing of texts.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from encoders import Dropout, blocked_scores, encoded

from .network import SentimentNetwork

SHARED_LAYERS = 2
TAGS = ("outside", "begins", "inside")


class AspectNetwork(nn.Module):
    """Upper layers and two heads over a frozen ``SentimentNetwork``."""

    def __init__(self, below: SentimentNetwork, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.below = below.requires_grad_(False).eval()
        layers: Any = below.bert.encoder.layer  # type: ignore[union-attr]
        self.layers = nn.ModuleList(copy.deepcopy(layer) for layer in list(layers)[SHARED_LAYERS:])
        self.layers.requires_grad_(True)
        size = layers[0].output.dense.out_features
        self.dropout = Dropout(dropout)
        self.tagger = nn.Linear(size, len(TAGS))
        self.judge_inner = nn.Linear(3 * size, size)
        self.judge = nn.Linear(size, 3)

    def states(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Token vectors after the aspect layers, shape (batch, length, hidden)."""
        with torch.no_grad():
            hidden = self.below.states(ids, mask, SHARED_LAYERS)
        blocked = blocked_scores(mask, hidden.dtype)
        for layer in self.layers:
            hidden = encoded(layer, hidden, blocked, self.dropout, self.below.heads)
        dropped: Tensor = self.dropout(hidden.float())
        return dropped

    def forward(self, ids: Tensor, mask: Tensor, spans: Sequence[tuple[int, int, int]]) -> tuple[Tensor, Tensor]:
        """Tag logits (batch, length, 3), and polarity logits (spans, 3) of ``spans``: (row, first token, end)."""
        states = self.states(ids, mask)
        tags = self.tagger(states)
        vectors = [
            torch.cat([states[row, first:end].mean(dim=0), states[row, first], states[row, 0]])
            for row, first, end in spans
        ]
        if not vectors:
            return tags, states.new_zeros(0, 3)
        return tags, self.judge(torch.tanh(self.judge_inner(torch.stack(vectors))))

    def weights(self) -> dict[str, Tensor]:
        """The learnt tensors; layers under the names of the sentiment network's own."""
        named = {}
        for name, tensor in self.state_dict().items():
            if name.startswith("layers."):
                number, rest = name.split(".", 2)[1:]
                named[f"bert.encoder.layer.{int(number) + SHARED_LAYERS}.{rest}"] = tensor.detach().clone()
            elif not name.startswith("below."):
                named[name] = tensor.detach().clone()
        return named
