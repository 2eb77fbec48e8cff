"""A person's yes or no to what a customer has confirmed, and telling the customer of it."""

from __future__ import annotations

from datetime import datetime

from store import Database
from store.schema import Conversation

from . import conversations as record
from .language import spoken
from .operations import Operations, Outcome, tell_outcome
from .session import Session


def decide_proposal(
    database: Database,
    operations: Operations,
    session: Session,
    proposal_id: str,
    approve: bool,
    note: str,
    at: datetime,
) -> Outcome:
    """Approve or reject; a proposal that no longer waits keeps its outcome, and the customer is not told twice."""
    proposal = operations.proposal(session, proposal_id)
    outcome = (operations.approve if approve else operations.reject)(session, proposal_id, note)
    if proposal.state != "waiting" or proposal.conversation_id is None:
        return outcome
    with database.write() as records:
        conversation = records.get(Conversation, proposal.conversation_id)
        if conversation is not None:
            language = spoken(conversation.language)
            told = tell_outcome(outcome, language, operations.policy.cancel_reasons)
            text = ("" if language == "zh" else " ").join([*told, note] if note else told)
            record.append(records, conversation.id, "assistant", text, at)
    return outcome
