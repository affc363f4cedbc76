"""Files of finished steps that are lost: the step runs again for the very same bytes, and who needs them waits."""

from __future__ import annotations

from dataclasses import replace

from recast.engine import Policy, RunPlan
from recast.engine.commands import End, Submit
from recast.engine.engine import Engine
from recast.engine.events import JobEnded, OutputsLost, RunCreated, RunResumed, SubmitIntended, event_from_json
from recast.engine.events import event_to_json as to_json
from recast.engine.lost import owners_of
from recast.jobs import Artifact, FailureClass, StepState
from recast.jq import jq
from recast.spec.model import Selector, Workflow
from tests.engine.simulated import outcome
from tests.workflow.specs import from_init, packtivity, stage, zipped

FILE = Artifact("out", "sha256:" + "a" * 64, 3)
OTHER = replace(FILE, digest="sha256:" + "b" * 64)


def chain() -> Engine:
    """An engine with steps /map/0 and then /last/0."""
    workflow = Workflow(
        (
            stage("map", ["init"], {"value": from_init("values")}, packtivity("echo {value}"), zipped("value")),
            stage("last", ["map"], {"values": Selector("map", "out")}, packtivity("echo {values}")),
        )
    )
    inputs = {"values": [1]}
    engine = Engine(RunPlan("run", workflow, inputs, inputs), Policy(allow_host_process=True, use_cache=False), jq)
    engine.handle(RunCreated(0.0, "run"))
    return engine


def end(engine: Engine, step: str, failure: FailureClass | None = None, left: Artifact = FILE) -> None:
    command = next(item for item in engine.commands() if isinstance(item, Submit) and item.step == step)
    engine.handle(SubmitIntended(0.0, step, command.job.job_id, command.attempt, "", 1, 1, ()))
    engine.handle(JobEnded(0.0, command.job.job_id, outcome(command.job.job_id, failure, (left,)), None))


def lost(engine: Engine, waiting: tuple[str, ...] = ()) -> None:
    event = OutputsLost(1.0, "/map/0", (FILE.digest,), waiting, "it is gone")
    engine.handle(event_from_json(*to_json(event)))


def states(engine: Engine) -> dict[str, StepState]:
    return {step: run.state for step, run in engine.runs.items() if run.step.packtivity is not None}


def test_who_needs_it_waits_until_it_is_there_again() -> None:
    engine = chain()
    end(engine, "/map/0")
    engine.commands()
    lost(engine, ("/last/0",))
    lost(engine, ("/last/0",))
    assert states(engine) == {"/map/0": StepState.READY, "/last/0": StepState.WAITING}
    end(engine, "/map/0")
    assert states(engine) == {"/map/0": StepState.SUCCEEDED, "/last/0": StepState.READY}
    end(engine, "/last/0")
    assert engine.commands() == [End("succeeded", "")]


def test_other_bytes_are_not_taken_for_it() -> None:
    engine = chain()
    end(engine, "/map/0")
    engine.commands()
    lost(engine, ("/last/0",))
    end(engine, "/map/0", left=OTHER)
    assert states(engine) == {"/map/0": StepState.FAILED, "/last/0": StepState.WAITING}
    assert FILE.digest in engine.runs["/map/0"].reason
    assert "other bytes" in engine.runs["/map/0"].reason
    (command,) = engine.commands()
    assert isinstance(command, End)
    assert command.state == "failed"


def test_a_run_that_has_succeeded_goes_on_for_it_and_fails_are_tried_again() -> None:
    engine = chain()
    end(engine, "/map/0")
    end(engine, "/last/0")
    engine.handle(RunResumed(1.0, ()))
    lost(engine)
    assert engine.state == "running"
    end(engine, "/map/0", FailureClass.USER)
    assert states(engine)["/map/0"] is StepState.FAILED
    engine.handle(RunResumed(2.0, ("/map/0",)))
    end(engine, "/map/0")
    assert engine.commands() == [End("succeeded", "")]


def test_whose_a_file_is() -> None:
    engine = chain()
    end(engine, "/map/0")
    end(engine, "/last/0")
    found = owners_of([FILE.digest, OTHER.digest], engine.runs.values())
    assert {digest: run.step.id for digest, run in found.items()} == {FILE.digest: "/map/0"}
