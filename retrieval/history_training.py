"""``beforehand train history``: learn from the shop's own past which product comes next.

The latest tenth of the deeds is held out: it chooses the epoch, and the ranker learns from it what each sign is worth,
by asking the recommender, as it was before each of these deeds, for its candidates. Then the model is trained again on
everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoders import pick_device
from store import Clock, Database, InputError
from store.schema import Customer

from .candidates import SIGNS, Candidates
from .filters import Filters
from .history import read_history
from .history_index import CUSTOMERS, MODEL, HistoryIndex
from .history_model import HistoryModel
from .measures import ndcg, recall
from .product_search import ProductSearch
from .ranker import Cases, Ranker
from .recommender import Recommender
from .sequence_model import ItemTable
from .sequence_training import Held, rank_held, train_again, train_sequences
from .sequences import Sequences
from .settings import RetrievalSettings
from .shop_histories import ShopHistories, read_histories

Step = Callable[[str, int, int], None]
_LEAST_ROWS = 50
"""With fewer customers and visitors who met two products there is nothing to learn from."""
_HELD_SHARE = 0.1
_MOST_HELD = 5_000
_MOST_CASES = 600
_SAME_FOR_ALL = Ranker({"taste": 0.5, "nearest": 0.5, "together": 0.6, "words": 0.5, "popular": 0.25, "sequence": 2.0})
"""Where no case shows what was taken, the model's opinion comes first."""


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """What was learnt, and how well it does on the latest tenth of the deeds, before it was trained again with them."""

    folder: Path
    histories: int
    products: int
    entries: int
    epochs: int
    asked: int
    recall_10: float
    ndcg_10: float
    popularity_recall_10: float
    """The same for the most popular products: what has to be beaten."""
    cases: int
    """Recommendations that the ranker learnt from."""
    worth: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Split:
    """What is learnt from, and what is asked about: row ``i`` of ``held`` was ``who[i]`` at ``at[i]``."""

    train: Sequences
    held: Held
    who: tuple[str, ...]
    is_customer: NDArray[np.bool_]
    at: NDArray[np.float64]
    cut: float


def train_history(
    database: Database,
    search: ProductSearch,
    folder: Path,
    settings: RetrievalSettings,
    clock: Clock,
    progress: Step | None = None,
) -> HistoryReport:
    """Train on everything up to now and put the model into ``folder``, in place of an older one.

    Raises ``InputError`` if too few histories are long enough to learn from.
    """
    search.index.ready()
    told = progress or _silent
    now = clock()
    told("reading histories", 0, 1)
    histories = read_histories(database, now)
    told("reading histories", 1, 1)
    long_enough = int((histories.sequences.lengths >= 2).sum())
    if long_enough < _LEAST_ROWS:
        raise InputError(
            "too few customers or visitors have met two products", value=long_enough, allowed=f"at least {_LEAST_ROWS}"
        )
    table = _item_table(histories, search)
    split, device, items = _split(histories, settings.history.seed), pick_device(), len(histories.product_ids)
    trained = train_sequences(split.train, split.held, table, items, settings.history, device, told)
    found = rank_held(trained.model, table, split.held)
    number_of = {id_: number for number, id_ in enumerate(histories.product_ids, start=1)}
    first = HistoryModel(trained.model, number_of, _SAME_FOR_ALL, {})
    ranker, cases = _learn_ranker(first, split, histories, database, search, settings, clock, told)
    final = trained.model
    if settings.history.refit:
        final = train_again(histories.sequences, table, items, trained.best_epoch, settings.history, device, told)
    report = HistoryReport(
        folder=folder,
        histories=len(histories.sequences),
        products=items,
        entries=len(histories.sequences.items),
        epochs=trained.best_epoch,
        asked=len(found),
        recall_10=float(recall(found, 10).mean()),
        ndcg_10=float(ndcg(found, 10).mean()),
        popularity_recall_10=_popularity_recall(split),
        cases=cases,
        worth={name: round(value, 4) for name, value in ranker.weights.items()},
    )
    measures = {"recall_10": report.recall_10, "ndcg_10": report.ndcg_10, "epochs": float(trained.best_epoch)}
    model = replace(first, sequence=final, ranker=ranker, told=measures)
    model.save(folder / MODEL, search.index.encoder.files.sha256)
    index = HistoryIndex(model, search.index, settings.index)
    index.sync()
    index.take_customers(histories, lambda done, total: told("embedding customers", done, total))
    index.save_customers(folder / CUSTOMERS)
    return report


