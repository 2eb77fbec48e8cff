"""What Beforehand said, did and decided: conversations, messages, proposals, and the decision ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class Conversation(Base):
    """One conversation of one customer: the record of what was said (the agent's checkpoint is only working memory)."""

    __tablename__ = "conversations"

    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(default="agent")
    """Who answers: agent, or person after a hand-over."""
    language: Mapped[str] = mapped_column(default="en")
    started_at: Mapped[datetime]


class Message(Base):
    """One message of a conversation, in order of ``position``."""

    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_conversation", "conversation_id", "position", unique=True),)

    id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    position: Mapped[int]
    role: Mapped[str]
    """customer, assistant, or staff."""
    text: Mapped[str]
    kind: Mapped[str] = mapped_column(default="answer")
    """Of an assistant's message: the ``Reply.kind``, or proactive."""
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    products: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    decision_id: Mapped[str | None]
    proposal_id: Mapped[str | None]
    """Of a reply that shows a proposal: which one a yes is a yes to."""
    memory: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """Of a reply: the plan and what else the agent goes on from, should its working memory be lost."""
    at: Mapped[datetime]


class Attachment(Base):
    """A picture that a customer sent with a message, for a person to see. It goes when its message goes."""

    __tablename__ = "attachments"

    id: Mapped[str] = mapped_column(primary_key=True)
    """32 random hexadecimal digits; whoever asks for it must still be allowed to see it."""
    customer_id: Mapped[str] = mapped_column(index=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    """JPEG, drawn anew from what came: without its name, its metadata and anything that stood behind the picture."""
    width: Mapped[int]
    """Pixels, as ``height``."""
    height: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)


class Proposal(Base):
    """A write that waits for its customer's word, and what came of it. It is executed at most once, under its id."""

    __tablename__ = "proposals"
    __table_args__ = (
        Index("ix_proposals_customer_at", "customer_id", "created_at"),
        Index("ix_proposals_state_at", "state", "confirmed_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    conversation_id: Mapped[str | None]
    operation: Mapped[str]
    """cancel_order, return_items, ..."""
    arguments: Mapped[dict[str, Any]]
    consequences: Mapped[dict[str, Any]]
    """What the customer was told would happen."""
    approval: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Why a person must approve; empty: none must."""
    state: Mapped[str] = mapped_column(default="proposed")
    """proposed, waiting (for a person), done, refused, declined, rejected, expired."""
    outcome: Mapped[dict[str, Any] | None]
    """What came of it, once it is no longer proposed."""
    money_out_minor: Mapped[int] = mapped_column(default=0)
    """What the shop gave with it, once it is done."""
    currency: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    """When the customer said yes."""
    executed_at: Mapped[datetime | None]


class ProposalStep(Base):
    """The log of the proposals: one row per step, written in the transaction that takes it, never changed."""

    __tablename__ = "proposal_steps"

    proposal_id: Mapped[str] = mapped_column(ForeignKey("proposals.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    """proposed, confirmed, executed, refused, declined, approved, rejected, expired. The key lets each happen once."""
    at: Mapped[datetime]
    actor: Mapped[str]
    """customer, or the name and role of a member of staff."""
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Decision(Base):
    """One row of the ledger: what was known, what could have been done, what was done and why, and what came of it."""

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("idempotency_key"),
        Index("ix_decisions_customer_at", "customer_id", "at"),
        Index("ix_decisions_outcome_window", "outcome", "window_until"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str]
    """Moment, customer and occasion: one occasion is decided once, even after a crash."""
    customer_id: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    moment: Mapped[str]
    known: Mapped[dict[str, Any]] = mapped_column(default=dict)
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Each {"action", "score", "eligible", "why", "cost_minor", "margin_minor", "probability"}; thinned in time."""
    action: Mapped[str]
    reason: Mapped[str]
    policy: Mapped[str]
    propensity: Mapped[float]
    """The probability with which the policy chooses what it chose."""
    shadow: Mapped[dict[str, Any] | None]
    """What another policy would have done: {"policy", "action", "propensity"}; it was only asked."""
    holdout: Mapped[bool] = mapped_column(default=False)
    cost_minor: Mapped[int] = mapped_column(default=0)
    text: Mapped[str | None]
    surface: Mapped[str | None]
    """chat, email or todo; ``None``: silence. The first two are messages to the customer."""
    message_id: Mapped[str | None]
    currency: Mapped[str] = mapped_column(default="", server_default="")
    """Of ``cost_minor``, ``reward_minor`` and the candidates."""
    window_until: Mapped[datetime | None]
    """What the customer does until then is the outcome."""
    outcome: Mapped[str | None]
    """bought, returned, clicked, less or none; ``None``: the window is still open."""
    outcome_at: Mapped[datetime | None]
    reward_minor: Mapped[int | None]
    """Margin of what was bought in the window, less what came back, the cost, and the annoyance of "less of this"."""
