"""What customers say and do: reviews (with what was found in them) and events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class Review(Base):
    """One review as it was written."""

    __tablename__ = "reviews"

    id: Mapped[str] = mapped_column(primary_key=True)
    """The source's id; where it has none, a hash of the content and its occurrence number."""
    product_id: Mapped[str] = mapped_column(index=True)
    customer_id: Mapped[str | None] = mapped_column(index=True)
    stars: Mapped[float | None]
    title: Mapped[str] = mapped_column(default="")
    text: Mapped[str]
    language: Mapped[str | None]
    written_at: Mapped[datetime | None] = mapped_column(index=True)
    verified: Mapped[bool | None]
    helpful_votes: Mapped[int | None]
    source: Mapped[str] = mapped_column(default="shop")
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ReviewSentiment(Base):
    """What a model found in a review as a whole."""

    __tablename__ = "review_sentiments"

    review_id: Mapped[str] = mapped_column(ForeignKey("reviews.id", ondelete="CASCADE"), primary_key=True)
    model: Mapped[str]
    """Name and weights hash of the model, so that a better one can find what to score again."""
    polarity: Mapped[str]
    negative: Mapped[float]
    neutral: Mapped[float]
    positive: Mapped[float]
    stars: Mapped[float]
    """Expected stars, 1 to 5."""


class ReviewAspect(Base):
    """One aspect a review speaks of; ``start`` and ``end`` are character offsets into its text."""

    __tablename__ = "review_aspects"

    review_id: Mapped[str] = mapped_column(ForeignKey("reviews.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    aspect: Mapped[str] = mapped_column(index=True)
    start: Mapped[int | None]
    end: Mapped[int | None]
    polarity: Mapped[str]
    confidence: Mapped[float]


class Event(Base):
    """Something a customer did, or an anonymous visitor did, at a time."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_customer_at", "customer_id", "at"),
        Index("ix_events_kind_at", "kind", "at"),
        Index("ix_events_product_at", "product_id", "at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """view, search, cart_add, cart_remove, checkout_start, purchase, message, or the shop's own name for it."""
    at: Mapped[datetime]
    customer_id: Mapped[str | None]
    anonymous_id: Mapped[str | None]
    visit_id: Mapped[str | None]
    """Groups the events of one visit (a web session)."""
    product_id: Mapped[str | None]
    variant_id: Mapped[str | None]
    order_id: Mapped[str | None]
    quantity: Mapped[int | None]
    value_minor: Mapped[int | None]
    currency: Mapped[str | None]
    query: Mapped[str | None]
    source: Mapped[str] = mapped_column(default="shop")
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)
