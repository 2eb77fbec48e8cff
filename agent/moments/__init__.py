"""Moments: what is noticed about a customer that may call for a word from the shop. Decides nothing.

Comes in: records as they stood at a time. Goes out: moments, each with the key of its occasion, and when to look again.
"""

from __future__ import annotations

from .declared import KINDS, Because, MomentKind, read_moments
from .finding import Found, Moment, find_moments
from .reading import read_states
from .signals import Signal, Trigger
from .state import CustomerState, Foresight, Goods, Person, ReadMood, Senses

__all__ = [
    "KINDS",
    "Because",
    "CustomerState",
    "Foresight",
    "Found",
    "Goods",
    "Moment",
    "MomentKind",
    "Person",
    "ReadMood",
    "Senses",
    "Signal",
    "Trigger",
    "find_moments",
    "read_moments",
    "read_states",
]
