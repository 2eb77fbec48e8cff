"""Reads the shop's records as facts: products, reviews, and one customer's orders. Writes nothing, words nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Records
from sqlalchemy.orm import selectinload

from store import format_amount
from store.schema import Customer, Order, OrderLine, PaymentMethod, Product, Review, Variant

from .facts import (
    AccountFacts,
    LineFacts,
    MethodFacts,
    OrderFacts,
    OrderList,
    PaymentFacts,
    ProductFacts,
    ShipmentFacts,
    VariantFacts,
)
from .phrases import say

_MAX_VARIANTS = 40
_MAX_DESCRIPTION = 600


@dataclass(frozen=True, slots=True)
class Rating:
    mean: float | None
    count: int


def read_ratings(records: Records, product_ids: Iterable[str]) -> dict[str, Rating]:
    """Mean stars and number of reviews of each product that has any."""
    wanted = list(product_ids)
    rows = records.execute(
        select(Review.product_id, func.avg(Review.stars), func.count())
        .where(Review.product_id.in_(wanted))
        .group_by(Review.product_id)
    )
    return {row[0]: Rating(None if row[1] is None else round(float(row[1]), 1), int(row[2])) for row in rows}


def read_products(
    records: Records, product_ids: Sequence[str], language: str, *, brief: bool = False
) -> list[ProductFacts]:
    """The products in the order of ``product_ids``; unknown and hidden ones are left out.

    ``brief`` leaves variants, attributes and most of the description out, for lists.
    """
    rows = records.scalars(
        select(Product)
        .where(Product.id.in_(list(product_ids)), Product.visible)
        .options(selectinload(Product.variants))
    )
    found = {product.id: product for product in rows}
    ratings = read_ratings(records, found)
    return [
        _product(found[one], ratings.get(one, Rating(None, 0)), language, brief) for one in product_ids if one in found
    ]


def title_in(product: Product, language: str) -> str:
    """The product's title in ``language`` if it has one, else its own."""
    return _translated(product, language, "title") or product.title


def _translated(product: Product, language: str, field: str) -> str:
    for known, texts in product.translations.items():
        if known.split("-")[0] == language.split("-")[0] and texts.get(field):
            return texts[field]
    return ""


def _product(product: Product, rating: Rating, language: str, brief: bool) -> ProductFacts:
    variants = product.variants
    currency = variants[0].currency if variants else ""
    priced = [one for one in variants if one.price_minor is not None]
    buyable = [one for one in priced if one.in_stock] or priced
    prices = sorted(one.price_minor for one in buyable if one.price_minor is not None)
    low, high = (prices[0], prices[-1]) if prices else (None, None)
    description = _translated(product, language, "description") or product.description
    limit = 160 if brief else _MAX_DESCRIPTION
    shown = [] if brief else sorted(variants, key=lambda one: (not one.in_stock, one.position))[:_MAX_VARIANTS]
    return ProductFacts(
        product_id=product.id,
        title=title_in(product, language),
        brand=product.brand,
        category=" / ".join(product.category_path),
        description=description if len(description) <= limit else description[: limit - 1] + "…",
        attributes={} if brief else _attributes(product, language),
        price=None if low is None else format_amount(low, currency),
        highest_price=None if high is None or high == low else format_amount(high, currency),
        price_minor=low,
        highest_price_minor=None if high == low else high,
        currency=currency,
        in_stock=any(one.in_stock for one in variants),
        rating=rating.mean,
        review_count=rating.count,
        variants=tuple(_variant(one) for one in shown),
        variant_count=len(variants),
    )


def _attributes(product: Product, language: str) -> dict[str, str]:
    """In ``language`` where the shop has them in it ("材质：尼龙；防水"), else as they are."""
    told = _translated(product, language, "attributes")
    if not told:
        return {name.replace("_", " "): value for name, value in product.attributes.items()}
    pairs = (re.split(r"\s*[：:]\s*", one.strip(), maxsplit=1) for one in re.split(r"[；;\n]", told) if one.strip())
    return {pair[0]: pair[1] if len(pair) > 1 else say("yes_value", language) for pair in pairs}


def _variant(variant: Variant) -> VariantFacts:
    price = variant.price_minor
    return VariantFacts(
        variant_id=variant.id,
        options=dict(variant.options),
        price=None if price is None else format_amount(price, variant.currency),
        price_minor=price,
        in_stock=variant.in_stock,
        pieces_in_stock=variant.stock,
    )


