"""Acting first: who is to be looked at (kept by triggers), what was settled, offers, tasks, the outbox, outcomes."""

import sqlalchemy as sa
from alembic import op

from store.schema.base import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = UtcDateTime(timezone=True)
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_OF_ORDER = "(SELECT customer_id FROM orders WHERE id = NEW.order_id)"
_OF_REVIEW = "(SELECT customer_id FROM reviews WHERE id = NEW.review_id)"
_OF_CONVERSATION = "(SELECT customer_id FROM conversations WHERE id = NEW.conversation_id)"
_BETTER_TO_BUY = (
    "NEW.price_minor < OLD.price_minor OR (NEW.available AND (NEW.stock IS NULL OR NEW.stock > 0)"
    " AND NOT (OLD.available AND (OLD.stock IS NULL OR OLD.stock > 0)))"
)
# Name, table, what happens to it, whose it is, and on which condition it counts.
_TRIGGERS = (
    ("events_in", "events", "INSERT", "NEW.customer_id", "NEW.customer_id IS NOT NULL"),
    ("orders_in", "orders", "INSERT", "NEW.customer_id", "NEW.customer_id IS NOT NULL"),
    ("orders_changed", "orders", "UPDATE OF status", "NEW.customer_id", "NEW.customer_id IS NOT NULL"),
    ("shipments_in", "shipments", "INSERT", _OF_ORDER, ""),
    ("shipments_changed", "shipments", "UPDATE", _OF_ORDER, ""),
    ("returns_in", "returns", "INSERT", _OF_ORDER, ""),
    ("reviews_in", "reviews", "INSERT", "NEW.customer_id", "NEW.customer_id IS NOT NULL"),
    ("sentiments_in", "review_sentiments", "INSERT", _OF_REVIEW, ""),
    ("messages_in", "messages", "INSERT", _OF_CONVERSATION, "NEW.role = 'customer'"),
    ("variants_better", "variants", "UPDATE", "", _BETTER_TO_BUY),
)


def upgrade() -> None:
    with op.batch_alter_table("decisions") as table:
        table.add_column(sa.Column("shadow", sa.JSON(), nullable=True))
        table.add_column(sa.Column("surface", sa.String(), nullable=True))
        table.add_column(sa.Column("currency", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("window_until", _TIME, nullable=True))
        table.create_index("ix_decisions_outcome_window", ["outcome", "window_until"])
    op.execute("UPDATE decisions SET surface = 'chat' WHERE message_id IS NOT NULL")
    _make_tables()
    for trigger in _TRIGGERS:
        _make_trigger(*trigger)


def _make_tables() -> None:
    op.create_table(
        "stirs",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("product_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_stirs"),
    )
    op.create_table(
        "agenda",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name="pk_agenda"),
    )
    op.create_table(
        "occasions",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_occasions"),
    )
    op.create_table(
        "tallies",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "day", name="pk_tallies"),
    )
    op.create_table(
        "mutes",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("moment", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("decision_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", "moment", name="pk_mutes"),
    )
    _make_offers_and_outbox()
    for table, columns in (
        ("agenda", ("due_at",)),
        ("occasions", ("customer_id", "at")),
        ("offers", ("customer_id",)),
        ("todos", ("customer_id", "done_at")),
        ("outbox", ("customer_id", "next_at")),
    ):
        for column in columns:
            op.create_index(f"ix_{table}_{column}", table, [column])


def _make_offers_and_outbox() -> None:
    op.create_table(
        "offers",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("percent", sa.BigInteger(), nullable=False),
        sa.Column("product_ids", sa.JSON(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("valid_until", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_offers"),
        sa.UniqueConstraint("decision_id", name="uq_offers_decision_id"),
    )
    op.create_table(
        "todos",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("moment", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("done_at", _TIME, nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_todos"),
        sa.UniqueConstraint("decision_id", name="uq_todos_decision_id"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("next_at", _TIME, nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", _TIME, nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
    )


def _make_trigger(name: str, table: str, when: str, customer: str, condition: str) -> None:
    into, value = ("customer_id", customer) if customer else ("product_id", "NEW.product_id")
    note = f"INSERT INTO stirs ({into}) VALUES ({value});"
    on = f"WHEN ({condition})" if condition else ""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER stir_{name} AFTER {when} ON {table} {on} BEGIN {note} END")
        return
    op.execute(f"CREATE FUNCTION stir_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {note} RETURN NULL; END $$")
    op.execute(f"CREATE TRIGGER stir_{name} AFTER {when} ON {table} FOR EACH ROW {on} EXECUTE FUNCTION stir_{name}()")


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table, *_ in _TRIGGERS:
        op.execute(f"DROP TRIGGER stir_{name}" + ("" if sqlite else f" ON {table}"))
        if not sqlite:
            op.execute(f"DROP FUNCTION stir_{name}()")
    for table in ("outbox", "todos", "offers", "mutes", "tallies", "occasions", "agenda", "stirs"):
        op.drop_table(table)
    with op.batch_alter_table("decisions") as batch:
        batch.drop_index("ix_decisions_outcome_window")
        for column in ("window_until", "currency", "surface", "shadow"):
            batch.drop_column(column)
