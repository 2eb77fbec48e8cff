"""The shop's records as tau-retail's state, and that state's hash: how a service agent's writes are checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import false, select, true
from sqlalchemy.orm import selectinload

from ..database import Database
from ..schema import Customer, Order, PaymentMethod, Product
from .tau_retail import SOURCE


def tau_state(database: Database, *, only: Collection[str] | None = None) -> dict[str, Any]:
    """{"users", "orders", "products"} as tau-retail writes them, of the records that came from it.

    ``only``: ids of customers; then theirs alone, with their orders and without products.
    Amounts are floats in major units, as there. Fields that only a cancelled, returned or exchanged order has
    (``cancel_reason``, ``return_items``, ``exchange_...``) are there if they are set.
    """
    his_order = true() if only is None else Order.customer_id.in_(only)
    his_own = true() if only is None else Customer.id.in_(only)
    with database.read() as session:
        orders = list(
            session.scalars(
                select(Order)
                .where(Order.source == SOURCE, his_order)
                .order_by(Order.customer_id, Order.position, Order.id)
                .options(
                    selectinload(Order.lines),
                    selectinload(Order.payments),
                    selectinload(Order.shipments),
                    selectinload(Order.returns),
                )
            )
        )
        customers = session.scalars(
            select(Customer)
            .where(Customer.source == SOURCE, his_own)
            .order_by(Customer.id)
            .options(selectinload(Customer.payment_methods))
        )
        products = session.scalars(
            select(Product)
            .where(Product.source == SOURCE, true() if only is None else false())
            .order_by(Product.id)
            .options(selectinload(Product.variants))
        )
        listed: dict[str | None, list[str]] = {}
        for order in orders:
            listed.setdefault(order.customer_id, []).append(order.id)
        return {
            "users": {one.id: _user(one, listed.get(one.id, [])) for one in customers},
            "orders": {one.id: _order(one) for one in orders},
            "products": {one.id: _product(one) for one in products},
        }


def state_sha256(state: Any) -> str:
    """The hash of a state (or of any part of it) that does not depend on key order or on how numbers are written.

    Each number becomes text with two decimals; keys are sorted; no blanks; non-ASCII escaped; SHA-256 of the UTF-8.
    """
    text = json.dumps(_canonical(state), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _canonical(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(one) for one in value]
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        cents = Decimal(str(value)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
        return f"{cents if cents else Decimal('0.00')}"
    return value


def _money(minor: int | None) -> float | None:
    return None if minor is None else minor / 100


def _user(customer: Customer, orders: list[str]) -> dict[str, Any]:
    return {
        "name": {"first_name": customer.first_name, "last_name": customer.last_name},
        "address": customer.address,
        "email": customer.email,
        "payment_methods": {one.id: _method(one) for one in customer.payment_methods},
        "orders": orders,
    }


def _method(method: PaymentMethod) -> dict[str, Any]:
    found: dict[str, Any] = {"source": method.kind, "id": method.id}
    if method.brand is not None:
        found["brand"] = method.brand
    if method.last_four is not None:
        found["last_four"] = method.last_four
    if method.balance_minor is not None:
        found["balance"] = _money(method.balance_minor)
    return found


def _product(product: Product) -> dict[str, Any]:
    variants = {
        one.id: {
            "item_id": one.id,
            "options": one.options,
            "available": one.available,
            "price": _money(one.price_minor),
        }
        for one in product.variants
    }
    return {"name": product.title, "product_id": product.id, "variants": variants}


def _order(order: Order) -> dict[str, Any]:
    found: dict[str, Any] = {
        "order_id": order.id,
        "user_id": order.customer_id,
        "address": order.address,
        "items": [
            {
                "name": line.title,
                "product_id": line.product_id,
                "item_id": line.variant_id,
                "price": _money(line.unit_price_minor),
                "options": line.options,
            }
            for line in order.lines
            for _ in range(line.quantity)
        ],
        "fulfillments": [{"tracking_id": one.tracking_ids, "item_ids": one.variant_ids} for one in order.shipments],
        "status": order.status,
        "payment_history": [
            {
                "transaction_type": one.kind,
                "amount": _money(one.amount_minor),
                "payment_method_id": one.method_id,
            }
            for one in order.payments
        ],
    }
    if order.cancel_reason is not None:
        found["cancel_reason"] = order.cancel_reason
    for one in order.returns:
        if one.kind == "exchange":
            found["exchange_items"] = one.variant_ids
            found["exchange_new_items"] = one.new_variant_ids
            found["exchange_payment_method_id"] = one.payment_method_id
            found["exchange_price_difference"] = _money(one.price_difference_minor)
        else:
            found["return_items"] = one.variant_ids
            found["return_payment_method_id"] = one.payment_method_id
    return found
