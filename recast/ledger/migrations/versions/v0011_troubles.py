"""Attempts that failed, for those who operate the service, and why a letter was refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recast.ledger import tables

revision = "0011"
down_revision = "0009"


def upgrade() -> None:
    """Create the table, empty, and add the column."""
    tables.troubles.create(op.get_bind(), checkfirst=True)
    op.add_column("outbox", sa.Column("why", sa.String(100), nullable=False, server_default=sa.text("''")))
