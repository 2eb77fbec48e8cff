"""What is true of a product for rules and filters, without its texts: one small record per product."""

from __future__ import annotations

from dataclasses import dataclass

from store.schema import Product, Variant

from .concepts import attribute_name, is_flag, listed_values, mentions, same_meaning, surface
from .filters import Filters
from .words import fold

_PLAIN = ("colour", "material", "size", "gender")
"""Attributes whose values hardly mean anything else."""


@dataclass(frozen=True, slots=True)
class VariantFacts:
    """One buyable form: what it costs, whether it can be bought now, and what is special about it."""

    currency: str
    price_minor: int | None
    in_stock: bool
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """One product as rules see it. Attribute names are the common ones (``colour`` for ``Color``)."""

    product_id: str
    titles: tuple[str, ...]
    labels: tuple[str, ...]
    """What translations say besides title and description: categories, attributes, colours in another language."""
    brand: str | None
    categories: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...]
    countries: frozenset[str] | None
    visible: bool
    consumable: bool
    variants: tuple[VariantFacts, ...]

    @property
    def in_stock(self) -> bool:
        return any(variant.in_stock for variant in self.variants)


def facts_of(product: Product) -> ProductFacts:
    """The facts of a product as the database has it."""
    titles = (product.title, *(one["title"] for one in product.translations.values() if one.get("title")))
    return ProductFacts(
        product_id=product.id,
        titles=titles,
        labels=tuple(
            text
            for one in product.translations.values()
            for key, text in one.items()
            if key not in {"title", "description"} and isinstance(text, str)
        ),
        brand=product.brand,
        categories=tuple(product.category_path),
        attributes=tuple((attribute_name(name), str(value)) for name, value in product.attributes.items()),
        countries=None if product.countries is None else frozenset(code.upper() for code in product.countries),
        visible=product.visible,
        consumable=product.consumable,
        variants=tuple(_variant_facts(variant) for variant in product.variants),
    )


def _variant_facts(variant: Variant) -> VariantFacts:
    options = tuple((attribute_name(name), str(value)) for name, value in variant.options.items())
    return VariantFacts(variant.currency.upper(), variant.price_minor, variant.in_stock, options)


def may_be_shown(facts: ProductFacts, country: str | None) -> bool:
    """The rule without exceptions: it is visible, and sold to ``country`` (``None``: not known, no restriction)."""
    return facts.visible and (country is None or facts.countries is None or country.upper() in facts.countries)


def fits(facts: ProductFacts, filters: Filters) -> bool:
    """Whether a product may be shown and meets ``filters``. Price, stock and options must hold for one same variant."""
    if not may_be_shown(facts, filters.country):
        return False
    if filters.category is not None and not in_category(facts, filters.category):
        return False
    if filters.brand is not None and (facts.brand is None or fold(facts.brand) != fold(filters.brand)):
        return False
    if any(excludes(facts, word) for word in filters.exclude):
        return False
    by_option: dict[str, tuple[str, ...]] = {}
    for name, values in filters.attributes.items():
        if any(name == own for variant in facts.variants for own, _ in variant.options):
            by_option[name] = values
        elif not _has_attribute(facts, name, values):
            return False
    asks_variant = by_option or filters.in_stock or filters.min_minor is not None or filters.max_minor is not None
    return not asks_variant or any(_variant_fits(one, facts, filters, by_option) for one in facts.variants)


def in_category(facts: ProductFacts, category: str) -> bool:
    """Whether ``category`` is a level of the product's path (singular or plural) or the whole path."""
    wanted = surface(category)
    return any(surface(one) == wanted for one in facts.categories) or wanted == surface(" ".join(facts.categories))


def excludes(facts: ProductFacts, word: str) -> bool:
    """Whether ``word`` (not wanted) is what the product is: an attribute, its brand or category, or in its title.

    An option counts only if every variant has it: "not red" leaves a shirt that also comes in blue.
    """
    names = {name for variant in facts.variants for name, _ in variant.options}
    # What varies is told by the variants, and an attribute of that name only lists them.
    own = [one for name, value in facts.attributes if name not in names for one in listed_values(value)]
    flags = [name for name, value in facts.attributes if is_flag(value)]
    if any(same_meaning(word, value) for value in (*own, *flags, *facts.categories, facts.brand or "")):
        return True
    for name in names:
        values = [dict(variant.options).get(name) for variant in facts.variants]
        if all(value is not None and same_meaning(word, value) for value in values):
            return True
    offers_other = any(same_meaning(word, value) for variant in facts.variants for _, value in variant.options)
    return not offers_other and any(mentions(text, word) for text in (*facts.titles, *facts.labels))


def has_value(facts: ProductFacts, name: str, asked: str) -> bool:
    """Whether an attribute or an option of the product itself says what was asked; its title does not count."""
    options = (pair for variant in facts.variants for pair in variant.options)
    return any(
        same_meaning(asked, one)
        for known, value in (*facts.attributes, *options)
        if known == name
        for one in listed_values(value)
    )


def _has_attribute(facts: ProductFacts, name: str, values: tuple[str, ...]) -> bool:
    """By the product's attribute; by the title where that attribute is missing, or is one that a word may not mean
    ("light" as a texture, and as a lamp)."""
    own = [one for known, value in facts.attributes if known == name for one in listed_values(value)]
    if any(same_meaning(asked, value) for asked in values for value in own):
        return True
    if own and (name in _PLAIN or any(is_flag(value) for value in values)):
        return False
    said = [name if is_flag(asked) else asked for asked in values]
    return any(mentions(title, one) for one in said for title in facts.titles)


def _variant_fits(
    variant: VariantFacts, facts: ProductFacts, filters: Filters, options: dict[str, tuple[str, ...]]
) -> bool:
    if filters.in_stock and not variant.in_stock:
        return False
    if filters.min_minor is not None or filters.max_minor is not None:
        if variant.price_minor is None or filters.currency not in (None, variant.currency):
            return False
        if filters.min_minor is not None and variant.price_minor < filters.min_minor:
            return False
        if filters.max_minor is not None and variant.price_minor > filters.max_minor:
            return False
    own = dict(variant.options)
    return all(
        any(same_meaning(asked, own[name]) for asked in values) if name in own else _has_attribute(facts, name, values)
        for name, values in options.items()
    )
