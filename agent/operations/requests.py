"""What can be asked for: one frozen model per operation. The customer is a fact of the session and no argument."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from store import InputError

OperationName = Literal[
    "cancel_order",
    "change_order_address",
    "change_order_payment",
    "change_order_items",
    "return_items",
    "exchange_items",
    "change_account_address",
]
OPERATIONS: tuple[OperationName, ...] = get_args(OperationName)

Id = Annotated[str, Field(min_length=1, max_length=200)]
Ids = Annotated[tuple[Id, ...], Field(min_length=1, max_length=100)]
Filled = Annotated[str, Field(min_length=1, max_length=200)]
Optional = Annotated[str, Field(max_length=200)]


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class _Address(_Request):
    address1: Filled
    address2: Optional = ""
    city: Filled
    state: Optional = ""
    country: Filled
    zip: Filled

    @property
    def address(self) -> dict[str, str]:
        """Exactly the six fields of an address."""
        return {
            "address1": self.address1,
            "address2": self.address2,
            "city": self.city,
            "state": self.state,
            "country": self.country,
            "zip": self.zip,
        }


class CancelOrder(_Request):
    operation: Literal["cancel_order"] = "cancel_order"
    order_id: Id
    reason: Filled
    """One of the policy's ``cancel_reasons``, e.g. "no longer needed"."""


class ChangeOrderAddress(_Address):
    operation: Literal["change_order_address"] = "change_order_address"
    order_id: Id


class ChangeOrderPayment(_Request):
    operation: Literal["change_order_payment"] = "change_order_payment"
    order_id: Id
    payment_method_id: Id
    """The way to pay instead, e.g. "gift_card_1725971"."""


class ChangeOrderItems(_Request):
    operation: Literal["change_order_items"] = "change_order_items"
    order_id: Id
    item_ids: Ids
    """Variants of the order, e.g. ("6469567736",); one that is in it twice may be named twice."""
    new_item_ids: Ids
    """Variant to get instead, place by place; of the same product."""
    payment_method_id: Id | None = None
    """Pays or receives the price difference; ``None``: what the order was paid with."""


class ReturnItems(_Request):
    operation: Literal["return_items"] = "return_items"
    order_id: Id
    item_ids: Ids
    payment_method_id: Id | None = None
    """Receives the refund; ``None``: what the order was paid with."""
    reason: Optional = ""


class ExchangeItems(_Request):
    operation: Literal["exchange_items"] = "exchange_items"
    order_id: Id
    item_ids: Ids
    new_item_ids: Ids
    payment_method_id: Id | None = None
    """Pays or receives the price difference; ``None``: what the order was paid with."""
    reason: Optional = ""


class ChangeAccountAddress(_Address):
    operation: Literal["change_account_address"] = "change_account_address"


AnyRequest = Annotated[
    CancelOrder
    | ChangeOrderAddress
    | ChangeOrderPayment
    | ChangeOrderItems
    | ReturnItems
    | ExchangeItems
    | ChangeAccountAddress,
    Field(discriminator="operation"),
]
_ANY: TypeAdapter[
    CancelOrder
    | ChangeOrderAddress
    | ChangeOrderPayment
    | ChangeOrderItems
    | ReturnItems
    | ExchangeItems
    | ChangeAccountAddress
] = TypeAdapter(AnyRequest)


def parse_request(operation: str, arguments: Mapping[str, object]) -> AnyRequest:
    """The request for ``operation`` with ``arguments`` as a model or a form gave them.

    Raises ``InputError`` that names the operation or the arguments that are wrong, and what is allowed.
    """
    if operation not in OPERATIONS:
        nearest = difflib.get_close_matches(operation, OPERATIONS, n=1)
        raise InputError(
            "there is no such operation",
            value=operation,
            allowed=OPERATIONS,
            advice=f"Did you mean {nearest[0]!r}?" if nearest else None,
        )
    try:
        return _ANY.validate_python({**arguments, "operation": operation})
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors())
        raise InputError(f"the arguments of {operation} are not right", value=told) from error
