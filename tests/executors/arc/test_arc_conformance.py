"""The conformance suite against a real computing element: host jobs and containers."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.executors.conformance import *  # noqa: F403
from recast.executors.conformance import Case
from tests.executors.arc.runs import executor
from tests.testbeds.arc import Bed
from tests.testbeds.arc.fixture import *  # noqa: F403

pytestmark = pytest.mark.slow


@pytest.fixture
def case(tmp_path: Path, arc: Bed) -> Case:
    run_dir, store = tmp_path / "run 100%", tmp_path / "store"
    return Case(make=lambda: executor(arc, run_dir, store), store=store, many=10)
