"""Findings: costs that are known by construction come out, with the reviews that say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from sentiment import review_findings
from sentiment.findings import wilson
from store import Database
from store.schema import Product, Review, ReviewAspect, ReviewSentiment


@pytest.fixture
def shop(database: Database) -> Database:
    """600 reviews: 5 stars, less 3 where the battery is bad (a fifth of them), less 1 where the price is (a fifth)."""
    draw = np.random.default_rng(0)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    with database.write() as session:
        for product, path in (("P1", ["Phones", "Smart"]), ("P2", ["Shoes"])):
            session.add(Product(id=product, title=product, category_path=path))
        for number in range(600):
            bad_battery, dear = draw.random() < 0.2, draw.random() < 0.2
            stars = 5 - 3 * bad_battery - dear
            review_id, text = f"R{number:04d}", "Its battery is something and its price too."
            session.add(
                Review(
                    id=review_id,
                    product_id="P1" if number % 2 else "P2",
                    stars=float(stars),
                    text=text,
                    written_at=begin + timedelta(days=number // 10),
                )
            )
            polarity = "negative" if stars < 3 else "positive"
            session.add(
                ReviewSentiment(
                    review_id=review_id,
                    model="m",
                    polarity=polarity,
                    negative=0.2,
                    neutral=0.1,
                    positive=0.7,
                    stars=4.0,
                )
            )
            session.flush()
            for position, (name, bad, start) in enumerate((("battery", bad_battery, 4), ("price", dear, 33))):
                session.add(
                    ReviewAspect(
                        review_id=review_id,
                        position=position,
                        aspect=name,
                        start=start,
                        end=start + len(name),
                        polarity="negative" if bad else "positive",
                        confidence=0.9,
                    )
                )
    return database


def test_costs_known_by_construction_come_out(shop: Database) -> None:
    found = review_findings(shop)
    assert found.reviews == 600
    assert [one.aspect for one in found.aspects] == ["battery", "price"]
    battery, price = found.aspects
    assert battery.cost_stars == pytest.approx(3 * battery.negative / 600, rel=0.15)
    assert price.cost_stars == pytest.approx(1 * price.negative / 600, rel=0.2)
    assert battery.cost_low < battery.cost_stars < battery.cost_high


def test_quotes_are_complaints_and_hold_the_aspect(shop: Database) -> None:
    battery = review_findings(shop, quotes=3).aspects[0]
    assert [one.polarity for one in battery.quotes] == ["negative"] * 3
    assert all("battery" in one.text for one in battery.quotes)
    assert len({one.review_id for one in battery.quotes}) == 3


def test_months_come_in_order_with_intervals(shop: Database) -> None:
    months = review_findings(shop).aspects[0].months
    assert [one.month for one in months] == ["2026-01", "2026-02", "2026-03"]
    assert all(one.low <= one.negative_share <= one.high for one in months)


def test_products_and_categories_narrow_it(shop: Database) -> None:
    assert review_findings(shop, product_ids=["P1"]).reviews == 300
    assert review_findings(shop, category="Smart").reviews == 300
    assert review_findings(shop, category="Smart", product_ids=["P2"]).reviews == 0
    assert review_findings(shop, category="No such").aspects == ()


def test_wilson_is_that_of_the_literature() -> None:
    low, high = wilson(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.49, 0.943)
