"""What a merchant can set about the reading of reviews."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from store import Settings


class SentimentSettings(Settings):
    """Which weights read reviews, and how."""

    weights: str | None = None
    """Folder with weights of ``beforehand train sentiment``; ``None``: those that come with the program."""

    longest: int = Field(default=160, ge=16, le=512)
    """Tokens read of a text. Of a longer one, its start (two thirds) and its end, where verdicts stand (one third)."""

    batch_tokens: int = Field(default=2048, ge=16)
    """Tokens per batch, padding included. Fewer keep what is computed in the processor's cache; a GPU wants many."""

    language: Literal["auto", "en", "zh"] = "auto"
    """``auto``: found per text. Set it when all texts are of one language."""

    cascade: bool = False
    """Let a cheap first stage settle the clear texts: several times faster, with slightly other probabilities."""

    aspects: tuple[str, ...] = ()
    """A merchant's own aspects, beside those that the texts name: ``battery``, ``delivery``, ``尺码`` ..."""
