"""``train queries``: teach search what shoppers mean from the texts of public catalogues alone.

Queries are made from the texts (``made_queries``), plain vectors of products and queries are computed once, and a
``QueryAdapter`` learns to choose what answers a query among other products (InfoNCE: van den Oord and others, 2018):
some drawn at random and some hard, near to the right one or sharing its words, but another thing. What answers it
partly is chosen a little. One product in twelve is held out, to say what the adapter does to queries made from those.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoders import file_sha256
from store import Settings

from .made_queries import MadeQuery, QueryMaker
from .measures import graded_ndcg
from .product_index import Encoder
from .product_texts import SOURCES, ProductText, read_product_texts
from .query_adapter import QueryAdapter
from .words import fold

CARD = "query_adapter.md"
_HELD_OUT = 12
_NEIGHBOURS = 24
_BLOCK = 1024
_PARTLY = 0.3
"""The grade of what answers a query partly, where NDCG is measured."""

Matrix = NDArray[np.float32]
Step = Callable[[str, int, int], None]


class QueryTrainSettings(Settings):
    """How a query adapter is learnt."""

    most_of_each: int = 12_000
    """Products read from each file."""
    queries: int = 24_000
    """Made to learn from, each from another product while there are enough."""
    validated_queries: int = 1_500
    inner: int = 256
    epochs: int = 3
    rate: float = 1e-3
    weight_decay: float = 0.05
    temperature: float = 0.05
    queries_per_batch: int = 512
    drawn_negatives: int = 1_024
    """Products drawn for a batch, beside those of all its queries."""
    hard_negatives: int = 1
    """Of each query in a batch."""
    partly_right: float = 0.6
    """How much what answers a query partly is to be chosen, where the right one counts 1."""
    origin_share: float = 0.7
    """How often the right one is the product that the query was made from, and not another that answers it."""
    kept: float = 0.5
    """The share of what was learnt that is kept: half the way, as in the mean of two networks, errs less on other
    goods (Wortsman and others, "Robust fine-tuning of zero-shot models", 2022)."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class QueryTrainReport:
    """What was learnt. Figures are NDCG@10 of queries made from held-out products, among those products."""

    weights: Path
    products: int
    queries: int
    before: float
    """By plain vectors."""
    after: float
    """By the weights as they were written."""


@dataclass(frozen=True, slots=True)
class Task:
    """Queries over products, as vectors: ``made[i]`` says which rows of ``products`` answer query ``i``."""

    queries: Matrix
    products: Matrix
    made: tuple[MadeQuery, ...]

    def ndcg(self, adapter: QueryAdapter | None = None) -> float:
        """Mean NDCG@10 over the queries."""
        asked = self.queries if adapter is None else adapter.adapted(self.queries)
        found: list[float] = []
        for start in range(0, len(asked), _BLOCK):
            scores = asked[start : start + _BLOCK] @ self.products.T
            for score, one in zip(scores, self.made[start : start + _BLOCK], strict=True):
                grades = np.zeros(len(score), dtype=np.float32)
                grades[list(one.partly)] = _PARTLY
                grades[list(one.right)] = 1
                found.append(graded_ndcg(grades, score))
        return float(np.mean(found))


def train_query_adapter(
    data: Path,
    folder: Path,
    encoder: Encoder,
    *,
    settings: QueryTrainSettings | None = None,
    progress: Step | None = None,
) -> QueryTrainReport:
    """Learn from the product texts in the folder ``data``; weights, record and model card go to ``folder``.

    Raises ``InputError`` where a file is missing.
    """
    plan = settings or QueryTrainSettings()
    tell: Step = progress or (lambda _step, _done, _total: None)
    products = read_product_texts(data, most_of_each=plan.most_of_each)
    random.Random(plan.seed).shuffle(products)
    held = _task([one for one in products if _is_held_out(one)], encoder, plan.validated_queries, plan.seed, tell)
    learning = _task([one for one in products if not _is_held_out(one)], encoder, plan.queries, plan.seed, tell)
    weights = fit_adapter(learning, encoder.files.sha256, plan, tell).save(folder)
    report = QueryTrainReport(
        weights=weights,
        products=len(learning.products),
        queries=len(learning.queries),
        before=held.ndcg(),
        after=held.ndcg(QueryAdapter.load(folder)),
    )
    (folder / CARD).write_text(_card(report, data, plan), encoding="utf-8")
    return report


def _is_held_out(product: ProductText) -> bool:
    return int(hashlib.sha256(fold(product.title).encode()).hexdigest(), 16) % _HELD_OUT == 0


def _task(products: Sequence[ProductText], encoder: Encoder, count: int, seed: int, tell: Step) -> Task:
    vectors = _encoded(encoder, [one.title for one in products], "encoding products", tell)
    maker, near, draw = QueryMaker(products), _neighbours(vectors), random.Random(seed)
    made: list[MadeQuery] = []
    for turn in range(4 * count):
        if len(made) == count:
            break
        row = turn % len(products)
        query = maker.make(row, draw, near[row])
        if query is not None and query.query:
            made.append(query)
    return Task(_encoded(encoder, [one.query for one in made], "encoding queries", tell), vectors, tuple(made))


def _encoded(encoder: Encoder, texts: Sequence[str], step: str, tell: Step) -> Matrix:
    parts: list[Matrix] = []
    for start in range(0, len(texts), _BLOCK):
        tell(step, start, len(texts))
        parts.append(encoder.encode(texts[start : start + _BLOCK]))
    tell(step, len(texts), len(texts))
    return np.concatenate(parts)


