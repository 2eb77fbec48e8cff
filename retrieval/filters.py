"""What a customer wants and does not want, as structure: the form that words such as "under 80 euros" become."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field, model_validator

from store import format_amount


class Filters(BaseModel):
    """Conditions that a product must meet. Empty: every product that may be shown does.

    Words are compared by meaning, in lower case, singular, English or Chinese: ``("red",)`` fits a product whose colour
    is "Dark red" or "深红色".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_minor: int | None = Field(default=None, ge=0)
    """Lowest price, inclusive, in minor units of ``currency``."""
    max_minor: int | None = Field(default=None, ge=0)
    """Highest price, inclusive."""
    currency: str | None = None
    """ISO 4217 code of the two prices; ``None``: whatever a product is priced in."""
    category: str | None = None
    """A category at any level of a product's path."""
    brand: str | None = None
    attributes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Attribute or option (colour, material, size, ...) -> values, of which one must fit."""
    in_stock: bool = False
    """Only what can be bought now."""
    country: str | None = None
    """ISO 3166 code of where it is sent to; products not sold there do not fit."""
    exclude: tuple[str, ...] = ()
    """Words that must not stand in title, brand, category or attributes."""

    @model_validator(mode="after")
    def _range(self) -> Filters:
        if self.min_minor is not None and self.max_minor is not None and self.min_minor > self.max_minor:
            raise ValueError(f"the lowest price {self.min_minor} is above the highest {self.max_minor}")
        return self

    def merged(self, stronger: Filters) -> Filters:
        """These conditions and ``stronger`` together: the narrower price range, and where only one can hold, the
        stronger's. Price ranges that share nothing: the stronger's alone."""
        low = [one for one in (self.min_minor, stronger.min_minor) if one is not None]
        high = [one for one in (self.max_minor, stronger.max_minor) if one is not None]
        same_money = None in (self.currency, stronger.currency) or self.currency == stronger.currency
        if same_money and not (low and high and max(low) > min(high)):
            lowest, highest = max(low, default=None), min(high, default=None)
        elif stronger.min_minor is None and stronger.max_minor is None:
            lowest, highest = self.min_minor, self.max_minor
        else:
            lowest, highest = stronger.min_minor, stronger.max_minor
        return Filters(
            min_minor=lowest,
            max_minor=highest,
            currency=stronger.currency or self.currency,
            category=stronger.category or self.category,
            brand=stronger.brand or self.brand,
            attributes={**self.attributes, **stronger.attributes},
            in_stock=self.in_stock or stronger.in_stock,
            country=stronger.country or self.country,
            exclude=tuple(dict.fromkeys((*self.exclude, *stronger.exclude))),
        )

    def told(self, language: str = "en") -> str:
        """The conditions in a few words, for the customer: ``under €80.00 · colour: red · in stock``."""
        chinese = language.startswith("zh")
        parts: list[str] = []
        currency = self.currency or "USD"
        low = None if self.min_minor is None else format_amount(self.min_minor, currency)
        high = None if self.max_minor is None else format_amount(self.max_minor, currency)
        if low and high:
            parts.append(f"{low}–{high}")
        elif high:
            parts.append(f"{high} 以内" if chinese else f"up to {high}")
        elif low:
            parts.append(f"{low} 起" if chinese else f"from {low}")
        if self.category:
            parts.append(self.category)
        if self.brand:
            parts.append(self.brand)
        parts.extend(f"{name}: {' / '.join(values)}" for name, values in self.attributes.items())
        if self.in_stock:
            parts.append("有货" if chinese else "in stock")
        parts.extend(f"不含 {word}" if chinese else f"not {word}" for word in self.exclude)
        return " · ".join(parts)


def relaxations(filters: Filters) -> Iterator[tuple[tuple[str, ...], Filters]]:
    """The conditions of a query, then without those that a wording can get wrong: one of them, all attributes, all."""
    yield (), filters
    loose = [*filters.attributes, *(name for name in ("category", "brand") if getattr(filters, name) is not None)]
    for name in loose:
        yield (name,), _without(filters, (name,))
    if len(filters.attributes) > 1:
        yield tuple(filters.attributes), _without(filters, tuple(filters.attributes))
    if len(loose) > max(len(filters.attributes), 1):
        yield tuple(loose), _without(filters, tuple(loose))


def _without(filters: Filters, names: tuple[str, ...]) -> Filters:
    kept = {name: values for name, values in filters.attributes.items() if name not in names}
    category = None if "category" in names else filters.category
    brand = None if "brand" in names else filters.brand
    return filters.model_copy(update={"attributes": kept, "category": category, "brand": brand})
