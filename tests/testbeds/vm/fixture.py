"""Fixtures for tests on an ordinary machine: `from tests.testbeds.vm.fixture import *  # noqa: F403`.

All processes of a test run, and other test runs in this checkout, share one guest. Tests that break something take one
of their own: `own_guest`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.testbeds.vm.machine import HOME, Machine

__all__ = ["guest", "own_guest"]


@pytest.fixture(scope="session")
def guest() -> Iterator[Machine]:
    """The shared guest."""
    with Machine(HOME / "guest").joined() as machine:
        yield machine


@pytest.fixture(scope="module")
def own_guest() -> Iterator[Machine]:
    """A guest of this module, to break things on."""
    with Machine(HOME / f"own-{os.getpid()}").owned() as machine:
        yield machine
