"""Who watches which analysis."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "watches",
        sa.Column("user", sa.String(length=16), nullable=False),
        sa.Column("analysis", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_watches_user_users")),
        sa.PrimaryKeyConstraint("user", "analysis", name=op.f("pk_watches")),
    )
    op.create_index(op.f("ix_watches_analysis"), "watches", ["analysis"], unique=False)
