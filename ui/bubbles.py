"""What the chat shows, as plain records: one ``Bubble`` per message.

The adapter (``chat_view``) makes them from what the agent and the store say; ``markup`` turns them into HTML.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent import ProductCard, ProductComparison

from .order_timeline import OrderTimeline

Role = Literal["customer", "assistant", "staff", "note"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A button under a message; pressing it says ``says`` in the customer's name."""

    label: str
    says: str
    style: Literal["plain", "main"] = "plain"


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message in the transcript."""

    key: str
    """Stable over redraws, so that the browser changes only what changed."""
    role: Role
    text: str = ""
    progress: tuple[str, ...] = ()
    """What the agent is doing; shown only while ``pending``."""
    pending: bool = False
    unasked: bool = False
    """A proactive message."""
    question: str = ""
    """Label of ``choices`` for a screen reader."""
    choices: tuple[Choice, ...] = ()
    answered: bool = False
    """The choices can no longer be pressed: the talk has gone on."""
    cards: tuple[ProductCard, ...] = ()
    comparison: ProductComparison | None = None
    """Of some of ``cards``, which are then not shown one by one."""
    orders: tuple[OrderTimeline, ...] = ()
    """Those that the message speaks of."""
    pictures: tuple[str, ...] = ()
    """Ids of the pictures that the customer sent with it."""
    at: datetime | None = None
