"""A service for each module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.running import Running, running


@pytest.fixture
def service(tmp_path: Path, home: Path) -> Iterator[Running]:
    """A running service on a ledger of its own."""
    with running(tmp_path) as service:
        yield service
