"""Vectors with gradients: the forward pass of an encoder that is being tuned.

Of a BERT encoder the layers are those of ``bert_layers``, which learn twice as fast on CPUs as the library's; any other
network runs as it is. Texts of like length are read together, always as many: each new shape would be compiled anew.

Comes in: texts. Goes out: unit vectors. Knows nothing of losses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from .bert_layers import Dropout, blocked_scores, embedded, encoded
from .text import TextEncoder, padded

_TOKENS_AT_ONCE = 1024
"""Texts are read in parts of about so many tokens: more at once leave the processor's cache, fewer cost overhead."""


class LearningPass:
    """Reads texts with ``encoder``, loaded ``to_tune``, so that its parameters can learn. ``longest``: tokens read."""

    def __init__(self, encoder: TextEncoder, longest: int) -> None:
        self._encoder, self._longest = encoder, longest
        inner = encoder.network[0].auto_model
        config = inner.config
        self._bert = inner if _is_plain_bert(inner) else None
        self._heads = int(getattr(config, "num_attention_heads", 0))
        self._dropout = Dropout(float(getattr(config, "hidden_dropout_prob", 0.0)))

    def vectors(self, texts: Sequence[str]) -> Tensor:
        """Float32 unit vectors of ``texts``, shape (len(texts), dimension)."""
        return self.vectors_of(self._encoder.tokens(texts, self._longest))

    def vectors_of(self, tokens: Sequence[list[int]]) -> Tensor:
        """The same of texts, or pairs of texts, that are token ids already."""
        order = sorted(range(len(tokens)), key=lambda one: len(tokens[one]))
        device = self._encoder.device
        read = self._by_library if self._bert is None else self._by_layers
        parts: list[Tensor] = []
        # One context for all parts: it keeps the weights that it has rounded.
        autocast = self._bert is None and device.dtype is torch.bfloat16
        with torch.autocast(device.name, torch.bfloat16, enabled=autocast):
            start = 0
            while start < len(order):
                count = self._count(len(tokens[order[min(start + 15, len(order) - 1)]]))
                part = [tokens[position] for position in order[start : start + count]]
                start += count
                ids, mask = padded(part + part[:1] * (count - len(part)), device)
                parts.append(read(ids, mask)[: len(part)].float())
        back = torch.tensor(order, device=parts[0].device).argsort()
        return torch.nn.functional.normalize(torch.cat(parts)[back], dim=1)

    @staticmethod
    def _count(length: int) -> int:
        """How many texts of about this length are read at once: a multiple of 16."""
        return max(16, _TOKENS_AT_ONCE // (16 * max(length, 8)) * 16)

    def _by_library(self, ids: Tensor, mask: Tensor) -> Tensor:
        vectors: Tensor = self._encoder.network({"input_ids": ids, "attention_mask": mask})["sentence_embedding"]
        return vectors

    def _by_layers(self, ids: Tensor, mask: Tensor) -> Tensor:
        bert: Any = self._bert
        dtype = self._encoder.device.dtype
        dropout = self._dropout.train(bert.training)
        hidden = embedded(bert.embeddings, bert.embeddings.word_embeddings(ids), dropout, dtype)
        blocked = blocked_scores(mask, dtype)
        for layer in bert.encoder.layer:
            hidden = encoded(layer, hidden, blocked, dropout, self._heads)
        found: Any = {"token_embeddings": hidden.float(), "attention_mask": mask}
        for module in list(self._encoder.network)[1:]:
            found = module(found)
        vectors: Tensor = found["sentence_embedding"]
        return vectors


def _is_plain_bert(network: Any) -> bool:
    """Whether the layers of ``bert_layers`` compute what ``network`` does."""
    config = network.config
    return (
        type(network).__name__ == "BertModel"
        and config.hidden_act == "gelu"
        and getattr(config, "position_embedding_type", "absolute") in {None, "absolute"}
        and not getattr(config, "is_decoder", False)
    )