def read_order(records: Records, customer_id: str, order_id: str, language: str = "en") -> OrderFacts | None:
    """The customer's own order; ``None`` for another's as for one that does not exist."""
    wanted = order_id.strip().lstrip("#").upper()
    rows = records.scalars(_orders_of(customer_id))
    return next((_order(records, row, language) for row in rows if row.id.lstrip("#").upper() == wanted), None)


def read_orders(records: Records, customer_id: str, language: str = "en", limit: int = 10) -> OrderList:
    """The customer's orders, newest first, with their number and what was spent in all."""
    rows = list(records.scalars(_orders_of(customer_id)))
    rows.sort(key=lambda row: (row.placed_at.timestamp() if row.placed_at else 0.0, row.position), reverse=True)
    kept = [row for row in rows if not row.status.startswith("cancel")]
    one_currency = len({row.currency for row in kept}) == 1
    spent = sum(row.total_minor for row in kept) if one_currency else None
    return OrderList(
        orders=tuple(_order(records, row, language) for row in rows[:limit]),
        count=len(rows),
        spent=None if spent is None else format_amount(spent, kept[0].currency),
        spent_minor=spent,
    )


def _orders_of(customer_id: str):  # type: ignore[no-untyped-def]  # SQLAlchemy's Select is inferred
    return (
        select(Order)
        .where(Order.customer_id == customer_id)
        .options(
            selectinload(Order.lines),
            selectinload(Order.payments),
            selectinload(Order.shipments),
            selectinload(Order.returns),
        )
    )


def _day(at: datetime | None) -> str | None:
    return None if at is None else at.date().isoformat()


def _order(records: Records, order: Order, language: str) -> OrderFacts:
    return OrderFacts(
        order_id=order.id,
        status=order.status,
        placed=_day(order.placed_at),
        currency=order.currency,
        total=format_amount(order.total_minor, order.currency),
        total_minor=order.total_minor,
        lines=tuple(
            LineFacts(
                product_id=line.product_id,
                variant_id=line.variant_id,
                title=line_title(records, line, language),
                options=dict(line.options),
                quantity=line.quantity,
                unit_price=format_amount(line.unit_price_minor, order.currency),
                unit_price_minor=line.unit_price_minor,
            )
            for line in order.lines
        ),
        shipments=tuple(
            ShipmentFacts(
                status=one.status,
                carrier=one.carrier,
                tracking_ids=tuple(one.tracking_ids),
                promised=_day(one.promised_at),
                shipped=_day(one.shipped_at),
                delivered=_day(one.delivered_at),
            )
            for one in order.shipments
        ),
        payments=tuple(
            PaymentFacts(
                kind=one.kind,
                amount=format_amount(one.amount_minor, one.currency),
                amount_minor=one.amount_minor,
                method=_method(records, one.method_id),
            )
            for one in order.payments
        ),
        returns=tuple(f"{one.kind} {one.status}" for one in order.returns),
        address=address_line(order.address),
        address_parts={name: value for name, value in order.address.items() if value},
        paid_with=order.payments[0].method_id if order.payments else None,
        cancel_reason=order.cancel_reason,
    )


def address_line(address: Mapping[str, str]) -> str:
    """An address in one line."""
    parts = ("address1", "address2", "zip", "city", "state", "country")
    return ", ".join(address[part] for part in parts if address.get(part))


def read_account(records: Records, customer_id: str) -> AccountFacts:
    """The customer's own account; empty for one who is known by orders alone."""
    customer = records.get(Customer, customer_id)
    if customer is None:
        return AccountFacts()
    methods = customer.payment_methods
    return AccountFacts(
        address=address_line(customer.address),
        address_parts={name: value for name, value in customer.address.items() if value},
        currency=methods[0].currency if methods else "",
        methods=tuple(
            MethodFacts(
                method_id=one.id,
                kind=one.kind,
                brand=one.brand,
                last_four=one.last_four,
                balance=None if one.balance_minor is None else format_amount(one.balance_minor, one.currency),
                balance_minor=one.balance_minor,
            )
            for one in methods
        ),
    )


def line_title(records: Records, line: OrderLine, language: str) -> str:
    """What the line was called when it was bought; in another language if the product still has that name."""
    product = records.get(Product, line.product_id) if line.product_id else None
    return title_in(product, language) if product is not None and product.title == line.title else line.title


def _method(records: Records, method_id: str | None) -> str:
    if not method_id:
        return ""
    method = records.get(PaymentMethod, method_id)
    if method is None:
        return ""
    parts = [
        method.kind.replace("_", " "),
        method.brand or "",
        f"ending in {method.last_four}" if method.last_four else "",
    ]
    return " ".join(part for part in parts if part)
