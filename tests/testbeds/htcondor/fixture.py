"""Fixtures for tests against the real HTCondor: `from tests.testbeds.htcondor.fixture import *  # noqa: F403`.

All processes of a test run, and other test runs in this checkout, share one pool. Tests that break something take one
of their own: `own_pool`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.testbeds.htcondor.pool import HOME, Pool

__all__ = ["own_pool", "pool"]


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """The shared pool."""
    with Pool(HOME / "pool").joined() as pool:
        yield pool


@pytest.fixture(scope="module")
def own_pool() -> Iterator[Pool]:
    """A pool of this module, to break things on."""
    with Pool(HOME / f"own-{os.getpid()}").owned() as pool:
        yield pool
