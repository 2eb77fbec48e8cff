"""Proposals as rows and as what travels: finding them, telling them, bringing them to their end, logging each step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session as Records

from store.schema import Proposal as ProposalRow
from store.schema import ProposalStep

from .consequences import Consequences
from .proposal import ApprovalReason, Outcome, Proposal, ProposalState
from .refusal import NoSuchRecord, Refusal
from .requests import AnyRequest

_REQUEST: TypeAdapter[Any] = TypeAdapter(AnyRequest)


def find_row(records: Records, proposal_id: str, customer_id: str | None, *, lock: bool = True) -> ProposalRow:
    """The proposal, if it is this customer's (``None``: anybody's). Raises ``NoSuchRecord``."""
    wanted = select(ProposalRow).where(ProposalRow.id == proposal_id.strip())
    if customer_id is not None:
        wanted = wanted.where(ProposalRow.customer_id == customer_id)
    row = records.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise NoSuchRecord("proposal", proposal_id)
    return row


def request_of(row: ProposalRow) -> AnyRequest:
    """What was asked for."""
    request: AnyRequest = _REQUEST.validate_python(row.arguments)
    return request


def consequences_of(row: ProposalRow) -> Consequences:
    """What the customer was told; once it is done, what was done."""
    return Consequences.model_validate(row.consequences)


def state_at(row: ProposalRow, now: datetime) -> ProposalState:
    """Its state as it is at ``now``: nobody has to come by for it to expire."""
    if row.state == "proposed" and now >= row.expires_at:
        return "expired"
    return row.state  # type: ignore[return-value]  # pydantic checks it where it travels


def proposal_of(row: ProposalRow, now: datetime) -> Proposal:
    """The row as it travels."""
    return Proposal(
        id=row.id,
        customer_id=row.customer_id,
        conversation_id=row.conversation_id,
        operation=row.operation,  # type: ignore[arg-type]  # pydantic checks it
        arguments=request_of(row),
        consequences=consequences_of(row),
        approval=_approval(row),
        state=state_at(row, now),
        created_at=row.created_at,
        expires_at=row.expires_at,
        confirmed_at=row.confirmed_at,
    )


def outcome_of(row: ProposalRow, now: datetime) -> Outcome:
    """What came of it, as it was settled; of one that is still open, that it is."""
    if row.outcome is not None:
        return Outcome.model_validate(row.outcome)
    state = state_at(row, now)
    return Outcome(
        proposal_id=row.id,
        operation=row.operation,  # type: ignore[arg-type]  # pydantic checks it
        state=state,
        consequences=consequences_of(row),
        refusal=expiry_of(row) if state == "expired" else None,
        approval=_approval(row),
        at=row.expires_at if state == "expired" else row.created_at,
    )


def expiry_of(row: ProposalRow) -> Refusal:
    """The reason of a proposal that nobody confirmed in time."""
    return Refusal(
        record=f"proposal:{row.id}", rule="expired", value=row.expires_at.isoformat(timespec="seconds"), kind="date"
    )


def settle(
    row: ProposalRow,
    state: ProposalState,
    now: datetime,
    *,
    refusal: Refusal | None = None,
    decided_by: str | None = None,
    note: str = "",
) -> Outcome:
    """Bring the proposal to ``state`` and keep, in its row, what every later question is answered with."""
    row.state = state
    outcome = Outcome(
        proposal_id=row.id,
        operation=row.operation,  # type: ignore[arg-type]  # pydantic checks it
        state=state,
        consequences=consequences_of(row),
        refusal=refusal,
        approval=_approval(row),
        note=note,
        decided_by=decided_by,
        at=now,
    )
    row.outcome = outcome.model_dump(mode="json")
    return outcome


def log_step(records: Records, row: ProposalRow, step: str, actor: str, now: datetime, **detail: object) -> None:
    """Add a line to the log. Its key lets each step of a proposal be taken once."""
    records.add(ProposalStep(proposal_id=row.id, step=step, at=now, actor=actor, detail=detail))


def _approval(row: ProposalRow) -> tuple[ApprovalReason, ...]:
    return tuple(ApprovalReason.model_validate(one) for one in row.approval)
