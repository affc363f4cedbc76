"""Reservations of core-hours have a table of their own; mail knows when it was written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table and the column. What was reserved until now is reserved no more, but what has run counts."""
    op.create_table(
        "reserved",
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("event", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("core_hours", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("request", "event", name=op.f("pk_reserved")),
    )
    op.create_index(op.f("ix_reserved_user"), "reserved", ["user"], unique=False)
    op.execute("DELETE FROM uses WHERE reference LIKE 'reserved:%'")
    op.add_column("outbox", sa.Column("at", sa.Float(), server_default=sa.text("0"), nullable=False))
    op.create_index(op.f("ix_outbox_person_at"), "outbox", ["person", "at"], unique=False)
