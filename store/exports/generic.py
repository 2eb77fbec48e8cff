"""Records of the generic kinds as rows of a table: under our field names, or as a ``ColumnMapping`` calls them.

Columns that the import kept in ``extra`` are written back. What a form of its own (Shopify, Amazon) keeps there for its
own export is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ..imports.fields import major
from ..imports.generic_fields import FLAGS, LISTS, NESTED, TIMES, fields_of
from ..imports.mapping import ColumnMapping
from ..schema import Customer, Event, Order, Product, Review

_FORM_SOURCES = {"amazon", "shopify", "segment", "tau-retail"}
_RECORD_AMOUNTS = {"shipping": "shipping_minor", "discount": "discount_minor", "tax": "tax_minor"}
_VARIANT_AMOUNTS = {"price": "price_minor", "compare_at": "compare_at_minor", "cost": "cost_minor"}
_ORDER_OWN = ("id", "customer_id", "position", "status", "currency", "placed_at", "address", "cancel_reason", "source")
Values = dict[str, Any]


def rows_of(kind: str, record: Any) -> Iterator[tuple[Values, Values]]:
    """The rows of one record: our field -> value (amounts as text in major units), and its extra columns."""
    if kind == "products":
        yield from _product(record)
    elif kind == "orders":
        yield from _order(record)
    elif kind == "customers":
        yield _customer(record), _extra(record.source, record.extra)
    elif kind == "events":
        yield _event(record), _extra(record.source, record.extra)
    else:
        review: Review = record
        yield {name: getattr(review, name) for name in fields_of("reviews")}, _extra(review.source, review.extra)


class Columns:
    """The columns of one export, and how values are written into them."""

    def __init__(self, kind: str, mapping: ColumnMapping | None, extras: list[str]) -> None:
        self._mapping = mapping or ColumnMapping(columns={name: name for name in fields_of(kind)})
        self._zone = ZoneInfo(self._mapping.time_zone)
        self._back = {
            name: {ours: theirs for theirs, ours in reversed(pairs.items())}
            for name, pairs in self._mapping.values.items()
        }
        taken = set(self._mapping.columns.values())
        self._extras = {name: name if name not in taken else f"extra.{name}" for name in extras}

    @property
    def names(self) -> list[str]:
        return [*self._mapping.columns.values(), *self._extras.values()]

    def types(self) -> dict[str, str]:
        """Column -> its type in a Parquet file."""
        found = {column: self._type(name) for name, column in self._mapping.columns.items()}
        return found | dict.fromkeys(self._extras.values(), "text")

    def text(self, values: Values, extra: Values) -> dict[str, str]:
        """The row as cells of a CSV or TSV file."""
        cells = {column: self._cell(name, _at(values, name)) for name, column in self._mapping.columns.items()}
        return cells | {column: _plain(extra.get(name)) for name, column in self._extras.items()}

    def typed(self, values: Values, extra: Values) -> Values:
        """The row for a Parquet file."""
        found: Values = {}
        for name, column in self._mapping.columns.items():
            value = _at(values, name)
            as_is = value is None or self._type(name) != "text"
            found[column] = value if as_is else self._cell(name, value)
        return found | {column: _text_or_none(extra.get(name)) for name, column in self._extras.items()}

    def json(self, values: Values, extra: Values) -> Values:
        """The row as a JSON object; nested fields stay nested."""
        found: Values = {}
        for name, column in self._mapping.columns.items():
            value = _at(values, name)
            if name in TIMES or name in self._back:
                value = None if value is None else self._cell(name, value)
            _put(found, column, value)
        return found | {column: extra[name] for name, column in self._extras.items() if name in extra}

    def _type(self, name: str) -> str:
        if name in self._back:
            return "text"
        if name in TIMES and self._mapping.time_format is None:
            return "time"
        if name in FLAGS and self._mapping.yes_no == ("true", "false"):
            return "yes_no"
        return {"stars": "number", "helpful_votes": "whole", "quantity": "whole", "stock": "whole"}.get(name, "text")

    def _cell(self, name: str, value: Any) -> str:
        if isinstance(value, bool):
            text = self._mapping.yes_no[0 if value else 1]
        elif isinstance(value, datetime):
            text = self._time(value)
        elif name in LISTS and isinstance(value, list):
            text = _list(value)
        elif name in NESTED or isinstance(value, dict | list):
            text = json.dumps(value, ensure_ascii=False, default=_json_default) if value else ""
        else:
            text = _plain(value)
        return self._back.get(name, {}).get(text, text)

    def _time(self, at: datetime) -> str:
        form = self._mapping.time_format
        if form is None:
            return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        if form in {"unix", "unix_ms"}:
            return _plain(at.timestamp() * (1000 if form == "unix_ms" else 1))
        return at.astimezone(self._zone).strftime(form)


def extra_names(kind: str, record: Any) -> list[str]:
    """The extra columns that this record has."""
    return list(dict.fromkeys(name for _, extra in rows_of(kind, record) for name in extra))


def _customer(customer: Customer) -> Values:
    values = {name: getattr(customer, name) for name in fields_of("customers")}
    values["payment_methods"] = [
        {
            "id": one.id,
            "kind": one.kind,
            "brand": one.brand,
            "last_four": one.last_four,
            "balance": major(one.balance_minor, one.currency) or None,
            "currency": one.currency,
        }
        for one in customer.payment_methods
    ]
    return values


def _event(event: Event) -> Values:
    values = {name: getattr(event, name) for name in fields_of("events") if name != "value"}
    values["value"] = None if event.value_minor is None else major(event.value_minor, event.currency or "USD")
    return values


def _product(product: Product) -> Iterator[tuple[Values, Values]]:
    own = (
        "id",
        "title",
        "description",
        "language",
        "translations",
        "brand",
        "category_path",
        "attributes",
        "countries",
    )
    more = ("consumable", "image", "visible", "created_at", "updated_at", "source")
    values: Values = {name: getattr(product, name) for name in (*own, *more)}
    if not product.variants:
        yield values, {}
    for variant in product.variants:
        values["variant_id"] = variant.id
        for name in ("sku", "options", "currency", "stock", "available"):
            values[name] = getattr(variant, name)
        for name, column in _VARIANT_AMOUNTS.items():
            values[name] = major(getattr(variant, column), variant.currency) or None
        yield values, _extra(product.source, variant.extra)
        # The record's own fields count on its first row.
        values = {"id": product.id}


def _order(order: Order) -> Iterator[tuple[Values, Values]]:
    values: Values = {name: getattr(order, name) for name in _ORDER_OWN}
    for name, column in _RECORD_AMOUNTS.items():
        values[name] = major(getattr(order, column), order.currency)
    values["payments"] = [
        {
            "kind": one.kind,
            "amount": major(one.amount_minor, one.currency),
            "currency": one.currency,
            "method_id": one.method_id,
            "paid_at": one.paid_at,
        }
        for one in order.payments
    ]
    shipped = ("tracking_ids", "variant_ids", "carrier", "status", "promised_at", "shipped_at", "delivered_at")
    values["shipments"] = [{name: getattr(one, name) for name in shipped} for one in order.shipments]
    returned = ("kind", "status", "variant_ids", "new_variant_ids", "payment_method_id", "reason", "requested_at")
    values["returns"] = [
        {
            **{name: getattr(one, name) for name in returned},
            "price_difference": major(one.price_difference_minor, order.currency) or None,
        }
        for one in order.returns
    ]
    extras: list[Values] = order.extra.get("lines", []) if order.source not in _FORM_SOURCES else []
    if not order.lines:
        yield values, {}
    for place, line in enumerate(order.lines):
        for name in ("product_id", "variant_id", "title", "options", "quantity"):
            values[name] = getattr(line, name)
        values["unit_price"] = major(line.unit_price_minor, order.currency)
        yield values, extras[place] if place < len(extras) else {}
        values = {"id": order.id}


def _extra(source: str, extra: Values) -> Values:
    if source in _FORM_SOURCES:
        return {}
    return {name: value for name, value in extra.items() if isinstance(value, str | int | float | bool)}


def _at(values: Values, name: str) -> Any:
    head, dot, key = name.partition(".")
    value = values.get(head)
    return value.get(key) if dot and isinstance(value, dict) else None if dot else value


def _put(found: Values, column: str, value: Any) -> None:
    """Set ``column``; a dot in its name goes into an object, as the mapping reads it."""
    *outer, last = column.split(".")
    for name in outer:
        found = found.setdefault(name, {})
    found[last] = value


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _plain(value)


def _list(parts: list[str]) -> str:
    simple = all(part and part == part.strip() and not set(part) & set(">|[") for part in parts)
    return " > ".join(parts) if parts and simple else json.dumps(parts, ensure_ascii=False)


def _json_default(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
