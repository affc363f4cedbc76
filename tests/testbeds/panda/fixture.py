"""Fixtures for tests against real parts of PanDA: `from tests.testbeds.panda.fixture import *  # noqa: F403`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.testbeds.bed import BEDS
from tests.testbeds.panda.bed import PandaBed, place

__all__ = ["own_panda"]


@pytest.fixture(scope="module")
def own_panda(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PandaBed]:
    """A server of this module: its buffer counts what it is asked, so it is not shared."""
    with PandaBed(place(BEDS / f"panda/own-{tmp_path_factory.mktemp('bed').stat().st_ino}")).owned() as bed:
        yield bed
