"""Amazon Reviews 2023 (McAuley Lab), JSON lines: the review files and the ``meta_`` files of items.

Fields as at https://amazon-reviews-2023.github.io: a review has rating, title, text, images, asin, parent_asin,
user_id, timestamp (ms), verified_purchase, helpful_vote; an item has main_category, title, average_rating,
rating_number, features, description, price, images, videos, store, categories, details, parent_asin, bought_together.

A review's product is its ``parent_asin``, by which the items are known. What the schema has no column for is kept in
``extra`` as it was, so that the export gives it back.
"""

# ruff: noqa: RUF012 - pydantic copies the defaults of its models
from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pydantic import AliasChoices, Field, ValidationError
from sqlalchemy.orm import Session

from .fields import (
    MAX_KEY,
    BadValue,
    Count,
    Flag,
    Id,
    Money,
    OptionalId,
    OptionalKey,
    OptionalText,
    RowModel,
    Stars,
    Text,
    Time,
    major,
    minor,
    why,
)
from .rows import BadRow, Record, Row
from .seen import digest

_NO_PRICE = {"", "none", "null", "—", "-"}


class _Review(RowModel):
    rating: Stars = None
    title: Text = ""
    text: Text = ""
    asin: OptionalText = None
    parent_asin: Id
    user_id: OptionalId = None
    timestamp: Time = Field(None, validation_alias=AliasChoices("timestamp", "sort_timestamp"))
    verified_purchase: Flag = None
    helpful_vote: Count = None


class _Item(RowModel):
    parent_asin: Id
    title: Text = ""
    main_category: OptionalText = None
    store: OptionalKey = None
    features: list[Text] = []
    description: list[Text] = []
    categories: list[Text] = []
    price: Money = None
    images: list[dict[str, Any]] = []
    details: dict[str, Any] = {}


_REVIEW_COLUMNS = {
    "rating",
    "title",
    "text",
    "parent_asin",
    "user_id",
    "timestamp",
    "sort_timestamp",
    "verified_purchase",
    "helpful_vote",
}
_ITEM_COLUMNS = {"parent_asin", "title"}


class AmazonReviews:
    """Reviews. They have no id: one is made of what identifies them (all but votes and pictures)."""

    def records(self, rows: Iterable[Row | BadRow]) -> Iterator[Record | BadRow]:
        for row in rows:
            yield row if isinstance(row, BadRow) else self._record(row)

    def prepare(self, session: Session, records: list[Record]) -> int:
        return 0

    def _record(self, row: Row) -> Record | BadRow:
        data = row.data
        try:
            if "rating" not in data and "text" not in data:
                raise BadValue("row", "neither rating nor text: not an Amazon review")
            found = _Review.model_validate({**data, "parent_asin": data.get("parent_asin") or data.get("asin") or ""})
        except (ValidationError, BadValue) as error:
            return row.bad(why(error))
        values = {
            "product_id": found.parent_asin,
            "customer_id": found.user_id,
            "stars": found.rating,
            "title": found.title,
            "text": found.text,
            "written_at": found.timestamp,
            "verified": found.verified_purchase,
            "helpful_votes": found.helpful_vote,
            "source": "amazon",
            "extra": {key: value for key, value in data.items() if key not in _REVIEW_COLUMNS},
        }
        content = digest(
            "amazon",
            found.user_id,
            found.parent_asin,
            found.asin,
            _ms(found.timestamp),
            found.rating,
            found.title,
            found.text,
        )
        return Record("reviews", values, [row], content=content)


class AmazonProducts:
    """Items; each is a product with one variant of the same id."""

    def __init__(self, currency: str) -> None:
        self._currency = currency

    def records(self, rows: Iterable[Row | BadRow]) -> Iterator[Record | BadRow]:
        for row in rows:
            yield row if isinstance(row, BadRow) else self._record(row)

    def prepare(self, session: Session, records: list[Record]) -> int:
        return 0

    def _record(self, row: Row) -> Record | BadRow:
        data = {key: value for key, value in row.data.items() if value is not None}
        try:
            found = _Item.model_validate(data)
            price = minor(_price(found.price), self._currency, "price")
        except (ValidationError, BadValue) as error:
            return row.bad(why(error))
        categories = found.categories or ([found.main_category] if found.main_category else [])
        values = {
            "id": found.parent_asin,
            "title": found.title,
            "description": "\n".join([*found.description, *found.features]),
            "brand": _brand(found),
            "category_path": categories,
            "attributes": {key: str(value) for key, value in found.details.items() if not isinstance(value, dict)},
            "image": _picture(found.images),
            "source": "amazon",
            "extra": {key: value for key, value in row.data.items() if key not in _ITEM_COLUMNS},
        }
        variant = {
            "id": found.parent_asin,
            "product_id": found.parent_asin,
            "position": 0,
            "currency": self._currency,
            "price_minor": price,
        }
        return Record("products", values, [row], {"variants": [variant]})


def review_line(review: Any) -> dict[str, Any]:
    """The review as a line of the review file."""
    found: dict[str, Any] = {
        "rating": review.stars,
        "title": review.title,
        "text": review.text,
        "images": [],
        "asin": review.product_id,
        "parent_asin": review.product_id,
        "user_id": review.customer_id,
        "timestamp": _ms(review.written_at),
        "helpful_vote": review.helpful_votes,
        "verified_purchase": review.verified,
    }
    return found | review.extra if review.source == "amazon" else found


def item_line(product: Any) -> dict[str, Any]:
    """The product as a line of a ``meta_`` file. What the shop has changed since the import is as the shop has it."""
    variant = product.variants[0] if product.variants else None
    currency = variant.currency if variant else "USD"
    amount = variant.price_minor if variant else None
    found: dict[str, Any] = {
        "main_category": product.category_path[0] if product.category_path else None,
        "title": product.title,
        "average_rating": None,
        "rating_number": None,
        "features": [],
        "description": [product.description] if product.description else [],
        "price": None if amount is None else float(major(amount, currency)),
        "images": [{"large": product.image}] if product.image else [],
        "videos": [],
        "store": product.brand,
        "categories": product.category_path,
        "details": product.attributes,
        "parent_asin": product.id,
        "bought_together": None,
    }
    if product.source != "amazon":
        return found
    before = AmazonProducts(currency)._record(Row(0, {**product.extra, "parent_asin": product.id, "title": ""}, 0))
    if isinstance(before, BadRow):
        return found
    (old,) = before.children["variants"]
    kept = dict(product.extra)
    if old["price_minor"] != amount:
        kept.pop("price", None)
    for column, keys in _ITEM_SOURCES.items():
        if before.values[column] != getattr(product, column):
            for key in keys:
                kept.pop(key, None)
    return found | kept


_ITEM_SOURCES = {
    "description": ("description", "features"),
    "brand": ("store",),
    "category_path": ("categories", "main_category"),
    "attributes": ("details",),
    "image": ("images",),
}
"""Column -> the keys of the file it was made of."""


def _price(value: Any) -> Any:
    return None if isinstance(value, str) and value.strip().lower() in _NO_PRICE else value


def _brand(item: _Item) -> str | None:
    brand = item.details.get("Brand")
    return brand if isinstance(brand, str) and 0 < len(brand) <= MAX_KEY else item.store


def _picture(images: list[dict[str, Any]]) -> str | None:
    for image in images:
        for size in ("hi_res", "large", "thumb"):
            if isinstance(image.get(size), str) and image[size]:
                return str(image[size])
    return None


def _ms(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)
