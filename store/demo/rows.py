"""Turns the demo shop's plans into rows of the tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .catalog import CURRENCY, Catalog, ProductPlan, VariantPlan
from .fulfilment import DAY_S, Order
from .people import PersonPlan
from .vocabulary import Vocabulary, pair
from .world import Happening

Row = dict[str, Any]
PICTURES = "pictures"
"""Folder below the shop's home; ``Product.image`` holds ``pictures/<product id>.webp``."""


def at(seconds: float) -> datetime:
    """Seconds since 1970 as a time in UTC, whole seconds."""
    return datetime.fromtimestamp(int(seconds), UTC)


def product_row(plan: ProductPlan, vocabulary: Vocabulary) -> Row:
    category = vocabulary.categories[plan.sub.category]
    colors = list(dict.fromkeys(variant.color for variant in plan.variants if variant.color))
    attributes = {key: value.en for key, _, value in plan.specs} | {feature.key: "yes" for feature in plan.features}
    if colors:
        attributes["color"] = ", ".join(colors)
    said = [f"{label}：{value.zh}" for _, label, value in plan.specs] + [feature.title.zh for feature in plan.features]
    chinese = {
        "title": plan.title.zh,
        "description": plan.description.zh,
        "category": f"{category.name.zh} / {plan.sub.name.zh}",
        "attributes": "；".join(said),
        "colors": "、".join(vocabulary.colors[color][0] for color in colors),
    }
    changed = plan.price_cut_at or plan.created_at
    return {
        "id": plan.id,
        "title": plan.title.en,
        "description": plan.description.en,
        "language": "en",
        "translations": {"zh": {key: value for key, value in chinese.items() if value}},
        "brand": plan.brand.name,
        "category_path": [category.name.en, plan.sub.name.en],
        "attributes": attributes,
        "countries": plan.countries,
        "consumable": plan.sub.cycle_days is not None,
        "image": f"{PICTURES}/{plan.id}.webp",
        "visible": plan.visible,
        "source": "demo",
        "created_at": plan.created_at.replace(microsecond=0),
        "updated_at": changed.replace(microsecond=0),
        "extra": {},
    }


def variant_options(variant: VariantPlan) -> dict[str, str]:
    options = {"color": variant.color} if variant.color else {}
    return options | ({"size": variant.size.en} if variant.size else {})


def variant_rows(plan: ProductPlan) -> list[Row]:
    return [
        {
            "id": variant.id,
            "product_id": plan.id,
            "position": position,
            "sku": f"{''.join(word[0] for word in plan.brand.name.split())}-{variant.id[1:]}",
            "options": variant_options(variant),
            "currency": CURRENCY,
            "price_minor": variant.price_minor,
            "compare_at_minor": variant.compare_at_minor,
            "cost_minor": variant.cost_minor,
            "stock": variant.stock,
            "available": variant.available,
            "extra": {},
        }
        for position, variant in enumerate(plan.variants)
    ]


def customer_row(plan: PersonPlan, extra: Row) -> Row:
    names = ["id", "first_name", "last_name", "email", "phone", "language", "time_zone", "country", "address"]
    names += ["consent_email", "consent_proactive", "consent_personal"]
    row: Row = {name: getattr(plan, name) for name in names}
    return row | {"created_at": plan.created_at.replace(microsecond=0), "source": "demo", "extra": extra}


def order_row(order: Order, person: PersonPlan, position: int, now: float) -> Row:
    return {
        "id": order.id,
        "customer_id": person.id,
        "position": position,
        "status": order.status(now),
        "currency": CURRENCY,
        "placed_at": at(order.placed),
        "shipping_minor": order.shipping_minor,
        "discount_minor": order.discount_minor,
        "tax_minor": 0,
        "address": person.address,
        "cancel_reason": order.cancelled,
        "source": "demo",
        "extra": {},
    }


