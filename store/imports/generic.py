"""Products, customers, orders, reviews and events from any table, with a ``ColumnMapping`` or under our field names.

Products and orders may take several neighbouring rows with the same id: one per variant, one per order line; the
record's own fields count on the first of them. A variant that cannot be taken is rejected alone; an order goes in whole
or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from .fields import MAX_KEY, BadValue, minor, why
from .generic_fields import PARTS, GenericRow, LineFields, OrderFields, VariantFields
from .groups import Group, all_bad, grouped
from .known_by import name_customers, name_products
from .mapping import Mapper
from .rows import BadRow, Record, Row
from .seen import digest

_IDENTIFYING = {
    "reviews": ("product_id", "customer_id", "written_at", "stars", "title", "text"),
    "events": (
        *("kind", "at", "customer_id", "anonymous_id", "visit_id", "product_id"),
        *("variant_id", "order_id", "quantity", "value_minor", "query"),
    ),
}
"""What makes the id of a record that has none; whatever may change later (votes) is not among it."""
_CHARGES = {"shipping": "shipping_minor", "discount": "discount_minor", "tax": "tax_minor"}
_PRICES = {"price": "price_minor", "compare_at": "compare_at_minor", "cost": "cost_minor"}


class GenericForm:
    """Records of one of the generic kinds. ``currency`` is used where a row names none."""

    def __init__(self, kind: str, mapper: Mapper, currency: str) -> None:
        self._kind = kind
        self._mapper = mapper
        self._currency = currency
        self._model, row_model = PARTS[kind]
        given = mapper.fields
        self._fields = [name for name in given if name in self._model.model_fields]
        self._row_fields = [name for name in given if row_model is not None and name in row_model.model_fields]
        self._names = mapper.named_as()

    def records(self, rows: Iterable[Row | BadRow]) -> Iterator[Record | BadRow]:
        mapped = (row if isinstance(row, BadRow) else self._mapper.row(row) for row in rows)
        if self._kind in {"products", "orders"}:
            for group in grouped(mapped, "id"):
                if isinstance(group, BadRow):
                    yield group
                else:
                    yield from self._product(group) if self._kind == "products" else self._order(group)
            return
        for row in mapped:
            yield row if isinstance(row, BadRow) else self._single(row)

    def prepare(self, session: Session, records: list[Record]) -> int:
        if self._kind in {"orders", "reviews", "events"}:
            name_customers(session, (record.values for record in records))
            name_products(session, (record.values for record in records))
            name_products(session, (line for record in records for line in record.children.get("order_lines", [])))
        return 0

    def _single(self, row: Row) -> Record | BadRow:
        children: dict[str, list[dict[str, Any]]] = {}
        try:
            found = self._model.model_validate(row.data)
            values = self._values(found, row)
            if self._kind == "customers" and "payment_methods" in values:
                children["payment_methods"] = [
                    self._method(one, values["id"], place) for place, one in enumerate(values.pop("payment_methods"))
                ]
            if self._kind == "events":
                self._event(values, found)
        except (ValidationError, BadValue) as error:
            return row.bad(why(error, self._names))
        record = Record(self._kind, values, [row], children)
        if values.get("id") is None and self._kind in _IDENTIFYING:
            values.pop("id", None)
            record.content = digest(self._kind, *(values.get(name) for name in _IDENTIFYING[self._kind]))
        return record

    def _values(self, found: GenericRow, row: Row) -> dict[str, Any]:
        """The fields that the file gives, and where it came from if the file does not say."""
        values = {name: getattr(found, name) for name in self._fields}
        values.setdefault("source", "import")
        if "extra" in row.data and self._kind not in {"products", "orders"}:
            values["extra"] = row.data["extra"]
        return values

    def _event(self, values: dict[str, Any], found: Any) -> None:
        if found.at is None:
            raise BadValue("at", "empty")
        currency = found.currency or self._currency
        if "value" in values:
            values["value_minor"] = minor(values.pop("value"), currency, "value", negative=True)
            values["currency"] = currency if values["value_minor"] is not None else found.currency

    def _method(self, method: Any, customer_id: str, place: int) -> dict[str, Any]:
        currency = method.currency or self._currency
        return {
            "id": method.id,
            "customer_id": customer_id,
            "position": place,
            "kind": method.kind,
            "brand": method.brand,
            "last_four": method.last_four,
            "balance_minor": minor(method.balance, currency, "payment_methods.balance"),
            "currency": currency,
        }

    def _product(self, group: Group) -> Iterator[Record | BadRow]:
        first = group.rows[0]
        try:
            values = self._values(self._model.model_validate(first.data), first)
        except (ValidationError, BadValue) as error:
            yield from all_bad(group, why(error, self._names), first)
            return
        variants: list[dict[str, Any]] = []
        good: list[Row] = []
        ids: dict[str, int] = {}
        for row in group.rows:
            try:
                variant = self._variant(row, values["id"], len(variants), alone=len(group.rows) == 1)
                if variant["id"] in ids:
                    raise BadValue("variant_id", f"{variant['id']!r} stands on line {ids[variant['id']]} already")
            except (ValidationError, BadValue) as error:
                yield row.bad(why(error, self._names))
                continue
            ids[variant["id"]] = row.line
            variants.append(variant)
            good.append(row)
        yield from group.broken
        if variants:
            yield Record("products", values, good, {"variants": variants})

    def _variant(self, row: Row, product_id: str, place: int, *, alone: bool) -> dict[str, Any]:
        found = VariantFields.model_validate(row.data)
        currency = found.currency or self._currency
        own = product_id if alone else "/".join([product_id, *(found.options.values() or [str(place + 1)])])
        if found.variant_id is None and len(own) > MAX_KEY:
            raise BadValue("options", f"id and options have {len(own):,} characters, more than the {MAX_KEY} allowed")
        variant: dict[str, Any] = {
            "id": found.variant_id or own,
            "product_id": product_id,
            "position": place,
            "currency": currency,
        }
        for name in self._row_fields:
            if name in _PRICES:
                variant[_PRICES[name]] = minor(getattr(found, name), currency, self._names.get(name, name))
            elif name in {"sku", "options", "stock", "available"}:
                variant[name] = getattr(found, name)
        if "extra" in row.data:
            variant["extra"] = row.data["extra"]
        return variant

    def _order(self, group: Group) -> Iterator[Record | BadRow]:
        if group.broken:
            reason = f"line {group.broken[0].line} of the order {group.key} cannot be read"
            yield from all_bad(group, reason)
            return
        row = group.rows[0]
        try:
            found = OrderFields.model_validate(row.data)
            currency = found.currency or self._currency
            values = self._values(found, row) | {"status": found.status, "currency": currency}
            children = self._order_parts(found, values, currency)
            lines = []
            for place, row in enumerate(group.rows):
                line = self._line(row, currency)
                lines.append({"order_id": found.id, "position": place, **line})
            children["order_lines"] = lines
        except (ValidationError, BadValue) as error:
            yield from all_bad(group, why(error, self._names), row)
            return
        others = [one.data.get("extra", {}) for one in group.rows]
        if any(others):
            values["extra"] = {"lines": others}
        elif "extra" in row.data:
            values["extra"] = {}
        yield Record("orders", values, group.rows, children)

    def _order_parts(
        self, found: OrderFields, values: dict[str, Any], currency: str
    ) -> dict[str, list[dict[str, Any]]]:
        """Take the amounts, payments, shipments and returns out of ``values``; the latter three are children."""
        for name, column in _CHARGES.items():
            if name in values:
                values[column] = minor(values.pop(name), currency, self._names.get(name, name)) or 0
        children: dict[str, list[dict[str, Any]]] = {}
        if values.pop("payments", None) is not None:
            children["payments"] = [
                {
                    **one.model_dump(include={"kind", "method_id", "paid_at"}),
                    "amount_minor": minor(one.amount, one.currency or currency, "payments.amount") or 0,
                    "currency": one.currency or currency,
                }
                for one in found.payments
            ]
        if values.pop("shipments", None) is not None:
            children["shipments"] = [one.model_dump(exclude={"source"}) for one in found.shipments]
        if values.pop("returns", None) is not None:
            children["returns"] = [
                {
                    **one.model_dump(exclude={"source", "price_difference"}),
                    "price_difference_minor": minor(
                        one.price_difference, currency, "returns.price_difference", negative=True
                    ),
                }
                for one in found.returns
            ]
        return {
            name: [{"order_id": found.id, "position": place, **one} for place, one in enumerate(rows)]
            for name, rows in children.items()
        }

    def _line(self, row: Row, currency: str) -> dict[str, Any]:
        found = LineFields.model_validate(row.data)
        price = minor(found.unit_price, currency, self._names.get("unit_price", "unit_price"))
        if price is None:
            raise BadValue(self._names.get("unit_price", "unit_price"), "empty")
        title = found.title or found.product_id or found.variant_id
        if title is None:
            raise BadValue(
                self._names.get("title", "title"), "the line names no product: title, product_id, variant_id"
            )
        return {
            "product_id": found.product_id,
            "variant_id": found.variant_id,
            "title": title,
            "options": found.options,
            "quantity": found.quantity,
            "unit_price_minor": price,
        }
