"""The network of the history model: a causal transformer over what a customer did (SASRec, Kang and McAuley 2018).

An item is the sum of a vector of its own, a projection of its text's vector and the mean of its attributes' vectors, so
that a new item is known by its text. Comes in: item vectors side by side. Goes out: after each of them, the customer's
embedding. Knows nothing of training, of files or of what an item is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from .sequences import GAP_BUCKETS, LENGTHS

KINDS = 8
"""How many kinds of deed have a vector of their own; 0 is "not known"."""
_SMALL = 0.02
_SHARES = 256
_LEAST_VARIANCE = 1e-6
_ATTENTION_DROPOUT = 0.1


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """The sizes of a network; saved beside its weights."""

    items: int
    """Highest item number."""
    text: int
    """Dimensions of the text vectors that come in; 0: there are none."""
    attributes: int
    """Highest attribute number; 0: there are none."""
    dimension: int = 128
    blocks: int = 2
    heads: int = 2


class Dropout(nn.Module):
    """Dropout whose random bytes come from numpy: on a CPU, PyTorch's own draw takes a fifth of a training step."""

    def __init__(self, share: float, draw: np.random.Generator) -> None:
        super().__init__()
        self._cut = round(share * _SHARES)
        self._draw = draw

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self._cut:
            return x
        if x.device.type != "cpu":
            return functional.dropout(x, self._cut / _SHARES)
        drawn = np.frombuffer(bytearray(self._draw.bytes(x.numel())), dtype=np.uint8)
        kept = torch.from_numpy(drawn).view(x.shape) >= self._cut
        return x * kept.to(x.dtype).mul_(_SHARES / (_SHARES - self._cut))


