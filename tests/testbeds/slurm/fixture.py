"""Fixtures for tests against the real Slurm: `from tests.testbeds.slurm.fixture import *  # noqa: F403`.

All processes of a test run, and other test runs in this checkout, share one bed with accounting and one without. Tests
that break something take a bed of their own: `own_slurm`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testbeds.slurm.bed import Bed
from tests.testbeds.slurm.keeper import join

__all__ = ["BEDS", "own_slurm", "slurm", "slurm_plain"]

BEDS = Path(__file__).resolve().parents[3] / ".cache/testbeds/slurm"


def _joined(name: str, *, accounts: bool) -> Bed:
    bed = Bed(BEDS / name, accounts)
    join(bed)
    return bed


@pytest.fixture(scope="session")
def slurm() -> Bed:
    """The shared bed with slurmdbd."""
    return _joined("accounts", accounts=True)


@pytest.fixture(scope="session")
def slurm_plain() -> Bed:
    """The shared bed without accounting."""
    return _joined("plain", accounts=False)


@pytest.fixture(scope="module")
def own_slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """A bed of this module, to break things on; it has no accounting."""
    # A socket's path must be short.
    bed = Bed(BEDS / f"own-{tmp_path_factory.mktemp('bed').stat().st_ino}")
    join(bed)
    yield bed
    bed.stop()
    for path in BEDS.glob(f"{bed.folder.name}.*"):
        path.unlink()