def _item_table(histories: ShopHistories, search: ProductSearch) -> ItemTable:
    """The texts of the products that anybody met; one that is no longer sold has none."""
    text = np.zeros((len(histories.product_ids) + 1, search.index.vectors.dimension), dtype=np.float32)
    text[1:] = search.index.vectors.vectors(histories.product_ids)
    return ItemTable(text if text.any() else None)


def _split(histories: ShopHistories, seed: int) -> _Split:
    """The latest tenth of the deeds apart; where hardly anything has a time, each history's last entry instead."""
    sequences, at = histories.sequences, histories.at
    draw = np.random.default_rng(seed)
    starts, ends = sequences.starts[:-1], sequences.starts[1:]
    dated = ~np.isnan(at)
    if dated.mean() < 0.5:
        rows = np.flatnonzero(sequences.lengths >= 2)
        asked, train, cut = ends[rows] - 1, sequences.without_last(), float("nan")
    else:
        cut = float(np.quantile(at[dated], 1 - _HELD_SHARE))
        late = np.flatnonzero(dated & (at > cut))
        owner = sequences.row_numbers()[late]
        # One deed of each, at random, that has something before it.
        order = draw.permutation(len(late))
        late, owner = late[order], owner[order]
        usable = late > starts[owner]
        rows, firsts = np.unique(owner[usable], return_index=True)
        asked = late[usable][firsts]
        before = np.zeros(len(at) + 1, dtype=np.int64)
        before[1:] = np.cumsum(~(at > cut))
        train = sequences.between(starts, starts + before[ends] - before[starts])
    if len(rows) > _MOST_HELD:
        chosen = np.sort(draw.choice(len(rows), _MOST_HELD, replace=False))
        rows, asked = rows[chosen], asked[chosen]
    held = Held(sequences.between(starts[rows], asked), sequences.items[asked])
    who = tuple(histories.who[row] for row in rows)
    return _Split(train, held, who, histories.is_customer[rows], at[asked], cut)


def _learn_ranker(
    model: HistoryModel,
    split: _Split,
    histories: ShopHistories,
    database: Database,
    search: ProductSearch,
    settings: RetrievalSettings,
    clock: Clock,
    progress: Step,
) -> tuple[Ranker, int]:
    """What the signs are worth, and how many cases say so: of customers whose next product was among the candidates."""
    index = HistoryIndex(model, search.index, settings.index)
    index.sync()
    rows = np.flatnonzero(split.is_customer & ~np.isnan(split.at))[:_MOST_CASES]
    if not len(rows):
        return _SAME_FOR_ALL, 0
    index.take_customers(replace(histories, sequences=split.train))
    recommender = Recommender(database, search, settings, clock, learnt=index)
    recommender.refresh(datetime.fromtimestamp(split.cut, UTC))
    signs: list[NDArray[np.float32]] = []
    taken: list[int] = []
    for done, row in enumerate(rows):
        product = histories.product_ids[int(split.held.targets[row]) - 1]
        found = _replayed(recommender, database, split.who[row], float(split.at[row]), settings)
        if found is not None and product in found.ids:
            signs.append(found.signs)
            taken.append(found.ids.index(product))
        if done % 20 == 0 or done + 1 == len(rows):
            progress("learning to rank", done + 1, len(rows))
    if len(taken) < _LEAST_ROWS:
        return _SAME_FOR_ALL, len(taken)
    most = max(len(one) for one in signs)
    padded = np.zeros((len(signs), most, len(SIGNS)), dtype=np.float32)
    stands_for = np.zeros((len(signs), most), dtype=np.float32)
    for place, one in enumerate(signs):
        padded[place, : len(one)] = one
        stands_for[place, : len(one)] = 1
    return Ranker.fit(SIGNS, Cases(padded, np.array(taken, dtype=np.int64), stands_for)), len(taken)


def _replayed(
    recommender: Recommender, database: Database, customer_id: str, at: float, settings: RetrievalSettings
) -> Candidates | None:
    """What came into question for a customer just before ``at``; ``None`` for one who is gone."""
    moment = datetime.fromtimestamp(at, UTC) - timedelta(seconds=1)
    with database.read() as records:
        customer = records.get(Customer, customer_id)
        if customer is None:
            return None
        history = read_history(records, customer_id, moment, settings.recommend)
    return recommender.candidates(
        customer_id,
        history,
        (),
        (Filters(country=customer.country), Filters()),
        lambda facts: facts.consumable or facts.product_id not in history.bought,
    )


def _popularity_recall(split: _Split) -> float:
    counts = np.bincount(split.train.items, minlength=int(split.held.targets.max()) + 1)
    counts[0] = 0
    ten = np.argsort(-counts, kind="stable")[:10]
    return float(np.isin(split.held.targets, ten).mean())


def _silent(_what: str, _done: int, _total: int) -> None:
    """Nobody listens."""
