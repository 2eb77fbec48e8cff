"""What a reply leaves behind: the proposal that it showed, and what the agent has to remember of it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("messages") as table:
        table.add_column(sa.Column("proposal_id", sa.String(), nullable=True))
        table.add_column(sa.Column("memory", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    with op.batch_alter_table("messages") as table:
        table.drop_column("memory")
        table.drop_column("proposal_id")
