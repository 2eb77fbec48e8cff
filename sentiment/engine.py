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

from encoders import MULTIPLE, Device, pack_by_tokens, rounded_up

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
        self.layers = [Layer(weights, f"bert.encoder.layer.{number}.", device, heads) for number in range(count)]

    def read(self, tokens: Sequence[Sequence[int]], *, batch_tokens: int = 2048) -> NDArray[np.float32]:
        """Star logits: float32, shape (len(tokens), 5), row i of ``tokens[i]``."""
        rows = np.zeros((len(tokens), len(self._kept["classifier.bias"])), dtype=np.float32)
        with torch.inference_mode():
            for batch in pack_by_tokens([len(one) for one in tokens], batch_tokens, multiple=MULTIPLE):
                full = self.tensors([tokens[one] for one in batch], batch_tokens)
                rows[batch] = self(*full)[: len(batch)].float().cpu().numpy()
        return rows

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Star logits, shape (batch, 5), of padded ``ids`` (batch, length) and their true ``lengths`` (batch,)."""
        hidden, blocked = self._embedded(ids), blocked_keys(lengths, ids.shape[1])
        for layer in self.layers[:-1]:
            hidden = layer(hidden, blocked)
        return self.head(self.layers[-1](hidden, blocked, first_only=True)[:, 0])

    def lower(self, ids: Tensor, lengths: Tensor, layers: int) -> Tensor:
        """Vectors of all tokens after the first ``layers`` layers, shape (batch, length, hidden)."""
        hidden, blocked = self._embedded(ids), blocked_keys(lengths, ids.shape[1])
        for layer in self.layers[:layers]:
            hidden = layer(hidden, blocked)
        return hidden

    def tensors(self, tokens: Sequence[Sequence[int]], batch_tokens: int = 0) -> tuple[Tensor, Tensor]:
        """Ids (rows, longest rounded up), padded with 0 at the end, and lengths (rows,), on the engine's device.

        Rows are those of ``tokens``; where they do not fill ``batch_tokens``, empty rows may follow. Kernels that are
        compiled and kept for each shape of batch would otherwise take more memory than the network.
        """
        lengths = np.array([len(one) for one in tokens])
        longest = rounded_up(int(lengths.max()), MULTIPLE)
        full = batch_tokens // longest
        rows = len(tokens) if len(tokens) >= full else min(full, 1 << (len(tokens) - 1).bit_length())
        ids = np.zeros((rows, longest), dtype=np.int64)
        for row, one in enumerate(tokens):
            ids[row, : lengths[row]] = one
        lengths = np.pad(lengths, (0, rows - len(tokens)), constant_values=1)
        return torch.from_numpy(ids).to(self.device.name), torch.from_numpy(lengths).to(self.device.name)

    def word_vectors(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """Mean of the word vectors of ``ids``, before any layer, shape (hidden,)."""
        words = self._kept["bert.embeddings.word_embeddings.weight"]
        return np.asarray(words[torch.tensor(list(ids), device=words.device)].mean(dim=0).cpu().numpy())

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


class Layer:
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
        mixed = _attention(query, key, value, blocked)
        mixed = mixed.transpose(1, 2).reshape(batch, length, size)
        hidden = _norm(hidden + F.linear(mixed, self.out, self.out_bias), *self.norm)
        wide = F.gelu(F.linear(hidden.to(self.dtype), self.up, self.up_bias))
        return _norm(hidden + F.linear(wide, self.down, self.down_bias), *self.last_norm)


def _attention(query: Tensor, key: Tensor, value: Tensor, blocked: Tensor | None) -> Tensor:
    """``softmax(query key^T / sqrt(size)) value`` per head, all (batch, heads, length, size)."""
    if query.is_cuda:
        return F.scaled_dot_product_attention(query, key, value, attn_mask=blocked)
    # On CPUs two batched products take two thirds of the time of the fused kernel at the lengths of reviews.
    scores: Tensor = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    if blocked is not None:
        scores = scores.masked_fill(~blocked, torch.finfo(scores.dtype).min)
    return scores.softmax(-1) @ value


def _norm(vectors: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return F.layer_norm(vectors, vectors.shape[-1:], weight, bias, 1e-12)


def blocked_keys(lengths: Tensor, longest: int) -> Tensor | None:
    """Which keys count, bool (batch, 1, 1, longest); ``None`` where no text is padded."""
    if bool((lengths == longest).all()):
        return None
    return (torch.arange(longest, device=lengths.device) < lengths[:, None])[:, None, None, :]
