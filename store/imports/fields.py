"""The field types that the importers check rows with, and how a wrong value is worded."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from ..errors import InputError
from ..money import minor_digits, parse_amount

MAX_TEXT = 1_000_000
"""Characters that a text field may have."""
MAX_KEY = 500
"""Characters that an id, or another text that is searched by, may have: databases index no long ones."""
_LARGEST_AMOUNT = 10**15
_TRUE = {"true", "t", "yes", "y", "1"}
_FALSE = {"false", "f", "no", "n", "0"}
_EMPTY = {"", "none", "null"}
_CLOCK = r"(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?"
_WRITTEN = (
    (re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})" + _CLOCK), (2, 1, 0)),
    (re.compile(r"(\d{4})[/.年](\d{1,2})[/.月](\d{1,2})日?" + _CLOCK), (0, 1, 2)),
)
"""Days as spreadsheets write them, and where year, month and day stand in them."""
_OFFSET = re.compile(r"\s+([+-]\d{2}:?\d{2})$")


class BadValue(ValueError):
    """A value of a row that cannot be taken, with the column it stands in."""

    def __init__(self, column: str, problem: str) -> None:
        self.column = column
        super().__init__(f"{column}: {problem}")


class RowModel(BaseModel):
    """Base of the models that rows are checked with."""

    model_config = ConfigDict(coerce_numbers_to_str=True, allow_inf_nan=False, extra="ignore", populate_by_name=True)


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("holds the character NUL (U+0000), which no database text may")
    return text


def _empty_to_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _none_to_empty(value: object) -> object:
    return "" if value is None else value


def parse_flag(value: object) -> object:
    """true, yes, 1, ... and false, no, 0, ... as a truth value; nothing else."""
    if isinstance(value, bool) or value is None:
        return value
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    if word in _EMPTY:
        return None
    raise ValueError(f"neither yes nor no: {value!r}")


def parse_time(value: object, form: str | None = None, zone: tzinfo = UTC) -> datetime | None:
    """A moment, in UTC. Times that name no zone are taken to be in ``zone``.

    ``form``: ``None`` for ISO 8601, a Unix time or what a spreadsheet writes that can be read in one way only
    (31.12.2026 18:05, 2026/12/31, 2026年12月31日); ``unix`` or ``unix_ms``; or a ``strptime`` pattern.
    Unix times of more than 11 digits are taken as milliseconds. Raises ``ValueError`` for what is no time.
    """
    if value is None or (isinstance(value, str) and value.strip().lower() in _EMPTY):
        return None
    try:
        if isinstance(value, datetime):
            found = value
        elif form not in (None, "unix", "unix_ms"):
            found = datetime.strptime(str(value).strip(), form)  # noqa: DTZ007 - the zone is added below
        elif isinstance(value, int | float | Decimal) or re.fullmatch(r"-?\d{9,}(\.\d+)?", str(value).strip()):
            number = float(str(value))
            in_ms = form == "unix_ms" or (form is None and abs(number) >= 1e11)
            found = datetime.fromtimestamp(number / 1000 if in_ms else number, UTC)
        else:
            text = _OFFSET.sub(r"\1", str(value).strip().removesuffix(" UTC"))
            found = _written(text)
        found = found.replace(tzinfo=zone) if found.tzinfo is None else found
        return found.astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        allowed = f"the form {form!r}" if form else "ISO 8601 (2026-03-01T12:00:00Z) or a Unix time"
        raise ValueError(f"not a time: {value!r}, allowed is {allowed}") from error


def _written(text: str) -> datetime:
    """A moment in ISO 8601, or a day as spreadsheets write it, with or without a time of day."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        for pattern, (year, month, day) in _WRITTEN:
            found = pattern.fullmatch(text)
            if found is not None:
                told = [int(part or 0) for part in found.groups()]
                hour, minute, second = told[3:]
                return datetime(told[year], told[month], told[day], hour, minute, second)  # noqa: DTZ001 - zone comes later
        raise


