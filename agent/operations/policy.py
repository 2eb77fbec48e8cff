"""The merchant's policy: a Markdown file whose YAML front part is enforced in code, and whose text is what people read.

Comes in: a file, or the name of a policy that is shipped (``retail``, ``demo``). Knows no records.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from store import ConfigError, InputError, Settings, parse_amount, parse_settings

from .requests import OperationName

_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)(.*)\Z", re.S)
_SHIPPED = Path(__file__).parent.parent / "policies"
_SPAN = re.compile(r"\A(\d\d):(\d\d)-(\d\d):(\d\d)\Z")

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class OpeningHours(Settings):
    """When people of the shop answer."""

    time_zone: str = "UTC"
    """IANA name, e.g. "Europe/Berlin"."""
    days: dict[Weekday, tuple[str, ...]]
    """Spans of a day, e.g. monday: ["09:00-12:30", "13:30-18:00"]; a day that is left out is closed."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} is no time zone; an IANA name is needed, such as Europe/Berlin") from error
        return value

    @field_validator("days")
    @classmethod
    def _readable(cls, value: dict[Weekday, tuple[str, ...]]) -> dict[Weekday, tuple[str, ...]]:
        for spans in value.values():
            for span in spans:
                opens, closes = _read_span(span)
                if opens >= closes:
                    raise ValueError(f"{span!r} closes before it opens; write 09:00-18:00")
        return value

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is there at ``at`` (any time zone)."""
        local = at.astimezone(ZoneInfo(self.time_zone))
        return any(opens <= local.time() < closes for opens, closes in self._spans(local))

    def next_opening(self, at: datetime) -> datetime | None:
        """When somebody is there next: ``at`` itself if it is open now; ``None`` if it never opens."""
        if self.is_open(at):
            return at
        local = at.astimezone(ZoneInfo(self.time_zone))
        for ahead in range(8):
            day = local + timedelta(days=ahead)
            for opens, _ in self._spans(day):
                found = datetime.combine(day.date(), opens, local.tzinfo)
                if found >= local:
                    return found.astimezone(at.tzinfo)
        return None

    def _spans(self, day: datetime) -> list[tuple[time, time]]:
        return sorted(_read_span(span) for span in self.days.get(WEEKDAYS[day.weekday()], ()))


class Approval(Settings):
    """Above which limits a person of the shop must approve what a customer has confirmed."""

    refund_above: dict[str, int] = Field(default_factory=dict)
    """Currency -> amount in major units as written, kept in minor units. Set for one currency, it asks for approval
    of every refund in the others; empty: no limit."""
    refund_sum_above: dict[str, int] = Field(default_factory=dict)
    """The same for all that one customer was given in ``sum_days``."""
    sum_days: int = Field(default=30, ge=1)
    always: tuple[OperationName, ...] = ()
    """Operations that a person approves whatever the amount."""
    roles: tuple[str, ...] = ()
    """Roles of staff that may approve; empty: all."""

    @field_validator("refund_above", "refund_sum_above", mode="before")
    @classmethod
    def _in_minor_units(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        try:
            found = {str(code).upper(): parse_amount(amount, str(code)) for code, amount in value.items()}
        except InputError as error:
            raise ValueError(str(error)) from error
        if any(amount < 0 for amount in found.values()):
            raise ValueError("a limit cannot be below zero")
        return found


class Policy(Settings):
    """What the shop allows. The default of every field is the strict one."""

    name: str = "policy"
    languages: tuple[str, ...] = ("en", "zh")
    """In which the shop answers; the first is used where the customer's is not among them."""
    tone: str = "friendly and brief"
    opening_hours: OpeningHours | None = None
    """``None``: not told; a hand-over promises no time."""
    allowed_statuses: dict[OperationName, tuple[str, ...]] = Field(default_factory=dict)
    """Operation -> order statuses in which it may be done. What is left out is not offered."""
    change_account_address: bool = True
    cancel_reasons: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Reason -> {language: how it is shown}; empty: any reason will do."""
    refund_of_cancelled: Literal["what_was_paid", "each_entry"] = "what_was_paid"
    """``what_was_paid``: each way to pay gets back what it gave less what it has already got back.
    ``each_entry``: one refund per entry of the payment history, refunds among them (as tau-bench retail does)."""
    return_window_days: int | None = Field(default=None, ge=0)
    """From the delivery of the last parcel; ``None``: no end. Where the delivery is not known, a person approves."""
    exchange_window_days: int | None = Field(default=None, ge=0)
    refund_to: tuple[Literal["original", "gift_card"], ...] = ("original",)
    """Where the money of a return may go."""
    refund_days: dict[str, tuple[int, int]] = Field(default_factory=lambda: {"gift_card": (0, 0), "other": (5, 7)})
    """Kind of payment method (``other`` for the rest) -> fewest and most business days until the money is there."""
    proposal_minutes: int = Field(default=30, ge=1)
    """A proposal that was not confirmed by then has to be made again."""
    approval: Approval = Approval()
    text: str = ""
    """The Markdown below the front part."""

    @field_validator("refund_days")
    @classmethod
    def _complete(cls, value: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
        if "other" not in value:
            raise ValueError("needs an entry 'other' for the ways to pay that are not named")
        for kind, (fewest, most) in value.items():
            if not 0 <= fewest <= most:
                raise ValueError(f"{kind}: [{fewest}, {most}] is not [fewest, most]")
        return value

    @model_validator(mode="after")
    def _account_has_no_status(self) -> Policy:
        if "change_account_address" in self.allowed_statuses:
            raise ValueError("an account has no order status; write 'change_account_address: true' beside it")
        return self

    def refund_timing(self, method_kind: str) -> tuple[int, int]:
        """Fewest and most business days until a refund to such a way to pay is there."""
        return self.refund_days.get(method_kind, self.refund_days["other"])


def load_policy(source: str | Path) -> Policy:
    """Read a policy: the name of a shipped one (``retail``, ``demo``), or a Markdown file.

    Raises ``ConfigError`` that names the file, the key, its value and what is allowed.
    """
    shipped = {file.stem: file for file in sorted(_SHIPPED.glob("*.md"))}
    path = shipped.get(str(source)) or Path(source)
    try:
        whole = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            "there is no such policy", value=str(source), allowed=[*shipped, "a Markdown file with a YAML front part"]
        ) from error
    except (UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"the policy {path} cannot be read: {error}") from error
    parts = _FRONT.match(whole)
    if parts is None:
        raise ConfigError(
            f"the policy {path} has no front part",
            advice="Begin it with a line '---', the YAML keys, and another line '---'",
        )
    read = parse_settings(parts.group(1), Policy, path)
    update = {"text": parts.group(2).strip()}
    if "name" not in read.model_fields_set:
        update["name"] = path.stem
    return read.model_copy(update=update)


def _read_span(span: str) -> tuple[time, time]:
    found = _SPAN.match(span)
    if found is None:
        raise ValueError(f"{span!r} is not a span of a day; write 09:00-18:00")
    hours = [int(part) for part in found.groups()]
    if hours[2:] == [24, 0]:
        hours[2:] = [23, 59]
    return time(hours[0], hours[1]), time(hours[2], hours[3])
