"""What Alembic runs: the migrations, on the connection and in the transaction of whoever asked for them."""

from __future__ import annotations

from alembic import context

from recast.ledger import tables as _tables  # noqa: F401
from recast.ledger.metadata import METADATA
from recast.ledger.people import tables as _people  # noqa: F401

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
