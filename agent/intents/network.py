"""The network: a BERT encoder with mean pooling and a softmax head over intents.

Comes in: token ids. Goes out: sentence vectors of L2 norm 1 and a logit per intent. Knows nothing of texts or files.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

SCALE = 20.0
"""What the cosine of a sentence vector and an intent's vector is multiplied by."""


class IntentNetwork(nn.Module):
    """An intent is a direction: its logit is ``SCALE`` times the cosine with the sentence vector, plus a bias.

    Word vectors stay those of the base, so that words which no training row holds keep the place that they had.
    """

    def __init__(self, encoder_folder: Path, intents: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        from transformers import BertConfig, BertModel
        from transformers.utils import logging

        logging.disable_progress_bar()
        logging.set_verbosity_error()
        config = BertConfig.from_pretrained(encoder_folder)
        config.hidden_dropout_prob = config.attention_probs_dropout_prob = dropout
        # On CPUs the backward pass of the fused attention costs several times that of two batched products.
        config._attn_implementation = "eager"
        self.bert: nn.Module = BertModel.from_pretrained(
            encoder_folder, config=config, dtype=torch.float32, add_pooling_layer=False
        )
        self.bert.embeddings.word_embeddings.weight.requires_grad_(False)
        self.dropout = nn.Dropout(dropout)
        self.directions = nn.Parameter(torch.randn(intents, config.hidden_size) * config.initializer_range)
        self.bias = nn.Parameter(torch.zeros(intents))

    def vectors(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Sentence vectors, float32, shape (batch, hidden), of token ``ids`` and ``mask``, both (batch, length)."""
        states: Tensor = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask[..., None].to(states.dtype)
        pooled = (states * weights).sum(1) / weights.sum(1).clamp_min(1)
        return nn.functional.normalize(pooled.float(), dim=1)

    def logits(self, vectors: Tensor) -> Tensor:
        """Intent logits, float32, shape (batch, intents)."""
        directions = nn.functional.normalize(self.directions, dim=1)
        logits: Tensor = SCALE * self.dropout(vectors) @ directions.T + self.bias
        return logits

    def weights(self) -> dict[str, Tensor]:
        """The state dict, heads included."""
        return {name: one.detach().clone() for name, one in self.state_dict().items()}

    def weights_of_base(self) -> dict[str, Tensor]:
        """The encoder's part of the state dict: what the deltas of trained weights refer to."""
        return {name: one for name, one in self.state_dict().items() if name.startswith("bert.")}

    def load_weights(self, state: Mapping[str, Tensor]) -> None:
        self.load_state_dict(dict(state))
