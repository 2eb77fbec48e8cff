"""The layers of a BERT encoder for learning: the parameters of ``transformers``, a forward pass that is fast on CPUs.

Vectors travel in the device's precision (bf16 where there is matrix hardware for it) while the parameters stay float32;
query, key and value are one product; attention is two batched products, whose backward pass costs a fraction of the
fused kernel's on CPUs. Comes in: vectors. Goes out: vectors. Knows nothing of texts or heads.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Dropout(nn.Module):
    """Inverted dropout whose masks on CPUs are slices of one pool, at random places.

    Drawing a fresh number for each element took a sixth of a training step on CPUs; the pool is drawn anew every
    ``_USES`` masks, so that the same places are not dropped together for long.
    """

    _POOL, _USES = 1 << 22, 1000

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self._pool = torch.empty(0)
        self._used = 0

    def forward(self, vectors: Tensor) -> Tensor:
        """``vectors`` with ``share`` of their elements zeroed and the rest scaled up, while training."""
        if not self.training or not self.share:
            return vectors
        if vectors.is_cuda:
            return F.dropout(vectors, self.share)
        dropped: Tensor = vectors * self._mask(vectors.numel(), vectors.dtype).view(vectors.shape)
        return dropped

    def _mask(self, count: int, dtype: torch.dtype) -> Tensor:
        size = self._POOL + count
        if len(self._pool) < size or self._used >= self._USES:
            keep = 1 - self.share
            self._pool = torch.empty(size, dtype=dtype).bernoulli_(keep).div_(keep)
            self._used = 0
        self._used += 1
        start = int(torch.randint(self._POOL, ()))
        return self._pool[start : start + count].to(dtype)


def embedded(embeddings: Any, words: Tensor, dropout: Dropout, dtype: torch.dtype) -> Tensor:
    """Word vectors (batch, length, hidden) with position and segment added and normalised, as ``dtype``."""
    places = embeddings.position_embeddings.weight[: words.shape[1]]
    vectors: Tensor = embeddings.LayerNorm(words + places + embeddings.token_type_embeddings.weight[0])
    dropped: Tensor = dropout(vectors.to(dtype))
    return dropped


def encoded(layer: Any, hidden: Tensor, blocked: Tensor | None, dropout: Dropout, heads: int) -> Tensor:
    """One layer of ``transformers.BertModel`` over ``hidden`` (batch, length, size), in the precision of ``hidden``.

    ``blocked`` is what is added to the attention scores, broadcast over (batch, heads, length, length).
    """
    own, dtype = layer.attention.self, hidden.dtype
    batch, length, size = hidden.shape
    parts = (own.query, own.key, own.value)
    weight = torch.cat([part.weight for part in parts]).to(dtype)
    bias = torch.cat([part.bias for part in parts]).to(dtype)
    mixed = F.linear(hidden, weight, bias).view(batch, length, 3, heads, size // heads).permute(2, 0, 3, 1, 4)
    query, key, value = mixed.unbind(0)
    scores = (query * (size // heads) ** -0.5) @ key.transpose(-1, -2)
    if blocked is not None:
        scores = scores + blocked
    seen = (scores.softmax(-1) @ value).transpose(1, 2).reshape(batch, length, size)
    hidden = _normed(layer.attention.output.LayerNorm, hidden + dropout(_linear(layer.attention.output.dense, seen)))
    wide = F.gelu(_linear(layer.intermediate.dense, hidden))
    return _normed(layer.output.LayerNorm, hidden + dropout(_linear(layer.output.dense, wide)))


def blocked_scores(mask: Tensor, dtype: torch.dtype) -> Tensor | None:
    """What keeps padding from being looked at, (batch, 1, 1, length); ``None`` where ``mask`` is full."""
    if bool(mask.all()):
        return None
    blocked: Tensor = (1.0 - mask[:, None, None, :].to(dtype)) * torch.finfo(dtype).min
    return blocked


def _linear(dense: nn.Linear, vectors: Tensor) -> Tensor:
    return F.linear(vectors, dense.weight.to(vectors.dtype), dense.bias.to(vectors.dtype))


def _normed(norm: nn.LayerNorm, vectors: Tensor) -> Tensor:
    return F.layer_norm(
        vectors, norm.normalized_shape, norm.weight.to(vectors.dtype), norm.bias.to(vectors.dtype), norm.eps
    )
