"""A point is told as soon as the steps that its results come from have finished: pictures are no part of an answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from recast.dispatch import points_told as module
from recast.dispatch.points_told import PointsTold
from recast.engine import Policy, RunPlan
from recast.runs.point_results import PointEnd
from recast.spec.model import Selector, Workflow
from tests.engine.simulated import World
from tests.workflow.specs import from_init, packtivity, stage, zipped

RESULTS = [
    {"name": "limit", "type": "limit", "stage": "fit", "output": "out"},
    {"name": "picture", "type": "plot", "stage": "plot", "output": "out"},
]


@pytest.fixture
def simulated() -> World:
    """A run over three points, each with a fit and a picture of it, under way."""
    steps = (
        stage("fit", ["init"], {"value": from_init("value")}, packtivity("fit {value}")),
        stage("plot", ["fit"], {"values": Selector("fit", "out")}, packtivity("plot {values}")),
    )
    whole = Workflow((stage("point", ["init"], {"value": from_init("values")}, Workflow(steps), zipped("value")),))
    inputs = {"values": [1, 2, 3]}
    world = World(RunPlan("run", whole, inputs, inputs), Policy(allow_host_process=True, use_cache=False))
    world.act()
    return world


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is told, where the results of the point in the middle cannot be read; `asked` are those that were read."""
    asked: list[int] = []

    def ends(_engine: Any, _directory: Any, _request: Any, _store: Any, which: Any) -> dict[int, PointEnd]:
        asked.extend(which)
        return {index: PointEnd([], "no number" if index == 1 else "") for index in which}

    monkeypatch.setattr(module, "ends_so_far", ends)
    live = SimpleNamespace(directory=None, request=SimpleNamespace(results=RESULTS, inputs={}, init_files=[]))
    told = PointsTold(cast("Any", live), cast("Any", None), ["p1", "p2", "p3"])
    return SimpleNamespace(
        asked=asked,
        so_far=lambda engine: [ended.point for ended in told.so_far(engine)],
        at_the_end=lambda engine: [ended.point for ended in told.at_the_end(engine)],
    )


def end(simulated: World, step: str) -> None:
    simulated.end_job(sorted(simulated.running).index(next(job for job, of in simulated.running.items() if of == step)))


def test_it_is_told_when_its_results_are_there_and_before_its_picture(simulated: World, told: Any) -> None:
    assert told.so_far(simulated.engine) == []
    end(simulated, "/point/2/fit/0")
    assert told.so_far(simulated.engine) == ["p3"]
    assert told.so_far(simulated.engine) == []
    assert told.asked == [2]  # the others, whose results are not there, were not even read


def test_what_cannot_be_read_is_read_once_and_told_at_the_end(simulated: World, told: Any) -> None:
    end(simulated, "/point/1/fit/0")
    assert [told.so_far(simulated.engine) for _ in range(3)] == [[], [], []]
    assert told.asked == [1]
    assert told.at_the_end(simulated.engine) == ["p1", "p2", "p3"]
