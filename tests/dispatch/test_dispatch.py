"""From accepted requests to answers: each point by itself, with the run's pictures, cost and room in the cache."""

from __future__ import annotations

import json
import shlex
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from recast.ledger import LeaseLost, Ledger
from recast.ledger.steps import WantedSteps
from recast.ledger.work import Lease
from recast.operations.points.cost import estimated
from recast.service.evidence.reproduce import reproduction
from tests.conftest import Recast
from tests.dispatch.conftest import CONTACT, MACHINE, OWNER, answers, asked, facts
from tests.scans.test_scan import Plane

Settle = Callable[..., None]


def test_each_point_gets_its_answer_or_its_reason(ledger: Ledger, plane: Plane, settled: Settle) -> None:
    request = asked(ledger, [(0, 0), (7, 0), (2000, 0)])
    settled()
    done = ledger.request(request.id)
    said = answers(done)
    assert (said["p1"], said["p3"]) == (True, False)
    assert "exit code 65" in said["p2"] and "7 is odd" in said["p2"]
    assert [point.state for point in done.points] == ["answered", "failed", "answered"]
    assert done.state == "answered" and not done.run_wanted
    assert ledger.audit_holds() == []
    (run,) = ledger.runs.of_request(request.id)
    assert run.state == "ended" and done.runs == (run.id,)
    picture = ledger.snapshots.read(run.id)
    assert picture is not None and picture.summary["state"] == "failed"
    found = ledger.snapshots.steps.find(run.id, WantedSteps(), 0, 100).steps
    steps = {step.document["id"]: step.document for step in found}
    assert steps["/point/1/answer/0"]["state"] == "failed"
    assert steps["/point/1/answer/0"]["attempts_list"][0]["job_id"]
    assert str(Path(run.folder).parent) not in json.dumps([picture.summary, *steps.values()])
    assert estimated(ledger, done.digest, 10).core_hours is not None
    (failed,) = ledger.troubles.by_class(3600)
    assert failed == {"failure": "refused", "executor": "local", "attempts": 1, "runs": 1}
    (sign,) = ledger.heartbeats.known()
    assert sign["most_runs"] == 2 and sign["policy"] == []


def test_an_answer_keeps_what_it_rests_on(
    ledger: Ledger, plane: Plane, settled: Settle, recast: Recast, tmp_path: Path
) -> None:
    request = asked(ledger, [(0, 0), (7, 0)])
    settled()
    good, bad = (point.answers[0].provenance for point in ledger.request(request.id).points)
    (step,) = good["steps"]
    assert step["id"] == "/point/0/answer/0" and step["results"] == ["limit"] and step["attempts"] == 1
    assert step["image"].startswith("sha256:") and step["cached"] is False
    assert good["inputs"]["x_gev"] == 0 and good["inputs"]["tool"]["file"] == "tool.awk"
    assert good["inputs"]["tool"]["digest"].startswith("sha256:")
    assert bad["steps"][0]["id"] == "/point/1/answer/0" and bad["steps"][0]["results"] == []
    again = asked(ledger, [(0, 0)])
    settled()
    point = ledger.request(again.id).points[0]
    (cached,) = point.answers[0].provenance["steps"]
    assert cached["cached"] is True and cached["image"] == step["image"]
    line = reproduction("plane-1", point.answers[0].version, point.answers[0].provenance["inputs"], point.inputs)
    assert line["files"] == [] and line["missing"] == ""
    answer = recast(*shlex.split(line["command"])[1:], "--no-cache", "-q")
    assert answer.code == 0, answer.err
    results = json.loads(recast("results", "last", "-o", "json").out)["results"]
    assert results == list(point.answers[0].results)


def test_points_that_do_not_fit_any_more_are_failed_and_the_others_run(
    ledger: Ledger, plane: Plane, settled: Settle
) -> None:
    request = asked(ledger, [(0, 0), (1, 3000)])
    settled()
    said = answers(ledger.request(request.id))
    assert said["p1"] is True and "3000" in said["p2"]


def test_what_is_private_is_cached_apart(ledger: Ledger, plane: Plane, settled: Settle, home: Path) -> None:
    private = asked(ledger, [(10, 10)], "private")
    settled()
    public = asked(ledger, [(10, 10)])
    settled()
    again = asked(ledger, [(10, 10)], "private")
    settled()

    def cached(request: str) -> list[bool]:
        (run,) = ledger.runs.of_request(request)
        found = ledger.snapshots.steps.find(run.id, WantedSteps(stage="point/answer"), 0, 100).steps
        return [step.document["cached"] for step in found]

    assert cached(private.id) == [False]
    assert cached(public.id) == [False]  # nothing tells that somebody has asked for this point before
    assert cached(again.id) == [True]  # what everybody may know is not computed twice
    keys = sqlite3.connect(home / "artifacts/cache.sqlite").execute("SELECT key FROM steps").fetchall()
    assert {key.startswith(f"request-{private.id} ") for (key,) in keys} == {True, False}


