"""The network for reading, not learning: fused matrices, one precision, no work that cannot change the answer.

In the last layer only the first token is looked at, so only its row goes through the query, the output and the
feed-forward part. Comes in: token ids. Goes out: star logits. Knows nothing of texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from encoders import Device, pack_by_tokens

_HEADS = 12


class Engine(torch.nn.Module):
    """BERT with a star head over the weights of ``SentimentNetwork.weights()``. Does not change once built."""

    def __init__(self, weights: Mapping[str, Tensor], device: Device, *, heads: int = _HEADS) -> None:
        super().__init__()
        self.device = device
        self.heads = heads
        self._kept = {name: one.to(device.name, device.dtype) for name, one in weights.items() if "layer" not in name}
        for name in list(self._kept):
            if "LayerNorm" in name or "embeddings" in name or "classifier" in name or "pooler" in name:
                self._kept[name] = weights[name].to(device.name, torch.float32)
        count = 1 + max(int(name.split(".")[3]) for name in weights if name.startswith("bert.encoder.layer."))
        self.layers = [_Layer(weights, f"bert.encoder.layer.{number}.", device, heads) for number in range(count)]

    def read(self, tokens: Sequence[Sequence[int]], *, batch_tokens: int = 4096) -> NDArray[np.float32]:
        """Star logits: float32, shape (len(tokens), 5), row i of ``tokens[i]``."""
        rows = np.zeros((len(tokens), len(self._kept["classifier.bias"])), dtype=np.float32)
        with torch.inference_mode():
            for batch in pack_by_tokens([len(one) for one in tokens], batch_tokens):
                longest = max(len(tokens[one]) for one in batch)
                ids = np.zeros((len(batch), longest), dtype=np.int64)
                lengths = np.array([len(tokens[one]) for one in batch])
                for row, one in enumerate(batch):
                    ids[row, : lengths[row]] = tokens[one]
                found = self(torch.from_numpy(ids).to(self.device.name), torch.from_numpy(lengths).to(self.device.name))
                rows[batch] = found.float().cpu().numpy()
        return rows

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Star logits, shape (batch, 5), of padded ``ids`` (batch, length) and their true ``lengths`` (batch,)."""
        hidden, blocked = self._embedded(ids), _blocked(lengths, ids.shape[1])
        for layer in self.layers[:-1]:
            hidden = layer(hidden, blocked)
        return self.head(self.layers[-1](hidden, blocked, first_only=True)[:, 0])

    def states(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Vectors of all tokens after the last layer, shape (batch, length, hidden)."""
        hidden, blocked = self._embedded(ids), _blocked(lengths, ids.shape[1])
        for layer in self.layers:
            hidden = layer(hidden, blocked)
        return hidden

    def head(self, first: Tensor) -> Tensor:
        """Star logits of the first tokens' vectors, shape (batch, hidden)."""
        kept = self._kept
        pooled = F.linear(first.float(), kept["bert.pooler.dense.weight"], kept["bert.pooler.dense.bias"]).tanh()
        return F.linear(pooled, kept["classifier.weight"], kept["classifier.bias"])

    def _embedded(self, ids: Tensor) -> Tensor:
        kept, root = self._kept, "bert.embeddings."
        vectors = F.embedding(ids, kept[root + "word_embeddings.weight"])
        vectors = vectors + (
            kept[root + "position_embeddings.weight"][: ids.shape[1]] + kept[root + "token_type_embeddings.weight"][0]
        )
        return _norm(vectors, kept[root + "LayerNorm.weight"], kept[root + "LayerNorm.bias"])


class _Layer:
    """One encoder layer, with query, key and value in one matrix."""

    def __init__(self, weights: Mapping[str, Tensor], root: str, device: Device, heads: int) -> None:
        def take(name: str, dtype: torch.dtype = device.dtype) -> Tensor:
            return weights[root + name].to(device.name, dtype).contiguous()

        parts = ("query", "key", "value")
        self.qkv = torch.cat([take(f"attention.self.{part}.weight") for part in parts])
        self.qkv_bias = torch.cat([take(f"attention.self.{part}.bias") for part in parts])
        self.out, self.out_bias = take("attention.output.dense.weight"), take("attention.output.dense.bias")
        self.up, self.up_bias = take("intermediate.dense.weight"), take("intermediate.dense.bias")
        self.down, self.down_bias = take("output.dense.weight"), take("output.dense.bias")
        full = torch.float32
        self.norm = take("attention.output.LayerNorm.weight", full), take("attention.output.LayerNorm.bias", full)
        self.last_norm = take("output.LayerNorm.weight", full), take("output.LayerNorm.bias", full)
        self.heads = heads
        self.dtype = device.dtype

    def __call__(self, hidden: Tensor, blocked: Tensor | None, *, first_only: bool = False) -> Tensor:
        """``hidden`` float32 (batch, length, size) to the same, or to (batch, 1, size) for the first token alone."""
        batch, length, size = hidden.shape
        low = hidden.to(self.dtype)
        if first_only:
            query = F.linear(low[:, :1], self.qkv[:size], self.qkv_bias[:size])
            key, value = F.linear(low, self.qkv[size:], self.qkv_bias[size:]).chunk(2, dim=-1)
            hidden, length = hidden[:, :1], 1
        else:
            query, key, value = F.linear(low, self.qkv, self.qkv_bias).chunk(3, dim=-1)
        query, key, value = (
            part.reshape(batch, -1, self.heads, size // self.heads).transpose(1, 2) for part in (query, key, value)
        )
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=blocked)
        mixed = mixed.transpose(1, 2).reshape(batch, length, size)
        hidden = _norm(hidden + F.linear(mixed, self.out, self.out_bias), *self.norm)
        wide = F.gelu(F.linear(hidden.to(self.dtype), self.up, self.up_bias))
        return _norm(hidden + F.linear(wide, self.down, self.down_bias), *self.last_norm)


def _norm(vectors: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return F.layer_norm(vectors, vectors.shape[-1:], weight, bias, 1e-12)


def _blocked(lengths: Tensor, longest: int) -> Tensor | None:
    """Which keys count, bool (batch, 1, 1, longest); ``None`` where no text is padded."""
    if bool((lengths == longest).all()):
        return None
    return (torch.arange(longest, device=lengths.device) < lengths[:, None])[:, None, None, :]
