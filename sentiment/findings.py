"""What reviews of a product, a category or the whole shop complain of, and what each complaint costs in stars.

Comes in: the shop's reviews with the aspects found in them (``score_reviews``). Goes out: aspects ranked by cost, with
the reviews that say so and how it changes over time. Knows nothing of models.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from store import Database

_MOST_ASPECTS = 40
_RIDGE = 2.0
_MOST_IN_QUERY = 500


@dataclass(frozen=True, slots=True)
class Quote:
    """The words of a review around an aspect that it speaks of."""

    review_id: str
    text: str
    polarity: str
    stars: float


@dataclass(frozen=True, slots=True)
class MonthShare:
    """Of a month's mentions of an aspect, the share that is negative, with its 95 % interval (Wilson)."""

    month: str
    """``2026-03``."""
    mentions: int
    negative_share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class AspectFinding:
    """One aspect: how often it is spoken of, and what complaints about it cost.

    ``cost_stars`` is how many stars the mean rating is lower for the complaints about this aspect, other aspects held
    equal; ``cost_low`` and ``cost_high`` are its 95 % interval.
    """

    aspect: str
    mentions: int
    negative: int
    positive: int
    cost_stars: float
    cost_low: float
    cost_high: float
    quotes: tuple[Quote, ...]
    months: tuple[MonthShare, ...]


@dataclass(frozen=True, slots=True)
class ReviewFindings:
    """What was found in ``reviews`` reviews; ``aspects`` most costly first."""

    reviews: int
    mean_stars: float
    negative_share: float
    aspects: tuple[AspectFinding, ...]


@dataclass(frozen=True, slots=True)
class _Mention:
    row: int
    aspect: str
    polarity: str
    start: int | None
    end: int | None
    confidence: float


@dataclass(frozen=True, slots=True)
class _Read:
    """A review as it is counted: ``stars`` given by the customer, or else read from the text."""

    review_id: str
    text: str
    stars: float
    polarity: str
    written_at: datetime | None


def review_findings(
    database: Database,
    *,
    product_ids: Sequence[str] | None = None,
    category: str | None = None,
    limit: int = 10,
    quotes: int = 3,
    least_mentions: int = 3,
) -> ReviewFindings:
    """Findings over the scored reviews of ``product_ids``, of a ``category`` at any level, or of all.

    At most ``limit`` aspects, each spoken of in at least ``least_mentions`` reviews, with up to ``quotes`` quotes.
    """
    reviews, mentions = _load(database, product_ids, category)
    if not reviews:
        return ReviewFindings(0, 0.0, 0.0, ())
    by_aspect: dict[str, list[_Mention]] = defaultdict(list)
    for mention in mentions:
        by_aspect[mention.aspect].append(mention)
    often = sorted(by_aspect, key=lambda name: -len({one.row for one in by_aspect[name]}))[:_MOST_ASPECTS]
    often = [name for name in often if len({one.row for one in by_aspect[name]}) >= least_mentions]
    stars = np.array([review.stars for review in reviews])
    costs = _costs(stars, [by_aspect[name] for name in often])
    findings = [_finding(name, by_aspect[name], reviews, cost, quotes) for name, cost in zip(often, costs, strict=True)]
    findings.sort(key=lambda one: -one.cost_stars)
    negative = sum(review.polarity == "negative" for review in reviews) / len(reviews)
    return ReviewFindings(len(reviews), float(stars.mean()), negative, tuple(findings[:limit]))


def _load(
    database: Database, product_ids: Sequence[str] | None, category: str | None
) -> tuple[list[_Read], list[_Mention]]:
    from sqlalchemy import select

    from store.schema import Product, Review, ReviewAspect, ReviewSentiment

    wanted = None if product_ids is None else set(product_ids)
    chosen = select(Review, ReviewSentiment).join(ReviewSentiment, ReviewSentiment.review_id == Review.id)
    found = select(ReviewAspect).join(Review, Review.id == ReviewAspect.review_id)
    with database.read() as session:
        if category is not None:
            paths = session.execute(select(Product.id, Product.category_path)).all()
            inside = {row.id for row in paths if category in row.category_path}
            wanted = inside if wanted is None else wanted & inside
        if wanted is not None and len(wanted) <= _MOST_IN_QUERY:
            chosen = chosen.where(Review.product_id.in_(wanted))
            found = found.where(Review.product_id.in_(wanted))
        rows = session.execute(chosen.order_by(Review.id)).all()
        aspects = session.scalars(found).all()
    kept = [(review, read) for review, read in rows if wanted is None or review.product_id in wanted]
    place = {review.id: number for number, (review, _) in enumerate(kept)}
    reviews = [
        _Read(
            review.id,
            review.text,
            read.stars if review.stars is None else review.stars,
            read.polarity,
            review.written_at,
        )
        for review, read in kept
    ]
    mentions = [
        _Mention(place[one.review_id], one.aspect, one.polarity, one.start, one.end, one.confidence)
        for one in aspects
        if one.review_id in place
    ]
    return reviews, mentions


