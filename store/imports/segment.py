"""Events in Segment's track form, JSON lines, with the names of its ecommerce specification.

https://segment.com/docs/connections/spec/track and .../spec/ecommerce/v2. A message with a list of products (an order,
a checkout) becomes one event per product; the first has the message's id, the others ``<messageId>#2`` and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from pydantic import AliasChoices, Field, ValidationError
from sqlalchemy.orm import Session

from .fields import BadValue, Count, Currency, Id, Money, OptionalId, OptionalText, RowModel, Time, major, minor, why
from .rows import BadRow, Record, Row
from .seen import digest

EVENT_KINDS = {
    "Product Viewed": "view",
    "Products Searched": "search",
    "Product Added": "cart_add",
    "Product Removed": "cart_remove",
    "Checkout Started": "checkout_start",
    "Order Completed": "purchase",
    # The names of the specification's first version.
    "Viewed Product": "view",
    "Searched Products": "search",
    "Added Product": "cart_add",
    "Removed Product": "cart_remove",
    "Started Checkout": "checkout_start",
    "Completed Order": "purchase",
}
"""Segment's name -> ours. Any other event keeps its own name."""
_BY_NAME = {name.lower(): kind for name, kind in EVENT_KINDS.items()}
_NAMES = {kind: name for name, kind in reversed(EVENT_KINDS.items())}


class _Product(RowModel):
    product_id: OptionalId = Field(None, validation_alias=AliasChoices("product_id", "productId", "id", "sku"))
    variant: OptionalText = Field(None, validation_alias=AliasChoices("variant_id", "variant"))
    price: Money = None
    quantity: Count = None


class _Properties(_Product):
    query: OptionalText = None
    order_id: OptionalId = Field(None, validation_alias=AliasChoices("order_id", "orderId"))
    currency: Currency | None = None
    value: Money = Field(None, validation_alias=AliasChoices("value", "revenue", "total"))
    session_id: OptionalText = Field(None, validation_alias=AliasChoices("session_id", "sessionId"))
    products: list[_Product] | None = None


class _Track(RowModel):
    type: str
    event: Id
    message_id: OptionalId = Field(None, alias="messageId")
    user_id: OptionalId = Field(None, alias="userId")
    anonymous_id: OptionalId = Field(None, alias="anonymousId")
    timestamp: Time = Field(validation_alias=AliasChoices("timestamp", "originalTimestamp", "sentAt", "receivedAt"))
    properties: _Properties = Field(default_factory=lambda: _Properties.model_validate({}))


_TOP = {"type", "event", "messageId", "userId", "anonymousId", "timestamp"}


class SegmentEvents:
    """Track messages. Other types of message (identify, page, ...) are rejected with that reason."""

    def __init__(self, currency: str) -> None:
        self._currency = currency

    def records(self, rows: Iterable[Row | BadRow]) -> Iterator[Record | BadRow]:
        for row in rows:
            yield row if isinstance(row, BadRow) else self._record(row)

    def prepare(self, session: Session, records: list[Record]) -> int:
        return 0

    def _record(self, row: Row) -> Record | BadRow:
        data = {key: value for key, value in row.data.items() if value is not None}
        try:
            if data.get("type") != "track":
                raise BadValue("type", f"{data.get('type')!r} is not 'track'; only track messages are events")
            found = _Track.model_validate(data)
            if found.timestamp is None:
                raise BadValue("timestamp", "empty")
            if found.user_id is None and found.anonymous_id is None:
                raise BadValue("userId", "neither userId nor anonymousId is given")
            events = self._events(found, row.data)
        except (ValidationError, BadValue) as error:
            return row.bad(why(error))
        record = Record("events", events[0], [row], siblings=events[1:])
        if found.message_id is None:
            record.content = digest(
                "segment", found.event, found.user_id, found.anonymous_id, found.timestamp, row.data.get("properties")
            )
        else:
            set_ids(record, found.message_id)
        return record

    def _events(self, found: _Track, data: dict[str, Any]) -> list[dict[str, Any]]:
        properties = found.properties
        kind = _BY_NAME.get(found.event.lower(), found.event)
        currency = properties.currency or self._currency
        common = {
            "kind": kind,
            "at": found.timestamp,
            "customer_id": found.user_id,
            "anonymous_id": found.anonymous_id,
            "visit_id": properties.session_id,
            "order_id": properties.order_id,
            "query": properties.query,
            "source": "segment",
        }
        # Segment puts what was bought or checked out into a list; the other events are of one product.
        products: list[_Product] = list(properties.products or []) or [properties]
        events: list[dict[str, Any]] = []
        for product in products:
            price = minor(product.price, currency, "properties.price")
            value = None if price is None else price * (product.quantity or 1)
            if value is None and len(products) == 1:
                value = minor(properties.value, currency, "properties.value", negative=True)
            events.append(
                {
                    **common,
                    "product_id": product.product_id,
                    "variant_id": product.variant,
                    "quantity": product.quantity,
                    "value_minor": value,
                    "currency": currency if value is not None else properties.currency,
                    "extra": {},
                }
            )
        # The first carries the message as it came, less what stands in columns, for the export.
        events[0]["extra"] = {
            "name": found.event,
            "products": len(products),
            "properties": data.get("properties") or {},
            **{key: value for key, value in data.items() if key not in _TOP and key != "properties"},
        }
        return events


def set_ids(record: Record, identity: str) -> None:
    """Give the record's event, and those that came with it, their ids."""
    record.values["id"] = identity
    for number, sibling in enumerate(record.siblings, start=2):
        sibling["id"] = f"{identity}#{number}"


def track_line(events: list[Any]) -> dict[str, Any]:
    """The track message of ``events``: one event, or the events of one message in order."""
    first = events[0]
    extra = dict(first.extra)
    imported = first.source == "segment" and "properties" in extra
    name = extra.pop("name", None) or _NAMES.get(first.kind, first.kind)
    extra.pop("products", None)
    properties = extra.pop("properties", None) if imported else None
    at: datetime = first.at
    found: dict[str, Any] = {"type": "track", "event": name, "messageId": first.id}
    if first.customer_id is not None:
        found["userId"] = first.customer_id
    if first.anonymous_id is not None:
        found["anonymousId"] = first.anonymous_id
    found["timestamp"] = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    found["properties"] = properties if properties is not None else _properties(events)
    return found | extra if imported else found


def _properties(events: list[Any]) -> dict[str, Any]:
    first = events[0]
    found = {
        "order_id": first.order_id,
        "query": first.query,
        "currency": first.currency,
        "session_id": first.visit_id,
    }
    products = [_product(event) for event in events]
    if first.kind in {"purchase", "checkout_start"} and first.product_id is not None:
        found["products"] = products
    else:
        found |= products[0]
    return {key: value for key, value in found.items() if value is not None}


def _product(event: Any) -> dict[str, Any]:
    found = {"product_id": event.product_id, "variant_id": event.variant_id, "quantity": event.quantity}
    if event.value_minor is not None:
        currency = event.currency or "USD"
        count = event.quantity or 1
        even = event.value_minor % count == 0
        found["price" if event.product_id is not None and even else "value"] = float(
            major(event.value_minor // count if even else event.value_minor, currency)
        )
    return {key: value for key, value in found.items() if value is not None}
