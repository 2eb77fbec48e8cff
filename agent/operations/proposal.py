"""What travels out of the operations: a proposal that waits for the customer's word, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from .consequences import Consequences
from .refusal import Refusal
from .requests import AnyRequest, OperationName

ProposalState = Literal["proposed", "waiting", "done", "refused", "declined", "rejected", "expired"]
"""proposed -> (confirmed) -> done | waiting | refused; waiting -> (a person) -> done | refused | rejected.

declined: the customer said no; rejected: a person of the shop did; expired: nobody said anything in time.
"""


class ApprovalReason(BaseModel):
    """Why a person of the shop must approve."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: Literal["refund_above", "refund_sum_above", "always", "delivery_unknown"]
    amount_minor: int | None = None
    limit_minor: int | None = None
    currency: str | None = None
    days: int | None = None
    """Over which ``refund_sum_above`` adds up."""


class Proposal(BaseModel):
    """A write that has not happened yet, with all that it would do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    customer_id: str
    conversation_id: str | None
    operation: OperationName
    arguments: AnyRequest
    """As resolved: with the order's own id, and the payment method that is meant."""
    consequences: Consequences
    approval: tuple[ApprovalReason, ...]
    """Empty: the customer's yes is enough."""
    state: ProposalState
    created_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None = None

    @property
    def needs_approval(self) -> bool:
        return bool(self.approval)


class Outcome(BaseModel):
    """What came of a proposal. Asking again gives the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    proposal_id: str
    operation: OperationName
    state: ProposalState
    consequences: Consequences
    """What was done if ``state`` is ``done``; else what would have been."""
    refusal: Refusal | None = None
    """Set if ``state`` is ``refused`` or ``expired``."""
    approval: tuple[ApprovalReason, ...] = ()
    note: str = ""
    """Of the person who approved or rejected."""
    decided_by: str | None = None
    at: datetime
    """When it came to this state."""

    @property
    def done(self) -> bool:
        return self.state == "done"
