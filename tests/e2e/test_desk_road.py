"""The road from a question to an answer that can be cited, twice: by the API alone, and by the command line alone.

A real search, atlas-susy-2019-08, in its image; a grid of three by two of its published points, named by their masses,
and one point that must fail: six verdicts and one reason. At the end the service is gone, and the answer still holds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from tests.conftest import ROOT, Answer
from tests.e2e.desk import Desk, Person, served
from tests.newest import newest_spec
from tests.waiting import BOUND_S, until

pytestmark = pytest.mark.slow

ANALYSIS = "atlas-susy-2019-08"
GRID = [(chargino, neutralino) for chargino in (300, 400, 500) for neutralino in (0, 50)]
BAD = {
    "coordinates": {"m_chargino_gev": 450, "m_neutralino_gev": 25},
    "inputs": {"patch": "bundle:files/data/BkgOnly.json"},
}
"""It fits the schema and every check, and is no patch: only the first step can tell."""

POINTS: list[dict[str, Any]] = [*({"coordinates": {"m_chargino_gev": x, "m_neutralino_gev": y}} for x, y in GRID), BAD]
DOCUMENT = {
    "analysis": ANALYSIS,
    "title": "Winos with a light neutralino",
    "model": "wino pair, W h",
    "reason": "our model lies between the published points",
    "audience": "public",
    "axes": ["m_chargino_gev", "m_neutralino_gev"],
    "points": POINTS,
}


@pytest.fixture(scope="module")
def store() -> Path:
    return Path(os.environ.get("RECAST_TEST_IMAGES") or ROOT / ".cache/images")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, store: Path) -> Path:
    """A home in which the search is published, with its image."""
    home = tmp_path_factory.mktemp("home")
    for command in (("image", "build", newest_spec(ANALYSIS)), ("publish", f"catalogue/{ANALYSIS}.yml")):
        answer = called(home, store, *command)
        assert answer.code == 0, answer.err
    return home


def called(home: Path, store: Path, *arguments: str | Path) -> Answer:
    env = {**os.environ, "RECAST_HOME": str(home), "RECAST_IMAGE_STORE": str(store), "RECAST_SHIPPED": ""}
    command = [sys.executable, "-W", "error", "-m", "recast", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=env, timeout=BOUND_S)
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def desk(home: Path, store: Path) -> Iterator[Desk]:
    with served(home, store) as desk:
        yield desk


@pytest.fixture(scope="module")
def requester(desk: Desk) -> Person:
    return desk.person("theorist")


@pytest.fixture(scope="module")
def contact(desk: Desk) -> Person:
    return desk.person("contact", contact_of=[ANALYSIS])


def check_points(points: list[dict[str, Any]]) -> None:
    """Six verdicts and one reason."""
    *good, bad = points
    assert [point["state"] for point in good] == ["answered"] * 6
    for (chargino, neutralino), point in zip(GRID, good, strict=True):
        (answer,) = point["answers"]
        assert answer["authority"] == "automatic" and answer["digest"].startswith("sha256:")
        (limit,) = [result for result in answer["results"] if result["type"] == "limit"]
        assert limit["point"]["name"] == f"C1N2_Wh_hbb_{chargino}_{neutralino}"
        assert "xcluded at 95% CL" in limit["verdict"]
    excluded = [point["answers"][0]["results"][0]["excluded"] for point in good]
    assert True in excluded
    assert bad["state"] == "failed"
    assert "is a whole workspace" in bad["answers"][0]["reason"]


def verified(tmp_path: Path, store: Path, statement: bytes, key: str) -> dict[str, Any]:
    """Check a statement with nothing but its file and a key: in an empty home, without a service."""
    (tmp_path / "answer.json").write_bytes(statement)
    (tmp_path / "service.pub").write_text(key)
    verify = ("request", "verify", tmp_path / "answer.json", "--key", tmp_path / "service.pub")
    answer = called(tmp_path / "elsewhere", store, *verify, "-o", "json")
    assert answer.code == 0, answer.err
    forged = statement.replace(b"Not excluded", b"Excluded").replace(b"Excluded at", b"Not excluded at", 1)
    (tmp_path / "answer.json").write_bytes(forged)
    assert called(tmp_path / "elsewhere", store, *verify).code == 1
    found: dict[str, Any] = answer.json
    return found


def test_by_the_api_alone(desk: Desk, requester: Person, contact: Person, store: Path, tmp_path: Path) -> None:
    def client(person: Person) -> httpx2.Client:
        headers = {"Authorization": f"Bearer {person.token}"}
        return httpx2.Client(base_url=f"{desk.url}/api/v1", headers=headers, timeout=120.0)

    with client(requester) as asks, client(contact) as decides:
        faults = asks.post("/check", json={"analysis": ANALYSIS, "points": [
            *POINTS[:2], {"coordinates": {"m_chargino_gev": 1, "m_neutralino_gev": 1}},
            {"coordinates": {}, "inputs": {"points": ["C1N2_Wh_hbb_500_1"], "toys": -1}}]})  # fmt: skip
        assert faults.status_code == 200, faults.text
        assert {fault["point"] for fault in faults.json()["faults"]} == {"p3", "p4"}
        checked = asks.post("/check", json={"analysis": ANALYSIS, "points": POINTS}).json()
        assert checked["faults"] == []
        assert checked["searches"][0]["analysis"] == ANALYSIS and checked["searches"][0]["takes"] >= 6
        made = asks.post("/requests", json=DOCUMENT)
        assert made.status_code == 201, made.text
        request = made.json()["id"]

        def act(who: httpx2.Client, action: str, **data: Any) -> dict[str, Any]:
            done = who.post(f"/requests/{request}/actions", json={"action": action, **data})
            assert done.status_code in (200, 202), done.text
            found: dict[str, Any] = done.json()
            return found

        act(asks, "submit")
        refused = asks.post(f"/requests/{request}/actions", json={"action": "accept"})
        assert refused.status_code == 403 and refused.json()["why"]
        act(decides, "accept")
        act(decides, "run")
        until(lambda: asks.get(f"/requests/{request}").json()["state"] == "answered", "the answers")
        found = decides.get(f"/requests/{request}").json()
        check_points(found["points"])
        (run,) = found["runs"]
        shown = decides.get(f"/runs/{run}").json()
        states = [step["state"] for step in shown["steps"] if step["stage"] == "fit"]
        assert states == ["succeeded"] * 6
        act(decides, "review")
        assert act(decides, "release")["state"] == "released"
        answer = found["points"][0]["answers"][0]["id"]
        statement = httpx2.get(
            f"{desk.url}/api/v1/requests/{request}/answers/{answer}/statement", timeout=BOUND_S
        ).content
        key = httpx2.get(f"{desk.url}/api/v1/signing-key", timeout=BOUND_S).text
        near = asks.post("/check", json={"analysis": ANALYSIS, "points": [POINTS[0]]}).json()
        assert near["nearest"][0]["answers"][0]["distance"] == 0
        assert near["cost"]["core_hours"] is not None
    said = verified(tmp_path, store, statement, key)
    assert said["statement"]["point"]["coordinates"] == POINTS[0]["coordinates"]


def test_by_the_command_line_alone(desk: Desk, requester: Person, contact: Person, store: Path, tmp_path: Path) -> None:
    file = tmp_path / "request.yml"
    file.write_text(yaml.safe_dump(DOCUMENT))

    def said(person: Person, *arguments: str | Path) -> dict[str, Any]:
        answer = desk.recast(person, "request", *arguments, "-o", "json")
        assert answer.code == 0, answer.err
        found: dict[str, Any] = json.loads(answer.out)
        return found

    request = said(requester, "new", "-f", file)["id"]
    said(requester, "submit", request)
    refused = desk.recast(requester, "request", "accept", request)
    assert refused.code == 5 and "why" in refused.err
    said(contact, "accept", request)
    said(contact, "run", request)
    until(lambda: said(requester, "show", request)["state"] == "answered", "the answers")
    found = said(contact, "show", request)
    check_points(found["points"])
    said(contact, "review", request)
    assert said(contact, "release", request)["state"] == "released"
    answer = found["points"][0]["answers"][0]["id"]
    statement = desk.recast(None, "request", "statement", request, answer)
    assert statement.code == 0, statement.err
    key = httpx2.get(f"{desk.url}/api/v1/signing-key", timeout=BOUND_S).text
    verified(tmp_path, store, statement.out.encode(), key)


def test_a_scan_of_the_same_grid_has_six_verdicts_and_one_reason(home: Path, store: Path, tmp_path: Path) -> None:
    """What the desk does, `recast scan` does as well: the same points, in one run, with a picture."""
    none = "bundle:files/data/no-patch.json"
    rows = [{"name": f"C1N2_Wh_hbb_{x}_{y}", "patch": none} for x, y in GRID]
    bad = {"name": "C1N2_Wh_hbb_450_50", "patch": "bundle:files/data/BkgOnly.json"}
    (tmp_path / "points.yml").write_text(yaml.safe_dump([*rows, bad]))
    arguments = ("scan", ANALYSIS, "--points", tmp_path / "points.yml", "-q", "-o", "json", "--to", tmp_path / "out")
    answer = called(home, store, *arguments)
    assert answer.code == 1, answer.err
    found = answer.json
    assert [len(point["limits"]) for point in found["points"]] == [1] * 6 + [0]
    assert "is a whole workspace" in found["points"][-1]["reason"]
    assert found["axes"] == ["m_chargino_gev", "m_neutralino_gev"]
    assert "1 of 7 points has no answer" in answer.err and "1 failed" in answer.err
    assert len((tmp_path / "out/scan.csv").read_text().splitlines()) == 8
    assert (tmp_path / "out/scan.png").exists()
