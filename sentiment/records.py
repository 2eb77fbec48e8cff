"""What is found in a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Polarity = Literal["negative", "neutral", "positive"]
Language = Literal["en", "zh", "other", "none"]


@dataclass(frozen=True, slots=True)
class Aspect:
    """What a text says of one thing: ``aspect`` as it stands there, from character ``start`` to ``end``."""

    aspect: str
    polarity: Polarity
    confidence: float
    """Probability of ``polarity``, 0 to 1."""
    start: int | None = None
    end: int | None = None
    name: str | None = None
    """What the aspect is called in reports: of a merchant's own list or of ours (``battery`` for ``电池``)."""


@dataclass(frozen=True, slots=True)
class Sentiment:
    """What a text says as a whole.

    ``negative``, ``neutral`` and ``positive`` are calibrated probabilities that sum to 1: of texts scored 0.8, about 80
    in 100 are so. ``polarity`` is the class that they support most against how rare it is: neutral reviews are few, so
    a text is called neutral before that is more likely than not.
    """

    polarity: Polarity
    negative: float
    neutral: float
    positive: float
    stars: float
    """Expected stars, 1 to 5."""
    language: Language = "en"
    """``en``, ``zh``, ``other`` (a language the model was not taught) or ``none`` (no letters at all)."""
    aspects: tuple[Aspect, ...] = ()

    @property
    def known_language(self) -> bool:
        """Whether the model was taught this language. If not, its probabilities are drawn towards even."""
        return self.language != "other"
