"""Who may come in, and what they saw and did: staff, their sessions and links, API keys, the audit log.

Nothing here can be used to come in: passwords are argon2 hashes, tokens and keys SHA-256 of long random secrets.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class StaffMember(Base):
    """A person who works in the shop."""

    __tablename__ = "staff_members"

    name: Mapped[str] = mapped_column(primary_key=True)
    """What is typed to sign in, in small letters."""
    role: Mapped[str]
    """viewer, agent, manager or owner."""
    password_hash: Mapped[str | None]
    """``None`` until the link is used."""
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    signed_in_at: Mapped[datetime | None]


class StaffSession(Base):
    """One browser in which a member of staff is signed in."""

    __tablename__ = "staff_sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    staff_name: Mapped[str] = mapped_column(ForeignKey("staff_members.name", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class StaffLink(Base):
    """A link that lets one member of staff set a password, once."""

    __tablename__ = "staff_links"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    staff_name: Mapped[str] = mapped_column(ForeignKey("staff_members.name", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime]


class ApiKey(Base):
    """What another program comes in with."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[str]]
    per_minute: Mapped[int]
    """Requests that it may make in a minute."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditEntry(Base):
    """One thing that somebody saw, did, or was kept from doing. Rows are added, never changed."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_log_at", "log", "at"),
        Index("ix_audit_entries_action_at", "action", "at"),
        Index("ix_audit_entries_customer_at", "customer_id", "at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    log: Mapped[str]
    """audit: what was seen or done; security: what was tried and refused, and every change of access."""
    actor: Mapped[str]
    """staff:NAME, key:NAME, customer:ID, system, or anyone."""
    role: Mapped[str | None]
    action: Mapped[str]
    customer_id: Mapped[str | None]
    """Whose data it was about."""
    address: Mapped[str]
    """Network address that it came from; empty: this machine's command line."""
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
