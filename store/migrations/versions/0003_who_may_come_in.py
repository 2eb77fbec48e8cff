"""Who may come in: staff, their sessions and links, API keys, and the audit log."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

import store.schema.base

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _time(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, store.schema.base.UtcDateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "staff_members",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        _time("created_at"),
        _time("disabled_at", nullable=True),
        _time("signed_in_at", nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_staff_members")),
    )
    for table, columns in (
        ("staff_sessions", (_time("created_at"), _time("seen_at"), _time("expires_at"))),
        ("staff_links", (_time("expires_at"),)),
    ):
        op.create_table(
            table,
            sa.Column("token_hash", sa.String(), nullable=False),
            sa.Column("staff_name", sa.String(), nullable=False),
            *columns,
            sa.ForeignKeyConstraint(
                ["staff_name"],
                ["staff_members.name"],
                name=op.f(f"fk_{table}_staff_name_staff_members"),
                ondelete="CASCADE",
            ),
            sa.PrimaryKeyConstraint("token_hash", name=op.f(f"pk_{table}")),
        )
        op.create_index(op.f(f"ix_{table}_staff_name"), table, ["staff_name"])
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("per_minute", sa.BigInteger(), nullable=False),
        _time("created_at"),
        _time("expires_at", nullable=True),
        _time("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_keys_secret_hash")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.String(), nullable=False),
        _time("at"),
        sa.Column("log", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_log_at", "audit_entries", ["log", "at"])
    op.create_index("ix_audit_entries_action_at", "audit_entries", ["action", "at"])
    op.create_index("ix_audit_entries_customer_at", "audit_entries", ["customer_id", "at"])


def downgrade() -> None:
    for table in ("audit_entries", "api_keys", "staff_links", "staff_sessions", "staff_members"):
        op.drop_table(table)
