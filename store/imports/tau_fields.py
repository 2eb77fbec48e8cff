"""The records of tau-retail's JSON files, as they are checked. What an export could not give back is not taken in."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from .fields import Flag, Id, Money, RowModel, Text


class TauExact(RowModel):
    model_config = ConfigDict(extra="forbid")


class TauVariant(TauExact):
    item_id: Id
    options: dict[str, Text]
    available: Flag
    price: Money


class TauProduct(TauExact):
    name: Text
    product_id: Id
    variants: dict[str, TauVariant]


class TauName(TauExact):
    first_name: Text
    last_name: Text


class TauMethod(TauExact):
    source: Id
    id: Id
    brand: Text | None = None
    last_four: Text | None = None
    balance: Money = None


class TauUser(TauExact):
    name: TauName
    address: dict[str, Text]
    email: Id
    payment_methods: dict[str, TauMethod]
    orders: list[Id]


class TauItem(TauExact):
    name: Text
    product_id: Id
    item_id: Id
    price: Money
    options: dict[str, Text]


class TauFulfillment(TauExact):
    tracking_id: list[Text]
    item_ids: list[Id]


class TauPayment(TauExact):
    transaction_type: Literal["payment", "refund"]
    amount: Money
    payment_method_id: Id


class TauOrder(TauExact):
    order_id: Id
    user_id: Id
    address: dict[str, Text]
    items: list[TauItem]
    fulfillments: list[TauFulfillment]
    status: Text
    payment_history: list[TauPayment]
    cancel_reason: Text | None = None
    return_items: list[Id] | None = None
    return_payment_method_id: Id | None = None
    exchange_items: list[Id] | None = None
    exchange_new_items: list[Id] | None = None
    exchange_payment_method_id: Id | None = None
    exchange_price_difference: Money = None
