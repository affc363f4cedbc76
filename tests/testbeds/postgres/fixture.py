"""Fixtures for tests against the real PostgreSQL: `from tests.testbeds.postgres.fixture import *  # noqa: F403`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.testbeds.bed import BEDS
from tests.testbeds.postgres.bed import PostgresBed

__all__ = ["postgres", "postgres_url"]


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