def _neighbours(vectors: Matrix) -> NDArray[np.int64]:
    """Of each row the nearest others, shape (rows, up to ``_NEIGHBOURS``)."""
    count = min(_NEIGHBOURS, len(vectors) - 1)
    found = np.zeros((len(vectors), count), dtype=np.int64)
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK] @ vectors.T
        block[np.arange(len(block)), np.arange(start, start + len(block))] = -np.inf
        found[start : start + len(block)] = np.argpartition(-block, count - 1, axis=1)[:, :count]
    return found


def fit_adapter(learning: Task, encoder_sha256: str, plan: QueryTrainSettings, tell: Step) -> QueryAdapter:
    """The adapter that ``learning`` teaches, of whose effect the share ``plan.kept`` is kept."""
    import torch

    torch.manual_seed(plan.seed)
    draw = np.random.default_rng(plan.seed)
    dimension = learning.queries.shape[1]
    inward = torch.nn.Linear(dimension, plan.inner)
    outward = torch.nn.Linear(plan.inner, dimension, bias=False)
    # It begins as the plain encoder: what goes out is nothing at first.
    torch.nn.init.zeros_(outward.weight)
    learnt = [*inward.parameters(), *outward.parameters()]
    optimizer = torch.optim.AdamW(learnt, lr=plan.rate, weight_decay=plan.weight_decay)
    steps = plan.epochs * -(-len(learning.queries) // plan.queries_per_batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, plan.rate, total_steps=steps)
    done = 0
    for _ in range(plan.epochs):
        order = draw.permutation(len(learning.queries))
        for start in range(0, len(order), plan.queries_per_batch):
            some = order[start : start + plan.queries_per_batch]
            rows, wanted, blocked = _choices(
                [learning.made[query] for query in some], len(learning.products), plan, draw
            )
            asked = torch.from_numpy(learning.queries[some])
            moved = torch.nn.functional.normalize(asked + outward(torch.tanh(inward(asked))), dim=1)
            scores = moved @ torch.from_numpy(learning.products[rows]).T / plan.temperature
            scores = scores.masked_fill(torch.from_numpy(blocked), -1e9)
            loss = torch.nn.functional.cross_entropy(scores, torch.from_numpy(wanted))
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            done += 1
            tell("learning", done, steps)
    return QueryAdapter(
        inward.weight.detach().numpy().copy(),
        inward.bias.detach().numpy().copy(),
        (plan.kept * outward.weight).detach().numpy(),
        encoder_sha256,
    )


def _choices(
    made: Sequence[MadeQuery], products: int, plan: QueryTrainSettings, draw: np.random.Generator
) -> tuple[NDArray[np.int64], Matrix, NDArray[np.bool_]]:
    """For a batch of queries: rows of products, how much each query wants each, and what is no negative of it."""
    own: list[tuple[int, int, float]] = []
    for query, one in enumerate(made):
        origin = draw.random() < plan.origin_share
        own.append((query, one.right[0 if origin else draw.integers(len(one.right))], 1.0))
        if one.partly:
            own.append((query, one.partly[draw.integers(len(one.partly))], plan.partly_right))
        hard = draw.integers(len(one.wrong), size=plan.hard_negatives) if one.wrong else ()
        own.extend((query, one.wrong[place], 0.0) for place in hard)
    rows = np.concatenate([[row for _, row, _ in own], draw.integers(products, size=plan.drawn_negatives)]).astype(
        np.int64
    )
    wanted = np.zeros((len(made), len(rows)), dtype=np.float32)
    blocked = np.stack([np.isin(rows, (*one.right, *one.partly)) for one in made])
    for column, (query, _, weight) in enumerate(own):
        wanted[query, column] = weight
        blocked[query, column] = False
    return rows, wanted / wanted.sum(axis=1, keepdims=True), blocked


def _card(report: QueryTrainReport, data: Path, plan: QueryTrainSettings) -> str:
    rows = "\n".join(
        f"| {source.path} | {source.licence} | `{file_sha256(data / source.path)}` |" for source in SOURCES
    )
    return _CARD.format(
        sha256=file_sha256(report.weights), name=report.weights.name, rows=rows, report=report, plan=plan
    )


_CARD = """# Model card: query adapter of product search

One residual layer ({plan.inner} units, tanh) behind all-MiniLM-L6-v2, for queries only: it moves a query's vector
towards the products that answer it. Learnt from {report.queries} queries made from the texts of {report.products}
products; from nothing that anybody searched, clicked, bought or judged. English.

- Made by: `beforehand train queries -o FOLDER` (seed {plan.seed}).
- sha256 of `{name}`: `{sha256}`
- Recipe: InfoNCE over what belongs to {plan.queries_per_batch} queries and {plan.drawn_negatives} drawn products,
  temperature {plan.temperature}; hard negatives ({plan.hard_negatives} a query) are near by the plain encoder or share
  words, but are another thing; what answers partly is wanted {plan.partly_right} as much; AdamW, rate {plan.rate},
  {plan.epochs} epochs; {plan.kept} of what was learnt is kept.
- NDCG@10 of queries made from held-out products (one in twelve), among those, by meaning alone:
  {report.before:.4f} with plain vectors, {report.after:.4f} with it.

| data | licence, as its origin states it | sha256 |
|---|---|---|
{rows}

`python -m benchmarks search` measures it as part of the search, on judged queries that it did not learn from.
"""
