"""What the shop sells: products and their variants."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base


class Product(Base):
    """One thing on sale, as the shop shows it; what can be bought are its variants."""

    __tablename__ = "products"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    """Language of ``title`` and ``description`` (BCP 47); others stand in ``translations``."""
    translations: Mapped[dict[str, dict[str, str]]] = mapped_column(default=dict)
    """Language -> {"title": ..., "description": ...}."""
    brand: Mapped[str | None] = mapped_column(index=True)
    category_path: Mapped[list[str]] = mapped_column(default=list)
    """From the widest to the narrowest category: ["Shoes", "Trail running"]."""
    attributes: Mapped[dict[str, str]] = mapped_column(default=dict)
    countries: Mapped[list[str] | None]
    """ISO 3166 codes of the countries it is sold to; ``None``: everywhere."""
    consumable: Mapped[bool] = mapped_column(default=False)
    """Bought again and again (coffee), so that having bought it does not rule it out."""
    image: Mapped[str | None]
    """Address or file of the picture; a relative path is below the shop's home folder."""
    visible: Mapped[bool] = mapped_column(default=True)
    source: Mapped[str] = mapped_column(default="shop")
    created_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the import found and the schema has no column for; export gives it back."""

    variants: Mapped[list[Variant]] = relationship(
        back_populates="product", cascade="all, delete-orphan", order_by="Variant.position"
    )


class Variant(Base):
    """One buyable form of a product: a size, a colour."""

    __tablename__ = "variants"

    id: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    sku: Mapped[str | None]
    options: Mapped[dict[str, str]] = mapped_column(default=dict)
    currency: Mapped[str]
    price_minor: Mapped[int | None] = mapped_column(index=True)
    """``None``: the source gave no price; such a variant is shown without one and never invented."""
    compare_at_minor: Mapped[int | None]
    cost_minor: Mapped[int | None]
    stock: Mapped[int | None]
    """Pieces on hand; ``None``: not counted."""
    available: Mapped[bool] = mapped_column(default=True)
    """The shop's own switch. It can be bought if this is true and ``stock`` is not 0."""
    extra: Mapped[dict[str, Any]] = mapped_column(default=dict)

    product: Mapped[Product] = relationship(back_populates="variants")

    @property
    def in_stock(self) -> bool:
        return self.available and (self.stock is None or self.stock > 0)
