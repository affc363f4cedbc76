"""Fixtures for tests against the real provider: `from tests.testbeds.oidc.fixture import *  # noqa: F403`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.testbeds.bed import BEDS
from tests.testbeds.oidc.bed import OidcBed

__all__ = ["oidc"]


@pytest.fixture(scope="session")
def oidc() -> Iterator[OidcBed]:
    """The shared provider."""
    with OidcBed(BEDS / "oidc/shared").joined() as bed:
        yield bed
