"""Requests by the command line, against a real service."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.cli.desk.conftest import As
from tests.service.running import ANALYSIS, Running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "asked" / "request.yml"
    path.parent.mkdir()
    said = {"analysis": ANALYSIS, "title": "Winos", "audience": "public", "axes": {"m": [100, 200]}}
    path.write_text(yaml.safe_dump(said))
    return path


def _new(desk: As, file: Path, *more: str) -> str:
    made = desk("alice", "request", "new", "-f", file, *more, "-o", "json")
    assert made.code == 0, made.err
    return str(made.json["id"])


def test_from_a_file_to_an_accepted_request(desk: As, file: Path) -> None:
    request = _new(desk, file)
    assert desk("bob", "request", "show", request).code == 6
    assert desk("alice", "request", "submit", request).code == 0
    refused = desk("alice", "request", "accept", request)
    assert refused.code == 5 and "request.refused" in refused.err
    accepted = desk("carol", "request", "accept", request, "--reason", "gladly", "-o", "json")
    assert accepted.code == 0 and accepted.json["state"] == "accepted"
    late = desk("carol", "request", "decline", request, "--reason", "no")
    assert late.code == 1 and "request.moved-on" in late.err
    shown = desk("bob", "request", "show", request)
    assert shown.code == 0 and "m=200" in shown.out and "you may" in shown.out
    assert [row["id"] for row in desk("stranger", "request", "ls", "-o", "json").json] == [request]


def test_what_is_shown_as_a_document_asks_the_same_again(desk: As, file: Path, tmp_path: Path) -> None:
    request = _new(desk, file)
    again = tmp_path / "asked" / "again.yml"
    again.write_text(desk("alice", "request", "show", request, "--document").out)
    other = _new(desk, again)
    assert desk("alice", "request", "show", other, "--document").out == again.read_text()


def test_all_faults_of_a_file_are_said_before_anything_is_sent(desk: As, tmp_path: Path) -> None:
    path = tmp_path / "request.yml"
    path.write_text("titel: x\naudience: friends\npoints: [3]\n")
    said = desk("alice", "request", "new", "-f", path)
    assert said.code == 3 and "3 faults" in said.err
    assert desk("alice", "request", "ls", "--mine", "-o", "json").json == []


def test_points_may_come_from_a_csv(desk: As, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("m,inputs.seed\n1,7\n2,8\n")
    made = desk("alice", "request", "new", "-a", ANALYSIS, "--title", "Winos", "--csv", path, "-o", "json")
    assert made.code == 0, made.err
    assert [point["inputs"] for point in made.json["points"]] == [{"seed": 7}, {"seed": 8}]


def test_a_request_is_amended_discussed_and_withdrawn(desk: As, file: Path) -> None:
    request = _new(desk, file, "--submit")
    amended = desk("alice", "request", "amend", request, "--title", "Higgsinos", "-o", "json")
    assert amended.code == 0, amended.err
    assert (amended.json["title"], len(amended.json["points"])) == ("Higgsinos", 2)
    assert desk("bob", "request", "comment", request, "which PDF set?").code == 0
    assert desk("bob", "request", "subscribe", request).code == 0
    shown = desk("alice", "request", "withdraw", request, "--reason", "answered elsewhere")
    assert shown.code == 0 and "answered elsewhere" in shown.out
    kinds = [row["kind"] for row in desk("alice", "request", "history", request, "-o", "json").json]
    assert kinds == ["drafted", "submitted", "amended", "commented", "withdrawn"]


def test_a_file_outside_of_the_requests_folder_is_never_sent(desk: As, file: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("mine")
    (file.parent / "link").symlink_to(tmp_path / "secret")
    for name in ("file:../secret", f"file:{tmp_path}/secret", "file:link"):
        file.write_text(
            yaml.safe_dump({"analysis": ANALYSIS, "title": "x", "points": [{"inputs": {"spectrum": name}}]})
        )
        said = desk("alice", "request", "new", "-f", file)
        assert said.code == 3 and "outside of its folder" in said.err


def test_a_judgement_may_name_the_revision_that_was_read(desk: As, file: Path) -> None:
    request = _new(desk, file, "--submit")
    read = desk("carol", "request", "show", request, "-o", "json").json["revision"]
    assert desk("alice", "request", "amend", request, "--title", "Higgsinos").code == 0
    late = desk("carol", "request", "accept", request, "--revision", str(read))
    assert late.code == 1 and "desk.changed" in late.err
    now = desk("carol", "request", "show", request, "-o", "json").json["revision"]
    assert desk("carol", "request", "accept", request, "--revision", str(now)).code == 0


def test_an_answer_from_elsewhere_is_given_with_its_provenance(desk: As, file: Path, tmp_path: Path) -> None:
    request = _new(desk, file, "--submit")
    desk("carol", "request", "accept", request)
    path = tmp_path / "answer.yml"
    limit = {"name": "limit", "type": "limit", "cls_obs": 0.02, "cls_exp": [0.001, 0.01, 0.02, 0.1, 0.3]}
    path.write_text(yaml.safe_dump({"point": "p1", "results": [limit], "provenance": {"method": "full simulation"}}))
    given = desk("carol", "request", "answer", request, "-f", path, "-o", "json")
    assert given.code == 0, given.err
    assert given.json["points"][0]["answers"][0]["authority"] == "authoritative"
    path.write_text(yaml.safe_dump({"point": "p1", "results": [limit]}))
    assert desk("carol", "request", "answer", request, "-f", path).code == 3


def test_a_released_answer_is_verified_from_the_file_alone(
    desk: As, service: Running, file: Path, tmp_path: Path
) -> None:
    file.write_text(yaml.safe_dump({"analysis": ANALYSIS, "title": "Winos", "points": [{"coordinates": {"m": 1}}]}))
    request = _new(desk, file, "--submit")
    desk("carol", "request", "accept", request)
    path = tmp_path / "answer.yml"
    limit = {"name": "limit", "type": "limit", "cls_obs": 0.02, "cls_exp": [0.001, 0.01, 0.02, 0.1, 0.3]}
    path.write_text(yaml.safe_dump({"point": "p1", "results": [limit], "provenance": {"method": "full simulation"}}))
    for step in (("answer", request, "-f", path), ("review", request), ("release", request)):
        done = desk("carol", "request", *step)
        assert done.code == 0, done.err
    answer, key = tmp_path / "a1.json", tmp_path / "service.pub"
    answer.write_text(desk("alice", "request", "statement", request, "a1").out)
    key.write_text(service.client().get("/signing-key").text)
    verified = desk("stranger", "request", "verify", answer, "--key", key, "-o", "json")
    assert verified.code == 0, verified.err
    assert verified.json["statement"]["results"][0]["cls_obs"] == 0.02
    answer.write_text(answer.read_text().replace("0.02", "0.20"))
    assert desk("stranger", "request", "verify", answer, "--key", key).code == 1


def test_an_analysis_is_watched_until_it_is_not(desk: As) -> None:
    assert desk("stranger", "request", "watch", ANALYSIS).code == 5
    assert desk("bob", "request", "watch", "atlas-nowhere").code == 6
    for _ in range(2):
        assert desk("bob", "request", "watch", ANALYSIS, "-o", "json").json == [{"analysis": ANALYSIS}]
    assert desk("carol", "request", "watch", "-o", "json").json == []
    assert desk("bob", "request", "watch", ANALYSIS, "--stop", "-o", "json").json == []
    assert desk("bob", "request", "watch", "--stop").code == 2
