"""Fixtures for tests against the real ARC: `from tests.testbeds.arc.fixture import *  # noqa: F403`.

All processes of a test run, and other test runs in this checkout, share one computing element. Tests that break
something take one of their own: `own_arc`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testbeds.arc.bed import Bed, place
from tests.testbeds.arc.keeper import join
from tests.testbeds.slurm import Bed as Slurm

__all__ = ["arc", "arc_on_slurm", "own_arc"]

_BEDS = Path(__file__).resolve().parents[3] / ".cache/testbeds/arc"


@pytest.fixture(scope="session")
def arc() -> Bed:
    """The shared computing element, in front of this machine."""
    bed = Bed(place(_BEDS / "shared"))
    join(bed)
    return bed


@pytest.fixture(scope="module")
def own_arc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """A computing element of this module, to break things on."""
    bed = Bed(place(_BEDS / f"own-{tmp_path_factory.mktemp('bed').stat().st_ino}"))
    join(bed)
    yield bed
    _remove(bed)


@pytest.fixture(scope="session")
def arc_on_slurm(slurm_plain: Slurm) -> Iterator[Bed]:
    """A computing element in front of a Slurm, whose fixtures have to be there too."""
    bed = Bed(place(_BEDS / f"on-slurm-{os.getpid()}"), "slurm", slurm_plain.env)
    join(bed)
    yield bed
    _remove(bed)


def _remove(bed: Bed) -> None:
    bed.stop()
    for kind in ("lock", "keeper.log"):
        (bed.folder.parent / f"{bed.folder.name}.{kind}").unlink(missing_ok=True)
