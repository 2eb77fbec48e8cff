"""Shopify's order CSV export: one row per line item, joined by ``Name``; the order's own columns on its first row only.

https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders

An order goes in whole or not at all: without one of its lines its total would be false. All cells are kept in
``extra`` for the export. Customers are made from the orders (see ``shopify_customers``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import Field, ValidationError
from sqlalchemy.orm import Session

from . import shopify_customers
from .fields import BadValue, Currency, Id, OptionalText, RowModel, Text, Time, major, minor, why
from .groups import Group, all_bad, grouped
from .rows import BadRow, Record, Row
from .shopify_columns import renamed

Cells = dict[str, str]
_ADDRESS = {
    "address1": "Shipping Address1",
    "address2": "Shipping Address2",
    "city": "Shipping City",
    "state": "Shipping Province",
    "country": "Shipping Country",
    "zip": "Shipping Zip",
}


class _Order(RowModel):
    name: Id = Field(alias="Name")
    currency: Currency | None = Field(None, alias="Currency")
    created: Time = Field(None, alias="Created at")
    paid: Time = Field(None, alias="Paid at")
    fulfilled: Time = Field(None, alias="Fulfilled at")
    cancelled: Time = Field(None, alias="Cancelled at")
    financial: Text = Field("", alias="Financial Status")
    fulfillment: Text = Field("", alias="Fulfillment Status")
    method: OptionalText = Field(None, alias="Payment Method")


class _Line(RowModel):
    name: Text = Field(alias="Lineitem name", min_length=1)
    quantity: int = Field(alias="Lineitem quantity", ge=1, le=1_000_000)


class ShopifyOrders:
    """Orders with lines, payments and shipments. ``currency`` is used where the file names none."""

    def __init__(self, currency: str) -> None:
        self._currency = currency

    def records(self, rows: Iterable[Row | BadRow]) -> Iterator[Record | BadRow]:
        for group in grouped(renamed(rows, "shopify-orders"), "Name"):
            if isinstance(group, BadRow):
                yield group
            else:
                yield from self._of(group)

    def prepare(self, session: Session, records: list[Record]) -> int:
        shopify_customers.link_products(session, records)
        return shopify_customers.settle(session, records)

    def _of(self, group: Group) -> Iterator[Record | BadRow]:
        if group.broken:
            line = group.broken[0].line
            yield from all_bad(group, f"line {line} of the order {group.key} cannot be read")
            return
        rows = [row.data for row in group.rows]
        at = group.rows[0]
        try:
            lines = []
            for row in group.rows:
                at = row
                if is_line(row.data):
                    lines.append(line_values(row.data, rows[0].get("Currency") or self._currency))
            at = group.rows[0]
            values, children = order_values(rows[0], lines, self._currency)
            customer = shopify_customers.customer_of(rows[0], values)
        except (ValidationError, BadValue) as error:
            yield from all_bad(group, why(error), at)
            return
        values["extra"] = {"rows": rows}
        yield Record("orders", values, group.rows, children, customer=customer)


def is_line(cells: Cells) -> bool:
    """Whether the row has a line item; the rest of a row can be further taxes only."""
    return any(column.startswith("Lineitem ") for column in cells)


def line_values(cells: Cells, currency: str) -> dict[str, Any]:
    """The columns of an order line. Raises ``ValidationError`` or ``BadValue``."""
    found = _Line.model_validate(cells)
    price = minor(cells.get("Lineitem price"), currency, "Lineitem price")
    if price is None:
        raise BadValue("Lineitem price", "empty")
    return {
        "product_id": None,
        "variant_id": None,
        "title": found.name,
        "options": {},
        "quantity": found.quantity,
        "unit_price_minor": price,
    }


def order_values(
    cells: Cells, lines: list[dict[str, Any]], default_currency: str
) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """The columns of the order, and its lines, payments and shipments, from its first row and its lines."""
    found = _Order.model_validate(cells)
    currency = found.currency or default_currency
    amounts = {
        column: minor(cells.get(column), currency, column, negative=column == "Outstanding Balance")
        for column in (
            "Subtotal",
            "Shipping",
            "Taxes",
            "Total",
            "Discount Amount",
            "Refunded Amount",
            "Outstanding Balance",
        )
    }
    if not lines:
        raise BadValue("Lineitem name", "the order has no line")
    values = {
        "id": found.name,
        "customer_id": None,
        "status": _status(found),
        "currency": currency,
        "placed_at": found.created,
        **_charges(amounts, sum(line["quantity"] * line["unit_price_minor"] for line in lines)),
        "address": {ours: cells[column].lstrip("'") for ours, column in _ADDRESS.items() if column in cells},
        "source": "shopify",
    }
    order_id = found.name
    children = {
        "order_lines": [{"order_id": order_id, "position": place, **line} for place, line in enumerate(lines)],
        "payments": [
            {"order_id": order_id, "position": place, "currency": currency, "method_id": found.method, **payment}
            for place, payment in enumerate(_payments(found, amounts))
        ],
        "shipments": [],
    }
    if found.fulfilled is not None:
        shipment = {"order_id": order_id, "position": 0, "status": "shipped", "shipped_at": found.fulfilled}
        children["shipments"] = [shipment]
    return values, children


def order_rows(order: Any, email: str | None) -> Iterator[Cells]:
    """The order as rows of the file: the cells it came with, and the shop's own values where it has changed them."""
    kept: list[Cells] = order.extra.get("rows", []) if order.source == "shopify" else []
    first = dict(kept[0]) if kept else {"Name": order.id, "Email": email or "", "Currency": order.currency}
    before = _before(kept, order.currency)
    goods = sum(line.quantity * line.unit_price_minor for line in order.lines)
    charges = ("shipping_minor", "tax_minor", "discount_minor")
    now = [(line.title, line.quantity, line.unit_price_minor) for line in order.lines]
    if before is None or before["charges"] != [getattr(order, name) for name in charges] or before["lines"] != now:
        amounts = {
            "Subtotal": goods - order.discount_minor,
            "Shipping": order.shipping_minor,
            "Taxes": order.tax_minor,
            "Total": order.total_minor,
            "Discount Amount": order.discount_minor,
        }
        first |= {column: major(amount, order.currency) for column, amount in amounts.items()}
    if before is None or before["status"] != order.status:
        first |= _status_cells(order.status)
    if before is None or before["placed_at"] != order.placed_at:
        first["Created at"] = shown_time(order.placed_at)
    if before is None or before["address"] != order.address:
        first |= {column: str(order.address.get(ours) or "") for ours, column in _ADDRESS.items()}
    first |= _payment_cells(order, before)
    line_rows = [cells for cells in kept if is_line(cells)]
    for place, line in enumerate(order.lines):
        cells = {**(line_rows[place] if place < len(line_rows) else {})}
        if before is None or place >= len(before["lines"]) or before["lines"][place] != now[place]:
            cells |= {
                "Lineitem name": line.title,
                "Lineitem quantity": str(line.quantity),
                "Lineitem price": major(line.unit_price_minor, order.currency),
                "Lineitem sku": "" if kept else line.variant_id or "",
            }
        own = {column: value for column, value in cells.items() if column.startswith("Lineitem ") or place > 0}
        base = {column: value for column, value in first.items() if not column.startswith("Lineitem ")}
        yield {**(base if place == 0 else {"Email": first.get("Email", "")}), **own, "Name": order.id}