class Block(nn.Module):
    """One transformer block, normalised before each half."""

    def __init__(self, dimension: int, heads: int, dropout: float, draw: np.random.Generator) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention = nn.LayerNorm(dimension)
        self.before_hidden = nn.LayerNorm(dimension)
        self.attention = nn.Linear(dimension, 3 * dimension)
        self.attended = nn.Linear(dimension, dimension)
        self.hidden = nn.Linear(dimension, 4 * dimension)
        self.out = nn.Linear(4 * dimension, dimension)
        self.drop = Dropout(dropout, draw)
        self.attention_drop = Dropout(_ATTENTION_DROPOUT, draw)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """``x`` shape (count, length, dimension); ``bias`` shape (count, 1, length, length), added to attention."""
        count, length, dimension = x.shape
        split = self.attention(self.before_attention(x)).view(count, length, 3, self.heads, dimension // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        weights = (query @ key.transpose(-1, -2)).float() / math.sqrt(dimension // self.heads) + bias
        mixed = self.attention_drop(weights.softmax(dim=-1)).to(value.dtype) @ value
        x = x + self.drop(self.attended(mixed.transpose(1, 2).reshape(count, length, dimension)))
        hidden = functional.gelu(self.hidden(self.before_hidden(x)))
        return cast(Tensor, x + self.drop(self.out(self.drop(hidden))))


class SequenceNetwork(nn.Module):
    """Item vectors and the transformer over them; ``score(customer, item)`` is their inner product."""

    def __init__(self, shape: NetworkShape, *, dropout: float = 0.3, first_dropout: float = 0.2, seed: int = 0) -> None:
        super().__init__()
        self.shape = shape
        draw = np.random.Generator(np.random.SFC64(seed))
        self.own = nn.Embedding(shape.items + 1, shape.dimension)
        self.position = nn.Embedding(LENGTHS[-1], shape.dimension)
        self.kind = nn.Embedding(KINDS, shape.dimension)
        self.gap = nn.Embedding(GAP_BUCKETS, shape.dimension)
        self.text = nn.Linear(shape.text, shape.dimension, bias=False) if shape.text else None
        self.attribute = nn.Embedding(shape.attributes + 1, shape.dimension) if shape.attributes else None
        self.first_drop = Dropout(first_dropout, draw)
        self.blocks = nn.ModuleList(Block(shape.dimension, shape.heads, dropout, draw) for _ in range(shape.blocks))
        self.last = nn.LayerNorm(shape.dimension)
        for table in (self.own, self.position, self.attribute):
            if table is not None:
                nn.init.normal_(table.weight, std=_SMALL)
        for table in (self.kind, self.gap):
            nn.init.zeros_(table.weight)
        if self.text is not None:
            nn.init.normal_(self.text.weight, std=_SMALL / math.sqrt(shape.text))

    def item_vectors(self, own: Tensor | None, text: Tensor | None, attributes: Tensor | None) -> Tensor:
        """Vectors of n items, shape (n, dimension).

        ``own``: shape (n, dimension), rows of ``self.own``, zeros for an item that was not learnt from; ``text``: shape
        (n, text), whitened; ``attributes``: shape (n, most), 0 where there are fewer.
        """
        parts = [] if own is None else [own]
        if self.text is not None and text is not None:
            parts.append(self.text(text))
        if self.attribute is not None and attributes is not None:
            there = (attributes > 0).unsqueeze(-1)
            total = (self.attribute(attributes) * there).sum(dim=1)
            parts.append(total / there.sum(dim=1).clamp(min=1))
        return sum(parts[1:], start=parts[0])

    def forward(self, vectors: Tensor, padding: Tensor, kinds: Tensor, gaps: Tensor) -> Tensor:
        """The customer's embedding after each item, shape (count, length, dimension).

        ``vectors``: item vectors of that shape; ``padding``, ``kinds`` and ``gaps``: shape (count, length).
        """
        length = vectors.shape[1]
        # Places are counted from the end: the latest item is always at the same one.
        places = torch.arange(LENGTHS[-1] - length, LENGTHS[-1], device=vectors.device)
        about = self.position(places) + self.kind(kinds) + self.gap(gaps)
        x = self.first_drop((vectors + about) * math.sqrt(self.shape.dimension))
        if torch.is_autocast_enabled(x.device.type):
            x = x.to(torch.get_autocast_dtype(x.device.type))
        order = torch.arange(length, device=x.device)
        hidden = (order[None, :] > order[:, None])[None] | padding[:, None, :]
        hidden = hidden & ~torch.eye(length, dtype=torch.bool, device=x.device)[None]
        bias = torch.zeros(hidden.shape, device=x.device).masked_fill_(hidden, -1e9).unsqueeze(1)
        for block in self.blocks:
            x = block(x, bias)
        return cast(Tensor, self.last(x))


@dataclass(frozen=True, slots=True)
class Whitening:
    """Text vectors, centred and turned so that each kept direction has mean 0 and variance 1 over the items.

    Encoder vectors crowd in a narrow cone; whitened, all directions can be learnt from alike (Su and others 2021).
    """

    mean: NDArray[np.float32]
    turn: NDArray[np.float32]
    """Shape (text dimension, kept)."""

    @classmethod
    def of(cls, vectors: NDArray[np.float32], kept: int) -> Whitening:
        """From the vectors of all items, shape (n, text dimension); at most ``kept`` directions, the widest first."""
        mean = vectors.mean(axis=0, dtype=np.float64)
        centred = (vectors - mean).astype(np.float32)
        variances, directions = np.linalg.eigh(np.float64(centred.T @ centred) / max(len(vectors) - 1, 1))
        variances, directions = variances[::-1][:kept], directions[:, ::-1][:, :kept]
        wide = variances > _LEAST_VARIANCE * max(float(variances[0]), _LEAST_VARIANCE)
        turn = directions[:, wide] / np.sqrt(variances[wide])
        return cls(mean.astype(np.float32), turn.astype(np.float32))

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Whitened rows; a row of zeros (no text) stays zeros."""
        there = np.abs(vectors).sum(axis=1, keepdims=True) > 0
        return np.asarray(np.where(there, (vectors - self.mean) @ self.turn, 0), dtype=np.float32)
