"""Score the shop's own reviews: those that this model has not read yet, in small transactions.

Comes in: a database and a model. Goes out: rows of ``ReviewSentiment`` and ``ReviewAspect``. A killed run loses the
chunk it was at and goes on from there when it is started again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from store import Database

from .records import Aspect, Sentiment

if TYPE_CHECKING:
    from .model import SentimentModel

_CHUNK = 2000


def score_reviews(
    database: Database,
    model: SentimentModel,
    *,
    limit: int | None = None,
    aspects: bool | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Score the reviews that ``model`` has not scored (those of an older model too); return how many.

    At most ``limit``, by id. ``aspects``: find aspects too, about half as fast; by default wherever the weights can.
    ``progress`` is called with (done, to do) after each chunk, when it is safe in the database.
    """
    from sqlalchemy import func, or_, select

    from store.schema import Review, ReviewSentiment

    scored = ReviewSentiment.review_id == Review.id
    missing = or_(ReviewSentiment.review_id.is_(None), ReviewSentiment.model != model.name)
    with database.read() as session:
        total = session.scalar(
            select(func.count()).select_from(Review).outerjoin(ReviewSentiment, scored).where(missing)
        )
    todo = min(total or 0, limit if limit is not None else total or 0)
    with_aspects = model.finds_aspects if aspects is None else aspects
    done, after = 0, ""
    while done < todo:
        with database.read() as session:
            rows = session.execute(
                select(Review.id, Review.title, Review.text)
                .outerjoin(ReviewSentiment, scored)
                .where(missing, Review.id > after)
                .order_by(Review.id)
                .limit(min(_CHUNK, todo - done))
            ).all()
        if not rows:
            break
        found = model.score([_whole(row.title, row.text) for row in rows])
        named: list[tuple[Aspect, ...]] = [()] * len(rows)
        if with_aspects:
            named = model.aspects([row.text for row in rows])
        _save(database, model.name, [row.id for row in rows], found, named)
        after = rows[-1].id
        done += len(rows)
        if progress is not None:
            progress(done, todo)
    return done


def _whole(title: str, text: str) -> str:
    """Title and text as one, since the verdict often stands in the title alone."""
    title, text = title.strip(), text.strip()
    if not title or text.startswith(title):
        return text
    return f"{title}{'' if title[-1] in '.!?。！？' else '.'} {text}".strip()


def _save(
    database: Database,
    model: str,
    ids: list[str],
    found: list[Sentiment],
    named: list[tuple[Aspect, ...]],
) -> None:
    from sqlalchemy import delete, insert

    from store.schema import ReviewAspect, ReviewSentiment

    aspects = [
        {
            "review_id": review_id,
            "position": position,
            "aspect": one.name or one.aspect,
            "start": one.start,
            "end": one.end,
            "polarity": one.polarity,
            "confidence": one.confidence,
        }
        for review_id, every in zip(ids, named, strict=True)
        for position, one in enumerate(every)
    ]
    with database.write() as session:
        session.execute(delete(ReviewAspect).where(ReviewAspect.review_id.in_(ids)))
        if aspects:
            session.execute(insert(ReviewAspect), aspects)
        session.execute(delete(ReviewSentiment).where(ReviewSentiment.review_id.in_(ids)))
        session.execute(
            insert(ReviewSentiment),
            [
                {
                    "review_id": review_id,
                    "model": model,
                    "polarity": one.polarity,
                    "negative": one.negative,
                    "neutral": one.neutral,
                    "positive": one.positive,
                    "stars": one.stars,
                }
                for review_id, one in zip(ids, found, strict=True)
            ],
        )
