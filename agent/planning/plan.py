"""The plan of a conversation: what the customer wants done, what is known of it, what was asked, proposed and done.

Plain records that are kept with each reply, so that a plan outlives the process.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Deed = Literal["cancel", "return", "items", "address", "payment", "account_address"]
GoalState = Literal["open", "proposed", "done", "waiting", "refused", "declined", "dropped"]
Slot = Literal["order", "item", "variant", "address", "reason", "method", "more"]
OPERATIONS: dict[Deed, tuple[str, ...]] = {
    "cancel": ("cancel_order",),
    "return": ("return_items",),
    "items": ("change_order_items", "exchange_items"),
    "address": ("change_order_address",),
    "payment": ("change_order_payment",),
    "account_address": ("change_account_address",),
}
"""What a deed can become; the status of the order decides which."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore")


class PlannedItem(_Record):
    """One line of an order that something is to be done with."""

    order_id: str
    place: int
    said: str = ""
    """The words that describe what it should become."""
    new_variant_id: str | None = None


class Condition(_Record):
    """What must hold of the price difference: at most so much more (minor units), at least so much less."""

    most_minor: int | None = None
    least_minor: int | None = None


class Goal(_Record):
    """One thing that the customer wants done."""

    deed: Deed
    said: str = ""
    order_id: str | None = None
    items: list[PlannedItem] = Field(default_factory=list)
    choices: list[list[int | str]] = Field(default_factory=list)
    """Lines (order, place) of which one is meant."""
    orders: list[str] = Field(default_factory=list)
    """Orders of which one is meant."""
    methods: list[str] = Field(default_factory=list)
    """Ways to pay that are meant: one, or several where it is not clear which."""
    reason: str | None = None
    address: dict[str, str] = Field(default_factory=dict)
    only_if: Condition | None = None
    reserve: bool = False
    """To be done only if the goal before it cannot be."""
    implied: bool = False
    """No word of doing was said; without a version that is wanted it is nothing."""
    complete: bool = False
    """He was asked whether that is all for this order."""
    partial: bool = False
    """Only some of an order's items are meant, of what can only be done to the whole order."""
    state: GoalState = "open"
    proposal_id: str | None = None
    asked: int = 0
    """How often something was asked for it."""

    def same_as(self, other: Goal) -> bool:
        """Whether both speak of the same thing."""
        if self.deed != other.deed:
            return False
        mine, others = self.lines, other.lines
        if mine and others and not (self.state == "open" and self.order_id == other.order_id):
            return bool(mine & others)
        return (self.order_id is not None and self.order_id == other.order_id) or (
            self.order_id is None and other.order_id is None and self.deed == "account_address"
        )

    @property
    def lines(self) -> set[tuple[str, int]]:
        return {(one.order_id, one.place) for one in self.items}


class Asking(_Record):
    """A question that waits for its answer."""

    goal: int
    slot: Slot
    labels: list[str] = Field(default_factory=list)
    values: list[str] = Field(default_factory=list)
    """What each label stands for."""
    item: int = 0
    reminded: bool = False
    """The customer turned to something else and was told that this is still open."""


class Plan(_Record):
    """Everything wanted so far, in the order in which it is done."""

    goals: list[Goal] = Field(default_factory=list)
    asking: Asking | None = None
    proposal_id: str | None = None
    """Waits for the customer's yes."""
    orders: list[str] = Field(default_factory=list)
    """The orders named last."""
    lines: list[list[int | str]] = Field(default_factory=list)
    """The lines (order, place) spoken of last, for "it" and "them"."""

    @property
    def live(self) -> bool:
        """Whether something is still to be done, or waits for an answer."""
        return self.proposal_id is not None or self.asking is not None or any(one.state == "open" for one in self.goals)