def test_cancel_is_a_wish_that_reaches_the_driver(
    ledger: Ledger, home: Path, recast: Recast, tmp_path: Path, dispatcher: Callable[..., object]
) -> None:
    from tests.dispatch.test_kill_table import slow_plane
    from tests.waiting import until

    slow_plane(recast, home, tmp_path)
    request = asked(ledger, [(0, 0), (8, 0)])
    dispatcher()
    until(lambda: answers(ledger.request(request.id)).get("p1"), "the first answer")
    ledger.act(request.id, "cancel", CONTACT, {}, facts=facts())
    until(lambda: not ledger.request(request.id).cancel_wanted, "the end of the run")
    done = ledger.request(request.id)
    assert [point.state for point in done.points] == ["answered", "open"]
    assert "cancelled" in done.points[1].reason
    assert ledger.audit_holds() == []


def test_cancelled_before_it_began(ledger: Ledger, plane: Plane, settled: Settle) -> None:
    request = asked(ledger, [(0, 0)])
    ledger.act(request.id, "cancel", CONTACT, {}, facts=facts())
    settled()
    done = ledger.request(request.id)
    assert (done.cancel_wanted, done.points[0].state, done.runs) == (False, "open", ())
    ledger.act(request.id, "run", CONTACT, {}, facts=facts())
    settled()
    assert answers(ledger.request(request.id)) == {"p1": True}


def test_a_version_that_is_withdrawn_is_told_and_its_answers_run_again(
    ledger: Ledger, plane: Plane, settled: Settle, recast: Recast
) -> None:
    request = asked(ledger, [(0, 0)])
    settled()
    ledger.act(request.id, "review", CONTACT, {}, facts=facts())
    ledger.act(request.id, "release", CONTACT, {}, facts=facts())
    assert recast("catalogue", "withdraw", "plane-1@1.0.0", "--reason", "a sign was wrong").code == 0
    settled()
    (answer,) = ledger.request(request.id).points[0].answers
    assert "a sign was wrong" in answer.caveat
    assert "version-warned" in [event.kind for event in ledger.events(request.id)]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_an_upload_of_somebody_else_is_no_file_of_yours(ledger: Ledger, plane: Plane, settled: Settle) -> None:
    wanted = [{"coordinates": {"x_gev": 1}, "inputs": {"x_gev": 1, "y_gev": "upload:sha256:" + "0" * 64}}]
    document = {"analysis": "plane-1", "title": "x", "audience": "public", "points": wanted}
    request = ledger.act(None, "draft", OWNER, document, facts=facts())
    ledger.act(request.id, "submit", OWNER, {}, facts=facts())
    ledger.act(request.id, "accept", CONTACT, {}, facts=facts())
    ledger.act(request.id, "run", CONTACT, {}, facts=facts())
    settled()
    done = ledger.request(request.id)
    assert done.points[0].state == "failed"


def left_behind(ledger: Ledger, request: str) -> tuple[Lease, str]:
    """What a child leaves that was killed right after it had told the desk of its run; its lease is over."""
    lease = ledger.work.take("somebody", ["run"], 0.0)
    assert lease is not None
    ledger.runs.note(lease, "abcdef0123", {"points": ["p1"], "digest": ledger.request(request).digest})
    ledger.act(request, "start-run", MACHINE, {"run": "abcdef0123", "points": ["p1"]}, lease=lease)
    return lease, "abcdef0123"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_run_whose_creation_was_interrupted_is_created_again(
    ledger: Ledger, plane: Plane, settled: Settle, home: Path
) -> None:
    request = asked(ledger, [(0, 0)])
    _, run = left_behind(ledger, request.id)
    (home / "runs" / run / "spec").mkdir(parents=True)
    settled()
    done = ledger.request(request.id)
    assert (answers(done), done.runs) == ({"p1": True}, (run,))


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_run_that_was_cancelled_does_not_begin_again(ledger: Ledger, plane: Plane, settled: Settle) -> None:
    request = asked(ledger, [(0, 0)])
    lease, run = left_behind(ledger, request.id)
    ledger.act(request.id, "cancel", CONTACT, {}, facts=facts())
    ledger.act(request.id, "end-run", MACHINE, {"run": run, "reason": "cancelled"}, lease=lease)
    ledger.runs.ended(lease, run)
    settled()
    done = ledger.request(request.id)
    assert (done.points[0].state, done.runs, answers(done)) == ("open", (run,), {})


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_former_owner_writes_nothing_more(ledger: Ledger, plane: Plane, settled: Settle) -> None:
    request = asked(ledger, [(0, 0)])
    lease, run = left_behind(ledger, request.id)
    settled()
    with pytest.raises(LeaseLost):
        ledger.act(request.id, "fail-point", MACHINE, {"point": "p1", "run": run, "reason": "late"}, lease=lease)
    assert answers(ledger.request(request.id)) == {"p1": True}
