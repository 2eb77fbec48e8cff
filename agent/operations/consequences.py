"""What an operation would do, told before it is done: money, goods, stock, status, address. Plain frozen records.

Amounts are minor units of ``currency``. Nothing in here moves with the clock, so that what the customer said yes to can
be compared with what would be done now.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MethodView(_Record):
    """A way to pay as it may be shown: never a whole number."""

    id: str | None
    """``None``: the order does not say how it was paid."""
    kind: str = "unknown"
    brand: str | None = None
    last_four: str | None = None


class Timing(_Record):
    """When money arrives: so many business days, counted from now or from the arrival of the goods."""

    start: Literal["now", "arrival"]
    fewest_days: int
    most_days: int

    @property
    def at_once(self) -> bool:
        return self.start == "now" and self.most_days == 0


class Movement(_Record):
    """Money that the customer pays or gets back."""

    kind: Literal["payment", "refund"]
    method: MethodView
    amount_minor: int
    timing: Timing
    balance_after_minor: int | None = None
    """Of a gift card whose balance changes with this."""


class ItemChange(_Record):
    """Goods that leave the order, with what comes instead of them."""

    item_id: str | None
    product_id: str | None
    title: str
    options: dict[str, str]
    quantity: int
    price_minor: int
    """Of one piece, as it was bought."""
    new_item_id: str | None = None
    new_options: dict[str, str] | None = None
    new_price_minor: int | None = None


class StockEffect(_Record):
    """Pieces on hand of a variant that the shop counts: more (+) or fewer (-)."""

    variant_id: str
    change: int
    start: Literal["now", "arrival"] = "now"


class Consequences(_Record):
    """All that an operation would change."""

    order_id: str | None = None
    """``None``: it is about the account."""
    currency: str = ""
    status_before: str | None = None
    status_after: str | None = None
    total_before_minor: int | None = None
    total_after_minor: int | None = None
    price_difference_minor: int | None = None
    """New prices less old ones: above zero the customer pays, below zero he gets it back."""
    movements: tuple[Movement, ...] = ()
    items: tuple[ItemChange, ...] = ()
    stock: tuple[StockEffect, ...] = ()
    address_before: dict[str, str] | None = None
    address_after: dict[str, str] | None = None
    reason: str = ""

    @property
    def refund_minor(self) -> int:
        """What the customer gets back in all."""
        return sum(one.amount_minor for one in self.movements if one.kind == "refund")

    @property
    def money_out_minor(self) -> int:
        """What the shop gives: refunds less payments, at least zero."""
        paid = sum(one.amount_minor for one in self.movements if one.kind == "payment")
        return max(self.refund_minor - paid, 0)

    def same_for_customer(self, other: Consequences) -> bool:
        """Whether a yes to the one is a yes to the other. The balance of a card may have moved in between."""
        return self._without_balances() == other._without_balances()

    def _without_balances(self) -> Consequences:
        return self.model_copy(
            update={"movements": tuple(one.model_copy(update={"balance_after_minor": None}) for one in self.movements)}
        )