def _costs(
    stars: NDArray[np.float64], aspects: Sequence[Sequence[_Mention]], *, times: int = 200
) -> list[tuple[float, float, float]]:
    """For each aspect (cost, low, high): ridge regression of stars on who complains, bootstrapped."""
    if not aspects:
        return []
    signs = np.zeros((len(stars), len(aspects)))
    for place, mentions in enumerate(aspects):
        for one in mentions:
            if one.polarity == "negative":
                signs[one.row, place] = 1
    table = np.concatenate([signs, np.ones((len(stars), 1))], axis=1)
    draw = np.random.default_rng(0)

    def cost(weights: NDArray[np.floating]) -> NDArray[np.float64]:
        weighed = table * weights[:, None]
        penalty = _RIDGE * np.eye(table.shape[1])
        penalty[-1, -1] = 1e-6
        slopes = np.linalg.solve(table.T @ weighed + penalty, weighed.T @ stars)
        shares = (signs * weights[:, None]).sum(axis=0) / weights.sum()
        return np.asarray(-slopes[:-1] * shares)

    whole = cost(np.ones(len(stars)))
    drawn = np.stack(
        [cost(draw.multinomial(len(stars), np.full(len(stars), 1 / len(stars))) * 1.0) for _ in range(times)]
    )
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    return [(float(a), float(b), float(c)) for a, b, c in zip(whole, low, high, strict=True)]


def _finding(
    name: str, mentions: Sequence[_Mention], reviews: Sequence[_Read], cost: tuple[float, float, float], quotes: int
) -> AspectFinding:
    rows = {one.row for one in mentions}
    negative = {one.row for one in mentions if one.polarity == "negative"}
    positive = {one.row for one in mentions if one.polarity == "positive"}
    # A complaint is what the cost speaks of: those come first, the surest at the top.
    ranked = sorted(mentions, key=lambda one: (one.polarity != "negative", -one.confidence))
    chosen: dict[int, _Mention] = {}
    for one in ranked:
        if len(chosen) < quotes:
            chosen.setdefault(one.row, one)
    return AspectFinding(
        name,
        len(rows),
        len(negative),
        len(positive),
        *cost,
        tuple(
            Quote(reviews[one.row].review_id, _around(reviews[one.row].text, one), one.polarity, reviews[one.row].stars)
            for one in chosen.values()
        ),
        _months(mentions, reviews),
    )


def _around(text: str, mention: _Mention, reach: int = 80) -> str:
    """The words around a mention, some 160 characters of the text; no word is cut where there are blanks to cut at."""
    if mention.start is None or mention.end is None:
        return text[: 2 * reach]
    start, end = max(0, mention.start - reach), min(len(text), mention.end + reach)
    if start and (blank := text.find(" ", start, mention.start)) >= 0:
        start = blank
    if end < len(text) and (blank := text.rfind(" ", mention.end, end)) >= 0:
        end = blank
    return f"{'…' if start else ''}{text[start:end].strip()}{'…' if end < len(text) else ''}"


def _months(mentions: Sequence[_Mention], reviews: Sequence[_Read]) -> tuple[MonthShare, ...]:
    by_month: dict[str, dict[int, bool]] = defaultdict(dict)
    for one in mentions:
        written = reviews[one.row].written_at
        if written is not None:
            month = by_month[written.strftime("%Y-%m")]
            month[one.row] = month.get(one.row, False) or one.polarity == "negative"
    shares = []
    for name, rows in sorted(by_month.items()):
        low, high = wilson(sum(rows.values()), len(rows))
        shares.append(MonthShare(name, len(rows), sum(rows.values()) / len(rows), low, high))
    return tuple(shares)


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927), which holds for small numbers too."""
    share = hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    reach = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return max(0.0, middle - reach), min(1.0, middle + reach)
