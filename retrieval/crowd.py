"""What all customers together do: what is popular now, and what goes with what. Counted from the database, then kept.

Knows product ids and times; nothing of texts, vectors or single customers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from scipy import sparse
from sqlalchemy import select

from store import Database
from store.schema import Event, Order, OrderLine, Review

from .settings import RecommendSettings

_POPULARITY_WEIGHT = {"view": 1.0, "cart_add": 3.0, "bought": 6.0}
_NEIGHBOURS = 30
_LEAST_TOGETHER = 2
"""Two things seen together only once say nothing."""
_LEAST_REVIEWS = 5
"""Fewer reviews than that may be bad luck."""
_LONGEST = 200
"""Of one customer or visit, at most so many products: more is a program or a buyer for a shop."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """What all customers did, up to ``at``."""

    at: datetime
    popularity: Mapping[str, float]
    """Product -> 0 to 1, the most popular one has 1; events fade with the settings' half-life."""
    together: Mapping[str, tuple[tuple[str, float], ...]]
    """Product -> what was seen in the same visit or bought by the same customers, with 0 to 1, the closest first."""
    disliked: frozenset[str] = frozenset()
    """Products that their reviewers give fewer stars than the settings ask for."""


def count_crowd(database: Database, now: datetime, settings: RecommendSettings) -> Crowd:
    """Count everything of the last ``settings.together_days`` days up to ``now``."""
    since = now - timedelta(days=settings.together_days)
    visits: list[tuple[str, str]] = []
    buyers: list[tuple[str, str]] = []
    popularity: dict[str, float] = {}
    stars: dict[str, list[float]] = {}

    def note(product_id: str, kind: str, at: datetime | None) -> None:
        age_days = settings.half_life_days if at is None else (now - at).total_seconds() / 86_400
        weight = _POPULARITY_WEIGHT.get(kind, 1.0) * 0.5 ** (age_days / settings.half_life_days)
        popularity[product_id] = popularity.get(product_id, 0.0) + weight

    with database.read() as records:
        for event in records.execute(
            select(Event.kind, Event.product_id, Event.at, Event.customer_id, Event.anonymous_id, Event.visit_id)
            .where(Event.at > since, Event.at <= now, Event.product_id.is_not(None))
            .execution_options(yield_per=10_000)
        ):
            if event.kind == "purchase":
                if event.customer_id:
                    buyers.append((event.customer_id, event.product_id))
                note(event.product_id, "bought", event.at)
                continue
            if event.kind == "cart_remove":
                continue
            note(event.product_id, event.kind, event.at)
            who = event.customer_id or event.anonymous_id
            if event.visit_id or who:
                visits.append((event.visit_id or f"{who} {event.at:%Y%m%d}", event.product_id))
        counted = {"purchase events": bool(buyers)}
        for line in records.execute(
            select(OrderLine.product_id, Order.placed_at, Order.customer_id, Order.id)
            .join(Order, Order.id == OrderLine.order_id)
            .where(OrderLine.product_id.is_not(None), Order.status != "cancelled")
            .where((Order.placed_at > since) | Order.placed_at.is_(None))
        ):
            if line.placed_at is not None and line.placed_at > now:
                continue
            buyers.append((line.customer_id or line.id, line.product_id))
            if not counted["purchase events"]:
                note(line.product_id, "bought", line.placed_at)
        for review in records.execute(
            select(Review.product_id, Review.written_at, Review.customer_id, Review.stars).where(
                (Review.written_at.is_(None)) | (Review.written_at <= now)
            )
        ):
            if review.stars is not None:
                stars.setdefault(review.product_id, []).append(review.stars)
            if review.customer_id:
                buyers.append((review.customer_id, review.product_id))
            note(review.product_id, "bought", review.written_at)
    highest = max(popularity.values(), default=0.0)
    return Crowd(
        at=now,
        popularity={product: value / highest for product, value in popularity.items()} if highest > 0 else {},
        together=_merged(_neighbours(visits), _neighbours(buyers)),
        disliked=frozenset(
            product
            for product, given in stars.items()
            if len(given) >= _LEAST_REVIEWS and sum(given) / len(given) < settings.least_stars
        ),
    )


def _neighbours(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, float]]:
    """Product -> product -> cosine of the sets of groups that they occur in: ``|A and B| / sqrt(|A| |B|)``."""
    groups: dict[str, dict[str, None]] = {}
    for group, product in pairs:
        products = groups.setdefault(group, {})
        if len(products) < _LONGEST:
            products[product] = None
    names = sorted({product for products in groups.values() for product in products})
    column_of = {name: column for column, name in enumerate(names)}
    columns = [column_of[product] for products in groups.values() for product in products]
    starts = np.cumsum([0, *(len(products) for products in groups.values())])
    shape = (len(groups), len(names))
    seen = sparse.csr_matrix((np.ones(len(columns), dtype=np.float32), columns, starts), shape=shape)
    both = (seen.T @ seen).tocsr()
    sizes = both.diagonal()
    found: dict[str, dict[str, float]] = {}
    for row, name in enumerate(names):
        start, end = both.indptr[row], both.indptr[row + 1]
        others, counts = both.indices[start:end], both.data[start:end]
        enough = (counts >= _LEAST_TOGETHER) & (others != row)
        others, scores = others[enough], counts[enough] / np.sqrt(sizes[row] * sizes[others[enough]])
        order = np.lexsort((others, -scores))[:_NEIGHBOURS]
        if len(order):
            found[name] = {
                names[other]: float(score) for other, score in zip(others[order], scores[order], strict=True)
            }
    return found


def _merged(
    first: dict[str, dict[str, float]], second: dict[str, dict[str, float]]
) -> dict[str, tuple[tuple[str, float], ...]]:
    """The closest of both, each pair with the higher of its two scores."""
    found: dict[str, tuple[tuple[str, float], ...]] = {}
    for name in first.keys() | second.keys():
        scores = dict(first.get(name, {}))
        for other, score in second.get(name, {}).items():
            scores[other] = max(score, scores.get(other, 0.0))
        ranked = sorted(scores.items(), key=lambda one: (-one[1], one[0]))
        found[name] = tuple(ranked[:_NEIGHBOURS])
    return found
