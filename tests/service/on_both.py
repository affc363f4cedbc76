"""A service on each kind of database: `from tests.service.on_both import *  # noqa: F403`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.running import Running, running
from tests.testbeds.postgres.fixture import postgres, postgres_url, url

__all__ = ["postgres", "postgres_url", "service", "url"]


@pytest.fixture
def service(url: str, tmp_path: Path, home: Path) -> Iterator[Running]:
    """A running service on an empty ledger."""
    with running(tmp_path, database=url) as service:
        yield service