def line_rows(order: Order, catalog: Catalog) -> list[Row]:
    rows = []
    for position, line in enumerate(order.lines):
        plan = catalog.products[line.product]
        variant = plan.variants[line.variant]
        rows.append(
            {
                "order_id": order.id,
                "position": position,
                "product_id": plan.id,
                "variant_id": variant.id,
                "title": plan.title.en,
                "options": variant_options(variant),
                "quantity": line.quantity,
                "unit_price_minor": line.unit_minor,
            }
        )
    return rows


def payment_rows(order: Order, method_id: str, now: float) -> list[Row]:
    """The payment, and the refunds of a cancellation or of finished returns (``refund_minor``)."""
    moves = [("payment", order.total_minor, order.placed)]
    if order.cancelled:
        moves.append(("refund", order.total_minor, order.placed + DAY_S / 4))
    moves.extend(
        ("refund", refund_minor(order, comeback.line), min(now, comeback.requested + 6 * DAY_S))
        for comeback in order.comebacks
        if comeback.finished and comeback.kind == "return"
    )
    return [
        {
            "order_id": order.id,
            "position": position,
            "kind": kind,
            "amount_minor": amount,
            "currency": CURRENCY,
            "method_id": method_id,
            "paid_at": at(min(now, moment)),
        }
        for position, (kind, amount, moment) in enumerate(moves)
    ]


def refund_minor(order: Order, line: int) -> int:
    """What comes back for a line: its price, less its share of the order's discount."""
    price = order.lines[line].quantity * order.lines[line].unit_minor
    return price - order.discount_minor * price // order.goods_minor


def shipment_rows(order: Order, catalog: Catalog, now: float) -> list[Row]:
    """The parcel, from the moment it is packed on. A cancelled order has none."""
    if order.cancelled or now < order.processed:
        return []
    shipped, delivered = now >= order.shipped, now >= order.delivered
    late = not delivered and now > order.promised
    status = "delivered" if delivered else "delayed" if late else "in transit" if shipped else "preparing"
    return [
        {
            "order_id": order.id,
            "position": 0,
            "tracking_ids": [order.tracking] if shipped else [],
            "variant_ids": [catalog.products[line.product].variants[line.variant].id for line in order.lines],
            "carrier": order.carrier,
            "status": status,
            "promised_at": at(order.promised),
            "shipped_at": at(order.shipped) if shipped else None,
            "delivered_at": at(order.delivered) if delivered else None,
        }
    ]


def return_rows(order: Order, catalog: Catalog, method_id: str, reasons: dict[str, str]) -> list[Row]:
    rows = []
    for position, comeback in enumerate(order.comebacks):
        line = order.lines[comeback.line]
        variants = catalog.products[line.product].variants
        exchange = comeback.new_variant is not None
        new = [] if comeback.new_variant is None else [variants[comeback.new_variant].id] * line.quantity
        done = "exchanged" if exchange else "refunded"
        rows.append(
            {
                "order_id": order.id,
                "position": position,
                "kind": comeback.kind,
                "status": done if comeback.finished else "requested",
                "variant_ids": [variants[line.variant].id] * line.quantity,
                "new_variant_ids": new,
                "payment_method_id": method_id,
                "price_difference_minor": 0 if exchange else None,
                "reason": pair(reasons[comeback.reason]).en,
                "requested_at": at(comeback.requested),
            }
        )
    return rows


def event_row(
    happening: Happening, identifier: str, catalog: Catalog, customer_id: str | None, anonymous_id: str | None
) -> Row:
    product = catalog.products[happening.product] if happening.product >= 0 else None
    variant = product.variants[happening.variant].id if product and happening.variant >= 0 else None
    return {
        "id": identifier,
        "kind": happening.kind,
        "at": at(happening.at),
        "customer_id": customer_id,
        "anonymous_id": anonymous_id,
        "visit_id": happening.visit,
        "product_id": product.id if product else None,
        "variant_id": variant,
        "order_id": happening.order.id if happening.order else None,
        "quantity": happening.quantity,
        "value_minor": happening.value_minor,
        "currency": CURRENCY if happening.value_minor is not None else None,
        "query": happening.query,
        "source": "demo",
        "extra": happening.extra,
    }
