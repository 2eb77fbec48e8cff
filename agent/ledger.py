"""The decision ledger: one row per occasion, and with it, in the same transaction, the message it led to."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from store import Database
from store.schema import Customer, Decision

from . import conversations as record
from .cards import product_cards
from .language import spoken
from .moments import Moment
from .policy import POLICY, Option
from .reply import Candidate, DecisionRecord
from .rules import first_objection
from .settings import ProactiveSettings


def decided(database: Database, moments: Sequence[Moment]) -> set[str]:
    """The keys of those moments that already stand in the ledger."""
    keys = [moment.key for moment in moments]
    found: set[str] = set()
    with database.read() as records:
        for at in range(0, len(keys), 500):
            part = keys[at : at + 500]
            found.update(records.scalars(select(Decision.idempotency_key).where(Decision.idempotency_key.in_(part))))
    return found


def read_decision(database: Database, moment: Moment) -> DecisionRecord | None:
    with database.read() as records:
        row = records.scalar(select(Decision).where(Decision.idempotency_key == moment.key))
        return None if row is None else from_row(row)


def write_decision(
    database: Database, moment: Moment, plan: DecisionRecord, option: Option, settings: ProactiveSettings
) -> DecisionRecord | None:
    """Write ``plan`` and, unless it is silence, its message. ``None`` if it is decided already or must wait.

    The rules are asked once more under the write lock: between weighing and writing another process may have written.
    """
    with database.read() as records:
        customer = records.get(Customer, moment.customer_id)
    language = spoken(customer.language if customer else None)
    cards = product_cards(database, option.products, language)
    decision_id = f"dec_{uuid.uuid4().hex}"
    try:
        with database.write() as records:
            # On PostgreSQL this lock makes two deciders of one customer wait for one another.
            customer = records.scalar(select(Customer).where(Customer.id == moment.customer_id).with_for_update())
            if records.scalar(select(Decision.id).where(Decision.idempotency_key == moment.key)) is not None:
                return None
            message_id = None
            if plan.action != "silence":
                if first_objection(records, customer, settings, moment.at) is not None:
                    return None
                conversation = record.latest(records, moment.customer_id) or record.start(
                    records, moment.customer_id, language, moment.at
                )
                message = record.append(
                    records,
                    conversation.id,
                    "assistant",
                    plan.text or "",
                    moment.at,
                    kind="proactive",
                    evidence=option.book.new_items() if option.book else (),
                    products=cards,
                    decision_id=decision_id,
                )
                message_id = message.id
            row = _row(moment, plan, decision_id, message_id)
            records.add(row)
            records.flush()
            return from_row(row)
    except IntegrityError:
        return None


def _row(moment: Moment, plan: DecisionRecord, decision_id: str, message_id: str | None) -> Decision:
    return Decision(
        id=decision_id,
        idempotency_key=moment.key,
        customer_id=moment.customer_id,
        at=moment.at,
        moment=moment.kind,
        known=dict(plan.known),
        candidates=[
            {"action": one.action, "score": one.score, "eligible": one.eligible, "why": one.why}
            for one in plan.candidates
        ],
        action=plan.action,
        reason=plan.reason,
        policy=plan.policy or POLICY,
        propensity=plan.propensity,
        holdout=plan.holdout,
        cost_minor=plan.cost_minor,
        text=plan.text if message_id else None,
        message_id=message_id,
    )


def from_row(row: Decision) -> DecisionRecord:
    return DecisionRecord(
        customer_id=row.customer_id,
        at=row.at,
        moment=row.moment,
        action=row.action,
        reason=row.reason,
        candidates=tuple(Candidate(one["action"], one["score"], one["eligible"], one["why"]) for one in row.candidates),
        policy=row.policy,
        propensity=row.propensity,
        holdout=row.holdout,
        cost_minor=row.cost_minor,
        text=row.text,
        id=row.id,
        message_id=row.message_id,
        known=row.known,
    )