def shown_time(at: Any) -> str:
    """A time as Shopify writes it."""
    return "" if at is None else at.strftime("%Y-%m-%d %H:%M:%S +0000")


def _before(kept: list[Cells], currency: str) -> dict[str, Any] | None:
    """What the cells say: the order as it was when it was imported."""
    if not kept:
        return None
    try:
        lines = [line_values(cells, currency) for cells in kept if "Lineitem name" in cells]
        values, children = order_values(kept[0], lines, currency)
    except (ValidationError, BadValue):
        return None
    return {
        **values,
        "charges": [values["shipping_minor"], values["tax_minor"], values["discount_minor"]],
        "lines": [(line["title"], line["quantity"], line["unit_price_minor"]) for line in lines],
        "payments": [(payment["kind"], payment["amount_minor"]) for payment in children["payments"]],
    }


def _payment_cells(order: Any, before: dict[str, Any] | None) -> Cells:
    if before is not None and before["payments"] == [(one.kind, one.amount_minor) for one in order.payments]:
        return {}
    refunded = sum(one.amount_minor for one in order.payments if one.kind == "refund")
    paid = [one for one in order.payments if one.kind == "payment"]
    left = sum(one.amount_minor for one in paid) - refunded
    cells = {"Refunded Amount": major(refunded, order.currency)}
    if paid:
        cells["Paid at"] = shown_time(paid[0].paid_at)
        cells["Financial Status"] = "paid" if not refunded else "partially_refunded" if left > 0 else "refunded"
    return cells


def _status(order: _Order) -> str:
    financial, fulfillment = order.financial.strip().lower(), order.fulfillment.strip().lower()
    if order.cancelled is not None or financial == "voided":
        return "cancelled"
    if fulfillment in {"fulfilled", "shipped"}:
        return "shipped"
    if fulfillment == "delivered":
        return "delivered"
    if fulfillment == "partial":
        return "partially shipped"
    return "refunded" if financial == "refunded" else "pending"


def _status_cells(status: str) -> Cells:
    if status == "cancelled":
        # The time of the cancellation, which Shopify would give, is not recorded; a voided order is a cancelled one.
        return {"Financial Status": "voided", "Fulfillment Status": "unfulfilled"}
    known = {"shipped": "fulfilled", "delivered": "delivered", "partially shipped": "partial"}
    return {"Fulfillment Status": known.get(status, "unfulfilled"), "Cancelled at": ""}


def _charges(amounts: dict[str, int | None], goods: int) -> dict[str, int]:
    """Shipping, tax and discount such that the order's total is the file's ``Total``.

    Where prices include the tax, ``Taxes`` is no part of the sum. What is missing from the sum otherwise is a
    discount; what is too much (duties, tips) goes to the tax.
    """
    shipping, tax, total = amounts["Shipping"] or 0, amounts["Taxes"] or 0, amounts["Total"]
    discount = amounts["Discount Amount"] or 0
    if total is not None:
        subtotal = amounts["Subtotal"] if amounts["Subtotal"] is not None else goods - discount
        if total == subtotal + shipping != subtotal + shipping + tax:
            tax = 0
        discount = goods + shipping + tax - total
        if discount < 0:
            tax, discount = tax - discount, 0
    return {"shipping_minor": shipping, "tax_minor": tax, "discount_minor": discount}


def _payments(order: _Order, amounts: dict[str, int | None]) -> Iterator[dict[str, Any]]:
    settled = order.financial.strip().lower() in {"paid", "partially_paid", "partially_refunded", "refunded"}
    paid = (amounts["Total"] or 0) - max(0, amounts["Outstanding Balance"] or 0)
    if settled and paid > 0:
        yield {"kind": "payment", "amount_minor": paid, "paid_at": order.paid}
    if amounts["Refunded Amount"]:
        yield {"kind": "refund", "amount_minor": amounts["Refunded Amount"], "paid_at": None}
