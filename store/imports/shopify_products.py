"""Shopify's product CSV export: one row per variant, further rows for further pictures, joined by ``Handle``.

The product's own columns stand on its first row only. https://help.shopify.com/en/manual/products/import-export/using-csv

A row whose variant cannot be taken (a price of "N/A") is rejected alone; the product goes in with its other variants,
and not at all if none is left. All cells are kept in ``extra``, so that the export gives back what the shop has no
column for.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from .fields import MAX_KEY, BadValue, Id, OptionalKey, OptionalText, RowModel, Text, major, minor, parse_flag, why
from .groups import Group, all_bad, grouped
from .rows import BadRow, Record, Row
from .shopify_columns import renamed

_NAMES = ("Option1 Name", "Option2 Name", "Option3 Name")
_VALUES = ("Option1 Value", "Option2 Value", "Option3 Value")
_STATUS = {"active": True, "draft": False, "archived": False, "": True}
_WHOLE = TypeAdapter(int)
Cells = dict[str, str]


class _Product(RowModel):
    handle: Id = Field(alias="Handle")
    title: Text = Field(alias="Title", min_length=1)
    body: Text = Field("", alias="Body (HTML)")
    vendor: OptionalKey = Field(None, alias="Vendor")
    category: Text = Field("", alias="Product Category")
    type: Text = Field("", alias="Type")
    tags: Text = Field("", alias="Tags")
    published: Text = Field("", alias="Published")
    status: Text = Field("", alias="Status")
    image: OptionalText = Field(None, alias="Image Src")


class ShopifyProducts:
    """Products with their variants. ``currency``: of the prices, which the file does not name."""

    def __init__(self, currency: str) -> None:
        self._currency = currency

    def records(self, rows: Iterable[Row | BadRow]) -> Iterator[Record | BadRow]:
        for group in grouped(renamed(rows, "shopify-products"), "Handle"):
            if isinstance(group, BadRow):
                yield group
            else:
                yield from self._of(group)

    def prepare(self, session: Session, records: list[Record]) -> int:
        return 0

    def _of(self, group: Group) -> Iterator[Record | BadRow]:
        first = group.rows[0]
        try:
            values = product_values(first.data)
        except (ValidationError, BadValue) as error:
            yield from all_bad(group, why(error), first)
            return
        variants: list[dict[str, Any]] = []
        bad: list[BadRow] = []
        good: list[Row] = []
        kept: list[dict[str, Any]] = []
        lines: dict[str, int] = {}
        for row in group.rows:
            if row is not first and not _is_variant(row.data):
                good.append(row)
                kept.append({"cells": row.data})
                continue
            try:
                variant = variant_values(row.data, first.data, self._currency)
                if variant["id"] in lines:
                    raise BadValue("Option1 Value", f"the same options as on line {lines[variant['id']]}")
            except (ValidationError, BadValue) as error:
                bad.append(row.bad(why(error)))
                if row is first:
                    # The product's own cells stand on this row; they are good and stay.
                    kept.append({"cells": _product_cells(row.data)})
                continue
            lines[variant["id"]] = row.line
            variants.append({**variant, "position": len(variants)})
            good.append(row)
            kept.append({"variant": variant["id"], "cells": row.data})
        if not variants:
            yield from bad
            rest = {id(row) for row in good}
            yield from (row.bad(f"no variant of {group.key} can go in") for row in group.rows if id(row) in rest)
        else:
            yield from bad
            values["extra"] = {"rows": kept}
            yield Record("products", values, good, {"variants": variants})
        yield from group.broken


def product_values(cells: Cells) -> dict[str, Any]:
    """The product's columns from its first row. Raises ``ValidationError`` or ``BadValue``."""
    found = _Product.model_validate(cells)
    status = found.status.strip().lower()
    try:
        published = parse_flag(found.published)
    except ValueError as error:
        raise BadValue("Published", str(error)) from error
    path = [part.strip() for part in found.category.split(">") if part.strip()] or ([found.type] if found.type else [])
    return {
        "id": found.handle,
        "title": found.title,
        "description": plain_text(found.body),
        "brand": found.vendor,
        "category_path": path,
        "attributes": {"tags": found.tags} if found.tags else {},
        "image": found.image,
        "visible": _STATUS.get(status, False) and published is not False,
        "source": "shopify",
    }


def variant_values(cells: Cells, first: Cells, currency: str) -> dict[str, Any]:
    """A variant's columns from its row; ``first`` is the product's first row, where the options have their names."""
    handle = first["Handle"].strip()
    options = {}
    for number, (name, value) in enumerate(zip(_NAMES, _VALUES, strict=True), start=1):
        if value in cells and cells[value] != "Default Title":
            options[first.get(name, f"Option{number}")] = cells[value]
    stock = None
    if "Variant Inventory Qty" in cells and cells.get("Variant Inventory Tracker", "shopify"):
        try:
            # Shops that sell on below zero have negative counts; there is nothing on hand then.
            stock = max(0, _WHOLE.validate_python(cells["Variant Inventory Qty"].strip()))
        except ValidationError as error:
            raise BadValue(
                "Variant Inventory Qty", f"not a whole number: {cells['Variant Inventory Qty']!r}"
            ) from error
    oversold = cells.get("Variant Inventory Policy", "").strip().lower() == "continue"
    own = "/".join([handle, *options.values()])
    if len(own) > MAX_KEY:
        raise BadValue(
            "Option1 Value", f"handle and options have {len(own):,} characters, more than the {MAX_KEY} allowed"
        )
    return {
        "id": own,
        "product_id": handle,
        "sku": cells.get("Variant SKU"),
        "options": options,
        "currency": currency,
        "price_minor": minor(cells.get("Variant Price"), currency, "Variant Price"),
        "compare_at_minor": minor(cells.get("Variant Compare At Price"), currency, "Variant Compare At Price"),
        "cost_minor": minor(cells.get("Cost per item"), currency, "Cost per item"),
        "stock": None if oversold and stock == 0 else stock,
    }


