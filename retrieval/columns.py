"""Which rows meet a filter, computed over all products at once; what is exact for one product is ``facts.fits``.

Numbers (price, stock) lie in columns over variants, names in dictionaries of rows. Rows that changed since the
columns were made are judged one by one, until there are so many that the columns are made anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .concepts import is_flag, surface
from .facts import ProductFacts, excludes, fits
from .filters import Filters
from .words import fold

Flags = NDArray[np.bool_]
_REMAKE_AT = 1_000


class Columns:
    """Columns over the rows of a catalogue. ``candidates(words)`` gives rows whose text may say one of the words."""

    def __init__(self, rows: Sequence[ProductFacts | None], candidates: Callable[[str], NDArray[np.int32]]) -> None:
        self._rows = rows
        self._candidates = candidates
        self._stale: set[int] = set()
        self._make()

    def changed(self, row: int) -> None:
        """The facts of ``row`` are others now, or it is new."""
        self._stale.add(row)

    def meets(self, filters: Filters) -> Flags:
        """A flag per row: False where the product certainly does not fit, so that ranking need not look at it.

        Conditions on price, stock and options are checked for each alone here and for one same variant by ``fits``.
        """
        if len(self._stale) > max(_REMAKE_AT, len(self._rows) // 10):
            self._make()
        flags = np.zeros(len(self._rows), dtype=np.bool_)
        flags[: self._size] = self._made_rows(filters)
        for row in self._stale:
            facts = self._rows[row]
            flags[row] = facts is not None and fits(facts, filters)
        return flags

    def _make(self) -> None:
        rows = self._rows
        self._size = len(rows)
        self._stale = set()
        self._cache: dict[tuple[str, ...], Flags] = {}
        self._visible = np.fromiter((one is not None and one.visible for one in rows), dtype=np.bool_, count=len(rows))
        self._everywhere = np.fromiter(
            (one is not None and one.countries is None for one in rows), dtype=np.bool_, count=len(rows)
        )
        countries, categories, brands = _row_lists(), _row_lists(), _row_lists()
        variants: list[tuple[int, int, bool, str]] = []
        for row, facts in enumerate(rows):
            if facts is None:
                continue
            for code in facts.countries or ():
                countries[code].append(row)
            for key in {surface(one) for one in facts.categories} | {surface(" ".join(facts.categories))}:
                categories[key].append(row)
            if facts.brand:
                brands[fold(facts.brand)].append(row)
            variants.extend(
                (row, -1 if one.price_minor is None else one.price_minor, one.in_stock, one.currency)
                for one in facts.variants
            )
        self._countries, self._categories, self._brands = countries, categories, brands
        self._variant_row = np.array([one[0] for one in variants], dtype=np.int64)
        self._price = np.array([one[1] for one in variants], dtype=np.int64)
        self._in_stock = np.array([one[2] for one in variants], dtype=np.bool_)
        self._currency = np.array([one[3] for one in variants], dtype=np.str_)

    def _made_rows(self, filters: Filters) -> Flags:
        flags = self._visible.copy()
        if filters.country is not None:
            flags &= self._everywhere | self._of(self._countries, filters.country.upper())
        if filters.category is not None:
            flags &= self._of(self._categories, surface(filters.category))
        if filters.brand is not None:
            flags &= self._of(self._brands, fold(filters.brand))
        for word in filters.exclude:
            flags &= ~self._excluded(word)
        for name, values in filters.attributes.items():
            flags &= self._with_attribute(name, values)
        if filters.in_stock or filters.min_minor is not None or filters.max_minor is not None:
            flags &= self._variant_flags(filters)
        return flags

    def _variant_flags(self, filters: Filters) -> Flags:
        fit = np.ones(len(self._variant_row), dtype=np.bool_)
        if filters.in_stock:
            fit &= self._in_stock
        if filters.min_minor is not None or filters.max_minor is not None:
            fit &= self._price >= max(filters.min_minor or 0, 0)
            if filters.max_minor is not None:
                fit &= self._price <= filters.max_minor
            if filters.currency is not None:
                fit &= self._currency == filters.currency
        flags = np.zeros(self._size, dtype=np.bool_)
        flags[self._variant_row[fit]] = True
        return flags

    def _excluded(self, word: str) -> Flags:
        return self._judged(("exclude", word), (word,), lambda facts: excludes(facts, word))

    def _with_attribute(self, name: str, values: tuple[str, ...]) -> Flags:
        only = Filters(attributes={name: values})
        words = (*values, name) if any(is_flag(value) for value in values) else values
        return self._judged((name, *values), words, lambda facts: fits(facts, only))

    def _judged(self, key: tuple[str, ...], words: tuple[str, ...], holds: Callable[[ProductFacts], bool]) -> Flags:
        """Flags by looking at each product whose text says one of the words; remembered until the columns change."""
        if key not in self._cache:
            flags = np.zeros(self._size, dtype=np.bool_)
            for row in {int(row) for word in words for row in self._candidates(word)}:
                facts = self._rows[row] if row < self._size else None
                if facts is not None:
                    flags[row] = holds(facts)
            self._cache[key] = flags
        return self._cache[key]

    def _of(self, rows_by_key: dict[str, list[int]], key: str) -> Flags:
        flags = np.zeros(self._size, dtype=np.bool_)
        flags[rows_by_key.get(key, [])] = True
        return flags


def _row_lists() -> defaultdict[str, list[int]]:
    return defaultdict(list)
