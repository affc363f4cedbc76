"""Fixtures for tests against the real ARC: `from tests.testbeds.arc.fixture import *  # noqa: F403`.

All processes of a test run, and other test runs in this checkout, share one computing element. Tests that break
something take one of their own: `own_arc`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testbeds.arc.bed import Bed, place
from tests.testbeds.arc.keeper import join

__all__ = ["arc", "own_arc"]

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
    bed.stop()
