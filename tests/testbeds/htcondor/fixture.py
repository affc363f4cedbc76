"""Fixtures for tests against the real HTCondor: `from tests.testbeds.htcondor.fixture import *  # noqa: F403`.

All processes of a test run, and other test runs in this checkout, share one pool. Tests that break something take one
of their own: `own_pool`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.testbeds.htcondor.pool import Pool

__all__ = ["own_pool", "pool"]


@pytest.fixture(scope="session")
def pool() -> Pool:
    """The shared pool."""
    return Pool().up(os.getpid())


@pytest.fixture(scope="module")
def own_pool() -> Iterator[Pool]:
    """A pool of this module, to break things on."""
    pool = Pool(f"own-{os.getpid()}").up(os.getpid())
    yield pool
    pool.down()
    shutil.rmtree(pool.folder)
    (pool.bed / f"{pool.name}.lock").unlink()
