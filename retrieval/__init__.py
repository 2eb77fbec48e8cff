"""Finding: products by words and meaning, and what fits a customer by what they did.

Texts become vectors in FAISS beside an own word index; both follow the database. Knows nothing of sentiment, chat or
the page. FAISS loads when something of it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .concepts import ways_to_say
from .filters import Filters
from .history_settings import HistorySettings
from .settings import IndexSettings, RecommendSettings, RetrievalSettings, SearchSettings
from .things import other_names
from .words import singular

if TYPE_CHECKING:
    from .candidates import Reason
    from .cross_encoder import TunedReader, probabilities, weighed_together
    from .engine_gpu import gpu_problem
    from .history_index import Alike
    from .history_signs import HistorySigns
    from .history_training import HistoryReport, train_history
    from .item_neighbours import ItemNeighbours
    from .judgements import Judgements, read_judgements
    from .measures import (
        coverage,
        graded_ndcg,
        intra_list_diversity,
        ndcg,
        novelty,
        popularity_bias,
        ranks,
        recall,
        reciprocal_rank,
    )
    from .product_search import Hit, ProductSearch, SearchResult
    from .query_adapter import QueryAdapter
    from .query_adapter_training import QueryTrainReport, QueryTrainSettings, train_query_adapter
    from .ranker import Ranker
    from .recommender import Recommendation, Recommender
    from .search_ranker import SearchRanker
    from .search_training import SearchTrainReport, SearchTrainSettings, train_search
    from .sequence_model import ItemTable
    from .sequence_training import Held, rank_held, train_again, train_sequences
    from .sequences import Sequences
    from .spelling import Spelling, edit_distance
    from .trained_search import TrainedSearch, load_trained_search
    from .understanding import Understood
    from .vector_index import Neighbours, VectorIndex

__all__ = [
    "Alike",
    "Filters",
    "Held",
    "HistoryReport",
    "HistorySettings",
    "HistorySigns",
    "Hit",
    "IndexSettings",
    "ItemNeighbours",
    "ItemTable",
    "Judgements",
    "Neighbours",
    "ProductSearch",
    "QueryAdapter",
    "QueryTrainReport",
    "QueryTrainSettings",
    "Ranker",
    "Reason",
    "RecommendSettings",
    "Recommendation",
    "Recommender",
    "RetrievalSettings",
    "SearchRanker",
    "SearchResult",
    "SearchSettings",
    "SearchTrainReport",
    "SearchTrainSettings",
    "Sequences",
    "Spelling",
    "TrainedSearch",
    "TunedReader",
    "Understood",
    "VectorIndex",
    "coverage",
    "edit_distance",
    "gpu_problem",
    "graded_ndcg",
    "intra_list_diversity",
    "load_trained_search",
    "ndcg",
    "novelty",
    "other_names",
    "popularity_bias",
    "probabilities",
    "rank_held",
    "ranks",
    "read_judgements",
    "recall",
    "reciprocal_rank",
    "singular",
    "train_again",
    "train_history",
    "train_query_adapter",
    "train_search",
    "train_sequences",
    "ways_to_say",
    "weighed_together",
]

_LATER = {
    "Alike": "history_index",
    "Held": "sequence_training",
    "HistoryReport": "history_training",
    "HistorySigns": "history_signs",
    "Hit": "product_search",
    "ItemNeighbours": "item_neighbours",
    "ItemTable": "sequence_model",
    "Neighbours": "vector_index",
    "ProductSearch": "product_search",
    "QueryAdapter": "query_adapter",
    "QueryTrainReport": "query_adapter_training",
    "QueryTrainSettings": "query_adapter_training",
    "Ranker": "ranker",
    "Reason": "candidates",
    "Recommendation": "recommender",
    "Recommender": "recommender",
    "SearchResult": "product_search",
    "Sequences": "sequences",
    "Spelling": "spelling",
    "Understood": "understanding",
    "TunedReader": "cross_encoder",
    "VectorIndex": "vector_index",
    "coverage": "measures",
    "edit_distance": "spelling",
    "graded_ndcg": "measures",
    "intra_list_diversity": "measures",
    "ndcg": "measures",
    "novelty": "measures",
    "popularity_bias": "measures",
    "rank_held": "sequence_training",
    "ranks": "measures",
    "recall": "measures",
    "reciprocal_rank": "measures",
    "train_again": "sequence_training",
    "train_history": "history_training",
    "train_query_adapter": "query_adapter_training",
    "train_sequences": "sequence_training",
    "gpu_problem": "engine_gpu",
    "Judgements": "judgements",
    "SearchRanker": "search_ranker",
    "SearchTrainReport": "search_training",
    "SearchTrainSettings": "search_training",
    "TrainedSearch": "trained_search",
    "load_trained_search": "trained_search",
    "read_judgements": "judgements",
    "train_search": "search_training",
    "probabilities": "cross_encoder",
    "weighed_together": "cross_encoder",
}


def __getattr__(name: str) -> Any:
    # These modules import FAISS; they load when first used.
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
