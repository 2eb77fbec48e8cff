"""Carts through time: how each stood after every change, and what is known of one while it is open.

The rules of what opens and closes a cart are those of ``carts.open_carts``, here over a whole history at once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .history import DAY, KINDS, NEVER, History
from .learning import Table
from .visit_features import past_columns

Numbers: TypeAlias = NDArray[np.int64]
Vector: TypeAlias = NDArray[np.float64]

_KIND = {name: number for number, name in enumerate(KINDS)}
_CHANGES = ("cart_add", "cart_remove", "checkout_start", "purchase")


@dataclass(frozen=True, slots=True)
class Carts:
    """Open carts, one a row, each as it stood from ``at`` (its last change) to ``ends`` (the next, or ``NEVER``)."""

    customer: Numbers
    at: Numbers
    ends: Numbers
    opened: Numbers
    products: Numbers
    pieces: Numbers
    value: Vector
    """In major units; NaN if an event did not tell."""
    checkout: Numbers
    """1 if the customer went to the checkout after the last change."""
    removed: Numbers
    """How often something was taken out since it was opened."""

    def __len__(self) -> int:
        return int(self.at.size)

    def rows(self, which: NDArray[np.int64] | NDArray[np.bool_]) -> Carts:
        return Carts(
            self.customer[which], self.at[which], self.ends[which], self.opened[which], self.products[which],
            self.pieces[which], self.value[which], self.checkout[which], self.removed[which],
        )  # fmt: skip


@dataclass(slots=True)
class _Cart:
    pieces: Counter[tuple[int, int]]
    worth: dict[tuple[int, int], float]
    opened: int = NEVER
    checkout: bool = False
    removed: int = 0

    @classmethod
    def new(cls) -> _Cart:
        return cls(Counter(), {})

    def add(self, at: int, key: tuple[int, int], quantity: int, value: float) -> None:
        if not self.pieces:
            self.opened = at
        self.pieces[key] += max(quantity, 1)
        self.worth[key] = self.worth.get(key, 0.0) + value
        self.checkout = False

    def remove(self, key: tuple[int, int], quantity: int) -> None:
        for held in [one for one in self.pieces if one[0] == key[0] and key[1] in (-1, one[1])]:
            left = 0 if quantity < 0 else self.pieces[held] - quantity
            if left <= 0:
                del self.pieces[held], self.worth[held]
            else:
                self.worth[held] *= left / self.pieces[held]
                self.pieces[held] = left
        self.checkout = False
        self.removed += 1


def cart_states(history: History) -> Carts:
    """Every state of every cart: one row for each change that left something in it."""
    events, purchases = history.events, history.purchases
    mine = np.flatnonzero(np.isin(events.kind, [_KIND[kind] for kind in _CHANGES]) & (events.kind != _KIND["purchase"]))
    customer = np.concatenate([events.customer[mine], purchases.customer])
    at = np.concatenate([events.at[mine], purchases.at])
    source = np.concatenate([mine, np.full(len(purchases), -1)])
    # Of what happened at once, the purchase came last.
    order = np.lexsort((source < 0, at, customer))
    rows: list[tuple[int, int, int, int, int, int, float, int, int]] = []
    cart, owner = _Cart.new(), -1
    for place in order:
        who, moment, event = int(customer[place]), int(at[place]), int(source[place])
        if who != owner:
            cart, owner = _Cart.new(), who
        elif cart.pieces and rows and rows[-1][0] == who and rows[-1][2] == NEVER:
            rows[-1] = (*rows[-1][:2], moment, *rows[-1][3:])
        if event < 0:
            cart = _Cart.new()
            continue
        key, kind = (int(events.product[event]), int(events.variant[event])), KINDS[int(events.kind[event])]
        if kind == "cart_add" and key[0] >= 0:
            cart.add(moment, key, int(events.quantity[event]), float(events.value[event]))
        elif kind == "cart_remove":
            cart.remove(key, int(events.quantity[event]))
        elif kind == "checkout_start" and cart.pieces:
            cart.checkout = True
        if cart.pieces:
            products, pieces = len({one for one, _ in cart.pieces}), cart.pieces.total()
            worth, checkout = sum(cart.worth.values()), int(cart.checkout)
            rows.append((who, moment, NEVER, cart.opened, products, pieces, worth, checkout, cart.removed))
        else:
            cart = _Cart.new()
    columns = list(zip(*rows, strict=True)) if rows else [()] * 9
    customers, times, ends, opened, products_in, pieces_in, worths, checkouts, removals = (
        np.array(column, float if place == 6 else np.int64) for place, column in enumerate(columns)
    )
    return Carts(customers, times, ends, opened, products_in, pieces_in, worths, checkouts, removals)


def cart_features(history: History, carts: Carts, at: Numbers) -> Table:
    """(carts, features) of carts that stand open at (carts,) moments ``at``; nothing later counts."""
    past = past_columns(history, carts.customer, at)
    # What is in this cart now must not count among the carts of before.
    columns = {
        "cart_idle_hours": (at - carts.at) / (DAY / 24),
        "cart_age_hours": (at - carts.opened) / (DAY / 24),
        "cart_products": carts.products.astype(float),
        "cart_pieces": carts.pieces.astype(float),
        "cart_value": carts.value,
        "cart_checkout": carts.checkout.astype(float),
        "cart_removed": carts.removed.astype(float),
        "cart_value_to_usual": np.where(
            past["past_spent_mean"] > 0, carts.value / np.maximum(past["past_spent_mean"], 1e-9), np.nan
        ),
    }
    return Table((*columns, *past), np.column_stack([*columns.values(), *past.values()]))
