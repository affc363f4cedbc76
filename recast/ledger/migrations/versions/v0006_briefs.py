"""What lists show of requests, in a column of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recast.ledger.stored import fill_briefs

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column, and fill it."""
    op.add_column("requests", sa.Column("brief", sa.Text(), nullable=False, server_default=sa.text("''")))
    fill_briefs(op.get_bind())
