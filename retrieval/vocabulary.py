"""The shop's own words for what its products are: attribute values, brands, categories, currencies.

Learnt from the products, kept up to date as they change. Understanding a query means finding these in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .concepts import COLOURS, FEATURES, MATERIALS, PEOPLE, is_flag, listed_values, meaning, surface, ways_to_say
from .facts import ProductFacts
from .words import fold, is_chinese

_FALSE = {"no", "false", "0", "none", "n/a", "na", "否", "-", ""}
_LONGEST_VALUE = 3
"""An attribute value of more words is a description, not a value to filter by."""
_NAMED_ONLY = {"size", "pack size", "weight", "capacity", "length", "width", "height", "year"}
"""Attributes whose values are plain numbers and letters: they count only where the attribute is named ("size 42")."""


class ShopVocabulary:
    """What values there are. Not locked: its owner sees to that."""

    def __init__(self) -> None:
        self.brands: Counter[str] = Counter()
        self.categories: Counter[str] = Counter()
        self.currencies: Counter[str] = Counter()
        self._brand_names: dict[str, str] = {}
        self._category_names: dict[str, str] = {}
        self._values: Counter[tuple[str, str]] = Counter()
        self._surfaces: dict[str, tuple[str, str]] | None = None

    def add(self, facts: ProductFacts) -> None:
        """Count a product in."""
        self._count(facts, 1)

    def remove(self, facts: ProductFacts) -> None:
        """Count a product out; the facts must be those it was counted in with."""
        self._count(facts, -1)

    @property
    def currency(self) -> str | None:
        """The currency that most prices are in."""
        return self.currencies.most_common(1)[0][0] if self.currencies else None

    def brand(self, key: str) -> str | None:
        """The brand whose name, folded, is ``key``."""
        return self._brand_names.get(key) if self.brands.get(key) else None

    def category(self, key: str) -> str | None:
        """The category with the ``concepts.surface`` ``key``."""
        return self._category_names.get(key) if self.categories.get(key) else None

    def has_value(self, name: str, value: str) -> bool:
        """Whether some product has this attribute with a value that says at least ``value``."""
        wanted = meaning(value)
        return any(known == name and wanted <= meaning(other) for known, other in self._values)

    def attribute(self, named: str) -> tuple[str, str] | None:
        """The attribute and its value that ``named`` (see ``concepts.surface``) names, if there is one."""
        return self._named().get(named)

    @property
    def chinese_surfaces(self) -> list[str]:
        """The surfaces of attributes that are written in Chinese, the longest first."""
        return sorted((one for one in self._named() if is_chinese(one)), key=len, reverse=True)

    @property
    def chinese_brands(self) -> list[str]:
        """The brands written in Chinese, folded, the longest first."""
        return sorted((one for one, count in self.brands.items() if count and is_chinese(one)), key=len, reverse=True)

    def _count(self, facts: ProductFacts, by: int) -> None:
        if facts.brand:
            key = fold(facts.brand)
            self.brands[key] += by
            self._brand_names.setdefault(key, facts.brand)
        for category in facts.categories:
            self.categories[surface(category)] += by
            self._category_names.setdefault(surface(category), category)
        for variant in facts.variants:
            self.currencies[variant.currency] += by
        for pair in _pairs(facts):
            before = self._values[pair]
            self._values[pair] = before + by
            if before + by == 0 or before == 0:
                self._surfaces = None
                if before + by == 0:
                    del self._values[pair]

    def _named(self) -> dict[str, tuple[str, str]]:
        if self._surfaces is None:
            best: dict[str, tuple[int, tuple[str, str]]] = {}
            for (name, value), count in self._values.items():
                for named, said in _surfaces(name, value):
                    if named not in best or count > best[named][0]:
                        best[named] = (count, (name, said))
            self._surfaces = {named: pair for named, (_, pair) in best.items()}
        return self._surfaces


def _pairs(facts: ProductFacts) -> set[tuple[str, str]]:
    options = (pair for variant in facts.variants for pair in variant.options)
    return {(name, one) for name, value in (*facts.attributes, *options) for one in listed_values(fold(value))}


def _surfaces(name: str, value: str) -> Iterator[tuple[str, str]]:
    """The ways to name an attribute value, each with what it says."""
    if value in _FALSE:
        return
    if is_flag(value):
        for way in ways_to_say(name):
            yield surface(way), value
        return
    words = surface(value).split(" ")
    if len(words) > _LONGEST_VALUE:
        return
    if name in _NAMED_ONLY or not any((word.isalpha() and len(word) > 2) or is_chinese(word) for word in words):
        for own in ways_to_say(name):
            yield surface(f"{own} {value}"), value
        return
    yield surface(value), value
    for concept in meaning(value):
        if any(concept in table for table in (COLOURS, MATERIALS, PEOPLE, FEATURES)):
            for way in ways_to_say(concept):
                yield surface(way), concept
