"""The first tables."""

from __future__ import annotations

from alembic import op

from recast.ledger import tables as _tables  # noqa: F401
from recast.ledger.catalogue.words import create_searched
from recast.ledger.metadata import METADATA
from recast.ledger.people import tables as _people  # noqa: F401

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables."""
    connection = op.get_bind()
    METADATA.create_all(connection)
    create_searched(connection)
