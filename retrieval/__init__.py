"""Finding: products by words and meaning, and what fits a customer by what they did.

Texts become vectors in FAISS beside an own word index; both follow the database. Knows nothing of sentiment, chat or
the page. FAISS loads when something of it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .concepts import ways_to_say
from .filters import Filters
from .settings import IndexSettings, RecommendSettings, RetrievalSettings, SearchSettings
from .things import other_names
from .words import singular

if TYPE_CHECKING:
    from .candidates import Reason
    from .product_search import Hit, ProductSearch, SearchResult
    from .recommender import Recommendation, Recommender
    from .understanding import Understood
    from .vector_index import Neighbours, VectorIndex

__all__ = [
    "Filters",
    "Hit",
    "IndexSettings",
    "Neighbours",
    "ProductSearch",
    "Reason",
    "RecommendSettings",
    "Recommendation",
    "Recommender",
    "RetrievalSettings",
    "SearchResult",
    "SearchSettings",
    "Understood",
    "VectorIndex",
    "other_names",
    "singular",
    "ways_to_say",
]

_LATER = {
    "Hit": "product_search",
    "Neighbours": "vector_index",
    "ProductSearch": "product_search",
    "Reason": "candidates",
    "Recommendation": "recommender",
    "Recommender": "recommender",
    "SearchResult": "product_search",
    "Understood": "understanding",
    "VectorIndex": "vector_index",
}


def __getattr__(name: str) -> Any:
    # These modules import FAISS; they load when first used.
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
