"""Which version of a product fits what was asked, keeping everything of the old one that was not asked to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from store import parse_amount

from ..facts import ProductFacts, VariantFacts
from .comparing import grade
from .options import Wants


@dataclass(frozen=True, slots=True)
class Choice:
    """The versions that fit best, all equally well; empty: none does."""

    variants: tuple[VariantFacts, ...]
    out_of_stock: bool = False
    """What was asked for exists but cannot be bought."""


def choose(product: ProductFacts, current: Mapping[str, str], current_id: str | None, wants: Wants) -> Choice:
    """The buyable versions that fit ``wants``, those that keep most of ``current`` first."""
    if wants.same:
        same = [one for one in product.variants if one.variant_id == current_id and one.in_stock]
        return Choice(tuple(same), not same)
    fitting = [one for one in product.variants if _fits(one, wants, current)]
    buyable = [one for one in fitting if one.in_stock and one.price]
    if wants.empty or not buyable:
        return Choice((), bool(fitting) and not wants.empty)
    buyable = _stepped(buyable, current, wants)
    for option, values in wants.values.items():
        # Of several values that would do, the first that can be had.
        best = next((value for value in values if any(one.options.get(option) == value for one in buyable)), None)
        buyable = [one for one in buyable if one.options.get(option) == best]
    if wants.price and not (wants.values or wants.steps or wants.free):
        others = [one for one in buyable if one.variant_id != current_id] or buyable
        return Choice(_priced(others, wants.price))
    asked = {*wants.values, *wants.steps, *wants.free}
    kept = [
        sum(one.options.get(name) == value for name, value in current.items() if name not in asked) for one in buyable
    ]
    best_kept = max(kept)
    left = [one for one, count in zip(buyable, kept, strict=True) if count == best_kept]
    if wants.free and not wants.price and len(left) > 1:
        same = [one for one in left if all(one.options.get(name) == current.get(name) for name in wants.free)]
        left = same or left
    return Choice(_priced(left, wants.price) if wants.price else tuple(left))


def _fits(variant: VariantFacts, wants: Wants, current: Mapping[str, str]) -> bool:
    for option, values in wants.values.items():
        if variant.options.get(option) not in values:
            return False
    for option, bad in wants.not_values.items():
        if variant.options.get(option) in bad:
            return False
    for option, step in wants.steps.items():
        now, new = grade(current.get(option, "")), grade(variant.options.get(option, ""))
        if new is None or (abs(step) == 1 and now is not None and (new - now) * step <= 0):
            return False
    return True


def _stepped(variants: Sequence[VariantFacts], current: Mapping[str, str], wants: Wants) -> list[VariantFacts]:
    left = list(variants)
    for option, step in wants.steps.items():
        grades = {grade(one.options.get(option, "")) or 0.0 for one in left}
        upward = step in {-1, 9}
        wanted = max(grades) if upward else min(grades)
        left = [one for one in left if (grade(one.options.get(option, "")) or 0.0) == wanted]
    return left


def _priced(variants: Sequence[VariantFacts], which: str) -> tuple[VariantFacts, ...]:
    prices = [price_minor(one) for one in variants]
    wanted = min(prices) if which == "cheapest" else max(prices)
    return tuple(one for one, price in zip(variants, prices, strict=True) if price == wanted)[:1]


def price_minor(variant: VariantFacts) -> int:
    """A version's price in minor units, read from how it is shown."""
    return parse_amount(variant.price or "0", "USD") if variant.price else 0
