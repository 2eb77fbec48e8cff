"""The columns of Shopify's CSV files under their usual names, whatever case or generation the header is of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .rows import BadRow, Row

PRODUCT_COLUMNS = [
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Product Category",
    "Type",
    "Tags",
    "Published",
    *(f"Option{number} {part}" for number in (1, 2, 3) for part in ("Name", "Value")),
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Fulfillment Service",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Variant Barcode",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Gift Card",
    "SEO Title",
    "SEO Description",
    "Variant Image",
    "Variant Weight Unit",
    "Variant Tax Code",
    "Cost per item",
    "Status",
]
_PLACE = ["Name", "Street", "Address1", "Address2", "Company", "City", "Zip", "Province", "Country", "Phone"]
ORDER_COLUMNS = [
    "Name",
    "Email",
    "Financial Status",
    "Paid at",
    "Fulfillment Status",
    "Fulfilled at",
    "Accepts Marketing",
    "Currency",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Discount Code",
    "Discount Amount",
    "Shipping Method",
    "Created at",
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
    "Lineitem compare at price",
    "Lineitem sku",
    "Lineitem requires shipping",
    "Lineitem taxable",
    "Lineitem fulfillment status",
    *(f"{side} {part}" for side in ("Billing", "Shipping") for part in _PLACE),
    "Notes",
    "Note Attributes",
    "Cancelled at",
    "Payment Method",
    "Payment Reference",
    "Refunded Amount",
    "Vendor",
    "Outstanding Balance",
    "Employee",
    "Location",
    "Device ID",
    "Id",
    "Tags",
    "Risk Level",
    "Source",
    "Lineitem discount",
    "Phone",
]
_PRODUCT_ALIASES = {
    "url handle": "Handle",
    "description": "Body (HTML)",
    "published on online store": "Published",
    "sku": "Variant SKU",
    "barcode": "Variant Barcode",
    "price": "Variant Price",
    "compare-at price": "Variant Compare At Price",
    "inventory quantity": "Variant Inventory Qty",
    "inventory tracker": "Variant Inventory Tracker",
    "continue selling when out of stock": "Variant Inventory Policy",
    "product image url": "Image Src",
    "image position": "Image Position",
    "variant image url": "Variant Image",
    "weight value (grams)": "Variant Grams",
}
_TRACKER = "Variant Inventory Tracker"
_ORDER_ALIASES = {
    "canceled at": "Cancelled at",
    "lineitem compare-at price": "Lineitem compare at price",
    "payment references": "Payment Reference",
}


def usual_names(columns: Iterable[str], kind: str) -> dict[str, str]:
    """The file's column -> the usual name; a column that is not Shopify's keeps its own."""
    usual = PRODUCT_COLUMNS if kind == "shopify-products" else ORDER_COLUMNS
    aliases = _PRODUCT_ALIASES if kind == "shopify-products" else _ORDER_ALIASES
    known = {name.lower(): name for name in usual} | aliases
    found = list(columns)
    names: dict[str, str] = {}
    for column in found:
        name = known.get(column.lower(), column)
        # An alias never hides a column that has the usual name itself.
        names[column] = column if name != column and (name in found or name in names.values()) else name
    return names


def renamed(rows: Iterable[Row | BadRow], kind: str) -> Iterator[Row | BadRow]:
    """The rows with the usual column names, and only their non-empty cells.

    An empty inventory tracker is kept: it says that the variant is not counted, which a missing column does not.
    """
    names: dict[str, str] = {}
    for row in rows:
        if isinstance(row, Row):
            if row.data.keys() - names.keys():
                names = usual_names(row.data, kind)
            row.original = row.data
            row.data = {names[key]: value for key, value in row.data.items() if value or names[key] == _TRACKER}
        yield row
