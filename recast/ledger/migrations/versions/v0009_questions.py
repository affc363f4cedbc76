"""An index of words for phrases and fields, and the words that somebody may have meant."""

from __future__ import annotations

from alembic import op

from recast.ledger import tables
from recast.ledger.catalogue.words import create_searched

revision = "0009"
down_revision = "0006"


def upgrade() -> None:
    """Create the index anew, empty; without their stamps, all analyses are read again."""
    create_searched(op.get_bind())
    op.execute(tables.analyses.update().values(stamp=""))
