"""Fixtures for tests against the real Slurm: `from tests.testbeds.slurm.fixture import *  # noqa: F403`.

All processes of a test run, and other test runs in this checkout, share one bed with accounting and one without. Tests
that break something take a bed of their own: `own_slurm`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.testbeds.bed import BEDS
from tests.testbeds.slurm.bed import SlurmBed

__all__ = ["own_slurm", "slurm", "slurm_plain"]


@pytest.fixture(scope="session")
def slurm() -> Iterator[SlurmBed]:
    """The shared bed with slurmdbd."""
    with SlurmBed(BEDS / "slurm/accounts", accounts=True).joined() as bed:
        yield bed


@pytest.fixture(scope="session")
def slurm_plain() -> Iterator[SlurmBed]:
    """The shared bed without accounting."""
    with SlurmBed(BEDS / "slurm/plain").joined() as bed:
        yield bed


@pytest.fixture(scope="module")
def own_slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmBed]:
    """A bed of this module, to break things on; it has no accounting."""
    # A socket's path must be short.
    with SlurmBed(BEDS / f"slurm/own-{tmp_path_factory.mktemp('bed').stat().st_ino}").owned() as bed:
        yield bed
