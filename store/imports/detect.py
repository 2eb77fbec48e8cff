"""What kind of file it is: by its folder, its header, or the keys of its first records."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic_core import from_json

from ..errors import InputError
from .delimited import header_of
from .generic_fields import REQUIRED, fields_of
from .mapping import ColumnMapping
from .shopify_columns import usual_names
from .shopify_customer_list import is_customer_list
from .source import Source

FORMS = ("amazon-reviews", "amazon-products", "shopify-products", "shopify-orders", "segment-events", "tau-retail")
"""Kinds whose files have a form of their own."""
GENERIC = ("products", "customers", "orders", "reviews", "events")
"""Kinds that any table can give."""
KINDS = (*FORMS, *GENERIC)
JSON_FORMS = ("amazon-reviews", "amazon-products", "segment-events")
_RECORDS = 50


def check_kind(kind: str) -> None:
    """Raise ``InputError`` for a kind that is not known."""
    if kind not in KINDS:
        raise InputError("no such kind of file", value=kind, allowed=KINDS)


def is_json(source: Source) -> bool:
    """Whether the file is JSON rather than a delimited table."""
    named = {".jsonl", ".ndjson", ".json"} & {suffix.lower() for suffix in source.path.suffixes}
    return bool(named) or source.text_head().lstrip().startswith(("{", "["))


def keys_of(source: Source) -> list[str]:
    """The keys that the first records of a JSON lines file have."""
    keys: dict[str, None] = {}
    for line in source.text_head().split("\n")[:_RECORDS]:
        try:
            found = from_json(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            keys.update(dict.fromkeys(found))
    return list(keys)


def detect(path: Path, columns: Iterable[str], mapping: ColumnMapping | None, *, json: bool) -> str:
    """The kind of a file with these columns (or keys). Raises ``InputError`` if it is none, or could be several."""
    there = set(columns)
    if mapping is not None:
        there = set(mapping.fields)
    elif json:
        form = _json_form(there)
        if form is not None:
            return form
    else:
        if {"Handle", "Title"} <= set(usual_names(there, "shopify-products").values()):
            return "shopify-products"
        if {"Name", "Lineitem name"} <= set(usual_names(there, "shopify-orders").values()):
            return "shopify-orders"
        if is_customer_list(there):
            return "customers"
    fits = [kind for kind in GENERIC if REQUIRED[kind] <= there]
    # Customers need an id only, which all have; an address or a name tells them from the rest.
    if "customers" in fits and not there & {"email", "first_name", "last_name", "consent_email", "phone"}:
        fits.remove("customers")
    most = max((len(there & set(fields_of(kind))) for kind in fits), default=0)
    fits = [kind for kind in fits if len(there & set(fields_of(kind))) == most]
    if len(fits) == 1:
        return fits[0]
    raise InputError(
        "cannot tell what kind of file this is",
        value=str(path),
        allowed=KINDS,
        advice=f"Name the kind, and a column mapping if it is a table of your own (found: {', '.join(sorted(there))})",
    )


def columns_of(source: Source, *, json: bool) -> list[str]:
    """The columns of a table, or the keys of a JSON lines file."""
    return keys_of(source) if json else [name.strip() for name in header_of(source) if name.strip()]


def _json_form(keys: set[str]) -> str | None:
    if "type" in keys and keys & {"event", "messageId", "anonymousId", "userId"}:
        return "segment-events"
    if {"rating", "user_id"} <= keys and keys & {"asin", "parent_asin"}:
        return "amazon-reviews"
    if "parent_asin" in keys and keys & {"main_category", "average_rating", "details", "features"}:
        return "amazon-products"
    return None
