"""What customers feel, about what, how surely, and which words say so: English and Chinese review text.

Comes in: texts, files of texts, or the shop's reviews. Knows nothing of products' vectors, customers or chats.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .language import detect_language
from .records import Aspect, Sentiment
from .settings import SentimentSettings

if TYPE_CHECKING:
    from .aspect_training import AspectTrainSettings, train_aspects
    from .batch import ScoreProgress, ScoreReport, score_file
    from .explanation import Explanation, WordWeight, explain
    from .findings import AspectFinding, MonthShare, Quote, ReviewFindings, review_findings
    from .fitting import FitProgress
    from .model import SentimentModel
    from .reviews import score_reviews
    from .training import TrainReport, TrainSettings, train_sentiment

__all__ = [
    "Aspect",
    "AspectFinding",
    "AspectTrainSettings",
    "Explanation",
    "FitProgress",
    "MonthShare",
    "Quote",
    "ReviewFindings",
    "ScoreProgress",
    "ScoreReport",
    "Sentiment",
    "SentimentModel",
    "SentimentSettings",
    "TrainReport",
    "TrainSettings",
    "WordWeight",
    "detect_language",
    "explain",
    "review_findings",
    "score_file",
    "score_reviews",
    "train_aspects",
    "train_sentiment",
]

_HEAVY = {
    "AspectFinding": "findings",
    "AspectTrainSettings": "aspect_training",
    "Explanation": "explanation",
    "FitProgress": "fitting",
    "MonthShare": "findings",
    "Quote": "findings",
    "ReviewFindings": "findings",
    "ScoreProgress": "batch",
    "ScoreReport": "batch",
    "SentimentModel": "model",
    "TrainReport": "training",
    "TrainSettings": "training",
    "WordWeight": "explanation",
    "explain": "explanation",
    "review_findings": "findings",
    "score_file": "batch",
    "score_reviews": "reviews",
    "train_aspects": "aspect_training",
    "train_sentiment": "training",
}


def __getattr__(name: str) -> Any:
    # These modules import torch; they load when first used.
    if name in _HEAVY:
        return getattr(import_module(f".{_HEAVY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
