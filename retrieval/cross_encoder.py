"""Reading query and product together: a cross-encoder of sentence-transformers puts the best of a search in order.

It sees what two vectors cannot (Nogueira and Cho, 2019), and costs a network's run per product, so it reads only the
first few, in batches, and stops when its time is over. Comes in: a query and texts. Goes out: scores from 0 to 1.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store import ModelError

_BATCH = 8
_LONGEST = 256
"""Tokens of query and product together that are read."""


class PairReader:
    """A cross-encoder with one output, by its folder or its name on the hub; a name that is not in the hub's cache is
    downloaded. Safe to share between threads.

    Raises ``ModelError`` where it cannot be had, or does not give one number per pair.
    """

    def __init__(self, model: str, device: str = "cpu") -> None:
        from sentence_transformers import CrossEncoder
        from transformers.utils import logging

        logging.disable_progress_bar()
        if Path(model).is_absolute() and not Path(model).is_dir():
            raise ModelError("there is no folder of a cross-encoder", value=model)
        try:
            self._model: Any = CrossEncoder(model, device=device, max_length=_LONGEST)
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(f"the cross-encoder cannot be read: {error}", value=model) from error
        outputs = int(self._model.num_labels)
        if outputs != 1:
            raise ModelError(
                "a cross-encoder for search gives one number per pair",
                value=f"{model}: {outputs}",
                allowed="1",
                advice="Name one that was trained for ranking, such as cross-encoder/ms-marco-MiniLM-L6-v2",
            )

    def scores(self, query: str, texts: Sequence[str], *, within_ms: float) -> NDArray[np.float32]:
        """How well each text answers ``query``, 0 to 1. The first batch is always read; when ``within_ms`` is over no
        further one is begun, so that there may be fewer scores than texts, those of the first ones."""
        import torch

        started = time.perf_counter()
        parts: list[NDArray[np.float32]] = []
        for start in range(0, len(texts), _BATCH):
            if parts and (time.perf_counter() - started) * 1000 >= within_ms:
                break
            pairs = [(query, text) for text in texts[start : start + _BATCH]]
            raw = self._model.predict(
                pairs, batch_size=_BATCH, activation_fn=torch.nn.Sigmoid(), show_progress_bar=False
            )
            parts.append(np.asarray(raw, dtype=np.float32).reshape(-1))
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)
