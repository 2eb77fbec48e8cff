"""The shop's records: products, customers, orders, reviews, events, conversations and decisions.

Everything else reads and writes the shop through this package. It knows nothing of models, vectors or the page.
"""

from .clock import Clock, FixedClock, system_clock
from .database import Database
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

__all__ = [
    "BeforehandError",
    "Clock",
    "ConfigError",
    "Database",
    "FixedClock",
    "IndexDamaged",
    "InputError",
    "ModelError",
    "NotAllowed",
    "NotFound",
    "StoreError",
    "format_amount",
    "minor_digits",
    "parse_amount",
    "system_clock",
]
