"""How ``beforehand train chat`` learns."""

from __future__ import annotations

from pydantic import Field

from store import Settings


class ChatTrainSettings(Settings):
    """For a few hundred to some ten thousand conversations."""

    rank: int = Field(default=16, ge=1)
    """Of the two small matrices beside each linear layer."""
    alpha: float = Field(default=32.0, gt=0)
    """What they add is scaled by ``alpha / rank``."""
    dropout: float = Field(default=0.05, ge=0, lt=1)
    rate: float = Field(default=2e-4, gt=0)
    """Learning rate at its top."""
    warm_up: float = Field(default=0.05, gt=0, lt=1)
    """Share of the run in which the rate rises."""
    weight_decay: float = Field(default=0.0, ge=0)
    epochs: int = Field(default=4, ge=1)
    patience: int = Field(default=2, ge=1)
    """After so many epochs without a smaller loss on the conversations kept apart, it ends."""
    valid_share: float = Field(default=0.1, gt=0, lt=1)
    """Share of conversations kept apart, where the file does not say which."""
    batch_tokens: int = Field(default=4096, ge=1)
    """Tokens of a step, padding included; a longer conversation is a step of its own."""
    longest: int = Field(default=4096, ge=16)
    """Replies that stand behind more tokens are left out."""
    checkpointing: bool = False
    """Compute activations twice and hold fewer: for a large model on a small GPU."""
    seed: int = 0
