"""Scoring the shop's reviews: each once per model, titles read too, aspects where the text has them."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from sentiment import Aspect, SentimentModel, score_reviews
from store import Database
from store.schema import Review, ReviewAspect, ReviewSentiment


@pytest.fixture
def shop(any_database: Database) -> Database:
    with any_database.write() as session:
        for number in range(30):
            session.add(
                Review(id=f"R{number:02d}", product_id="P1", title="Bad", text=f"The battery died, number {number}.")
            )
    return any_database


def test_each_review_is_scored_once(shop: Database, random_model: SentimentModel) -> None:
    told: list[tuple[int, int]] = []
    assert score_reviews(shop, random_model, limit=10, progress=lambda done, todo: told.append((done, todo))) == 10
    assert told[-1] == (10, 10)
    assert score_reviews(shop, random_model) == 20
    assert score_reviews(shop, random_model) == 0
    with shop.read() as session:
        assert session.scalar(select(func.count()).select_from(ReviewSentiment)) == 30


def test_another_model_scores_again(shop: Database, random_model: SentimentModel) -> None:
    score_reviews(shop, random_model)
    with shop.write() as session:
        session.get_one(ReviewSentiment, "R07").model = "older@0"
    assert score_reviews(shop, random_model) == 1


def test_aspects_are_kept_with_their_places(
    shop: Database, random_model: SentimentModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = (Aspect("battery", "negative", 0.9, 4, 11, "battery"), Aspect("number", "neutral", 0.5, 18, 24, None))
    monkeypatch.setattr(SentimentModel, "aspects", lambda _self, texts: [found for _ in texts])
    score_reviews(shop, random_model)
    score_reviews(shop, random_model)
    with shop.read() as session:
        kept = session.scalars(select(ReviewAspect).where(ReviewAspect.review_id == "R03")).all()
        assert [(one.aspect, one.start, one.end, one.polarity) for one in kept] == [
            ("battery", 4, 11, "negative"),
            ("number", 18, 24, "neutral"),
        ]
