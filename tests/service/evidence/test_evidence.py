"""Every number opens to what it rests on, for those who may see it, and what is not known is said."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from recast.desk.model import Request
from recast.service.evidence.reproduce import reproduction
from tests.service.running import ANALYSIS, Running
from tests.service.staged import LIMIT, MACHINE, Staged

IMAGE = "sha256:" + "4" * 64
EVIDENCE: dict[str, Any] = {
    "steps": [{"id": "/point/0/fit/0", "image": IMAGE, "results": ["limit"], "cached": False, "attempts": 2}],
    "seeds": [{"step": "/point/0/gen/0", "name": "seed", "value": 42}],
    "inputs": {"m": 1, "slha": {"file": "a<b>.slha", "digest": "sha256:" + "5" * 64}},
}


@pytest.fixture
def staged(service: Running) -> Staged:
    return Staged(service)


def answered(staged: Staged, audience: str = "public", **evidence: Any) -> Request:
    """Return a request whose first point has an answer by a run."""
    points = [{"coordinates": {"m": 1}, "inputs": {"m": 1}}]
    request = staged.request("accepted", audience, points=points)
    staged.act(request.id, "run", staged.carol)
    staged.act(request.id, "start-run", MACHINE, run="r1", points=["p1"])
    return staged.act(request.id, "answer-point", MACHINE, run="r1", point="p1", results=[LIMIT], provenance=evidence)


def test_an_answer_opens_to_all_that_it_rests_on(service: Running, staged: Staged) -> None:
    request = answered(staged, **EVIDENCE)
    staged.run(request, "r1")
    carol, stranger = service.client(service.person("carol")), service.client()
    told = carol.get(f"/requests/{request.id}/answers/a1/evidence").json()
    (step,) = told["steps"]
    assert (step["id"], step["image"], step["results"]) == ("/point/0/fit/0", IMAGE, ["limit"])
    assert step["log"] == "/api/v1/runs/r1/log?step=/point/0/fit/0"
    assert told["seeds"][0]["value"] == 42 and told["statement"] is None and told["unknown"] == []
    assert told["reproduce"]["command"] == f"recast run {ANALYSIS}@1.0.0 -p m=1"
    page = carol.get(f"{service.url}/requests/{request.id}/answers/a1").text
    for words in (IMAGE, "/runs/r1/steps/point/0/fit/0", "a&lt;b&gt;.slha", "seed = 42", "recast run", "signed when"):
        assert words in page, words
    for path in (f"/api/v1/requests/{request.id}/answers/a1/evidence", f"/requests/{request.id}/answers/a1"):
        refused = stranger.get(service.url + path)
        assert refused.status_code == 403 and IMAGE not in refused.text
    assert carol.get(f"{service.url}/requests/{request.id}/answers/a9").status_code == 404


def test_a_released_one_has_its_signature_and_is_for_all_readers(service: Running, staged: Staged) -> None:
    request = answered(staged, **EVIDENCE)
    staged.act(request.id, "review", staged.carol)
    staged.act(request.id, "release", staged.carol)
    stranger = service.client()
    told = stranger.get(f"/requests/{request.id}/answers/a1/evidence").json()
    assert told["statement"]["digest"].startswith("sha256:") and told["statement"]["verify"].startswith(
        "recast request"
    )
    assert "is not known here any more" in told["unknown"][0]  # nobody has noted this run
    file = stranger.get(service.url + told["statement"]["file"]).json()
    assert IMAGE in file["statement"]  # what is signed says which image ran
    page = stranger.get(f"{service.url}/requests/{request.id}/answers/a1").text
    assert told["statement"]["digest"] in page and "/runs/r1" not in page and told["steps"][0]["step"] is None
    assert stranger.get(f"{service.url}/requests/{request.id}/answers/a1.json").json() == told


def test_what_is_hidden_stays_so(service: Running, staged: Staged) -> None:
    request = answered(staged, "private", **EVIDENCE)
    for path in (f"/api/v1/requests/{request.id}/answers/a1/evidence", f"/requests/{request.id}/answers/a1"):
        assert service.client().get(service.url + path).status_code == 404


def test_what_was_not_recorded_is_said(service: Running, staged: Staged) -> None:
    request = answered(staged)
    carol = service.client(service.person("carol"))
    told = carol.get(f"/requests/{request.id}/answers/a1/evidence").json()
    assert told["reproduce"]["command"] == "" and "not recorded" in " ".join(told["unknown"])
    said = staged.act(
        request.id, "answer", staged.carol, point="p1", results=[LIMIT], provenance={"method": "<b>by hand</b>"}
    )
    answer = said.points[0].answers[-1].id
    page = carol.get(f"{service.url}/requests/{request.id}/answers/{answer}").text
    assert "computed elsewhere" in page and "&lt;b&gt;by hand&lt;/b&gt;" in page and "not recorded" in page


def test_the_command_is_what_a_shell_takes() -> None:
    inputs = {
        "m": 1.5,
        "name": "it's; rm -rf $HOME",
        "points": ["A_1"],
        "slha": {"file": "a b"},
        "x": {"too_long": True},
    }
    told = reproduction("a", "1.0.0", inputs, {"slha": "upload:sha256:5"})
    assert shlex.split(told["command"]) == [
        *("recast", "run", "a@1.0.0", "-p", "m=1.5", "-p", 'name="it\'s; rm -rf $HOME"'),
        *("-p", 'points=["A_1"]', "-p", "slha=@a b"),
    ]
    assert told["files"] == [{"input": "slha", "file": "a b", "digest": "sha256:5"}] and "x" in told["missing"]
    assert reproduction("", "", {"m": 1}, {})["command"] == ""
