"""The two networks of ``train search``: an encoder tuned to the shop's queries, and a cross-encoder.

Both start from the encoder as it is, learn some of the queries and are asked about others, which choose their best
epoch and tell what they are worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from encoders import (
    ContrastiveSettings,
    EncoderSettings,
    PairScorer,
    PairSettings,
    TextEncoder,
    TextGroup,
    tune_encoder,
    tune_pairs,
)

from .cross_encoder import probabilities
from .judged_queries import JudgedQuery, Scores, Step, rated_queries
from .measures import graded_ndcg
from .product_search import ProductSearch
from .search_ranker import RatedQuery, SearchRanker


@dataclass(frozen=True, slots=True)
class TunedEncoder:
    """An encoder at its best epoch."""

    encoder: TextEncoder
    cosines: list[Scores]
    """Of each of the other queries, with its candidates."""
    history: tuple[float, ...]
    """NDCG@10 of words and meaning, before and after each epoch."""


@dataclass(frozen=True, slots=True)
class TunedPairs:
    """A cross-encoder at its best epoch."""

    scorer: PairScorer
    read: list[Scores]
    """Of each of the other queries, what it says of the candidates, 0 to 1."""
    history: tuple[float, ...]
    """NDCG@10 of it alone, after each epoch."""


@dataclass(frozen=True, slots=True)
class NetworkTraining:
    """Tunes networks on ``tuned_on``; ``others`` are asked, the first ``validated`` of them after each epoch."""

    search: ProductSearch
    settings: EncoderSettings | None
    tuned_on: Sequence[JudgedQuery]
    others: Sequence[JudgedQuery]
    validated: int
    tell: Step

    def encoder(self, plan: ContrastiveSettings, as_it_was: SearchRanker) -> TunedEncoder:
        """The encoder, tuned. ``as_it_was``: how words and meaning are weighed."""
        passages, validated = self._passages(), self.others[: self.validated]

        def fused(now: TextEncoder) -> float:
            rated = rated_queries(self.search, validated, _cosines(now, validated, passages))
            return mean_ndcg(rated, as_it_was)

        encoder = TextEncoder.load(self.settings, to_tune=True)
        tuned = tune_encoder(
            encoder,
            [_group(one, passages, one.negatives) for one in self.tuned_on],
            plan,
            validate=fused,
            progress=lambda done, total: self.tell("tuning the encoder", done, total),
        )
        encoder.load_state(tuned.state)
        return TunedEncoder(encoder, _cosines(encoder, self.others, passages), tuned.history)

    def pairs(self, plan: PairSettings) -> TunedPairs:
        """The cross-encoder."""
        passages, validated = self._passages(), self.others[: self.validated]

        def alone(now: PairScorer) -> float:
            read = zip(validated, _read(now, validated, passages), strict=True)
            return float(np.mean([graded_ndcg(one.gains, scores) for one, scores in read]))

        scorer = PairScorer(TextEncoder.load(self.settings, to_tune=True), seed=plan.seed)
        tuned = tune_pairs(
            scorer,
            [_group(one, passages, one.stand_ins) for one in self.tuned_on],
            plan,
            validate=alone,
            progress=lambda done, total: self.tell("tuning the cross-encoder", done, total),
        )
        scorer.load_state(tuned.state)
        return TunedPairs(scorer, _read(scorer, self.others, passages), tuned.history)

    def _passages(self) -> dict[str, str]:
        judged = (*self.tuned_on, *self.others)
        return self.search.index.passages({id_ for one in judged for id_ in (*one.products, *one.negatives)})


def mean_ndcg(rated: Sequence[RatedQuery], ranker: SearchRanker) -> float:
    """NDCG@10 of ``ranker`` over ``rated``."""
    return float(np.mean([graded_ndcg(one.grades, ranker.scores(one.features)) for one in rated]))


def _group(one: JudgedQuery, passages: Mapping[str, str], negatives: Sequence[str]) -> TextGroup:
    return TextGroup(
        one.encoded,
        tuple(passages[id_] for id_ in one.products),
        tuple(one.grades.tolist()),
        tuple(passages[id_] for id_ in negatives),
    )


def _cosines(encoder: TextEncoder, judged: Sequence[JudgedQuery], passages: Mapping[str, str]) -> list[Scores]:
    """Of each query, the cosines with its candidates."""
    ids = sorted({id_ for one in judged for id_ in one.candidates})
    row_of = {id_: row for row, id_ in enumerate(ids)}
    vectors = encoder.encode([passages[id_] for id_ in ids])
    queries = encoder.encode([one.encoded for one in judged])
    return [
        np.maximum(vectors[[row_of[id_] for id_ in one.candidates]] @ query, 0)
        for one, query in zip(judged, queries, strict=True)
    ]


def _read(scorer: PairScorer, judged: Sequence[JudgedQuery], passages: Mapping[str, str]) -> list[Scores]:
    """Of each query, what the cross-encoder says of its candidates, 0 to 1."""
    texts = [[passages[id_] for id_ in one.candidates] for one in judged]
    tokens = [scorer.tokens(one.encoded, some) for one, some in zip(judged, texts, strict=True)]
    read = probabilities(scorer.scores([pair for pairs in tokens for pair in pairs]))
    return np.split(read, np.cumsum([len(pairs) for pairs in tokens])[:-1])
