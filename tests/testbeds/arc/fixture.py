"""Fixtures for tests against the real ARC: `from tests.testbeds.arc.fixture import *  # noqa: F403`.

All processes of a test run, and other test runs in this checkout, share one computing element. Tests that break
something take one of their own: `own_arc`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.testbeds.arc.bed import ArcBed, place
from tests.testbeds.bed import BEDS
from tests.testbeds.slurm import SlurmBed

__all__ = ["arc", "arc_on_slurm", "own_arc"]


@pytest.fixture(scope="session")
def arc() -> Iterator[ArcBed]:
    """The shared computing element, in front of this machine."""
    with ArcBed(place(BEDS / "arc/shared")).joined() as bed:
        yield bed


@pytest.fixture(scope="module")
def own_arc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArcBed]:
    """A computing element of this module, to break things on."""
    with ArcBed(place(BEDS / f"arc/own-{tmp_path_factory.mktemp('bed').stat().st_ino}")).owned() as bed:
        yield bed


@pytest.fixture(scope="session")
def arc_on_slurm(slurm_plain: SlurmBed) -> Iterator[ArcBed]:
    """A computing element in front of a Slurm, whose fixtures have to be there too."""
    with ArcBed(place(BEDS / f"arc/on-slurm-{os.getpid()}"), "slurm", slurm_plain.env).owned() as bed:
        yield bed
