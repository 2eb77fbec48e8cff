"""Who buys: customers and their ways to pay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base


class Customer(Base):
    """One customer, with the consents that decide what may be done unasked."""

    __tablename__ = "customers"

    id: Mapped[str] = mapped_column(primary_key=True)
    first_name: Mapped[str] = mapped_column(default="")
    last_name: Mapped[str] = mapped_column(default="")
    email: Mapped[str | None] = mapped_column(index=True)
    phone: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    time_zone: Mapped[str] = mapped_column(default="UTC")
    """IANA name; quiet hours are kept in it."""
    country: Mapped[str | None]
    address: Mapped[dict[str, str]] = mapped_column(default=dict)
    """address1, address2, city, state, country, zip."""
    consent_email: Mapped[bool] = mapped_column(default=False)
    consent_proactive: Mapped[bool] = mapped_column(default=True)
    """May be written to in the chat without having asked."""
    consent_personal: Mapped[bool] = mapped_column(default=True)
    """History may be used for recommendations."""
    created_at: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(default="shop")
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)

    payment_methods: Mapped[list[PaymentMethod]] = relationship(
        back_populates="customer", cascade="all, delete-orphan", order_by="PaymentMethod.position"
    )

    @property
    def full_name(self) -> str:
        """First and last name in the order of the customer's language: 王小雨, Emma Lindqvist."""
        if self.language[:2] == "zh":
            return f"{self.last_name}{self.first_name}"
        return f"{self.first_name} {self.last_name}".strip()


class PaymentMethod(Base):
    """A way to pay on file. Never a full card number."""

    __tablename__ = "payment_methods"

    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str]
    """credit_card, gift_card, paypal, ..."""
    brand: Mapped[str | None]
    last_four: Mapped[str | None]
    balance_minor: Mapped[int | None]
    """Of gift cards only."""
    currency: Mapped[str] = mapped_column(default="USD")

    customer: Mapped[Customer] = relationship(back_populates="payment_methods")
