"""Fixtures for tests against the real PostgreSQL: `from tests.testbeds.postgres.fixture import *  # noqa: F403`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testbeds.bed import BEDS
from tests.testbeds.postgres.bed import PostgresBed

__all__ = ["postgres", "postgres_url", "url"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresBed]:
    """The shared server."""
    with PostgresBed(BEDS / "postgres/shared").joined() as bed:
        yield bed


@pytest.fixture
def postgres_url(postgres: PostgresBed) -> Iterator[str]:
    """The URL of an empty database for this test."""
    with postgres.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.sqlite"
    found: str = request.getfixturevalue("postgres_url")
    return found
