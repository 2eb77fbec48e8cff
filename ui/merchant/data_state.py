"""What is in the shop's database, and how current the index and the models are. Reading only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from store import ModelError
from store.schema import Customer, Event, Order, OrderLine, Product, Review, ReviewSentiment

if TYPE_CHECKING:
    from beforehand import Shop

TABLES = {"products": Product, "customers": Customer, "orders": Order, "reviews": Review, "events": Event}
_TIMES = {"orders": Order.placed_at, "reviews": Review.written_at, "events": Event.at}


@dataclass(frozen=True, slots=True)
class Kept:
    """How much there is of one kind of record, and when the latest of it happened."""

    kind: str
    count: int
    latest: datetime | None


@dataclass(frozen=True, slots=True)
class Part:
    """A part that is computed from the records."""

    name: str
    ready: bool
    made_at: datetime | None
    facts: tuple[str, ...] = ()
    begun: bool = False
    """Not ready, but it is being computed."""


def read_kept(shop: Shop) -> list[Kept]:
    with shop.database.read() as records:
        return [
            Kept(
                kind,
                records.scalar(select(func.count()).select_from(table)) or 0,
                records.scalar(select(func.max(_TIMES[kind]))) if kind in _TIMES else None,
            )
            for kind, table in TABLES.items()
        ]


@dataclass(frozen=True, slots=True)
class Link:
    """How many records of one kind lead to a record of another that the shop has."""

    kind: str
    to: str
    count: int
    linked: int


def read_links(shop: Shop) -> list[Link]:
    """Order lines and reviews to products, events to customers. Visitors without a name lead to nobody, rightly."""
    wanted: tuple[tuple[str, str, Any, Any], ...] = (
        ("order lines", "products", OrderLine.product_id, Product.id),
        ("reviews", "products", Review.product_id, Product.id),
        ("events", "customers", Event.customer_id, Customer.id),
    )
    with shop.database.read() as records:
        return [
            Link(
                kind,
                to,
                records.scalar(select(func.count()).select_from(own.class_)) or 0,
                records.scalar(select(func.count()).select_from(own.class_).join(target.class_, own == target)) or 0,
            )
            for kind, to, own, target in wanted
        ]


def read_parts(shop: Shop) -> list[Part]:
    """The search index, the reading of reviews, and what was learnt from the shop's past."""
    home = shop.config.shop.home
    with shop.database.read() as records:
        reviews = records.scalar(select(func.count()).select_from(Review)) or 0
        read = records.scalar(select(func.count()).select_from(ReviewSentiment)) or 0
    try:
        learnt: datetime | None = shop.insight.trained_at
    except ModelError:
        learnt = None
    return [
        Part("index", _made(shop, "index") is not None, _made(shop, "index")),
        Part("reviews_read", 0 < reviews <= read, None, (f"{read:,} / {reviews:,}",), begun=0 < read < reviews),
        Part("insight", learnt is not None, learnt),
        Part("history", (home / "history").is_dir(), _made(shop, "history")),
        Part("search_learnt", (home / "search").is_dir(), _made(shop, "search")),
    ]


def _made(shop: Shop, folder: str) -> datetime | None:
    files = [file for file in (shop.config.shop.home / folder).glob("*") if file.is_file()]
    newest = max((file.stat().st_mtime for file in files), default=None)
    return None if newest is None else datetime.fromtimestamp(newest, tz=UTC)
