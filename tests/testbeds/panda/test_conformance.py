"""The conformance suite over the real request entry and job maker; a stand-in runs the phases, in both modes."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.executors.conformance import *  # noqa: F403
from recast.executors.conformance import Case
from tests.testbeds.panda.bed import PandaBed
from tests.testbeds.panda.fixture import *  # noqa: F403
from tests.testbeds.panda.runs import busybox
from tests.testbeds.panda.runs import case as case_on

pytestmark = pytest.mark.rare
STANDINS_AT_ONCE = 4
_MEMORY = "memory is the site's to limit where the pilot starts the container"
CANNOT: dict[str, dict[str, str]] = {
    "own": {},
    "pilot": {
        "test_a_job_that_wants_too_much_memory_is_stopped": _MEMORY,
        "test_a_job_whose_child_wanted_too_much_memory_has_failed": _MEMORY,
    },
}
"""What cannot hold, by the mode, and why."""


@pytest.fixture(scope="module")
def image(own_panda: PandaBed, tmp_path_factory: pytest.TempPathFactory) -> str:
    own_panda.ask("shift", most=STANDINS_AT_ONCE, pilots="^$")
    return busybox(own_panda, tmp_path_factory.mktemp("images"))


@pytest.fixture(params=["own", "pilot"])
def case(
    request: pytest.FixtureRequest, own_panda: PandaBed, image: str, tmp_path: Path
) -> Case:  # fmt: skip
    test: str = request.node.originalname
    if test in CANNOT[request.param]:
        pytest.skip(CANNOT[request.param][test])
    return case_on(own_panda, tmp_path, image if request.param == "pilot" else None, mode=request.param)
