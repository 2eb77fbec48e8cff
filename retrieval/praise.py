"""What reviewers praise in a product: the aspects that the review reader left in the store."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.schema import Review, ReviewAspect

_LEAST = 2
_LEAST_SHARE = 0.7
_MOST = 3


def praised_aspects(records: Session, product_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Product -> at most three aspects that at least two reviews speak well of, and most that speak of them; the most
    often praised first. A product of which nothing of the kind is known is left out."""
    rows = records.execute(
        select(Review.product_id, ReviewAspect.aspect, ReviewAspect.polarity, func.count(Review.id.distinct()))
        .join(ReviewAspect, ReviewAspect.review_id == Review.id)
        .where(Review.product_id.in_(product_ids))
        .group_by(Review.product_id, ReviewAspect.aspect, ReviewAspect.polarity)
    )
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for product, aspect, polarity, count in rows:
        counts.setdefault(product, {}).setdefault(aspect, {})[polarity] = count
    found: dict[str, tuple[str, ...]] = {}
    for product, aspects in counts.items():
        liked = {
            aspect: said["positive"]
            for aspect, said in aspects.items()
            if said.get("positive", 0) >= _LEAST and said["positive"] >= _LEAST_SHARE * sum(said.values())
        }
        if liked:
            found[product] = tuple(sorted(liked, key=lambda aspect: (-liked[aspect], aspect))[:_MOST])
    return found
