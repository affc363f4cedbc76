"""How the drive of a run ends: a cancel ends it whatever the machines did, and what is good is told in any case."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from recast.dispatch import driving
from recast.dispatch.driving import Driving
from recast.errors import InfrastructureError
from recast.jobs import FailureClass, StepState


class Told:
    """What is told of the points of a run."""

    def __init__(self, *_: object) -> None:
        pass

    def so_far(self, _engine: object) -> list[str]:
        return ["good"]

    def at_the_end(self, _engine: object) -> list[str]:
        return ["good", "bad"]


class Voice:
    picture_every_s = 1.0
    has_missed = False

    def __init__(self) -> None:
        self.said: list[str] = []
        self.shown = 0

    def say(self, saying: Any) -> None:
        self.said.append(saying.keywords["ended"])

    def show(self, _picture: object) -> None:
        self.shown += 1


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Drive a run that ends in a state, with a step that the machines failed; return its outcome and what was said."""
    monkeypatch.setattr(driving, "PointsTold", Told)
    monkeypatch.setattr(driving, "Pictures", lambda _live: SimpleNamespace(take=lambda **_: None))
    monkeypatch.setattr(driving, "ArtifactStore", lambda _root: None)
    monkeypatch.setattr(driving, "usage_of", lambda _engine: [])

    def do(state: str, *, cancelled: bool = False, driven: bool = True) -> tuple[Any, Voice]:
        step = SimpleNamespace(packtivity=None)
        how = StepState.SUCCEEDED if state == "succeeded" else StepState.FAILED
        failed = SimpleNamespace(state=how, failure=FailureClass.DISK, reason="no room", step=step)
        engine = SimpleNamespace(state=state, runs={"/a": failed}, in_flight={}, reason="a step failed")
        live = SimpleNamespace(engine=engine, request=SimpleNamespace(run="r1"))
        drives: list[int] = []
        monkeypatch.setattr(driving, "state_of", lambda _directory: "interrupted" if driven else state)
        monkeypatch.setattr(driving, "open_run", lambda _directory: live)
        monkeypatch.setattr(driving, "drive", lambda *_, **__: drives.append(1) or live)
        origin = {"request": {"id": "q", "points": ["p1", "p2"]}}
        directory = SimpleNamespace(request=lambda: SimpleNamespace(origin=origin, executor="local"), id="r1")
        voice = Voice()
        places = SimpleNamespace(artifact_store=Path())
        it = Driving(cast("Any", directory), cast("Any", voice), cast("Any", places), str, cancelled=cancelled)
        try:
            return it.drive(), voice
        except InfrastructureError as problem:
            return problem, voice
        finally:
            assert bool(drives) == driven

    return do


def test_a_run_that_was_cancelled_ends_although_the_machines_failed_a_step(drive: Any) -> None:
    outcome, voice = drive("cancelled")
    assert (outcome.state, voice.said) == ("cancelled", ["good"])


def test_what_is_good_is_told_before_a_run_is_put_off(drive: Any) -> None:
    problem, voice = drive("failed")
    assert isinstance(problem, InfrastructureError) and (voice.said, voice.shown) == (["good"], 1)


def test_a_run_that_waits_after_a_failure_is_not_driven_again_for_a_cancel(drive: Any) -> None:
    outcome, voice = drive("failed", cancelled=True, driven=False)
    assert (outcome.state, outcome.reason, voice.said) == ("cancelled", "The run was cancelled", ["good"])


def test_a_cancel_that_comes_after_a_good_end_changes_nothing(drive: Any) -> None:
    outcome, voice = drive("succeeded", cancelled=True, driven=False)
    assert (outcome.state, voice.said) == ("succeeded", ["good", "bad"])
