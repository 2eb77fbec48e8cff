"""Two texts read as one sequence, and one number for how well they go together: a cross-encoder.

It sees what two vectors cannot (Nogueira and Cho, 2019): the encoder's vector of the pair, and a line over it that was
learnt with it (``pair_tuning``). Comes in: pairs of texts. Goes out: logits. Knows nothing of queries or products.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from store import ModelError

from .settings import EncoderSettings
from .text import TextEncoder

_WEIGHT, _BIAS = "pair.weight", "pair.bias"
_SCALE = 20.0
"""Vectors have length 1, each entry some twentieth of it; at the encoder's rate a line learns from entries near 1."""


class PairScorer:
    """Reads pairs with ``encoder`` and a line over its vectors, drawn at random by ``seed`` at first."""

    longest = 64
    """Tokens of a pair that are read."""

    def __init__(self, encoder: TextEncoder, *, seed: int = 0) -> None:
        self.encoder = encoder
        head = nn.Linear(encoder.dimension, 1)
        nn.init.normal_(head.weight, std=0.02, generator=torch.Generator().manual_seed(seed))
        nn.init.zeros_(head.bias)
        self.head = head.to(encoder.device.name)

    @classmethod
    def load(cls, path: Path, settings: EncoderSettings | None = None) -> PairScorer:
        """What ``save`` wrote to ``path``. Raises ``ModelError`` where it is damaged or of another encoder."""
        settings = (settings or EncoderSettings()).model_copy(update={"deltas": path})
        encoder = TextEncoder.load(settings)
        if not {_WEIGHT, _BIAS} <= encoder.heads.keys():
            raise ModelError("the file holds no scorer of pairs", value=str(path))
        scorer = cls(encoder)
        scorer.head.load_state_dict({"weight": encoder.heads[_WEIGHT], "bias": encoder.heads[_BIAS]})
        return scorer

    def tokens(self, first: str, seconds: Sequence[str]) -> list[list[int]]:
        """The token ids of ``first`` with each of ``seconds``."""
        return self.encoder.pair_tokens(first, seconds, self.longest) if seconds else []

    def scores(self, tokens: Sequence[list[int]]) -> NDArray[np.float32]:
        """One logit per pair of ``tokens``: above 0 where they rather go together."""
        with torch.inference_mode():
            vectors = torch.from_numpy(self.encoder.encode_tokens(tokens)).to(self.head.weight.device)
            return np.asarray(self.logits(vectors).cpu().numpy(), dtype=np.float32)

    def logits(self, vectors: Tensor) -> Tensor:
        """The line over the unit vectors of pairs, shape (pairs,)."""
        found: Tensor = self.head(_SCALE * vectors)[:, 0]
        return found

    def state(self) -> dict[str, Tensor]:
        """A copy of all weights, the line's among them."""
        head = {_WEIGHT: self.head.weight.detach().clone(), _BIAS: self.head.bias.detach().clone()}
        return {**self.encoder.state(), **head}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Take the weights of ``state``."""
        self.head.load_state_dict({"weight": state[_WEIGHT], "bias": state[_BIAS]})
        self.encoder.load_state({name: one for name, one in state.items() if name not in {_WEIGHT, _BIAS}})

    def save(self, path: Path, *, trained_on: str) -> None:
        """Write it as differences to the encoder's own weights."""
        self.encoder.save_state(path, self.state(), metadata={"trained on": trained_on})
