"""How the columns of a foreign file stand for our fields, in both directions."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, field_validator

from ..errors import InputError
from .fields import BadValue, parse_time
from .generic_fields import NESTED, REQUIRED, TIMES, fields_of
from .rows import BadRow, Row


class ColumnMapping(BaseModel):
    """Which column of a file is which of our fields.

    A field inside a nested one is named with a dot ("address.city", "options.size"); so is a column inside a JSON
    object. Give it as Python, or as YAML or JSON in a configuration.

        ColumnMapping(columns={"product_id": "asin", "stars": "score", "text": "review"}, constants={"language": "en"})
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: dict[str, str]
    """Our field -> the file's column."""
    constants: dict[str, str | bool | int | float] = {}
    """Our field -> a value for every row, or for the rows where the field's column is empty."""
    values: dict[str, dict[str, str]] = {}
    """Our field -> {the file's value: ours}, such as {"kind": {"pv": "view"}}. Other values stay as they are."""
    time_format: str | None = None
    """``None``: ISO 8601 or Unix time, as found; ``unix``, ``unix_ms``, or a strptime pattern such as ``%m/%d/%Y``."""
    time_zone: str = "UTC"
    """IANA name, for times that name no zone."""
    yes_no: tuple[str, str] = ("true", "false")
    """How the export writes truth values."""
    keep_other_columns: bool = True
    """Keep what stands in columns that are not mapped in ``extra``, so that the export gives them back."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"no such time zone: {name!r}, allowed are IANA names such as Europe/Berlin") from error
        return name

    @property
    def fields(self) -> list[str]:
        """Our fields that this mapping gives."""
        return list(dict.fromkeys([*self.columns, *self.constants]))

    def check(self, kind: str) -> None:
        """Raise ``InputError`` if a field is not one of the kind, or one that the kind needs is missing."""
        known = fields_of(kind)
        for name in [*self.columns, *self.constants, *self.values]:
            head, dot, _ = name.partition(".")
            if head not in known or (dot and head not in NESTED):
                nearest = difflib.get_close_matches(head, known, n=1)
                raise InputError(
                    f"the mapping names no field of {kind}",
                    value=name,
                    allowed=known,
                    advice=f"Did you mean {nearest[0]!r}?" if nearest else None,
                )
        missing = REQUIRED[kind] - set(self.fields)
        if missing:
            raise InputError(f"the mapping lacks fields that {kind} need", value=", ".join(sorted(missing)))


class Mapper:
    """Renames the rows of one file to our fields."""

    def __init__(
        self, mapping: ColumnMapping, columns: Iterable[str] | None, late: frozenset[str] = frozenset()
    ) -> None:
        """``columns``: those of the file; ``None`` if its rows may differ (JSON lines).

        ``late``: names of fields that rows may not have any more, since it was settled without them what is compared.
        """
        self._mapping = mapping
        self._late = late
        self._mapped = set(mapping.columns.values())
        self._zone = ZoneInfo(mapping.time_zone)
        if columns is not None:
            there = set(columns)
            absent = sorted(self._mapped - there)
            if absent:
                raise InputError(
                    "the file lacks columns of the mapping", value=", ".join(absent), allowed=sorted(there)
                )

    @property
    def fields(self) -> list[str]:
        """Top-level fields that every row will have."""
        return list(dict.fromkeys(name.partition(".")[0] for name in self._mapping.fields))

    def named_as(self) -> dict[str, str]:
        """Our field -> how the file calls it, for messages."""
        return dict(self._mapping.columns)

    def row(self, row: Row) -> Row | BadRow:
        """The row with our field names; unmapped columns stand under ``extra``."""
        mapping, data = self._mapping, row.data
        found: dict[str, Any] = {}
        if self._late and (late := sorted(self._late & data.keys())):
            return row.bad(f"{late[0]}: no record at the start of the file has this field; name it in a column mapping")
        try:
            for name, column in mapping.columns.items():
                value = data[column] if column in data else _inside(data, column)
                if name in mapping.values:
                    value = mapping.values[name].get(str(value), value)
                if (value is None or value == "") and name in mapping.constants:
                    value = mapping.constants[name]
                self._put(found, name, value, column)
            for name, value in mapping.constants.items():
                if name not in mapping.columns:
                    self._put(found, name, value, name)
        except BadValue as error:
            return row.bad(str(error))
        if mapping.keep_other_columns:
            others = ((name, value) for name, value in data.items() if name not in self._mapped)
            found["extra"] = {name: value for name, value in others if value is not None and value != ""}
            found["extra"] = {name: _json_safe(value) for name, value in found["extra"].items()}
        return Row(row.line, found, row.size, original=data)

    def _put(self, found: dict[str, Any], name: str, value: Any, column: str) -> None:
        if name in TIMES and (self._mapping.time_format is not None or self._mapping.time_zone != "UTC"):
            try:
                value = parse_time(value, self._mapping.time_format, self._zone)
            except ValueError as error:
                raise BadValue(column, str(error)) from error
        head, dot, key = name.partition(".")
        if dot:
            inner = found.setdefault(head, {})
            if value not in (None, "") and isinstance(inner, dict):
                inner[key] = value
        else:
            found[name] = value


def _json_safe(value: Any) -> Any:
    """The value as JSON can hold it: what Parquet has beyond that (times, decimals, bytes) as text."""
    return value if isinstance(value, str | int | float) else json.loads(json.dumps(value, default=str))


def _inside(data: dict[str, Any], path: str) -> Any:
    value: Any = data
    for part in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value
