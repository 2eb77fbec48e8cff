"""Whether a person of the shop must approve an operation, by the limits of the policy."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from store import NotAllowed
from store.schema import Proposal as ProposalRow

from ..session import Session
from .case import Case, Plan
from .policy import Approval
from .proposal import ApprovalReason


def approval_reasons(case: Case, plan: Plan) -> tuple[ApprovalReason, ...]:
    """All reasons why a person must approve ``plan``; empty if the customer's word is enough."""
    limits = case.policy.approval
    reasons = list(plan.approval)
    if plan.request.operation in limits.always:
        reasons.append(ApprovalReason(rule="always"))
    amount, currency = plan.consequences.money_out_minor, plan.consequences.currency
    if amount > 0 and limits.refund_above:
        limit = limits.refund_above.get(currency, 0)
        if amount > limit:
            reasons.append(
                ApprovalReason(rule="refund_above", amount_minor=amount, limit_minor=limit, currency=currency)
            )
    if amount > 0 and limits.refund_sum_above:
        total = amount + _given_lately(case, limits, currency)
        limit = limits.refund_sum_above.get(currency, 0)
        if total > limit:
            reasons.append(
                ApprovalReason(
                    rule="refund_sum_above",
                    amount_minor=total,
                    limit_minor=limit,
                    currency=currency,
                    days=limits.sum_days,
                )
            )
    return tuple(reasons)


def _given_lately(case: Case, limits: Approval, currency: str) -> int:
    given = case.records.scalar(
        select(func.sum(ProposalRow.money_out_minor)).where(
            ProposalRow.customer_id == case.customer_id,
            ProposalRow.currency == currency,
            ProposalRow.executed_at >= case.now - timedelta(days=limits.sum_days),
        )
    )
    return int(given or 0)


def check_approver(session: Session, limits: Approval) -> str:
    """Name and role of the member of staff, for the log. Raises ``NotAllowed`` if he may not approve."""
    if not session.is_staff:
        raise NotAllowed("only the shop's staff can do this", allowed="a staff session")
    if limits.roles and session.role not in limits.roles:
        raise NotAllowed("this role may not approve", value=session.role, allowed=limits.roles)
    return f"{session.staff_name} ({session.role})"
