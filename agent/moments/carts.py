"""A cart that was filled and left: a state machine over events of all devices.

empty --add--> filled --idle--> left --(decided once)      filled, left --purchase or order--> empty
filled --checkout--> at the checkout --pause--> left       left --any new sign of the customer--> filled again
left --nothing in it can be bought--> sold out: reminding is called off, and another moment may speak of it
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from pydantic import Field

from .signals import Signal, Trigger
from .state import CustomerState, Senses


class CartLeft(Trigger):
    """A cart was left."""

    kind: Literal["cart_left"] = "cart_left"
    idle_minutes: int = Field(default=60, ge=1)
    """It counts as left when the customer has shown no sign for so long."""
    checkout_pause_minutes: int = Field(default=60, ge=0)
    """After a checkout was begun it waits at least so long: the customer may be about to pay."""
    forget_after_hours: int = Field(default=72, ge=1)
    """An older cart is let go."""
    goods: Literal["can_be_bought", "sold_out"] = "can_be_bought"
    """Whether anything in it can be bought now."""

    @property
    def event_days(self) -> float:
        return max(30.0, self.forget_after_hours / 24)

    def signals(self, state: CustomerState, senses: Senses) -> Iterator[Signal]:
        cart = state.cart
        if cart is None:
            return
        shown = {line.product_id for line in cart.lines} & {key for key, one in state.goods.items() if one.visible}
        if not shown:
            return
        buyable = any(
            state.goods[line.product_id].can_be_bought(line.variant_id)
            for line in cart.lines
            if line.product_id in shown
        )
        if buyable != (self.goods == "can_be_bought"):
            return
        idle = timedelta(minutes=self.idle_minutes)
        wait = max(idle, timedelta(minutes=self.checkout_pause_minutes)) if cart.checkout_started else idle
        last_sign = max(cart.since, state.last_activity or cart.since)
        facts: dict[str, str | int | float] = {
            "lines": len(cart.lines),
            "idle_minutes": int((state.at - last_sign).total_seconds() // 60),
            "at_checkout": int(cart.checkout_started),
        }
        if cart.value_minor is not None:
            facts["value_minor"] = cart.value_minor
        yield Signal(
            occasion=cart.last_event_id,
            due_at=max(cart.since + wait, last_sign + idle),
            until=cart.since + timedelta(hours=self.forget_after_hours),
            cart=cart,
            facts=facts,
        )
