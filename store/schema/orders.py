"""What was bought and what became of it: orders, lines, payments, shipments, returns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base


class Order(Base):
    """One order. Its total is the sum of its lines, shipping and tax, less the discount."""

    __tablename__ = "orders"

    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str | None] = mapped_column(index=True)
    """``None``: a guest. No foreign key: orders may be imported before customers."""
    position: Mapped[int] = mapped_column(default=0)
    """Place in the customer's own list of orders."""
    status: Mapped[str]
    """pending, processed, shipped, delivered, cancelled, return requested, exchange requested, ..."""
    currency: Mapped[str]
    placed_at: Mapped[datetime | None] = mapped_column(index=True)
    shipping_minor: Mapped[int] = mapped_column(default=0)
    discount_minor: Mapped[int] = mapped_column(default=0)
    tax_minor: Mapped[int] = mapped_column(default=0)
    address: Mapped[dict[str, str]] = mapped_column(default=dict)
    cancel_reason: Mapped[str | None]
    source: Mapped[str] = mapped_column(default="shop")
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)

    lines: Mapped[list[OrderLine]] = relationship(cascade="all, delete-orphan", order_by="OrderLine.position")
    payments: Mapped[list[Payment]] = relationship(cascade="all, delete-orphan", order_by="Payment.position")
    shipments: Mapped[list[Shipment]] = relationship(cascade="all, delete-orphan", order_by="Shipment.position")
    returns: Mapped[list[Return]] = relationship(cascade="all, delete-orphan", order_by="Return.position")

    @property
    def total_minor(self) -> int:
        goods = sum(line.quantity * line.unit_price_minor for line in self.lines)
        return goods + self.shipping_minor + self.tax_minor - self.discount_minor


class OrderLine(Base):
    """One line of an order: what it was called and what it cost when it was bought."""

    __tablename__ = "order_lines"

    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[str | None] = mapped_column(index=True)
    variant_id: Mapped[str | None]
    title: Mapped[str]
    options: Mapped[dict[str, str]] = mapped_column(default=dict)
    quantity: Mapped[int] = mapped_column(default=1)
    unit_price_minor: Mapped[int]


class Payment(Base):
    """Money that went in (payment) or back (refund)."""

    __tablename__ = "payments"

    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """payment or refund."""
    amount_minor: Mapped[int]
    currency: Mapped[str]
    method_id: Mapped[str | None]
    paid_at: Mapped[datetime | None]


class Shipment(Base):
    """A parcel, when it was promised and when it came."""

    __tablename__ = "shipments"

    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    tracking_ids: Mapped[list[str]] = mapped_column(default=list)
    variant_ids: Mapped[list[str]] = mapped_column(default=list)
    carrier: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="unknown")
    promised_at: Mapped[datetime | None] = mapped_column(index=True)
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


class Return(Base):
    """A return or an exchange, from the request on."""

    __tablename__ = "returns"

    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """return or exchange."""
    status: Mapped[str] = mapped_column(default="requested")
    variant_ids: Mapped[list[str]] = mapped_column(default=list)
    new_variant_ids: Mapped[list[str]] = mapped_column(default=list)
    payment_method_id: Mapped[str | None]
    price_difference_minor: Mapped[int | None]
    reason: Mapped[str | None]
    requested_at: Mapped[datetime | None]