def product_rows(product: Any) -> Iterator[Cells]:
    """The product as rows of the file: the cells it came with, and the shop's own values where it has changed them."""
    kept: list[dict[str, Any]] = product.extra.get("rows", []) if product.source == "shopify" else []
    by_variant = {one["variant"]: one["cells"] for one in kept if "variant" in one}
    names = list(dict.fromkeys(name for variant in product.variants for name in variant.options))
    first: Cells = dict(kept[0]["cells"]) if kept else _new_product(product, names)
    own = _changed(first, _try(product_values, first), product, _PRODUCT_CELLS)
    rows: list[Cells] = []
    for variant in product.variants:
        cells = dict(by_variant.get(variant.id, {})) or _new_variant(variant, names)
        before = _try(variant_values, cells, first, variant.currency)
        rows.append(_changed(cells, before, variant, _VARIANT_CELLS))
    for number, cells in enumerate(rows or [{}]):
        yield {
            **(_product_cells(own) if number == 0 else {}),
            **_variant_cells(cells, number == 0),
            "Handle": product.id,
        }
    yield from (one["cells"] for one in kept[1:] if "variant" not in one)


def plain_text(body: str) -> str:
    """The text of the HTML description, one line per paragraph or list entry."""
    text = re.sub(r"(?is)<(script|style)\b.*?</\1\s*>", " ", body)
    text = re.sub(r"(?i)<br\s*/?>|</(p|div|li|h\d|tr|ul|ol)\s*>", "\n", text)
    text = html.unescape(re.sub(r"<[a-zA-Z/!][^>]*>", "", text)).replace("\xa0", " ")
    return "\n".join(line for line in (re.sub(r"[ \t]+", " ", one).strip() for one in text.split("\n")) if line)


_PRODUCT_CELLS = {
    "title": ("Title", str),
    "description": (
        "Body (HTML)",
        lambda text: "<p>" + html.escape(text, quote=False).replace("\n", "</p>\n<p>") + "</p>",
    ),
    "brand": ("Vendor", lambda brand: brand or ""),
    "category_path": ("Product Category", " > ".join),
    "image": ("Image Src", lambda image: image or ""),
    "visible": ("Status", lambda visible: "active" if visible else "draft"),
}
_VARIANT_CELLS = {
    "sku": ("Variant SKU", lambda sku: sku or ""),
    "price_minor": ("Variant Price", None),
    "compare_at_minor": ("Variant Compare At Price", None),
    "cost_minor": ("Cost per item", None),
    "stock": ("Variant Inventory Qty", lambda stock: "" if stock is None else str(stock)),
}


def _changed(cells: Cells, before: dict[str, Any] | None, now: Any, columns: dict[str, tuple[str, Any]]) -> Cells:
    for name, (column, render) in columns.items():
        value = getattr(now, name)
        if before is None or before[name] != value:
            cells[column] = render(value) if render is not None else major(value, now.currency)
            if name == "visible" and value:
                cells["Published"] = "true"
            if name == "stock" and value is not None:
                # Said of a variant that is not counted, or sold on below zero, the number would not be believed.
                cells |= {"Variant Inventory Tracker": "shopify", "Variant Inventory Policy": "deny"}
    return cells


def _try(parse: Any, *arguments: Any) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = parse(*arguments)
    except (ValidationError, BadValue, KeyError):
        return None
    return found


def _is_variant(cells: Cells) -> bool:
    return any(value and _of_variant(column) and column != "Variant Image" for column, value in cells.items())


def _of_variant(column: str) -> bool:
    return column.startswith("Variant ") or column in {*_VALUES, "Cost per item"}


def _product_cells(cells: Cells) -> Cells:
    return {column: value for column, value in cells.items() if not _of_variant(column)}


def _variant_cells(cells: Cells, first: bool) -> Cells:
    # On the first row the product's own cells come from elsewhere; on another, pictures and the like stay with it.
    return {column: value for column, value in cells.items() if _of_variant(column) or not first}


def _new_product(product: Any, names: list[str]) -> Cells:
    cells = {"Handle": product.id, "Published": "true"}
    return cells | dict(zip(_NAMES, names or ["Title"], strict=False))


def _new_variant(variant: Any, names: list[str]) -> Cells:
    cells = {"Variant Inventory Policy": "deny", "Variant Inventory Tracker": "shopify"}
    for column, name in zip(_VALUES, names or ["Title"], strict=False):
        cells[column] = variant.options.get(name, "") if names else "Default Title"
    return cells
