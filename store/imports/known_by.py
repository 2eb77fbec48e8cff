"""Customers named by their mail address, and products named by a SKU: found in the shop.

Review tools and event streams seldom know the shop's own ids. What is an id stays one; what is none, and is the mail
address of exactly one customer or the SKU of exactly one product, is replaced; everything else is left as it stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..schema import Customer, Product, Variant

_MANY = 500


def customers_by_email(session: Session, emails: Iterable[str]) -> dict[str, str]:
    """Mail address in small letters -> the customer's id.

    A customer that the shop knew by itself comes before one made from orders.
    """
    found: dict[str, str] = {}
    for part in parts(sorted({email.lower() for email in emails})):
        query = select(func.lower(Customer.email), Customer.id).where(func.lower(Customer.email).in_(part))
        for email, known in session.execute(query.order_by(Customer.source == "shopify", Customer.id)):
            found.setdefault(email, known)
    return found


def name_customers(session: Session, rows: Iterable[dict[str, Any]]) -> None:
    """Put the customer's id where ``customer_id`` is a mail address."""
    mailed = [row for row in rows if "@" in (row.get("customer_id") or "")]
    own = _there(session, Customer.id, (row["customer_id"] for row in mailed))
    by_email = customers_by_email(session, (row["customer_id"] for row in mailed))
    for row in mailed:
        if row["customer_id"] not in own:
            row["customer_id"] = by_email.get(row["customer_id"].lower(), row["customer_id"])


def name_products(session: Session, rows: Iterable[dict[str, Any]]) -> None:
    """Put the product's id where ``product_id`` is the SKU of one of its variants."""
    named = [row for row in rows if row.get("product_id")]
    own = _there(session, Product.id, (row["product_id"] for row in named))
    foreign = [row for row in named if row["product_id"] not in own]
    by_sku: dict[str, set[str]] = defaultdict(set)
    for part in parts(sorted({row["product_id"] for row in foreign})):
        query = select(Variant.sku, Variant.product_id).where(Variant.sku.in_(part))
        for sku, product in session.execute(query):
            by_sku[str(sku)].add(product)
    for row in foreign:
        fits = by_sku.get(row["product_id"], set())
        if len(fits) == 1:
            (row["product_id"],) = fits


def parts(keys: list[str]) -> Iterator[Sequence[str]]:
    """The keys in pieces that one query can ask for."""
    for start in range(0, len(keys), _MANY):
        yield keys[start : start + _MANY]


def _there(session: Session, column: Any, keys: Iterable[str]) -> set[str]:
    return {key for part in parts(sorted(set(keys))) for key in session.scalars(select(column).where(column.in_(part)))}
