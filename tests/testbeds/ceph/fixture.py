"""Fixtures for tests against the real Ceph: `from tests.testbeds.ceph.fixture import *  # noqa: F403`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.testbeds.bed import BEDS
from tests.testbeds.ceph.bed import CephBed

__all__ = ["ceph"]


@pytest.fixture(scope="session")
def ceph() -> Iterator[CephBed]:
    """The shared object store, with the bucket `recast`."""
    with CephBed(BEDS / "ceph/shared").joined() as bed:
        yield bed
