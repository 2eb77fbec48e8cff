"""The after-sales operations: checked against the shop's policy, proposed, confirmed, executed once, logged.

``Operations`` is the way in. It knows the records, the policy and the session; it knows no model and words nothing but
refusals. Nothing here changes a record before the customer has said yes to a proposal that lists its consequences.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .consequences import Consequences, ItemChange, MethodView, Movement, StockEffect, Timing
from .policy import Approval, OpeningHours, Policy, load_policy
from .proposal import ApprovalReason, Outcome, Proposal
from .refusal import NoSuchRecord, OperationRefused, Refusal, Rule
from .requests import (
    AnyRequest,
    CancelOrder,
    ChangeAccountAddress,
    ChangeOrderAddress,
    ChangeOrderItems,
    ChangeOrderPayment,
    ExchangeItems,
    OperationName,
    ReturnItems,
    parse_request,
)
from .telling import ask_for_yes, tell_outcome, tell_proposal
from .wording import word_approval, word_refusal

if TYPE_CHECKING:
    from .execution import Operations
    from .reading import Invoice, InvoiceLine, MoneyEntry, OpenReturn, PossibleOperation, RefundStatus

__all__ = [
    "AnyRequest",
    "Approval",
    "ApprovalReason",
    "CancelOrder",
    "ChangeAccountAddress",
    "ChangeOrderAddress",
    "ChangeOrderItems",
    "ChangeOrderPayment",
    "Consequences",
    "ExchangeItems",
    "Invoice",
    "InvoiceLine",
    "ItemChange",
    "MethodView",
    "MoneyEntry",
    "Movement",
    "NoSuchRecord",
    "OpenReturn",
    "OpeningHours",
    "OperationName",
    "OperationRefused",
    "Operations",
    "Outcome",
    "Policy",
    "PossibleOperation",
    "Proposal",
    "RefundStatus",
    "Refusal",
    "ReturnItems",
    "Rule",
    "StockEffect",
    "Timing",
    "ask_for_yes",
    "load_policy",
    "parse_request",
    "tell_outcome",
    "tell_proposal",
    "word_approval",
    "word_refusal",
]

_HEAVY = {
    "Invoice": "reading",
    "InvoiceLine": "reading",
    "MoneyEntry": "reading",
    "OpenReturn": "reading",
    "Operations": "execution",
    "PossibleOperation": "reading",
    "RefundStatus": "reading",
}


def __getattr__(name: str) -> Any:
    # SQLAlchemy takes a third of a second to import; the records that travel do without it.
    if name in _HEAVY:
        return getattr(import_module(f".{_HEAVY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
