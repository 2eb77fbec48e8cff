"""The dials of search and recommendation."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from store import Settings

from .history_settings import HistorySettings

Diversify = Literal["mmr", "dpp"]
IndexKind = Literal["auto", "flat", "hnsw", "ivf", "ivf_pq", "gpu"]


class IndexSettings(Settings):
    """How vectors are kept."""

    kind: IndexKind = "auto"
    """``flat`` compares with every vector and is exact; ``hnsw`` is a graph of neighbours; ``ivf`` looks at the
    nearest of many lists; ``ivf_pq`` does so with codes that take a fifteenth of the memory, and needs a disk; ``gpu``
    lies on a GPU (package ``faiss-gpu``). ``auto``: flat for few, then gpu where there is one, else hnsw, ivf_pq for
    many."""
    flat_below: int = Field(default=20_000, ge=0)
    """From so many vectors on ``auto`` leaves flat."""
    lists_from: int = Field(default=100_000, ge=0)
    """From so many vectors on ``auto`` takes ivf_pq in place of hnsw."""
    dead_share: float = Field(default=0.25, gt=0, lt=1)
    """Share of replaced and deleted rows at which the index is written anew without them."""


class SearchSettings(Settings):
    """How a query is answered."""

    dense_weight: float = Field(default=0.5, ge=0, le=1)
    """Weight of meaning (cosine of embeddings) against words (BM25) in the fused score."""
    head_weight: float = Field(default=0.075, ge=0, le=1)
    """Among the best, how much of the score says whether the product is what was asked for: the word for the thing
    ("lid" of "kettle lid") is the same. Where ``train search`` made a ranker, that one decides."""
    query_adapter: bool = True
    """Whether a query's vector is moved by what was learnt from product texts (weights that come along); only that of
    the built-in encoder as it is."""
    candidates: int = Field(default=200, ge=10)
    """How many products each of the two retrievers proposes before they are fused."""
    min_similarity: float = Field(default=0.35, ge=-1, le=1)
    """A product that shares no word with the query is a hit only from this cosine on."""
    min_similarity_unknown: float = Field(default=0.43, ge=-1, le=1)
    """The same, where no product has any word of the query; letters struck by chance reach 0.42 with the built-in
    encoder, while what is meant by another name (fridge, timber) reaches more."""
    encoder_languages: tuple[str, ...] = ("en",)
    """Languages that the encoder was trained on; a query in another one is answered by its words alone."""
    around_share: float = Field(default=0.2, ge=0, lt=1)
    """What "about 50" means: 20 % either way."""
    reranked: int = Field(default=50, ge=0)
    """So many of the best are looked at closer: what the thing is counts, or what ``train search`` learnt."""
    cross_encoder: str | None = None
    """Folder, or name on the hub, of a cross-encoder of sentence-transformers that reads the query together with each
    of the best and puts them in order; a name that is not in the hub's cache is downloaded. ``None``: none does."""
    cross_encoder_top: int = Field(default=20, ge=1)
    """So many of the best it reads at most."""
    cross_encoder_ms: float = Field(default=300, ge=0)
    """When so many milliseconds are over it begins no further eight; what it did not read stays behind what it read."""
    batch_size: int = Field(default=256, ge=1)
    """Products encoded at a time."""


class RecommendSettings(Settings):
    """What makes a recommendation, and what no ranking may break."""

    history_days: int = Field(default=365, ge=1)
    history_length: int = Field(default=100, ge=1)
    """At most so many of the customer's latest events and order lines are looked at."""
    half_life_days: float = Field(default=30, gt=0)
    """After so many days an event counts half."""
    taste_weight: float = Field(default=1.0, ge=0)
    """Nearness to the customer's history embedding."""
    together_weight: float = Field(default=0.6, ge=0)
    """Seen or bought by the same customers as what this one saw or bought."""
    words_weight: float = Field(default=0.5, ge=0)
    """Found by what the customer searched for last."""
    popularity_weight: float = Field(default=0.25, ge=0)
    novelty_weight: float = Field(default=0.1, ge=0)
    """Bonus of what few know yet, and of what this customer has not looked at."""
    new_every: int = Field(default=5, ge=0)
    """Each place of this number is kept for a product that nobody has met yet, if one comes into question: by what is
    known of others it would never be shown. 0: none is."""
    diversity: float = Field(default=0.3, ge=0, lt=1)
    """0: the best-scored come first even if alike; near 1: as different from one another as possible."""
    diversify: Diversify = "mmr"
    """How: ``mmr`` compares each with the one most like it among those before it; ``dpp`` looks at all of them together
    (determinantal point process)."""
    least_stars: float = Field(default=2.5, ge=0, le=5)
    """What five reviewers or more give fewer stars on average is not recommended; search still finds it. 0: it is."""
    candidates: int = Field(default=200, ge=10)
    refresh_minutes: float = Field(default=30, gt=0)
    """Popularity and what goes together are counted anew when they are older than this."""
    together_days: int = Field(default=180, ge=1)
    blocked_products: tuple[str, ...] = ()
    """Never recommended, whatever the scores say."""
    blocked_categories: tuple[str, ...] = ()
    blocked_brands: tuple[str, ...] = ()
    boosts: dict[str, float] = Field(default_factory=dict)
    """Product id -> added to its score (the merchant's own wish)."""


class RetrievalSettings(Settings):
    """Everything that search and recommendation can be told."""

    index: IndexSettings = IndexSettings()
    search: SearchSettings = SearchSettings()
    recommend: RecommendSettings = RecommendSettings()
    history: HistorySettings = HistorySettings()
