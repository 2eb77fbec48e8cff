"""``train search``: an encoder and a ranker of the shop's own, from its judgements or clicks.

The queries are split in two. On one part the encoder is tuned (``encoders.contrastive``): graded texts, and as hard
negatives what the present search finds for a query that has no poor answer among its judgements. On the other part,
which the tuned encoder has never seen, the best epoch is chosen and the ranker is fitted, its form by cross-validation.
What does not do better there than the search as it was is not kept.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoders import ContrastiveSettings, EncoderSettings, TextEncoder, TextGroup, file_sha256, tune_encoder
from store import InputError, ModelError, Settings

from .judgements import Judgements
from .measures import graded_ndcg
from .product_search import ProductSearch
from .search_ranker import RatedQuery, SearchRanker, fit_ranker, fixed_sum

_ENCODER, _RANKER, _MANIFEST = "encoder.safetensors", "ranker.json", "search.json"
_POOR = 0.34
"""A grade up to this is a poor answer."""
_AS_GOOD = 0.95
"""A product found that scores more than this share of a good answer may be one, too: it is no negative."""

Step = Callable[[str, int, int], None]


class SearchTrainSettings(Settings):
    """How search learns from judgements."""

    encoder: ContrastiveSettings = ContrastiveSettings()
    encoder_share: float = 0.7
    """Share of the queries that the encoder is tuned on; the ranker is fitted on the others."""
    validated_queries: int = 400
    """At most so many of the others choose the epoch."""
    negatives: int = 6
    least_queries: int = 40
    """With fewer judged queries nothing would be learnt that lasts."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class SearchTrainReport:
    """What was learnt. Figures are NDCG@10 over the judged products of queries that the encoder was not tuned on."""

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
    """With the tuned encoder and the ranker, cross-validated."""
    encoder_kept: bool
    ranker: str
    epochs: tuple[float, ...]
    """The encoder alone: before, and after each epoch."""

    @property
    def kept(self) -> bool:
        """Whether it did better than the search as it was, so that it is used."""
        return self.after > self.before


@dataclass(frozen=True, slots=True)
class TrainedSearch:
    """What ``train_search`` left in a folder."""

    deltas: Path | None
    ranker: SearchRanker | None


@dataclass(frozen=True, slots=True)
class _Judged:
    """A query with candidates that the shop has: judged ones and, with grade 0, negatives that were found."""

    query: str
    encoded: str
    """The part of the query that is encoded."""
    products: tuple[str, ...]
    grades: NDArray[np.float32]
    negatives: tuple[str, ...]


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
    judged = _with_negatives(search, judgements, plan, tell)
    if len(judged) < plan.least_queries:
        raise InputError(
            "too few queries have judged products that this shop has",
            value=len(judged),
            allowed=f"{plan.least_queries} or more",
            advice="Import the products first; check that the file has their ids",
        )
    random.Random(plan.seed).shuffle(judged)
    cut = round(plan.encoder_share * len(judged))
    tuned_on, others = judged[:cut], judged[cut:]
    passages = search.index.passages({id_ for one in judged for id_ in (*one.products, *one.negatives)})
    encoder = TextEncoder.load(encoder_settings, to_tune=True)
    before = _rated(search, others, _cosines(encoder, others, passages))
    tuned = tune_encoder(
        encoder,
        [_group(one, passages) for one in tuned_on],
        plan.encoder,
        validate=lambda now: _mean_ndcg(
            others[: plan.validated_queries], _cosines(now, others[: plan.validated_queries], passages)
        ),
        progress=lambda done, total: tell("tuning the encoder", done, total),
    )
    kept = max(tuned.history) > tuned.history[0]
    encoder.load_state(tuned.state)
    tell("fitting the ranker", 0, 1)
    rated = _rated(search, others, _cosines(encoder, others, passages)) if kept else before
    ranker, tried = fit_ranker(rated, search.settings.search.dense_weight, seed=plan.seed)
    sum_as_it_was = fixed_sum(search.settings.search.dense_weight)
    as_it_was = float(np.mean([graded_ndcg(one.grades, sum_as_it_was.scores(one.features)) for one in before]))
    tell("fitting the ranker", 1, 1)
    report = SearchTrainReport(
        folder=folder,
        queries=len(judged),
        judgements=judgements.count,
        rejected_rows=len(judgements.rejected),
        unknown_products=unknown,
        before=as_it_was,
        after=max(tried.values()),
        encoder_kept=kept,
        ranker=max(tried, key=lambda name: tried[name]),
        epochs=tuned.history,
    )
    _write(folder, encoder if kept and report.kept else None, ranker if report.kept else None, report)
    return report


