"""What a driver tells of its run: each change once, within limits, at a cost that does not hold it up."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from recast.dispatch.pictures import Pictures
from recast.dispatch.pictures import steps as steps_module
from recast.dispatch.pictures.steps import COUNTED
from recast.dispatch.pictures.structure import structure_of
from recast.dispatch.pictures.taking import MOST_AT_ONCE
from recast.engine import Engine
from recast.engine.events import JobHeld, JobStarted, Paused, SubmitIntended
from recast.jobs import FailureClass
from recast.runs import OpenRun
from tests.engine.simulated import World
from tests.engine.test_engine import nested, world
from tests.graph.drawings import HOSTILE, engine_of
from tests.workflow.specs import from_init, packtivity, stage, zipped

SECRET = "hunter2-hunter2"
PASSWORD = {"eospass": SECRET}


def pictures_of(engine: Engine, **inputs: Any) -> Pictures:
    """Return what takes pictures of an engine, without a folder."""
    about = {"run": "r", "analysis": "a", "version": "1.0.0", "digest": "", "workflow": "w", "created": ""}
    request = SimpleNamespace(**about, executor="local", inputs=inputs)

    class Live(SimpleNamespace):
        @property
        def state(self) -> str:
            return engine.state

    live = Live(engine=engine, request=request, directory=SimpleNamespace(jobs=Path("/srv/secret/jobs")))
    return Pictures(cast("OpenRun", live))


def intend(world_: World, step: str) -> str:
    job = f"job-{step.strip('/').replace('/', '-')}"
    world_.record(SubmitIntended(1.0, step, job, 1, "", 1, 1, ()))
    return job


def test_each_change_is_told_once() -> None:
    simulated = world([1, 2, 3], nested())
    pictures = pictures_of(simulated.engine)
    first = pictures.take()
    assert first.whole and next(it["id"] for it in first.steps.values()) == "/init/0"
    assert {it["counted"] for it in first.steps.values()} <= set(COUNTED)
    again = pictures.take()
    assert not again.whole and not again.steps and not pictures.has_news
    simulated.act()
    simulated.end_job(0)
    changed = pictures.take()
    assert pictures.has_news and 0 < len(changed.steps) <= len(simulated.engine.runs)
    assert "done" in {it["counted"] for it in changed.steps.values()}
    simulated.run_to_the_end()
    last = pictures.take(everything=True)
    told = {**first.steps, **changed.steps, **last.steps}
    assert {it["state"] for it in told.values()} == {"succeeded"} and len(told) == len(simulated.engine.runs)
    assert last.summary["state"] == "succeeded" and last.summary["counts"]["done"] == 4
    assert pictures.take(whole=True).steps.keys() == told.keys()


def test_the_summary_has_every_stage_with_what_it_waits_for() -> None:
    simulated = world([1, 2], nested())
    pictures = pictures_of(simulated.engine)
    simulated.act()
    summary = pictures.take().summary
    stages = {it["stage"]: it for it in summary["stages"]}
    assert list(stages) == ["map/work", "reduce"] and stages["map/work"]["idle"] == 2
    assert stages["reduce"]["after"] == ["map/work"]
    assert summary["awaited"][0]["step"] == "/map/0/work/0" and summary["awaited"][0]["since"].endswith("Z")
    assert stages["map/work"]["awaited"] == "/map/0/work/0"


def test_reasons_are_those_of_explain() -> None:
    simulated = world([1, 2, 3])
    pictures = pictures_of(simulated.engine)
    first = next(id_ for id_, run in simulated.engine.runs.items() if not run.waits_for and id_ != "/init/0")
    job = intend(simulated, first)
    simulated.record(JobStarted(2.0, job, "4711", "node7"))
    told = {it["id"]: it for it in pictures.take().steps.values()}
    assert told[first]["counted"] == "running" and "on node7" in told[first]["why"] and "4711" in told[first]["why"]
    simulated.record(JobHeld(3.0, job, "no disk"))
    (held,) = pictures.take().steps.values()
    assert held["counted"] == "held" and "is held" in held["why"] and "no disk" in held["why"]
    simulated.record(Paused(4.0, "no proxy"))
    ready = pictures.take()
    assert all("paused" in it["why"] for it in ready.steps.values() if it["state"] == "ready")
    assert ready.summary["paused"].startswith("1970") and ready.summary["delays"]


def test_a_step_that_failed_says_why() -> None:
    simulated = world([1])
    step = next(id_ for id_, run in simulated.engine.runs.items() if not run.waits_for and id_ != "/init/0")
    simulated.failures[step] = [FailureClass.USER]
    simulated.run_to_the_end()
    told = {it["id"]: it for it in pictures_of(simulated.engine).take(everything=True).steps.values()}
    assert told[step]["counted"] == "failed" and told[step]["why"].startswith("It failed: ")


def test_nothing_of_our_machines_and_no_secret_is_told() -> None:
    from recast.spec.model import Workflow

    one = stage("one", ["init"], {"eospass": from_init("eospass")}, packtivity("x {eospass}"))
    engine = engine_of(Workflow((one,)), **PASSWORD)
    picture = pictures_of(engine, **PASSWORD).take()
    told = json.dumps([picture.summary, *picture.steps.values()])
    assert SECRET not in told and "/srv" not in told


def test_large_steps_lose_what_is_bulky_and_say_so(monkeypatch: Any) -> None:
    simulated = world(list(range(400)))
    monkeypatch.setattr(steps_module, "_FULL", 2)
    steps = pictures_of(simulated.engine).take().steps
    reduce = next(it for it in steps.values() if it["stage"] == "reduce")
    assert reduce["left_out"] and reduce["depends_on"] is None and len(json.dumps(reduce)) < 4096


def test_names_of_strangers_are_stages_all_the_same() -> None:
    from recast.spec.model import Workflow

    engine = engine_of(
        Workflow((stage(HOSTILE, ["init"], {"v": from_init("values")}, packtivity("x {v}")),)), values=[1]
    )
    assert [it["stage"] for it in structure_of(engine)] == [HOSTILE]


def test_ten_thousand_steps_are_told_without_holding_up_the_driver() -> None:
    from recast.spec.model import Workflow

    many = stage("fit", ["init"], {"v": from_init("values")}, packtivity("x {v}"), zipped("v"))
    engine = engine_of(Workflow((many,)), values=list(range(10_000)))
    pictures = pictures_of(engine)
    told: dict[int, Any] = {}
    longest, rounds = 0.0, 0
    while rounds == 0 or pictures.left:
        began = time.process_time()
        told |= pictures.take().steps
        longest, rounds = max(longest, time.process_time() - began), rounds + 1
    assert len(told) == 10_001 and rounds == -(-10_001 // MOST_AT_ONCE)
    began = time.process_time()
    quiet = pictures.take()
    print(f"{MOST_AT_ONCE} steps: {longest:.3f} s; nothing new: {time.process_time() - began:.3f} s")
    assert not quiet.steps and longest < 2.0
    assert len(json.dumps(quiet.summary)) < 4096
