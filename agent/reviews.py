"""What the reviewers of one product say: counts, and quotes that can be checked word for word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session as Records

from store.schema import Product, Review, ReviewAspect, ReviewSentiment

from .facts import Quote, ReviewFacts
from .lookups import title_in

_QUOTES = 2
_READ = 400
_SHORTEST, _LONGEST = 12, 180
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")
_WORD = re.compile(r"[a-z]{3,}|[\u4e00-\u9fff]{2}")
_STOP = frozenset(
    re.findall(
        r"\S+",
        """
        the and for with this that what about reviews review say people customers buyers good bad any how
    """,
    )
)


@dataclass(frozen=True, slots=True)
class _Read:
    id: str
    stars: float | None
    text: str
    polarity: str
    certainty: float
    language: str | None
    aspects: frozenset[str]


def summarise_reviews(
    records: Records, product_id: str, about: str, language: str, until: datetime | None = None
) -> ReviewFacts | None:
    """Counts by polarity and a few verbatim sentences; ``None`` if nobody has reviewed the product.

    Polarity is the sentiment model's where it has scored the review, else the stars' (1-2 negative, 3 neutral, 4-5
    positive). With ``about`` the quotes come from reviews that speak of it. With ``until`` what was written later does
    not count.
    """
    written = _of(product_id, until)
    count, mean = records.execute(select(func.count(), func.avg(Review.stars)).where(*written)).one()
    if not count:
        return None
    product = records.get(Product, product_id)
    words = {word for word in _WORD.findall(about.lower()) if word not in _STOP}
    positive, neutral, negative = _polarities(records, written)
    read = _read(records, written, language)
    fitting = [one for one in read if words and _speaks_of(one, words)]
    pool = fitting or read
    # A voice in another language is heard only where there is none in the customer's own.
    pool = [one for one in pool if (one.language or "en")[:2] == language[:2]] or pool
    return ReviewFacts(
        product_id=product_id,
        title=title_in(product, language) if product is not None else "",
        review_count=count,
        rating=None if mean is None else round(float(mean), 1),
        positive=positive,
        neutral=neutral,
        negative=negative,
        liked=_quotes([one for one in pool if one.polarity == "positive"], words if fitting else set()),
        disliked=_quotes([one for one in pool if one.polarity == "negative"], words if fitting else set()),
        about=" ".join(sorted(words)) if words else "",
        about_count=len(fitting),
    )


def _of(product_id: str, until: datetime | None) -> list[ColumnElement[bool]]:
    """Which reviews count."""
    mine: list[ColumnElement[bool]] = [Review.product_id == product_id]
    return mine if until is None else [*mine, or_(Review.written_at.is_(None), Review.written_at <= until)]


def _from_stars(stars: float | None) -> str:
    if stars is None:
        return "neutral"
    return "positive" if stars >= 3.5 else "negative" if stars <= 2.5 else "neutral"


def _polarities(records: Records, written: Sequence[ColumnElement[bool]]) -> tuple[int, int, int]:
    rows = records.execute(
        select(ReviewSentiment.polarity, Review.stars, func.count())
        .select_from(Review)
        .outerjoin(ReviewSentiment, ReviewSentiment.review_id == Review.id)
        .where(*written)
        .group_by(ReviewSentiment.polarity, Review.stars)
    )
    counts = {"positive": 0, "neutral": 0, "negative": 0}
    for polarity, stars, number in rows:
        counts[polarity if polarity in counts else _from_stars(stars)] += number
    return counts["positive"], counts["neutral"], counts["negative"]


def _read(records: Records, written: Sequence[ColumnElement[bool]], language: str) -> list[_Read]:
    """The newest reviews, at most ``_READ``; those in the customer's language first."""
    rows = records.execute(
        select(Review, ReviewSentiment)
        .outerjoin(ReviewSentiment, ReviewSentiment.review_id == Review.id)
        .where(*written)
        .order_by(Review.written_at.desc().nulls_last(), Review.id)
        .limit(_READ)
    ).all()
    ids = [review.id for review, _ in rows]
    aspects: dict[str, set[str]] = {}
    for review_id, aspect in records.execute(
        select(ReviewAspect.review_id, ReviewAspect.aspect).where(ReviewAspect.review_id.in_(ids))
    ):
        aspects.setdefault(review_id, set()).add(aspect.lower())
    read = [
        _Read(
            review.id,
            review.stars,
            review.text,
            scored.polarity if scored is not None else _from_stars(review.stars),
            max(scored.positive, scored.negative) if scored is not None else 0.5,
            review.language,
            frozenset(aspects.get(review.id, ())),
        )
        for review, scored in rows
    ]
    return sorted(read, key=lambda one: 0 if (one.language or "en")[:2] == language[:2] else 1)


def _speaks_of(review: _Read, words: set[str]) -> bool:
    text = review.text.lower()
    return bool(words & review.aspects) or any(word in text for word in words)


def _quotes(reviews: Sequence[_Read], words: set[str]) -> tuple[Quote, ...]:
    """The sentence of each of the surest reviews that says most about ``words``, word for word."""
    ranked = sorted(reviews, key=lambda one: -one.certainty)
    quotes: list[Quote] = []
    seen: set[str] = set()
    for review in ranked:
        sentence = _best_sentence(review.text, words)
        if sentence and sentence.lower() not in seen:
            seen.add(sentence.lower())
            quotes.append(Quote(review_id=review.id, stars=review.stars, text=sentence))
        if len(quotes) == _QUOTES:
            break
    return tuple(quotes)


def _best_sentence(text: str, words: set[str]) -> str:
    sentences = [one.group().strip() for one in _SENTENCE.finditer(text)]
    fitting = [one for one in sentences if _SHORTEST <= len(one) <= _LONGEST or (len(one) >= 5 and _is_chinese(one))]
    fitting = [one for one in fitting if len(one) <= _LONGEST and '"' not in one]
    if words:
        fitting = [one for one in fitting if any(word in one.lower() for word in words)] or fitting
    return max(fitting, key=lambda one: sum(word in one.lower() for word in words), default="")


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)
