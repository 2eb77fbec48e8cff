"""The fields that a generic file can have, by kind. Amounts are in major units, times ISO 8601 or Unix."""

# ruff: noqa: RUF012 - pydantic copies the defaults of its models
from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from .fields import (
    Count,
    Currency,
    Id,
    Money,
    Names,
    Objects,
    OptionalKey,
    RowModel,
    Stars,
    Text,
    Time,
    Words,
    parse_flag,
    parse_list,
)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"no such time zone: {name!r}, allowed are IANA names such as Europe/Berlin") from error
    return name


YesNo = Annotated[bool, BeforeValidator(parse_flag)]
Zone = Annotated[Text, AfterValidator(_zone)]


class GenericRow(RowModel):
    """Empty cells are as if they were not there: a default takes their place, or the field is missing."""

    source: Text = "import"

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None and value != ""}


class ReviewFields(GenericRow):
    id: Id | None = None
    product_id: Id
    customer_id: Id | None = None
    stars: Stars = None
    title: Text = ""
    text: Text = ""
    language: Text | None = None
    written_at: Time = None
    verified: YesNo | None = None
    helpful_votes: Count = None


class MethodFields(GenericRow):
    id: Id
    kind: Id
    brand: Text | None = None
    last_four: Annotated[Text, Field(max_length=4)] | None = None
    balance: Money = None
    currency: Currency | None = None


class CustomerFields(GenericRow):
    id: Id
    first_name: Text = ""
    last_name: Text = ""
    email: OptionalKey = None
    phone: Text | None = None
    language: Text = "en"
    time_zone: Zone = "UTC"
    country: Text | None = None
    address: Words = {}
    consent_email: YesNo = False
    consent_proactive: YesNo = True
    consent_personal: YesNo = True
    created_at: Time = None
    payment_methods: Annotated[list[MethodFields], BeforeValidator(Objects.__metadata__[0].func)] = []


class ProductFields(GenericRow):
    id: Id
    title: Text
    description: Text = ""
    language: Text = "en"
    translations: Annotated[dict[str, Words], BeforeValidator(Words.__metadata__[0].func)] = {}
    brand: OptionalKey = None
    category_path: Names = []
    attributes: Words = {}
    countries: Annotated[list[Text] | None, BeforeValidator(parse_list)] = None
    consumable: YesNo = False
    image: Text | None = None
    visible: YesNo = True
    created_at: Time = None
    updated_at: Time = None


class VariantFields(GenericRow):
    variant_id: Id | None = None
    sku: Text | None = None
    options: Words = {}
    currency: Currency | None = None
    price: Money = None
    compare_at: Money = None
    cost: Money = None
    stock: Count = None
    available: YesNo = True


class PaymentFields(GenericRow):
    kind: Id
    amount: Money
    currency: Currency | None = None
    method_id: Text | None = None
    paid_at: Time = None


class ShipmentFields(GenericRow):
    tracking_ids: Names = []
    variant_ids: Names = []
    carrier: Text | None = None
    status: Text = "unknown"
    promised_at: Time = None
    shipped_at: Time = None
    delivered_at: Time = None


class ReturnFields(GenericRow):
    kind: Id
    status: Text = "requested"
    variant_ids: Names = []
    new_variant_ids: Names = []
    payment_method_id: Text | None = None
    price_difference: Money = None
    reason: Text | None = None
    requested_at: Time = None


class OrderFields(GenericRow):
    id: Id
    customer_id: Id | None = None
    position: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    status: Text = "unknown"
    currency: Currency | None = None
    placed_at: Time = None
    shipping: Money = None
    discount: Money = None
    tax: Money = None
    address: Words = {}
    cancel_reason: Text | None = None
    payments: Annotated[list[PaymentFields], BeforeValidator(Objects.__metadata__[0].func)] = []
    shipments: Annotated[list[ShipmentFields], BeforeValidator(Objects.__metadata__[0].func)] = []
    returns: Annotated[list[ReturnFields], BeforeValidator(Objects.__metadata__[0].func)] = []


class LineFields(GenericRow):
    product_id: Id | None = None
    variant_id: Id | None = None
    title: Text | None = None
    options: Words = {}
    quantity: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    unit_price: Money


class EventFields(GenericRow):
    id: Id | None = None
    kind: Id
    at: Time
    customer_id: Id | None = None
    anonymous_id: Id | None = None
    visit_id: Text | None = None
    product_id: Id | None = None
    variant_id: Id | None = None
    order_id: Id | None = None
    quantity: Count = None
    value: Money = None
    currency: Currency | None = None
    query: Text | None = None


PARTS: dict[str, tuple[type[GenericRow], type[GenericRow] | None]] = {
    "reviews": (ReviewFields, None),
    "customers": (CustomerFields, None),
    "products": (ProductFields, VariantFields),
    "orders": (OrderFields, LineFields),
    "events": (EventFields, None),
}
"""Kind -> the fields of the record, and of each of its rows where it takes several (variants, order lines)."""

REQUIRED = {
    "reviews": {"product_id", "text"},
    "customers": {"id"},
    "products": {"id", "title"},
    "orders": {"id", "unit_price"},
    "events": {"kind", "at"},
}
"""What a file must have to be taken for the kind."""

AMOUNTS = {"price", "compare_at", "cost", "shipping", "discount", "tax", "unit_price", "value"}
NESTED = {"address", "attributes", "options", "translations", "payment_methods", "payments", "shipments", "returns"}
LISTS = {"category_path", "countries"}
TIMES = {"written_at", "created_at", "updated_at", "placed_at", "at"}
FLAGS = {"verified", "consent_email", "consent_proactive", "consent_personal", "consumable", "visible", "available"}


def fields_of(kind: str) -> list[str]:
    """The names of the kind's fields, in the order in which they are exported."""
    record, row = PARTS[kind]
    names = [*record.model_fields, *(row.model_fields if row is not None else ())]
    # The source is named last; it says where the record came from and is rarely in a file.
    return [*(name for name in dict.fromkeys(names) if name != "source"), "source"]
