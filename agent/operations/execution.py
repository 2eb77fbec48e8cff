"""The way in: propose, confirm, decline; approve and reject for staff.

A proposal is a row of its own before it is anything else. Whoever confirms takes one write transaction that reads the
row (locked), makes every check again, changes the records, stores the outcome and logs the step: all of it is there
afterwards or nothing is, and whoever comes second finds the outcome.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Records

from store import Clock, Database, NotAllowed, system_clock
from store.schema import Proposal as ProposalRow

from ..session import Session
from .account import plan_account_address
from .approval import approval_reasons, check_approver
from .case import Case, Plan
from .delivered import plan_exchange, plan_return
from .pending import plan_address, plan_cancel, plan_items, plan_payment
from .policy import Policy
from .proposal import Outcome, Proposal
from .reading import Invoice, PossibleOperation, RefundStatus, possible_operations, read_invoice, read_refunds
from .refusal import NoSuchRecord, OperationRefused, refused
from .requests import AnyRequest
from .rows import consequences_of, expiry_of, find_row, log_step, outcome_of, proposal_of, request_of, settle

_PLANNERS: dict[str, Callable[[Case, Any], Plan]] = {
    "cancel_order": plan_cancel,
    "change_order_address": plan_address,
    "change_order_payment": plan_payment,
    "change_order_items": plan_items,
    "return_items": plan_return,
    "exchange_items": plan_exchange,
    "change_account_address": plan_account_address,
}
_CUSTOMER = "customer"


class Operations:
    """All after-sales operations of one shop under one policy. Safe to share between threads and processes."""

    def __init__(self, database: Database, policy: Policy, clock: Clock = system_clock) -> None:
        self._database = database
        self._clock = clock
        self.policy = policy

    def propose(self, session: Session, request: AnyRequest, *, conversation_id: str | None = None) -> Proposal:
        """Check ``request`` for the session's customer and keep it, with all it would do, until he confirms.

        Asked for again while it is still open and would do the same, it is the same proposal. Raises
        ``OperationRefused`` or ``NoSuchRecord``, each with its ``refusal``; then nothing is kept.
        """
        customer_id, now = session.customer(), self._clock()
        with self._database.write() as records:
            case = Case(records, customer_id, self.policy, now, locked=True)
            plan = _plan(case, request)
            row = self._open_twin(case, plan, conversation_id)
            if row is None:
                row = self._new_row(case, plan, conversation_id)
                records.add(row)
                # The log refers to the proposal, which therefore has to be there first.
                records.flush()
                log_step(records, row, "proposed", _CUSTOMER, now)
            return proposal_of(row, now)

    def confirm(self, session: Session, proposal_id: str) -> Outcome:
        """The customer's yes: execute, once, or let it wait for a person.

        Every check is made again. What would now do something else than was told is refused (``changed``), as is what
        waited too long (``expired``); then nothing is done. Confirming again gives the same outcome, however often and
        from wherever. Raises ``NoSuchRecord`` for a proposal that is not this customer's.
        """
        customer_id = session.customer()
        with self._database.write() as records:
            row = find_row(records, proposal_id, customer_id)
            # Read with the row in hand: waiting for it may have taken a while.
            now = self._clock()
            if row.state != "proposed":
                return outcome_of(row, now)
            if now >= row.expires_at:
                log_step(records, row, "expired", _CUSTOMER, now)
                return settle(row, "expired", now, refusal=expiry_of(row))
            row.confirmed_at = now
            log_step(records, row, "confirmed", _CUSTOMER, now)
            return self._execute(records, row, _CUSTOMER, now, approved=False)

    def decline(self, session: Session, proposal_id: str) -> Outcome:
        """The customer's no, also while it waits for a person. What is done stays done, and its outcome is told."""
        customer_id = session.customer()
        with self._database.write() as records:
            row, now = find_row(records, proposal_id, customer_id), self._clock()
            if row.state not in {"proposed", "waiting"}:
                return outcome_of(row, now)
            log_step(records, row, "declined", _CUSTOMER, now)
            return settle(row, "declined", now)

    def approve(self, session: Session, proposal_id: str, note: str = "") -> Outcome:
        """A person's yes to what a customer has confirmed: execute it, with every check made again.

        Raises ``NotAllowed`` if the session may not approve, or the customer has not confirmed.
        """
        actor = check_approver(session, self.policy.approval)
        with self._database.write() as records:
            row, now = _confirmed_row(records, proposal_id), self._clock()
            if row.state != "waiting":
                return outcome_of(row, now)
            log_step(records, row, "approved", actor, now, note=note)
            return self._execute(records, row, actor, now, approved=True, note=note)

    def reject(self, session: Session, proposal_id: str, note: str = "") -> Outcome:
        """A person's no to what waits for approval. ``note`` is for the customer. Raises as ``approve`` does."""
        actor = check_approver(session, self.policy.approval)
        with self._database.write() as records:
            row, now = _confirmed_row(records, proposal_id), self._clock()
            if row.state != "waiting":
                return outcome_of(row, now)
            log_step(records, row, "rejected", actor, now, note=note)
            return settle(row, "rejected", now, decided_by=actor, note=note)

    def queue(self, session: Session) -> tuple[Proposal, ...]:
        """What waits for a person, longest waiting first. Raises ``NotAllowed`` if the session may not approve."""
        check_approver(session, self.policy.approval)
        waiting = select(ProposalRow).where(ProposalRow.state == "waiting")
        with self._database.read() as records:
            rows = records.scalars(waiting.order_by(ProposalRow.confirmed_at, ProposalRow.id))
            return tuple(proposal_of(row, self._clock()) for row in rows)

    def proposal(self, session: Session, proposal_id: str) -> Proposal:
        """One proposal of the session's customer; any, in the session of one who may approve.

        Raises ``NoSuchRecord``.
        """
        with self._database.read() as records:
            return proposal_of(find_row(records, proposal_id, self._whose(session), lock=False), self._clock())

    def outcome(self, session: Session, proposal_id: str) -> Outcome:
        """What came of a proposal so far, without doing anything. Raises ``NoSuchRecord``."""
        with self._database.read() as records:
            return outcome_of(find_row(records, proposal_id, self._whose(session), lock=False), self._clock())

    def open_proposals(self, session: Session, conversation_id: str | None = None) -> tuple[Proposal, ...]:
        """The customer's proposals that he can still confirm, newest first; of one conversation, or of all."""
        now = self._clock()
        wanted = select(ProposalRow).where(
            ProposalRow.customer_id == session.customer(),
            ProposalRow.state == "proposed",
            ProposalRow.expires_at > now,
        )
        if conversation_id is not None:
            wanted = wanted.where(ProposalRow.conversation_id == conversation_id)
        with self._database.read() as records:
            rows = records.scalars(wanted.order_by(ProposalRow.created_at.desc(), ProposalRow.id))
            return tuple(proposal_of(row, now) for row in rows)

    def possible(self, session: Session, order_id: str) -> tuple[PossibleOperation, ...]:
        """What may be done with an order of the customer, judged by its status and its dates; why not for the rest."""
        with self._database.read() as records:
            return possible_operations(self._reading(records, session), order_id)

    def possible_of_each(self, session: Session, order_ids: Iterable[str]) -> dict[str, tuple[PossibleOperation, ...]]:
        """The same of several orders, read once."""
        with self._database.read() as records:
            case = self._reading(records, session)
            case.load_orders()
            return {one: possible_operations(case, one) for one in order_ids}

    def refund_status(self, session: Session, order_id: str) -> RefundStatus:
        """What was paid back for an order of the customer, when it is there, and what is still to come."""
        with self._database.read() as records:
            return read_refunds(self._reading(records, session), order_id)

    def invoice(self, session: Session, order_id: str) -> Invoice:
        """The invoice of an order of the customer, as data."""
        with self._database.read() as records:
            return read_invoice(self._reading(records, session), order_id)

    def _reading(self, records: Records, session: Session) -> Case:
        return Case(records, session.customer(), self.policy, self._clock(), locked=False)

    def _whose(self, session: Session) -> str | None:
        if not session.is_staff:
            return session.customer()
        check_approver(session, self.policy.approval)
        return None

    def _new_row(self, case: Case, plan: Plan, conversation_id: str | None) -> ProposalRow:
        return ProposalRow(
            id=f"P-{secrets.token_hex(6)}",
            customer_id=case.customer_id,
            conversation_id=conversation_id,
            operation=plan.request.operation,
            arguments=plan.request.model_dump(mode="json"),
            consequences=plan.consequences.model_dump(mode="json"),
            approval=[one.model_dump(mode="json") for one in approval_reasons(case, plan)],
            state="proposed",
            currency=plan.consequences.currency,
            created_at=case.now,
            expires_at=case.now + timedelta(minutes=self.policy.proposal_minutes),
        )

    def _open_twin(self, case: Case, plan: Plan, conversation_id: str | None) -> ProposalRow | None:
        """The same request that is still open: asked twice (after a crash, say), there is one thing to confirm."""
        rows = case.records.scalars(
            select(ProposalRow).where(
                ProposalRow.customer_id == case.customer_id,
                ProposalRow.state == "proposed",
                ProposalRow.operation == plan.request.operation,
                # One that is about to expire would leave no time for the answer.
                ProposalRow.expires_at > case.now + timedelta(minutes=self.policy.proposal_minutes) / 2,
            )
        )
        for row in rows:
            same_request = row.conversation_id == conversation_id and request_of(row) == plan.request
            if same_request and consequences_of(row).same_for_customer(plan.consequences):
                return row
        return None

    def _execute(
        self, records: Records, row: ProposalRow, actor: str, now: datetime, *, approved: bool, note: str = ""
    ) -> Outcome:
        case = Case(records, row.customer_id, self.policy, now, locked=True)
        try:
            plan = _plan(case, request_of(row))
            if not plan.consequences.same_for_customer(consequences_of(row)):
                raise refused(f"proposal:{row.id}", "changed")
        except (OperationRefused, NoSuchRecord) as error:
            log_step(records, row, "refused", actor, now, refusal=error.refusal.model_dump(mode="json"))
            return settle(row, "refused", now, refusal=error.refusal, decided_by=actor, note=note)
        reasons = approval_reasons(case, plan)
        if reasons and not approved:
            row.approval = [one.model_dump(mode="json") for one in reasons]
            return settle(row, "waiting", now)
        plan.apply()
        row.consequences = plan.consequences.model_dump(mode="json")
        row.money_out_minor = plan.consequences.money_out_minor
        row.executed_at = now
        log_step(records, row, "executed", actor, now)
        return settle(row, "done", now, decided_by=actor, note=note)


def _plan(case: Case, request: AnyRequest) -> Plan:
    return _PLANNERS[request.operation](case, request)


def _confirmed_row(records: Records, proposal_id: str) -> ProposalRow:
    row = find_row(records, proposal_id, None)
    if row.state in {"proposed", "expired"}:
        raise NotAllowed("the customer has not confirmed this proposal", value=proposal_id)
    return row
