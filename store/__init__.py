"""The shop's records: products, customers, orders, reviews, events, conversations and decisions.

Everything else reads and writes the shop through this package. It knows nothing of models, vectors or the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .access_settings import AccessSettings, HttpSettings
from .checked_file import CheckedFile
from .clock import Clock, FixedClock, system_clock
from .errors import (
    BeforehandError,
    ConfigError,
    IndexDamaged,
    InputError,
    ModelError,
    NotAllowed,
    NotFound,
    StoreError,
)
from .money import format_amount, minor_digits, parse_amount
from .overrides import SettingsOverrides, lay_over
from .settings import Settings, StoreSettings, check_settings, load_settings, parse_settings

if TYPE_CHECKING:
    from .database import Database

__all__ = [
    "AccessSettings",
    "BeforehandError",
    "CheckedFile",
    "Clock",
    "ConfigError",
    "Database",
    "FixedClock",
    "HttpSettings",
    "IndexDamaged",
    "InputError",
    "ModelError",
    "NotAllowed",
    "NotFound",
    "Settings",
    "SettingsOverrides",
    "StoreError",
    "StoreSettings",
    "check_settings",
    "format_amount",
    "lay_over",
    "load_settings",
    "minor_digits",
    "parse_amount",
    "parse_settings",
    "system_clock",
]


def __getattr__(name: str) -> Any:
    # SQLAlchemy takes a third of a second to import; ``import beforehand`` does without it.
    if name == "Database":
        from .database import Database

        return Database
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
