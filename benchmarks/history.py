"""Recommendation from histories: Amazon shops, items that are new, sessions, and how long a recommendation takes.

Amazon files: leave-one-out, all items ranked but those of the history. The model learns from all but the last two items
of each customer; the last but one chooses the epoch and what the ranker's signs are worth, and is part of the history
that the last is asked for; the network is not trained again with it, neighbours and popularity count it
(``_without_validation_``: they do not). ``_sequence_``: the sequence model alone, without
the ranker. Cold: 5 % of the items are taken out of all that is learnt from. Sessions: R@20 and MRR@20 beside an
item-kNN of ours, whose decay is chosen on the same validation part.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoders import EncoderSettings, TextEncoder, pick_device
from retrieval import (
    Held,
    HistorySettings,
    HistorySigns,
    ItemNeighbours,
    Ranker,
    RecommendSettings,
    Sequences,
    coverage,
    intra_list_diversity,
    ndcg,
    novelty,
    popularity_bias,
    rank_held,
    ranks,
    recall,
    reciprocal_rank,
    train_sequences,
)

from .frame import Figures, Options, bootstrap
from .history_data import Histories, Sessions, amazon, joined, sessions, without
from .parts import kept_part
from .remembered import encoded

KEYS = (
    "beauty_recall_10", "beauty_ndcg_10", "sports_recall_10", "sports_ndcg_10", "cold_recall_10",
    "cold_text_recall_10", "cold_popularity_recall_10", "diginetica_recall_20", "diginetica_mrr_20",
    "diginetica_itemknn_recall_20", "tafeng_recall_20", "tafeng_mrr_20", "tafeng_itemknn_recall_20",
    "recommend_p50_ms",
)  # fmt: skip
_FILES = ("tafeng_sessions.tsv.gz", "diginetica_sessions.tsv.gz", "Beauty.txt.gz", "Sports_and_Outdoors.txt.gz")
_CODE = ("retrieval", "encoders", "benchmarks/history.py", "benchmarks/history_data.py", "benchmarks/history_shop.py")
_NEW_SHARE = 0.05
_VALID_SHARE = 0.1
_MOST_VALID = 5_000
_MOST_TEST = 20_000
_DECAYS = (0.0, 0.3, 0.6, 0.8, 0.9, 1.0)
_QUICK_ROWS = 3_000

Numbers = NDArray[np.int64]


def run(options: Options) -> Figures:
    """Measure all of it, two parts at a time, each on one core: about half an hour. ``--quick``: small
    samples, few epochs. Stopped (Ctrl-C), it writes what was finished, and the next run goes on from there."""
    figures = Figures()
    parts: list[tuple[str, Path | None]] = [] if options.data else [("recommend", None)]
    for file in options.data or [options.public / "recsys" / name for name in _FILES]:
        sequences = not file.name.endswith(".tsv.gz")
        parts.append(("histories" if sequences else "sessions", file))
        if sequences and (options.data or file.name == "Beauty.txt.gz"):
            parts.append(("new items", file))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
        waiting = [pool.submit(_kept, *part, options) for part in parts]
        try:
            for done in as_completed(waiting):
                figures.take(done.result())
        except KeyboardInterrupt:
            figures.note("the run was stopped before all parts were finished")
            pool.shutdown(wait=False, cancel_futures=True)
    return figures


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _kept(what: str, file: Path | None, options: Options) -> Figures:
    name = f"history-{what.replace(' ', '-')}" + ("" if file is None else f"-{file.name.split('.')[0]}")
    return kept_part(name, options, _CODE, lambda: _part(what, file, options))


def _part(what: str, file: Path | None, options: Options) -> Figures:
    """One part of the benchmark, in a process of its own."""
    figures = Figures()
    settings = HistorySettings(seed=options.seed)
    if options.quick:
        settings = settings.model_copy(update={"most_epochs": 4})
    most = _QUICK_ROWS if options.quick else None
    encoder = TextEncoder.load(EncoderSettings(threads=1))
    if file is None:
        from .history_shop import recommend_ms

        with tempfile.TemporaryDirectory() as folder:
            recommend_ms(figures, Path(folder), encoder, quick=options.quick)
    elif what == "sessions":
        _measure_sessions(figures, sessions(file, most), settings)
    else:
        data = amazon(file, partial(encoded, encoder, name="history"), most)
        if what == "histories":
            _measure_histories(figures, data, settings)
        else:
            _measure_new_items(figures, data, settings, f"{data.key}_cold" if options.data else "cold")
    return figures


def _measure_histories(figures: Figures, data: Histories, settings: HistorySettings) -> None:
    key, device = data.key, pick_device()
    train, before_test = data.histories.without_last(2), data.histories.without_last(1)
    long_enough = np.flatnonzero(data.histories.lengths >= 3)
    valid = Held(train.rows(long_enough), before_test.last()[long_enough])
    test = Held(before_test.rows(long_enough), data.histories.last()[long_enough])
    trained = train_sequences(train, valid, data.table, data.items, settings, device, _told(key))
    ranker = HistorySigns.fit(trained.model, train, data.table, valid, seed=settings.seed)
    _add(figures, f"{key}_sequence", rank_held(trained.model, data.table, test), 10)
    signs = HistorySigns.of(trained.model, before_test, data.table, learnt=train)
    _add(figures, key, signs.ranks(test, ranker), 10)
    before = HistorySigns.of(trained.model, train, data.table)
    _add(figures, f"{key}_without_validation", before.ranks(test, ranker), 10)
    _describe_lists(figures, key, signs, test, ranker)
    worth = ", ".join(f"{name} {value:.3g}" for name, value in ranker.weights.items() if value)
    figures.note(
        f"{key}: best epoch {trained.best_epoch} by validation, not trained again with the validation item, which only "
        f"neighbours and popularity count; signs: {worth}"
    )


def _describe_lists(figures: Figures, key: str, signs: HistorySigns, test: Held, ranker: Ranker) -> None:
    """What the first ten are made of, for a sample of the customers."""
    some = test.some(2_000, 0)
    lists = []
    for part, scores in signs.scored(some, ranker):
        scores[:, 0] = -np.inf
        scores[part.histories.row_numbers(), part.histories.items] = -np.inf
        lists.append(np.argsort(-scores, axis=1)[:, :10])
    ten = np.concatenate(lists)
    counts = np.expm1(signs.popular)
    figures.add(f"{key}_coverage_10", coverage(ten, len(signs.popular) - 1))
    figures.add(f"{key}_novelty_bits", float(novelty(ten, counts).mean()))
    figures.add(f"{key}_popularity_bias", float(popularity_bias(ten, counts).mean()))
    if signs.text is not None:
        figures.add(f"{key}_intra_list_diversity", float(intra_list_diversity(ten, signs.text).mean()))


def _measure_new_items(figures: Figures, data: Histories, settings: HistorySettings, key: str) -> None:
    """Items that nobody has met yet: found by their text alone, among all items."""
    draw = np.random.default_rng(settings.seed)
    gone = np.sort(draw.choice(data.items, round(_NEW_SHARE * data.items), replace=False) + 1)
    known = without(data.histories.without_last(1), gone)
    targets = data.histories.last()
    asked = np.flatnonzero(np.isin(targets, gone) & (known.lengths > 0))
    test = Held(known.rows(asked), targets[asked])
    train = known.without_last(1)
    judged = np.flatnonzero(known.lengths >= 2)
    valid = Held(train.rows(judged), known.last()[judged])
    trained = train_sequences(train, valid, data.table, data.items, settings, pick_device(), _told(key))
    ranker = HistorySigns.fit(trained.model, train, data.table, valid, seed=settings.seed)
    everywhere = HistorySigns.of(trained.model, known, data.table, learnt=train)
    _add(figures, key, everywhere.ranks(test, ranker, new_every=RecommendSettings().new_every), 10)
    _add(figures, f"{key}_unkept", everywhere.ranks(test, ranker), 10)
    _add(figures, f"{key}_sequence", everywhere.ranks(test, Ranker({"sequence": 1.0})), 10)
    if data.table.text is not None:
        by_text = [Ranker({"like_last": 1.0}), Ranker({"like_lately": 1.0})]
        best = max(by_text, key=lambda one: float(recall(everywhere.ranks(valid.some(3_000, 0), one), 10).mean()))
        _add(figures, f"{key}_text", everywhere.ranks(test, best), 10)
    _add(figures, f"{key}_popularity", everywhere.ranks(test, Ranker({"popular": 1.0})), 10)
    # What the places kept for new items cost those whose next item is a known one.
    others = np.flatnonzero(~np.isin(targets, gone) & (known.lengths > 0))
    met = Held(known.rows(others), targets[others]).some(_MOST_VALID, settings.seed)
    _add(figures, f"{key}_others", everywhere.ranks(met, ranker, new_every=RecommendSettings().new_every), 10)
    _add(figures, f"{key}_others_unkept", everywhere.ranks(met, ranker), 10)
    figures.note(
        f"{key}: {len(gone)} items taken out of training, {len(asked)} customers whose last item is one of them"
    )


def _measure_sessions(figures: Figures, data: Sessions, settings: HistorySettings) -> None:
    key, device, rows = data.key, pick_device(), len(data.train)
    order = np.random.default_rng(settings.seed).permutation(rows)
    held = np.sort(order[: min(round(_VALID_SHARE * rows), _MOST_VALID)])
    rest = np.setdiff1d(np.arange(rows), held)
    every = joined(data.train, data.train_targets)
    train = every.rows(rest)
    valid = Held(data.train.rows(held), data.train_targets[held])
    test = Held(data.test, data.test_targets).some(_MOST_TEST, settings.seed)
    found = _item_knn(train, every, valid, test, data.items)
    _add(figures, f"{key}_itemknn", found, 20)
    trained = train_sequences(train, valid, data.table, data.items, settings, device, _told(key))
    ranker = HistorySigns.fit(trained.model, train, data.table, valid, seed=settings.seed)
    # Neighbours and popularity are counted from all of train, at no cost; the network is not trained again.
    signs = HistorySigns.of(trained.model, every, data.table, learnt=train)
    _add(figures, f"{key}_sequence", rank_held(trained.model, data.table, test), 20)
    _add(figures, key, signs.ranks(test, ranker), 20)
    figures.note(
        f"{key}: best epoch {trained.best_epoch}; the {len(held)} validation sessions trained no network; "
        f"{len(test.targets)} of {len(data.test)} test sessions, drawn at random"
    )


def _item_knn(train: Sequences, every: Sequences, valid: Held, test: Held, items: int) -> Numbers:
    """Ranks by item-to-item cosine; how much older items of a session count is chosen on the validation part."""

    def ranked(neighbours: ItemNeighbours, held: Held, decay: float) -> Numbers:
        found = []
        for start in range(0, len(held.targets), 256):
            rows = np.arange(start, min(start + 256, len(held.targets)))
            some = held.histories.rows(rows)
            scores = neighbours.scores(some, decay=decay)
            found.append(ranks(scores, held.targets[rows], (some.row_numbers(), some.items)))
        return np.concatenate(found)

    counted = ItemNeighbours.cosine(train, items)
    few = valid.some(3_000, 0)
    best = max(_DECAYS, key=lambda decay: float(recall(ranked(counted, few, decay), 20).mean()))
    return ranked(ItemNeighbours.cosine(every, items), test, best)


def _add(figures: Figures, key: str, found: Numbers, k: int) -> None:
    """Recall, NDCG and MRR at ``k`` of these ranks."""
    for name, measure in (("recall", recall), ("ndcg", ndcg), ("mrr", reciprocal_rank)):
        values = measure(found, k)

        def mean(rows: Numbers, values: NDArray[np.float64] = values) -> float:
            return float(values[rows].mean())

        figures.add(f"{key}_{name}_{k}", float(values.mean()), bootstrap(mean, len(values)))


def _told(key: str) -> Callable[[str, int, int], None]:
    def told(what: str, done: int, total: int) -> None:
        print(f"  {key}: {what}, epoch {done} of at most {total}", flush=True)

    return told
