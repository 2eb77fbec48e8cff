"""``train search``: a ranker of the shop's own, from its judgements or clicks, and with many of them two networks.

The ranker is fitted to all queries, its form chosen by cross-validation (``search_ranker``). With networks, the queries
are split in two: on one part the encoder is tuned (``encoders.contrastive``) and a cross-encoder
(``encoders.pair_tuning``, query and product read together); on the other part, which neither has seen, it is measured
whether they put products in a better order. What is not better than the search as it was is not kept.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from encoders import ContrastiveSettings, EncoderSettings, PairScorer, PairSettings, TextEncoder
from store import InputError, Settings

from .judged_queries import JudgedQuery, Step, judged_queries, rated_queries
from .judgements import Judgements
from .product_search import ProductSearch
from .search_networks import NetworkTraining, mean_ndcg
from .search_ranker import SearchRanker, fit_ranker, fixed_sum
from .trained_search import write_trained_search


class SearchTrainSettings(Settings):
    """How search learns from judgements."""

    encoder: ContrastiveSettings = ContrastiveSettings()
    pairs: PairSettings = PairSettings()
    networks: bool | None = None
    """Whether an encoder and a cross-encoder are tuned, too: minutes to hours, where the ranker takes seconds.
    ``None``: with ``networks_from`` judged queries or more."""
    networks_from: int = 1000
    """From a few hundred queries networks learnt nothing that held for others."""
    tuned_share: float = 0.75
    """Share of the queries that the networks are tuned on; the others tell what they are worth."""
    validated_queries: int = 400
    """At most so many of the others choose the epoch."""
    negatives: int = 6
    least_queries: int = 40
    """With fewer judged queries nothing would be learnt that lasts."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class SearchTrainReport:
    """What was learnt. Figures are NDCG@10 over the judged products of queries that no network was tuned on."""

    folder: Path
    queries: int
    judgements: int
    rejected_rows: int
    """Rows of the file that could not be read."""
    unknown_products: int
    """Judgements of products that the shop does not have; they were left out."""
    before: float
    """The search as it was."""
    after: float
    """With what was learnt, cross-validated."""
    encoder_kept: bool
    pairs_kept: bool
    """Whether the cross-encoder reads the best of a search."""
    ranker: str
    epochs: tuple[float, ...]
    """Words and meaning, as they were and after each epoch of the encoder; empty where it was not tuned."""
    pairs_epochs: tuple[float, ...]
    """The cross-encoder alone, after each epoch."""

    @property
    def kept(self) -> bool:
        """Whether it did better than the search as it was, so that it is used."""
        return self.after > self.before


@dataclass(frozen=True, slots=True)
class _Learnt:
    """The best that was found, and what it was measured against."""

    ranker: SearchRanker
    form: str
    before: float
    after: float
    encoder: TextEncoder | None = None
    pairs: PairScorer | None = None
    epochs: tuple[float, ...] = ()
    pairs_epochs: tuple[float, ...] = ()


def train_search(
    search: ProductSearch,
    judgements: Judgements,
    folder: Path,
    *,
    settings: SearchTrainSettings | None = None,
    encoder_settings: EncoderSettings | None = None,
    progress: Step | None = None,
) -> SearchTrainReport:
    """Learn from ``judgements`` about the products of ``search``, a search without a ranker, and write to ``folder``.

    Raises ``InputError`` where too few queries have judged products that the shop has.
    """
    plan = settings or SearchTrainSettings()
    tell: Step = progress or (lambda _step, _done, _total: None)
    search.index.ready()
    known = search.index.catalogue.row_of
    unknown = sum(id_ not in known for grades in judgements.grades.values() for id_ in grades)
    enough = len(judgements.grades) >= plan.networks_from
    networks = enough if plan.networks is None else plan.networks
    judged = judged_queries(search, judgements, negatives=plan.negatives, hard=networks, tell=tell)
    if len(judged) < plan.least_queries:
        raise InputError(
            "too few queries have judged products that this shop has",
            value=len(judged),
            allowed=f"{plan.least_queries} or more",
            advice="Import the products first; check that the file has their ids",
        )
    random.Random(plan.seed).shuffle(judged)
    if networks:
        learnt = _with_networks(search, judged, plan, encoder_settings, tell)
    else:
        learnt = _ranker_alone(search, judged, plan, tell)
    report = SearchTrainReport(
        folder=folder,
        queries=len(judged),
        judgements=judgements.count,
        rejected_rows=len(judgements.rejected),
        unknown_products=unknown,
        before=learnt.before,
        after=learnt.after,
        encoder_kept=learnt.encoder is not None,
        pairs_kept=learnt.pairs is not None,
        ranker=learnt.form,
        epochs=learnt.epochs,
        pairs_epochs=learnt.pairs_epochs,
    )
    kept = report.kept
    write_trained_search(
        folder,
        learnt.encoder if kept else None,
        learnt.pairs if kept else None,
        learnt.ranker if kept else None,
        {**asdict(report), "folder": str(folder)},
    )
    return report


def _ranker_alone(
    search: ProductSearch, judged: Sequence[JudgedQuery], plan: SearchTrainSettings, tell: Step
) -> _Learnt:
    tell("fitting the ranker", 0, 1)
    weights = _weights(search)
    rated = rated_queries(search, judged)
    ranker, tried = fit_ranker(rated, *weights, seed=plan.seed)
    tell("fitting the ranker", 1, 1)
    form, after = next(iter(tried.items()))
    return _Learnt(ranker, form, mean_ndcg(rated, fixed_sum(*weights)), after)


def _weights(search: ProductSearch) -> tuple[float, float]:
    """Those of the sum that puts the search in order as it is: of meaning, and of the head."""
    settings = search.settings.search
    return settings.dense_weight, settings.head_weight


def _with_networks(
    search: ProductSearch,
    judged: Sequence[JudgedQuery],
    plan: SearchTrainSettings,
    encoder_settings: EncoderSettings | None,
    tell: Step,
) -> _Learnt:
    cut = round(plan.tuned_share * len(judged))
    tuned_on, others = judged[:cut], judged[cut:]
    training = NetworkTraining(search, encoder_settings, tuned_on, others, plan.validated_queries, tell)
    weights = _weights(search)
    pairs = training.pairs(plan.pairs)
    tuned = training.encoder(plan.encoder, fixed_sum(*weights))
    tell("fitting the ranker", 0, 1)
    plain = rated_queries(search, others, read=pairs.read)
    # The encoder as it was has seen none of the queries, so that a ranker beside it may learn from all of them.
    ranker, tried = fit_ranker(plain, *weights, more=rated_queries(search, tuned_on), seed=plan.seed)
    form, after = next(iter(tried.items()))
    encoder: TextEncoder | None = None
    if max(tuned.history) > tuned.history[0]:
        rated = rated_queries(search, others, tuned.cosines, pairs.read)
        other, other_tried = fit_ranker(rated, *weights, seed=plan.seed)
        other_form, other_after = next(iter(other_tried.items()))
        if other_after > after:
            encoder, ranker, form, after = tuned.encoder, other, other_form, other_after
    tell("fitting the ranker", 1, 1)
    return _Learnt(
        ranker, form, mean_ndcg(plain, fixed_sum(*weights)), after, encoder,
        pairs.scorer if ranker.reading else None, tuned.history, pairs.history,
    )  # fmt: skip
