"""The customers behind Shopify's orders, and the products behind their lines: found in the shop, or made.

The order file has no customer id. A customer is known by mail address, else by telephone number; an order with neither
is a guest's. A customer that is in the shop already keeps what the shop knows; one that was made here shows what the
latest order says, whichever order the files are imported in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..schema import Customer, Product, Variant
from .fields import MAX_KEY, BadValue, parse_flag
from .known_by import customers_by_email, parts
from .rows import Record
from .seen import digest
from .upsert import upsert


def customer_of(cells: dict[str, str], order: dict[str, Any]) -> dict[str, Any] | None:
    """The customer as the first row of an order shows him; ``None`` for a guest.

    Raises ``BadValue`` for what cannot be a mail address.
    """
    email = cells.get("Email", "").strip()
    phone = (cells.get("Phone") or cells.get("Billing Phone") or cells.get("Shipping Phone") or "").strip().lstrip("'")
    if not email and not phone:
        return None
    name = (cells.get("Billing Name") or cells.get("Shipping Name") or "").strip()
    first, _, last = name.rpartition(" ")
    try:
        consent = parse_flag(cells.get("Accepts Marketing")) is True
    except ValueError:
        consent = False
    placed: datetime | None = order["placed_at"]
    if len(email) > MAX_KEY:
        raise BadValue("Email", f"{len(email):,} characters, more than the {MAX_KEY} allowed")
    known_by = email.lower() or phone
    return {
        "id": f"c-{digest('shopify customer', known_by).hex()[:16]}",
        "first_name": first or last,
        "last_name": last if first else "",
        "email": email or None,
        "phone": phone or None,
        "country": order["address"].get("country") or cells.get("Billing Country"),
        "address": order["address"],
        "consent_email": consent,
        "source": "shopify",
        "extra": {"latest_order": [placed.isoformat() if placed else "", order["id"]]},
    }


def settle(session: Session, records: list[Record]) -> int:
    """Give each order its customer, making or refreshing those that come from orders. Returns how many were made."""
    shown = [record for record in records if record.customer is not None]
    emails = {str(one.customer["email"]).lower() for one in shown if one.customer and one.customer["email"]}
    by_email = customers_by_email(session, emails)
    latest: dict[str, dict[str, Any]] = {}
    for record in shown:
        customer = record.customer
        assert customer is not None
        own = by_email.get(str(customer["email"] or "").lower(), customer["id"])
        record.values["customer_id"] = own
        if own == customer["id"] and _newer(customer, latest.get(own)):
            latest[own] = customer
    made = 0
    wanted: list[dict[str, Any]] = []
    for part in parts(sorted(latest)):
        there = {one.id: one for one in session.scalars(select(Customer).where(Customer.id.in_(part)))}
        for key in part:
            before = there.get(key)
            made += before is None
            if before is None or (before.source == "shopify" and _newer(latest[key], {"extra": before.extra})):
                wanted.append(latest[key])
    upsert(session, "customers", wanted)
    return made


def link_products(session: Session, records: list[Record]) -> None:
    """Fill product and variant of each line: by SKU, else by the title; left open unless exactly one fits."""
    lines: list[tuple[dict[str, Any], str | None]] = []
    for record in records:
        cells = [row.data for row in record.rows if any(column.startswith("Lineitem ") for column in row.data)]
        skus = [one.get("Lineitem sku") for one in cells]
        lines.extend(zip(record.children["order_lines"], skus, strict=True))
    by_sku: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for part in parts(sorted({sku for _, sku in lines if sku})):
        for sku, product, variant in session.execute(
            select(Variant.sku, Variant.product_id, Variant.id).where(Variant.sku.in_(part))
        ):
            by_sku[str(sku)].add((product, variant))
    by_title: dict[str, set[str]] = defaultdict(set)
    titles = {title for line, _ in lines for title in _titles(line["title"])}
    for part in parts(sorted(titles)):
        for product, title in session.execute(select(Product.id, Product.title).where(Product.title.in_(part))):
            by_title[title].add(product)
    for line, own_sku in lines:
        fits = by_sku.get(own_sku or "", set())
        if len(fits) == 1:
            ((line["product_id"], line["variant_id"]),) = fits
            continue
        for title in _titles(line["title"]):
            if len(by_title.get(title, ())) == 1:
                (line["product_id"],) = by_title[title]
                break


def _titles(line: str) -> Iterator[str]:
    """What the product may be called: Shopify writes "Title - Option / Option", and either may hold " - "."""
    yield line
    while " - " in line:
        line = line.rpartition(" - ")[0]
        yield line


def _newer(one: dict[str, Any], other: dict[str, Any] | None) -> bool:
    return other is None or one["extra"]["latest_order"] > other["extra"].get("latest_order", [])
