"""Why work was taken again: the machines failed, or whoever had it ended without a word."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the two counters; work of before has failed as often as it was taken, as far as anybody knows: never."""
    for name in ("failures", "silent_ends"):
        op.add_column("work", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