def load_trained_search(folder: Path) -> TrainedSearch:
    """What was trained for this shop: nothing where ``folder`` has none.

    Raises ``ModelError`` where a file is damaged.
    """
    try:
        files: dict[str, str] = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))["files"]
    except FileNotFoundError:
        return TrainedSearch(None, None)
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError("the record of the trained search cannot be read", value=str(folder / _MANIFEST)) from error
    for name, expected in files.items():
        if not (folder / name).is_file() or file_sha256(folder / name) != expected:
            raise ModelError(
                "a file of the trained search is damaged",
                value=str(folder / name),
                advice="Run 'beforehand train search' again, or delete the folder",
            )
    return TrainedSearch(
        folder / _ENCODER if _ENCODER in files else None,
        SearchRanker.load(folder / _RANKER) if _RANKER in files else None,
    )


def _with_negatives(
    search: ProductSearch, judgements: Judgements, plan: SearchTrainSettings, tell: Step
) -> list[_Judged]:
    known = search.index.catalogue.row_of
    found: list[_Judged] = []
    for done, (query, grades) in enumerate(sorted(judgements.grades.items())):
        products = [id_ for id_ in sorted(grades) if id_ in known]
        rated = np.array([grades[id_] for id_ in products], dtype=np.float32)
        if not query.strip() or not products or float(rated.max()) <= 0:
            continue
        negatives = () if float(rated.min()) <= _POOR else _negatives(search, query, products, rated, plan.negatives)
        found.append(_Judged(query, search.encoded_text(query), tuple(products), rated, negatives))
        if done % 50 == 0:
            tell("looking for negatives", done, len(judgements.grades))
    return found


def _negatives(
    search: ProductSearch, query: str, products: Sequence[str], grades: NDArray[np.float32], count: int
) -> tuple[str, ...]:
    """Products found that were not judged, below those that answer: near, but hardly as good."""
    best = [id_ for id_, grade in zip(products, grades, strict=True) if grade == grades.max()]
    limit = _AS_GOOD * min(hit.score for hit in search.rate(query, best))
    hits = search.search(query, limit=4 * count).hits
    return tuple(hit.product_id for hit in hits if hit.product_id not in products and hit.score < limit)[:count]


def _group(one: _Judged, passages: Mapping[str, str]) -> TextGroup:
    return TextGroup(
        one.encoded,
        tuple(passages[id_] for id_ in one.products),
        tuple(one.grades.tolist()),
        tuple(passages[id_] for id_ in one.negatives),
    )


def _candidates(one: _Judged) -> tuple[list[str], NDArray[np.float32]]:
    grades = np.concatenate([one.grades, np.zeros(len(one.negatives), dtype=np.float32)])
    return [*one.products, *one.negatives], grades


def _cosines(encoder: TextEncoder, judged: Sequence[_Judged], passages: Mapping[str, str]) -> list[NDArray[np.float32]]:
    """Of each query, the cosines with its candidates."""
    ids = sorted({id_ for one in judged for id_ in _candidates(one)[0]})
    row_of = {id_: row for row, id_ in enumerate(ids)}
    vectors = encoder.encode([passages[id_] for id_ in ids])
    queries = encoder.encode([one.encoded for one in judged])
    return [
        np.maximum(vectors[[row_of[id_] for id_ in _candidates(one)[0]]] @ query, 0)
        for one, query in zip(judged, queries, strict=True)
    ]


def _rated(
    search: ProductSearch, judged: Sequence[_Judged], cosines: Sequence[NDArray[np.float32]]
) -> list[RatedQuery]:
    found: list[RatedQuery] = []
    for one, meaning in zip(judged, cosines, strict=True):
        ids, grades = _candidates(one)
        if len(ids) > 1:
            found.append(RatedQuery(search.features(one.query, ids, meaning), grades))
    return found


def _mean_ndcg(judged: Sequence[_Judged], cosines: Sequence[NDArray[np.float32]]) -> float:
    pairs = zip(judged, cosines, strict=True)
    return float(np.mean([graded_ndcg(_candidates(one)[1], meaning) for one, meaning in pairs]))


def _write(folder: Path, encoder: TextEncoder | None, ranker: SearchRanker | None, report: SearchTrainReport) -> None:
    """The record comes last and names the files with their sha256; an older one goes first."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (_MANIFEST, _ENCODER, _RANKER):
        (folder / name).unlink(missing_ok=True)
    if encoder is not None:
        encoder.save_state(folder / _ENCODER, encoder.state(), metadata={"trained on": f"{report.queries} queries"})
    if ranker is not None:
        ranker.save(folder / _RANKER)
    files = {name: file_sha256(folder / name) for name in (_ENCODER, _RANKER) if (folder / name).is_file()}
    record = {"files": files, "report": {**asdict(report), "folder": str(report.folder)}}
    unfinished = folder / f"{_MANIFEST}.part"
    unfinished.write_text(json.dumps(record, indent=1), encoding="utf-8")
    unfinished.replace(folder / _MANIFEST)
