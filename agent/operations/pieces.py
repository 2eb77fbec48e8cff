"""An order piece by piece: what is in it, what its returns took, and what pieces are worth when they come back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from store.schema import Order

from .refusal import refused

_CALLED_OFF = {"rejected", "cancelled", "canceled"}


@dataclass(frozen=True, slots=True)
class Piece:
    """``quantity`` equal pieces in one line of an order."""

    position: int
    product_id: str | None
    variant_id: str | None
    title: str
    options: Mapping[str, str]
    quantity: int
    price_minor: int


def pieces(order: Order) -> list[Piece]:
    """The order's lines."""
    return [
        Piece(one.position, one.product_id, one.variant_id, one.title, one.options, one.quantity, one.unit_price_minor)
        for one in order.lines
    ]


def split_by_return(order: Order) -> tuple[list[Piece], list[list[Piece]]]:
    """The order's single pieces: those that no return or exchange has taken, and for each of these the ones it took."""
    left = [replace(one, quantity=1) for one in pieces(order) for _ in range(one.quantity)]
    taken: list[list[Piece]] = []
    for entry in order.returns:
        ids = () if entry.status in _CALLED_OFF else entry.variant_ids
        taken.append([found for item_id in ids if (found := _pull(left, item_id)) is not None])
    return left, taken


def _pull(left: list[Piece], item_id: str) -> Piece | None:
    found = next((one for one in left if one.variant_id == item_id), None)
    if found is not None:
        left.remove(found)
    return found


def take_items(order: Order, item_ids: Sequence[str]) -> list[Piece]:
    """One piece for each id, of the first lines that hold it.

    Raises ``OperationRefused`` if one is not in the order (and not returned yet) at least as often as asked.
    """
    left, _ = split_by_return(order)
    there = Counter(one.variant_id for one in left if one.variant_id is not None)
    for item_id, asked in Counter(item_ids).items():
        if asked > there[item_id]:
            raise refused(f"order:{order.id}", "item", item_id, sorted(there), kind="id")
    return [found for item_id in item_ids if (found := _pull(left, item_id)) is not None]


def worth_of(order: Order, earlier: Sequence[Sequence[Piece]], taken: Sequence[Piece]) -> int:
    """What ``taken`` is worth after ``earlier`` returns, in minor units: its price with its share of discount and tax.

    Shipping stays paid. Shares are cut from the whole after what earlier returns took, so that all pieces together
    never pay back a cent more or less than the goods did cost. Never more than the order still holds of what was paid.
    """
    goods = sum(line.quantity * line.unit_price_minor for line in order.lines)
    paid = goods - order.discount_minor + order.tax_minor
    before = sum(piece.price_minor for one in earlier for piece in one)
    after = before + sum(piece.price_minor for piece in taken)
    worth = _share(paid, after, goods) - _share(paid, before, goods)
    if order.payments:
        held = sum(one.amount_minor if one.kind == "payment" else -one.amount_minor for one in order.payments)
        worth = min(worth, held)
    return max(worth, 0)


def _share(amount: int, part: int, whole: int) -> int:
    """``amount * part / whole``, rounded half up."""
    return (2 * amount * part + whole) // (2 * whole) if whole else 0
