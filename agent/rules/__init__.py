"""The rules: in code, above every score. What they forbid, no policy can choose."""

from __future__ import annotations

from .contact import CHATTING, MESSAGES, Contact, Ruling, first_objection, read_contacts
from .holdout import in_holdout
from .money import Spending, add_to_tally, note_offer, read_spending
from .quiet import is_quiet, quiet_until
from .selling import option_objection, sure_buyer

__all__ = [
    "CHATTING",
    "MESSAGES",
    "Contact",
    "Ruling",
    "Spending",
    "add_to_tally",
    "first_objection",
    "in_holdout",
    "is_quiet",
    "note_offer",
    "option_objection",
    "quiet_until",
    "read_contacts",
    "read_spending",
    "sure_buyer",
]
