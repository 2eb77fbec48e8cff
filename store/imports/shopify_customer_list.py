"""Shopify's customer CSV export: the customers with their consent and address, under the shop's own ids.

https://help.shopify.com/en/manual/customers/import-export-customers

It is the generic kind ``customers`` with a mapping that is known. Shopify writes an apostrophe before ids, telephone
numbers and postcodes, so that spreadsheets keep them as text; it is no part of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .generic import GenericForm
from .mapping import ColumnMapping, Mapper
from .rows import BadRow, Record, Row

_SIGNS = {"First Name", "Last Name", "Email"}
_CONSENT = ("Accepts Email Marketing", "Accepts Marketing")
_FIELDS = {
    "first_name": ("First Name",),
    "last_name": ("Last Name",),
    "email": ("Email",),
    "phone": ("Phone", "Default Address Phone"),
    "country": ("Default Address Country Code", "Country Code"),
    "address.address1": ("Default Address Address1", "Address1"),
    "address.address2": ("Default Address Address2", "Address2"),
    "address.city": ("Default Address City", "City"),
    "address.state": ("Default Address Province Code", "Province Code"),
    "address.country": ("Default Address Country Code", "Country Code"),
    "address.zip": ("Default Address Zip", "Zip"),
    "consent_email": _CONSENT,
}
_GUARDED = re.compile(r"'[+\d]")


def is_customer_list(columns: Iterable[str]) -> bool:
    """Whether a header is that of Shopify's customer export, the newer or the older one."""
    there = set(columns)
    return there >= _SIGNS and any(one in there for one in _CONSENT)


class ShopifyCustomerList(GenericForm):
    """Customers. The older export has no ids; there the mail address is the id."""

    def __init__(self, columns: Iterable[str], currency: str) -> None:
        there = list(columns)
        known = {"id": ("Customer ID", "Email"), **_FIELDS}
        found = {field: next((name for name in names if name in there), None) for field, names in known.items()}
        mapping = ColumnMapping(columns={field: name for field, name in found.items() if name is not None})
        super().__init__("customers", Mapper(mapping, there), currency)

    def records(self, rows: Iterable[Row | BadRow]) -> Iterator[Record | BadRow]:
        return super().records(_unguarded(rows))


def _unguarded(rows: Iterable[Row | BadRow]) -> Iterator[Row | BadRow]:
    for row in rows:
        if isinstance(row, Row):
            row.data = {
                name: value[1:] if isinstance(value, str) and _GUARDED.match(value) else value
                for name, value in row.data.items()
            }
        yield row
