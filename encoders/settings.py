"""What a merchant can set about encoders."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from store import Settings


class EncoderSettings(Settings):
    """Which pretrained encoder, and where it computes."""

    model: str = "all-MiniLM-L6-v2"
    """The built-in encoder, a folder with a sentence-transformers model, or the hub id of one in the local cache."""

    deltas: Path | None = None
    """A file of differences to that encoder's weights, as ``train search`` writes it; ``None``: as it is."""

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """``auto``: a CUDA GPU where there is one, else the CPU."""

    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """``auto``: bf16 where the device multiplies matrices in it natively, else fp32."""

    threads: int | None = None
    """CPU threads for PyTorch; ``None``: one per core, and one for each call in a server that answers many."""

    batch_tokens: int = 8192
    """Tokens per batch, padding included. More is faster on a GPU and needs more memory."""
