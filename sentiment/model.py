"""The review reader: texts in, ``Sentiment`` out, in any order and batch the same.

Equal texts are read once, and texts of like length together. Knows nothing of files or of the shop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoders import EncoderSettings, find_encoder, pick_device

from .calibration import Calibration, polarity_shares
from .engine import Engine
from .language import detect_language
from .records import Language, Polarity, Sentiment
from .settings import SentimentSettings
from .tokens import TextTokens
from .weights_folder import BUILT_IN, SentimentWeights, read_weights

_POLARITIES: tuple[Polarity, ...] = ("negative", "neutral", "positive")
_CHUNK = 20_000
# Where the language is not one that was taught, probabilities are drawn towards even by this factor.
_DOUBT = 2.5
_NOTHING_SAID = (1 / 6, 1 / 6, 1 / 3, 1 / 6, 1 / 6)


class SentimentModel:
    """Reads reviews in English and Chinese. Safe to use from several threads."""

    def __init__(
        self, weights: SentimentWeights, engine: Engine, tokens: TextTokens, settings: SentimentSettings
    ) -> None:
        self.settings = settings
        self.engine = engine
        self.tokens = tokens
        self._calibrations = weights.calibrations
        self.name = weights.name

    @classmethod
    def load(
        cls, settings: SentimentSettings | None = None, encoder_settings: EncoderSettings | None = None
    ) -> SentimentModel:
        """Load the weights of ``settings`` over the encoder of ``encoder_settings``.

        Raises ``ModelError`` when either is missing or damaged, or when they do not belong together.
        """
        settings, encoder_settings = settings or SentimentSettings(), encoder_settings or EncoderSettings()
        base, device = find_encoder(encoder_settings), pick_device(encoder_settings)
        weights = read_weights(Path(settings.weights) if settings.weights else BUILT_IN, base)
        tokens = TextTokens(base.path, weights.words, longest=settings.longest)
        return cls(weights, Engine(weights.state, device), tokens, settings)

    def score(self, texts: Iterable[str], *, progress: Callable[[int], None] | None = None) -> list[Sentiment]:
        """What each text says, in their order; any iterable of texts does, a pandas or polars column too.

        ``progress`` is called with the number of texts done. A text without any sign in it is neutral, each class as
        likely as the others.
        """
        found: list[Sentiment] = []
        every = texts if isinstance(texts, list) else list(texts)
        for start in range(0, len(every), _CHUNK):
            found += self._score_chunk(every[start : start + _CHUNK])
            if progress is not None:
                progress(len(found))
        return found

    def star_shares(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Calibrated probabilities of one to five stars, shape (texts, 5)."""
        languages = self._languages(texts)
        tokens = self.tokens.encode(texts)
        logits = self.engine.read(tokens, batch_tokens=self.settings.batch_tokens)
        shares = np.zeros(logits.shape, dtype=np.float64)
        for language in set(languages):
            rows = np.array([one == language for one in languages])
            doubt = _DOUBT if language == "other" else 1.0
            shares[rows] = self.calibration(language).stars(logits[rows], doubt=doubt)
        shares[[len(one) <= 2 for one in tokens]] = _NOTHING_SAID
        return shares

    def calibration(self, language: Language) -> Calibration:
        """How logits of this language are read; languages that were not taught are read like English."""
        return self._calibrations.get(language, self._calibrations["en"])

    def _languages(self, texts: Sequence[str]) -> list[Language]:
        if self.settings.language != "auto":
            return [self.settings.language] * len(texts)
        return [detect_language(text) for text in texts]

    def _score_chunk(self, texts: list[str]) -> list[Sentiment]:
        distinct = list(dict.fromkeys(texts))
        shares = self.star_shares(distinct)
        languages = self._languages(distinct)
        polarities = polarity_shares(shares)
        stars = (shares @ np.arange(1, 6)).tolist()
        labels = np.zeros(len(distinct), dtype=np.int64)
        for language in set(languages):
            rows = np.array([one == language for one in languages])
            labels[rows] = self.calibration(language).labels(polarities[rows])
        by_text = {
            text: Sentiment(_POLARITIES[label], negative, neutral, positive, star, language)
            for text, label, (negative, neutral, positive), star, language in zip(
                distinct, labels.tolist(), polarities.tolist(), stars, languages, strict=True
            )
        }
        return [by_text[text] for text in texts]
