"""The first tables."""

from __future__ import annotations

from alembic import op

from recast.ledger.catalogue.words import create_searched
from recast.ledger.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables."""
    connection = op.get_bind()
    metadata.create_all(connection)
    create_searched(connection)
