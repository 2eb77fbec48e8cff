"""The network: a BERT encoder whose vocabulary was extended, and a head of one logit per star.

Parameter names are those of ``transformers.BertForSequenceClassification``, so that the trained weights load there too.
Comes in: token ids. Goes out: star logits. Knows nothing of texts, files or labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from encoders import Dropout, blocked_scores, embedded, encoded

STARS = 5
HIDDEN = 384
"""Size of the vectors of all-MiniLM-L6-v2, which the weights are differences to."""


class SentimentNetwork(nn.Module):
    """BERT with a five-star head, for training.

    The word vectors of the base stay as they are: only those of words that were added (``more_words``, shape
    (added, hidden)) are learnt. This keeps the delta small and what the base knows of rare words intact.
    """

    def __init__(
        self,
        encoder_folder: Path,
        *,
        added_words: int = 0,
        dropout: float = 0.1,
        layers: int | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        from transformers import BertConfig, BertModel
        from transformers.utils import logging

        logging.disable_progress_bar()
        config = BertConfig.from_pretrained(encoder_folder)
        if layers is not None:
            config.num_hidden_layers = layers
        self.bert: nn.Module = BertModel.from_pretrained(encoder_folder, config=config, dtype=torch.float32)
        self.words: nn.Embedding = self.bert.embeddings.word_embeddings
        self.words.weight.requires_grad_(False)
        self.more_words = nn.Parameter(torch.randn(added_words, config.hidden_size) * config.initializer_range)
        self.heads: int = config.num_attention_heads
        self.dtype = dtype
        self.dropout = Dropout(dropout)
        self.classifier = nn.Linear(config.hidden_size, STARS)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Star logits, float32, shape (batch, 5), of token ``ids`` and their ``mask``, both (batch, length)."""
        logits: Tensor = self.classifier(self.dropout(self.pooled(ids, mask)))
        return logits

    def pooled(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The first token's vector through the encoder's pooler, float32, shape (batch, hidden)."""
        bert: Any = self.bert
        pooled: Tensor = bert.pooler(self.states(ids, mask).float())
        return pooled

    def states(self, ids: Tensor, mask: Tensor, layers: int | None = None) -> Tensor:
        """Vectors after the first ``layers`` layers (or all), in ``dtype``, shape (batch, length, hidden)."""
        bert: Any = self.bert
        hidden = embedded(bert.embeddings, self.embedded(ids), self.dropout, self.dtype)
        blocked = blocked_scores(mask, self.dtype)
        for layer in list(bert.encoder.layer)[:layers]:
            hidden = encoded(layer, hidden, blocked, self.dropout, self.heads)
        return hidden

    def embedded(self, ids: Tensor) -> Tensor:
        """Word vectors, shape (batch, length, hidden)."""
        known = len(self.words.weight)
        vectors: Tensor = self.words(ids.clamp(max=known - 1))
        if len(self.more_words):
            added = ids >= known
            vectors = vectors.masked_fill(added[..., None], 0)
            vectors = vectors.index_put(torch.nonzero(added, as_tuple=True), self.more_words[ids[added] - known])
        return vectors

    def freeze(self, layers: int) -> None:
        """Keep the words and the lowest ``layers`` layers as they are."""
        bert: Any = self.bert
        self.more_words.requires_grad_(False)
        bert.embeddings.requires_grad_(False)
        for layer in list(bert.encoder.layer)[:layers]:
            layer.requires_grad_(False)

    def weights(self) -> dict[str, Tensor]:
        """The state dict under the names of ``BertForSequenceClassification``, with the added words at the end."""
        state = {name: one.detach().clone() for name, one in self.state_dict().items() if not name.startswith("words.")}
        word = "bert.embeddings.word_embeddings.weight"
        state[word] = torch.cat([state[word], state.pop("more_words")])
        return state

    def load_weights(self, state: Mapping[str, Tensor]) -> None:
        """The inverse of ``weights``."""
        word = "bert.embeddings.word_embeddings.weight"
        known = len(self.words.weight)
        own = dict(state)
        own["more_words"] = own[word][known:]
        own[word] = own["words.weight"] = own[word][:known]
        self.load_state_dict(own)


def star_loss(logits: Tensor, allowed: Tensor, possible: Tensor) -> Tensor:
    """``-log(sum of p over allowed / sum of p over possible)``, mean over the batch.

    ``allowed`` and ``possible`` are bool, shape (batch, 5). Where the stars are known this is cross-entropy; where only
    the polarity is, it leaves the stars within it free.
    """
    minus = torch.finfo(logits.dtype).min
    inside = torch.logsumexp(logits.masked_fill(~allowed, minus), dim=1)
    total = torch.logsumexp(logits.masked_fill(~possible, minus), dim=1)
    return (total - inside).mean()
