"""The dials of the history model. The defaults are the same for every shop; what differs is found by the training
itself, on the validation part."""

from __future__ import annotations

from pydantic import Field

from store import Settings


class HistorySettings(Settings):
    """How the history model is built and trained."""

    dimension: int = Field(default=128, ge=8, multiple_of=2)
    blocks: int = Field(default=2, ge=1)
    heads: int = Field(default=2, ge=1)
    dropout: float = Field(default=0.3, ge=0, lt=1)
    first_dropout: float = Field(default=0.2, ge=0, lt=1)
    """Of the item vectors, before the first block."""
    own_dropout: float = Field(default=0.15, ge=0, lt=1)
    """So often an item is seen by its text alone, so that new items, which have nothing else, are known from it."""
    negatives: int = Field(default=2_048, ge=256)
    """Items that each right one is told from at a time: those of the same batch, and random ones."""
    rate: float = Field(default=1e-3, gt=0)
    batch_places: int = Field(default=1_536, ge=64)
    """Entries of histories per step, padding included."""
    average: float = Field(default=0.995, ge=0, lt=1)
    """The weights that are used are a running mean of those of the training; so much of it stays at each step."""
    most_epochs: int = Field(default=40, ge=1)
    patience: int = Field(default=2, ge=1)
    """Training ends after so many looks at the validation part without a gain."""
    look_every: int = Field(default=2, ge=1)
    """Epochs between two looks."""
    most_minutes: float = Field(default=60, gt=0)
    refit: bool = True
    """Train once more with the validation part, for as many epochs as were found best."""
    seed: int = 0
