"""The tau-retail database: a folder with users.json, orders.json and products.json (each may be .gz).

Each file is one JSON object, id -> record, as published with tau-bench (MIT). It is read whole: JSON of this form
cannot be read in part, so a damaged file is an error, and nothing of the folder goes in.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from ..errors import InputError
from .fields import BadValue, minor, why
from .rows import BadRow, Record, Row
from .tau_fields import TauOrder, TauProduct, TauUser

TABLES = ("products", "users", "orders")
SOURCE = "tau-retail"
CURRENCY = "USD"
_MAX_BYTES = 512 * 1024 * 1024


def is_folder(path: Path) -> bool:
    """Whether ``path`` is a folder with the three files."""
    return path.is_dir() and all(_file(path, table) is not None for table in TABLES)


class TauFolder:
    """The folder, read and ready to give its records. Raises ``InputError`` if a file is missing or damaged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        missing = [table for table in TABLES if _file(path, table) is None]
        if missing:
            raise InputError(
                "a tau-retail folder lacks files",
                value=", ".join(f"{table}.json" for table in missing),
                allowed=str(path),
            )
        files = {table: _file(path, table) or path for table in TABLES}
        self.files = files
        self.bytes_total = sum(file.stat().st_size for file in files.values())
        self._data = {table: _read(file) for table, file in files.items()}

    def tables(self) -> Iterator[tuple[Path, Iterator[Record | BadRow]]]:
        """File by file, products first, the records in it. ``line`` counts the entries of the object from 1."""
        yield self.files["products"], _records("products", self._data["products"], _product)
        yield self.files["users"], _records("customers", self._data["users"], _user)
        listed = {
            order: place
            for user in self._data["users"].values()
            if isinstance(user, dict) and isinstance(user.get("orders"), list)
            for place, order in enumerate(user["orders"])
            if isinstance(order, str)
        }
        yield (
            self.files["orders"],
            _records("orders", self._data["orders"], lambda key, data: _order(key, data, listed)),
        )


def _records(table: str, data: dict[str, Any], make: Any) -> Iterator[Record | BadRow]:
    for place, (key, entry) in enumerate(data.items(), start=1):
        row = Row(place, {"id": key, "record": entry}, len(str(entry)))
        try:
            values, children = make(key, entry)
        except (ValidationError, BadValue) as error:
            yield row.bad(f"{key}: {why(error)}")
            continue
        yield Record(table, values, [row], children)


def _product(key: str, data: Any) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    found = TauProduct.model_validate(data)
    _same(key, found.product_id, "product_id")
    values = {"id": key, "title": found.name, "source": SOURCE}
    variants = []
    for place, (variant_id, variant) in enumerate(found.variants.items()):
        _same(variant_id, variant.item_id, "item_id")
        variants.append(
            {
                "id": variant_id,
                "product_id": key,
                "position": place,
                "options": variant.options,
                "currency": CURRENCY,
                "price_minor": minor(variant.price, CURRENCY, "price"),
                "available": bool(variant.available),
            }
        )
    return values, {"variants": variants}


def _user(key: str, data: Any) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    found = TauUser.model_validate(data)
    values = {
        "id": key,
        "first_name": found.name.first_name,
        "last_name": found.name.last_name,
        "email": found.email,
        "country": found.address.get("country"),
        "address": found.address,
        "source": SOURCE,
    }
    methods = []
    for place, (method_id, method) in enumerate(found.payment_methods.items()):
        _same(method_id, method.id, "payment_methods")
        methods.append(
            {
                "id": method_id,
                "customer_id": key,
                "position": place,
                "kind": method.source,
                "brand": method.brand,
                "last_four": method.last_four,
                "balance_minor": minor(method.balance, CURRENCY, "balance"),
                "currency": CURRENCY,
            }
        )
    return values, {"payment_methods": methods}


def _order(key: str, data: Any, listed: dict[str, int]) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    found = TauOrder.model_validate(data)
    _same(key, found.order_id, "order_id")
    values = {
        "id": key,
        "customer_id": found.user_id,
        "position": listed.get(key, len(listed)),
        "status": found.status,
        "currency": CURRENCY,
        "address": found.address,
        "cancel_reason": found.cancel_reason,
        "source": SOURCE,
    }
    children: dict[str, list[dict[str, Any]]] = {
        "order_lines": [
            {
                "product_id": item.product_id,
                "variant_id": item.item_id,
                "title": item.name,
                "options": item.options,
                "quantity": 1,
                "unit_price_minor": _amount(item.price, "items.price"),
            }
            for item in found.items
        ],
        "payments": [
            {
                "kind": payment.transaction_type,
                "amount_minor": _amount(payment.amount, "payment_history.amount"),
                "currency": CURRENCY,
                "method_id": payment.payment_method_id,
            }
            for payment in found.payment_history
        ],
        "shipments": [
            {
                "tracking_ids": parcel.tracking_id,
                "variant_ids": parcel.item_ids,
                "status": "delivered" if found.status in _ARRIVED else "unknown",
            }
            for parcel in found.fulfillments
        ],
        "returns": list(_returns(found)),
    }
    numbered = {
        name: [{"order_id": key, "position": place, **row} for place, row in enumerate(rows)]
        for name, rows in children.items()
    }
    return values, numbered


_ARRIVED = {"delivered", "return requested", "exchange requested"}


def _returns(order: TauOrder) -> Iterator[dict[str, Any]]:
    if order.return_items is not None:
        yield {
            "kind": "return",
            "variant_ids": order.return_items,
            "new_variant_ids": [],
            "payment_method_id": order.return_payment_method_id,
            "price_difference_minor": None,
        }
    if order.exchange_items is not None:
        difference = order.exchange_price_difference
        yield {
            "kind": "exchange",
            "variant_ids": order.exchange_items,
            "new_variant_ids": order.exchange_new_items or [],
            "payment_method_id": order.exchange_payment_method_id,
            "price_difference_minor": minor(difference, CURRENCY, "exchange_price_difference", negative=True),
        }


def _amount(value: Any, column: str) -> int:
    amount = minor(value, CURRENCY, column)
    if amount is None:
        raise BadValue(column, "empty")
    return amount


def _same(key: str, named: str, column: str) -> None:
    if key != named:
        raise BadValue(column, f"{named!r} stands under the key {key!r}")


def _file(folder: Path, table: str) -> Path | None:
    return next((file for file in (folder / f"{table}.json", folder / f"{table}.json.gz") if file.is_file()), None)


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.suffix == ".gz":
            with gzip.open(file) as stream:
                raw = stream.read(_MAX_BYTES + 1)
        else:
            with file.open("rb") as stream:
                raw = stream.read(_MAX_BYTES + 1)
        if len(raw) > _MAX_BYTES:
            raise InputError(f"larger than the {_MAX_BYTES:,} bytes that are read at once", value=str(file))
        found = from_json(raw)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise InputError(
            f"the file is damaged, nothing of its folder was imported ({error})", value=str(file)
        ) from error
    if not isinstance(found, dict):
        raise InputError("not an object of records by id", value=str(file))
    return found
