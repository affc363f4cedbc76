"""Attempts that failed, why a letter was refused, and which logs of running jobs somebody looks at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recast.ledger import tables

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the tables, empty, and add the column."""
    for table in (tables.troubles, tables.looks):
        table.create(op.get_bind(), checkfirst=True)
    op.add_column("outbox", sa.Column("why", sa.String(100), nullable=False, server_default=sa.text("''")))
