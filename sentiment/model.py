"""The review reader: texts in, ``Sentiment`` out, in any order and batch the same.

Equal texts are read once, and texts of like length together. Knows nothing of files or of the shop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from encoders import EncoderSettings, find_encoder, pick_device
from store import ModelError

from .aspect_reader import AspectReader
from .calibration import Calibration, polarity_shares
from .engine import Engine
from .language import detect_language
from .records import Aspect, Language, Polarity, Sentiment
from .settings import SentimentSettings
from .tokens import TextTokens
from .weights_folder import BUILT_IN, SentimentWeights, has_aspect_weights, read_aspect_weights, read_weights

_POLARITIES: tuple[Polarity, ...] = ("negative", "neutral", "positive")
_CHUNK = 20_000
# Where the language is not one that was taught, probabilities are drawn towards even by this factor.
_DOUBT = 2.5
_NOTHING_SAID = (1 / 6, 1 / 6, 1 / 3, 1 / 6, 1 / 6)


class SentimentModel:
    """Reads reviews in English and Chinese. Safe to use from several threads."""

    def __init__(
        self,
        weights: SentimentWeights,
        engine: Engine,
        tokens: TextTokens,
        settings: SentimentSettings,
        folder: Path = BUILT_IN,
    ) -> None:
        self.settings = settings
        self.engine = engine
        self.tokens = tokens
        self.name = weights.name
        self._weights = weights
        self._folder = folder
        self._aspects: AspectReader | None = None
        self._lock = Lock()

    @classmethod
    def load(
        cls, settings: SentimentSettings | None = None, encoder_settings: EncoderSettings | None = None
    ) -> SentimentModel:
        """Load the weights of ``settings`` over the encoder of ``encoder_settings``.

        Raises ``ModelError`` when either is missing or damaged, or when they do not belong together.
        """
        settings, encoder_settings = settings or SentimentSettings(), encoder_settings or EncoderSettings()
        base, device = find_encoder(encoder_settings), pick_device(encoder_settings)
        folder = Path(settings.weights) if settings.weights else BUILT_IN
        weights = read_weights(folder, base)
        tokens = TextTokens(base.path, weights.words, longest=settings.longest)
        return cls(weights, Engine(weights.state, device), tokens, settings, folder)

    @property
    def weights(self) -> dict[str, Tensor]:
        """The weights in float32, under the names of ``transformers.BertForSequenceClassification`` (five labels)."""
        return self._weights.state

    @property
    def aspect_reader(self) -> AspectReader:
        """What finds aspects; loaded when first used. Raises ``ModelError`` when the weights hold none."""
        with self._lock:
            if self._aspects is None:
                weights = read_aspect_weights(self._folder, self._weights.state)
                self._aspects = AspectReader(weights, self.engine, self.tokens)
            return self._aspects

    def score(
        self, texts: Iterable[str], *, aspects: bool = False, progress: Callable[[int], None] | None = None
    ) -> list[Sentiment]:
        """What each text says, in their order; any iterable of texts does, a pandas or polars column too.

        ``aspects`` finds the aspects of each text as well, which takes about twice as long. ``progress`` is called with
        the number of texts done. A text without any sign in it is neutral, each class as likely as the others.
        """
        found: list[Sentiment] = []
        every = texts if isinstance(texts, list) else list(texts)
        for start in range(0, len(every), _CHUNK):
            found += self._score_chunk(every[start : start + _CHUNK], aspects)
            if progress is not None:
                progress(len(found))
        return found

    def aspects(self, texts: Sequence[str]) -> list[tuple[Aspect, ...]]:
        """The aspects that each text names, in the order in which they stand there, each with its name in reports."""
        distinct = list(dict.fromkeys(texts))
        found = self.aspect_reader.read(distinct, batch_tokens=self.settings.batch_tokens)
        by_text = dict(zip(distinct, self.aspect_reader.named(found, self.settings.aspects), strict=True))
        return [by_text[text] for text in texts]

    @property
    def finds_aspects(self) -> bool:
        """Whether the weights can find aspects."""
        return has_aspect_weights(self._folder)

    def star_shares(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Calibrated probabilities of one to five stars, shape (texts, 5)."""
        return self._read(texts, self._languages(texts))

    def calibration(self, language: Language) -> Calibration:
        """How logits of this language are read; languages that were not taught are read like English."""
        calibrations = self._weights.calibrations
        return calibrations.get(language, calibrations["en"])

    def _languages(self, texts: Sequence[str]) -> list[Language]:
        if self.settings.language != "auto":
            return [self.settings.language] * len(texts)
        return [detect_language(text) for text in texts]

    def _read(self, texts: Sequence[str], languages: Sequence[Language]) -> NDArray[np.float64]:
        tokens = self.tokens.encode(texts)
        spoken = np.array(languages)
        cheap = self._first_said(tokens, spoken)
        shares, settled = self._settled(cheap, spoken)
        rest = np.flatnonzero(~settled)
        logits = self.engine.read([tokens[one] for one in rest], batch_tokens=self.settings.batch_tokens)
        logits += self._weighed(cheap[rest], spoken[rest])
        for language in set(languages):
            rows = spoken[rest] == language
            doubt = _DOUBT if language == "other" else 1.0
            shares[rest[rows]] = self.calibration(language).stars(logits[rows], doubt=doubt)
        shares[[len(one) <= 2 for one in tokens]] = _NOTHING_SAID
        return shares

    def first_logits(self, tokens: Sequence[Sequence[int]], languages: NDArray[np.str_]) -> NDArray[np.float32]:
        """What the first stage adds to the network's star logits, shape (len(tokens), 5): nothing in most languages."""
        return self._weighed(self._first_said(tokens, languages), languages)

    def _first_said(self, tokens: Sequence[Sequence[int]], languages: NDArray[np.str_]) -> NDArray[np.float32]:
        """Star logits of each language's first stage, shape (len(tokens), 5); 0 where nobody asks for them."""
        said = np.zeros((len(tokens), 5), dtype=np.float32)
        if self.settings.cascade or any(self._weights.blend.values()):
            for language, first in self._weights.first_stages.items():
                rows = np.flatnonzero(languages == language)
                said[rows] = first.read([tokens[row] for row in rows.tolist()])
        return said

    def _weighed(self, cheap: NDArray[np.float32], languages: NDArray[np.str_]) -> NDArray[np.float32]:
        """The first stage's logits by what they are worth in each text's language."""
        worth = np.array([self._weights.blend.get(str(one), 0.0) for one in languages], dtype=np.float32)
        return worth[:, None] * cheap

    def _settled(
        self, cheap: NDArray[np.float32], spoken: NDArray[np.str_]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Star shares by the first stage's logits, and which texts it settles; none where it is not asked for."""
        settled = np.zeros(len(cheap), dtype=bool)
        shares = np.zeros((len(cheap), 5), dtype=np.float64)
        if not self.settings.cascade or not len(cheap):
            return shares, settled
        if not self._weights.first_stages:
            raise ModelError("these weights have no first stage", advice="Leave cascade off, or train again")
        for language, threshold in self._weights.thresholds.items():
            rows = np.flatnonzero(spoken == language)
            shares[rows] = self._weights.calibrations[f"first_{language}"].stars(cheap[rows])
            settled[rows] = polarity_shares(shares[rows]).max(axis=1) >= threshold
        return shares, settled

    def _score_chunk(self, texts: list[str], with_aspects: bool) -> list[Sentiment]:
        distinct = list(dict.fromkeys(texts))
        languages = self._languages(distinct)
        spoken = np.array(languages)
        shares = self._read(distinct, languages)
        polarities = polarity_shares(shares)
        stars = (shares @ np.arange(1, 6)).tolist()
        labels = np.zeros(len(distinct), dtype=np.int64)
        for language in set(languages):
            rows = spoken == language
            labels[rows] = self.calibration(language).labels(polarities[rows])
        labels[(shares == _NOTHING_SAID).all(axis=1)] = _POLARITIES.index("neutral")
        found = self.aspects(distinct) if with_aspects else [()] * len(distinct)
        by_text = {
            text: Sentiment(_POLARITIES[label], negative, neutral, positive, star, language, aspects)
            for text, label, (negative, neutral, positive), star, language, aspects in zip(
                distinct, labels.tolist(), polarities.tolist(), stars, languages, found, strict=True
            )
        }
        return [by_text[text] for text in texts]
