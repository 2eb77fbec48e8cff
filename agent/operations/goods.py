"""What may replace the pieces of an order, what that costs, and what it does to the stock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from sqlalchemy import select

from store.schema import Order, OrderLine, Variant

from .case import Case
from .consequences import ItemChange, StockEffect
from .pieces import Piece
from .refusal import refused


def check_pairs(order: Order, item_ids: Sequence[str], new_item_ids: Sequence[str]) -> None:
    """Whether there is one new item for each item. Raises ``OperationRefused``."""
    if len(item_ids) != len(new_item_ids):
        raise refused(f"order:{order.id}", "pairs", len(new_item_ids), [len(item_ids)], kind="number")


def choose_variants(
    case: Case, order: Order, item_ids: Sequence[str], new_item_ids: Sequence[str]
) -> dict[str, Variant]:
    """The new variants by id, each an available one of its item's product, with a price in the order's currency.

    Raises ``OperationRefused`` for the first that is not.
    """
    found = case.variants([*item_ids, *new_item_ids])
    product_of = {one.variant_id: one.product_id for one in order.lines}
    for item_id, new_id in zip(item_ids, new_item_ids, strict=True):
        product_id = product_of.get(item_id) or (found[item_id].product_id if item_id in found else None)
        variant = found.get(new_id)
        if variant is None or variant.product_id != product_id or not variant.in_stock:
            raise refused(f"variant:{new_id}", "variant", new_id, _available(case, product_id), kind="id")
        if variant.price_minor is None:
            raise refused(f"variant:{new_id}", "price", new_id, kind="id")
        if variant.currency != order.currency:
            raise refused(f"variant:{new_id}", "currency", variant.currency, [order.currency])
    return found


def _available(case: Case, product_id: str | None) -> list[str]:
    rows = case.records.scalars(select(Variant).where(Variant.product_id == product_id).order_by(Variant.position))
    return [one.id for one in rows if one.in_stock]


def price_of(variant: Variant) -> int:
    """The price of a variant that ``choose_variants`` let pass."""
    if variant.price_minor is None:
        raise AssertionError(f"variant {variant.id} was chosen without a price")
    return variant.price_minor


def exchanged(old: Piece, variant: Variant) -> ItemChange:
    """One piece that is given for one of ``variant``."""
    return ItemChange(
        item_id=old.variant_id,
        product_id=old.product_id,
        title=old.title,
        options=dict(old.options),
        quantity=1,
        price_minor=old.price_minor,
        new_item_id=variant.id,
        new_options=dict(variant.options),
        new_price_minor=price_of(variant),
    )


def leaving(old: Piece) -> ItemChange:
    """Pieces that leave the order for nothing."""
    return ItemChange(
        item_id=old.variant_id,
        product_id=old.product_id,
        title=old.title,
        options=dict(old.options),
        quantity=old.quantity,
        price_minor=old.price_minor,
    )


def swap(
    lines: Sequence[Piece], item_ids: Sequence[str], new_item_ids: Sequence[str], variants: Mapping[str, Variant]
) -> tuple[list[Piece], list[ItemChange]]:
    """The lines after each item, one after the other, was replaced: always the first line that holds it *then*.

    Of a line of several pieces one is split off to a line of its own at the end. Each change is priced at what it
    replaces, so the changes' differences always add up to the change of the lines.
    """
    now = list(lines)
    changes = []
    for item_id, new_id in zip(item_ids, new_item_ids, strict=True):
        at = next(index for index, one in enumerate(now) if one.variant_id == item_id)
        old, variant = now[at], variants[new_id]
        changes.append(exchanged(old, variant))
        new = replace(old, variant_id=new_id, options=dict(variant.options), price_minor=price_of(variant), quantity=1)
        if old.quantity == 1:
            now[at] = new
        else:
            now[at] = replace(old, quantity=old.quantity - 1)
            now.append(replace(new, position=max(one.position for one in now) + 1))
    return now, changes


def write_lines(order: Order, lines: Iterable[Piece]) -> None:
    """Make the order's lines what ``swap`` has made of them."""
    known = {line.position: line for line in order.lines}
    for piece in lines:
        line = known.get(piece.position)
        if line is None:
            line = OrderLine(position=piece.position, product_id=piece.product_id, title=piece.title)
            order.lines.append(line)
        line.variant_id = piece.variant_id
        line.options = dict(piece.options)
        line.quantity = piece.quantity
        line.unit_price_minor = piece.price_minor


def stock_effects(
    variants: Mapping[str, Variant],
    back: Iterable[str | None],
    out: Iterable[str],
    *,
    back_on: Literal["now", "arrival"] = "now",
) -> tuple[StockEffect, ...]:
    """What goes back to the stock and what leaves it now, of variants whose pieces are counted.

    Raises ``OperationRefused`` if more would leave than there is.
    """
    coming = Counter(one for one in back if one is not None and _counted(variants, one))
    going = Counter(one for one in out if _counted(variants, one))
    now = Counter(coming) if back_on == "now" else Counter()
    now.subtract(going)
    for variant_id, change in now.items():
        stock = variants[variant_id].stock or 0
        if stock + change < 0:
            raise refused(f"variant:{variant_id}", "stock", going[variant_id], [stock], kind="number")
    effects = [StockEffect(variant_id=one, change=change) for one, change in sorted(now.items()) if change]
    if back_on == "arrival":
        effects += [StockEffect(variant_id=one, change=n, start="arrival") for one, n in sorted(coming.items())]
    return tuple(effects)


def write_stock(variants: Mapping[str, Variant], effects: Iterable[StockEffect]) -> None:
    """Book the effects that happen now."""
    for effect in effects:
        if effect.start == "now":
            variant = variants[effect.variant_id]
            variant.stock = (variant.stock or 0) + effect.change


def _counted(variants: Mapping[str, Variant], variant_id: str) -> bool:
    return variant_id in variants and variants[variant_id].stock is not None