def parse_list(value: object) -> object:
    """A list; from text: a JSON list, or the parts between ">" or "|"."""
    if not isinstance(value, str):
        return [] if value is None else value
    if value.lstrip().startswith("["):
        return _json(value)
    return [part.strip() for part in re.split(r"[>|]", value) if part.strip()]


def _json(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from error


def _dictionary(value: object) -> object:
    found = _json(value)
    return {} if found is None else found


def _rows(value: object) -> object:
    found = _json(value)
    return [] if found is None else found


Text = Annotated[str, StringConstraints(max_length=MAX_TEXT), AfterValidator(_no_nul), BeforeValidator(_none_to_empty)]
OptionalText = Annotated[
    Annotated[str, StringConstraints(max_length=MAX_TEXT), AfterValidator(_no_nul)] | None,
    BeforeValidator(_empty_to_none),
]
Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_KEY), AfterValidator(_no_nul)]
OptionalId = Annotated[Id | None, BeforeValidator(_empty_to_none)]
OptionalKey = Annotated[
    Annotated[str, StringConstraints(max_length=MAX_KEY), AfterValidator(_no_nul)] | None,
    BeforeValidator(_empty_to_none),
]
"""Text that is searched by and is no id: a brand, a mail address."""
Currency = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z]{3}$")]
Flag = Annotated[bool | None, BeforeValidator(parse_flag)]
Time = Annotated[datetime | None, BeforeValidator(parse_time)]
Count = Annotated[Annotated[int, Field(ge=0, le=2**31 - 1)] | None, BeforeValidator(_empty_to_none)]
Stars = Annotated[Annotated[float, Field(ge=0, le=5)] | None, BeforeValidator(_empty_to_none)]
Money = Annotated[str | int | float | Decimal | None, BeforeValidator(_empty_to_none)]
"""An amount in major units as it stands in the file; ``minor`` makes an integer of it once the currency is known."""
Words = Annotated[dict[Text, Text], BeforeValidator(_dictionary)]
Names = Annotated[list[Text], BeforeValidator(parse_list)]
Objects = Annotated[list[dict[str, Any]], BeforeValidator(_rows)]


def minor(value: Any, currency: str, column: str, *, negative: bool = False) -> int | None:
    """The amount in minor units; ``None`` for none. Raises ``BadValue`` for what is not an amount."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        amount = parse_amount(value, currency)
    except InputError as error:
        raise BadValue(column, str(error).rstrip(".")) from error
    if abs(amount) > _LARGEST_AMOUNT or (amount < 0 and not negative):
        raise BadValue(column, f"an amount that cannot be: {value!r}")
    return amount


def major(amount: int | None, currency: str) -> str:
    """The amount in major units as a plain number, "12.50"; empty for ``None``."""
    if amount is None:
        return ""
    digits = minor_digits(currency)
    return f"{Decimal(amount).scaleb(-digits):.{digits}f}"


def why(error: ValidationError | BadValue, columns: Mapping[str, str] | None = None) -> str:
    """The reason for the rejects file; fields are named as the file names them (``columns``: ours -> the file's)."""
    if isinstance(error, BadValue):
        return str(error)
    told = []
    for one in error.errors(include_url=False, include_context=False):
        place = [str(part) for part in one["loc"]]
        name = (columns or {}).get(place[0], place[0]) if place else "row"
        name = ".".join([name, *(part for part in place[1:] if part not in {"str", "int"})])
        message = one["msg"].removeprefix("Value error, ")
        shown = one["input"]
        if one["type"] in {"value_error", "missing"}:
            told.append(f"{name}: {message}")
        elif one["type"] == "string_too_long":
            limit = MAX_KEY if "500" in message else MAX_TEXT
            told.append(f"{name}: {len(shown):,} characters, more than the {limit:,} allowed")
        else:
            text = repr(shown)
            told.append(f"{name}: {message}, got {text if len(text) < 80 else text[:79] + '…'}")
    return "; ".join(told)
