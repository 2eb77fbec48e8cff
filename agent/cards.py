"""Product cards: how products are shown beside a reply, in the customer's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from store import Database
from store.schema import Product

from .lookups import Rating, read_ratings, title_in
from .reply import ProductCard


def product_cards(
    database: Database, product_ids: Sequence[str], language: str = "en", why: Mapping[str, str] | None = None
) -> tuple[ProductCard, ...]:
    """Cards of the visible products among ``product_ids``, in that order. ``why``: product id -> reason to show."""
    with database.read() as records:
        rows = records.scalars(
            select(Product)
            .where(Product.id.in_(list(product_ids)), Product.visible)
            .options(selectinload(Product.variants))
        )
        found = {product.id: product for product in rows}
        ratings = read_ratings(records, found)
    reasons = why or {}
    return tuple(
        _card(found[one], ratings.get(one, Rating(None, 0)), language, reasons.get(one, ""))
        for one in dict.fromkeys(product_ids)
        if one in found
    )


def _card(product: Product, rating: Rating, language: str, why: str) -> ProductCard:
    priced = [one for one in product.variants if one.price_minor is not None]
    buyable = [one for one in priced if one.in_stock] or priced
    return ProductCard(
        id=product.id,
        title=title_in(product, language),
        price_minor=min((one.price_minor for one in buyable if one.price_minor is not None), default=None),
        currency=product.variants[0].currency if product.variants else "",
        image=product.image,
        rating=rating.mean,
        review_count=rating.count,
        why=why,
        in_stock=any(one.in_stock for one in product.variants),
        price_varies=len({one.price_minor for one in buyable}) > 1,
    )
