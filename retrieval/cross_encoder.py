"""Reading query and product together: a cross-encoder puts the best of a search in order.

It sees what two vectors cannot (Nogueira and Cho, 2019), and costs a network's run per product, so it reads only the
first few, in batches, and stops when its time is over. Either one of sentence-transformers that the merchant names,
which decides alone, or the one of ``train search``, whose word is weighed with the ranker's. Comes in: a query and
texts. Goes out: scores from 0 to 1.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from store import ModelError

from .settings import SearchSettings

if TYPE_CHECKING:
    from encoders import EncoderSettings, PairScorer

Scores = NDArray[np.float32]

_SURE = 1e-6
"""Scores are kept so far from 0 and 1 before they are weighed together."""
_BATCH = 8
_LONGEST = 256
"""Tokens of query and product together that are read."""


class Reader(Protocol):
    """What reads a query and texts together. Safe to share between threads."""

    def scores(self, query: str, texts: Sequence[str], *, within_ms: float) -> Scores:
        """How well each text answers ``query``, 0 to 1. The first batch is always read; when ``within_ms`` is over no
        further one is begun, so that there may be fewer scores than texts, those of the first ones."""
        ...


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

    def scores(self, query: str, texts: Sequence[str], *, within_ms: float) -> Scores:
        """See ``Reader``."""
        import torch

        def read(some: Sequence[str]) -> Scores:
            pairs = [(query, text) for text in some]
            raw = self._model.predict(
                pairs, batch_size=_BATCH, activation_fn=torch.nn.Sigmoid(), show_progress_bar=False
            )
            return np.asarray(raw, dtype=np.float32).reshape(-1)

        return _in_batches(read, texts, within_ms)


class TunedReader:
    """The cross-encoder that ``train search`` left in the file ``weights``, read when it is first needed.

    ``scores`` raises ``ModelError`` where it is damaged.
    """

    def __init__(self, weights: Path, settings: EncoderSettings | None = None) -> None:
        self._weights, self._settings = weights, settings
        self._scorer: PairScorer | None = None
        self._loading = threading.Lock()

    def scores(self, query: str, texts: Sequence[str], *, within_ms: float) -> Scores:
        """See ``Reader``."""
        from encoders import PairScorer

        with self._loading:
            if self._scorer is None:
                self._scorer = PairScorer.load(self._weights, self._settings)
        scorer = self._scorer
        return _in_batches(lambda some: probabilities(scorer.scores(scorer.tokens(query, some))), texts, within_ms)


class ReadingTogether:
    """The last step of a search: the first found are read together with the query.

    By the cross-encoder that the settings name, which decides alone; else by ``trained``, whose word counts ``weight``
    beside the score so far; else by none.
    """

    def __init__(self, trained: Reader | None = None, weight: float = 0.0) -> None:
        self._trained = trained if weight else None
        self._weight = weight
        self._named: PairReader | None = None
        self._opening = threading.Lock()

    def wanted(self, settings: SearchSettings, encoded: bool) -> bool:
        """Whether anything reads; the trained one reads what the encoder knows the language of (``encoded``)."""
        return settings.cross_encoder is not None or (self._trained is not None and encoded)

    def scores(self, query: str, texts: Sequence[str], scores: Scores, settings: SearchSettings) -> Scores:
        """The scores of the first of ``texts`` after reading, as many as there was time for; ``scores``: so far.

        Raises ``ModelError`` where the reader cannot be had.
        """
        if settings.cross_encoder is not None:
            with self._opening:
                if self._named is None:
                    self._named = PairReader(settings.cross_encoder)
            return self._named.scores(query, texts, within_ms=settings.cross_encoder_ms)
        assert self._trained is not None
        read = self._trained.scores(query, texts, within_ms=settings.cross_encoder_ms)
        return weighed_together(scores[: len(read)], read, self._weight)


def probabilities(logits: Scores) -> Scores:
    """The logistic function of each."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), dtype=np.float32)


def weighed_together(scores: Scores, read: Scores, weight: float) -> Scores:
    """One score from 0 to 1 of a ranker's and a reader's, both from 0 to 1: their logits added, the reader's times
    ``weight``."""
    own, other = (np.clip(one.astype(np.float64), _SURE, 1 - _SURE) for one in (scores, read))
    return probabilities((np.log(own / (1 - own)) + weight * np.log(other / (1 - other))).astype(np.float32))


def _in_batches(read: Callable[[Sequence[str]], Scores], texts: Sequence[str], within_ms: float) -> Scores:
    started = time.perf_counter()
    parts: list[Scores] = []
    for start in range(0, len(texts), _BATCH):
        if parts and (time.perf_counter() - started) * 1000 >= within_ms:
            break
        parts.append(read(texts[start : start + _BATCH]))
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)
