"""Points are checked before anything is asked: all faults at once, quickly, without telling what is not public."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recast.catalogue import Catalogue
from recast.desk.facts import Facts
from recast.desk.model import Actor, Answer, Point
from recast.ledger import Ledger
from recast.ledger.uploads import Uploads
from recast.operations.points.check_points import check_points, faults_of_points
from recast.operations.points.cost import cost_of, estimated
from recast.operations.points.nearby import Known, nearest
from tests.conftest import ROOT

ANALYSIS = "atlas-susy-2019-08"
SOMEBODY = Actor(user="u1")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A catalogue with a real search; its image is not needed."""
    import os
    import subprocess
    import sys

    home = tmp_path_factory.mktemp("home")
    env = {**os.environ, "RECAST_HOME": str(home), "RECAST_SHIPPED": str(ROOT / "catalogue")}
    command = [sys.executable, "-m", "recast", "catalogue", "show", ANALYSIS]
    subprocess.run(command, env=env, check=True, capture_output=True)
    yield home


@pytest.fixture
def ledger(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setenv("RECAST_HOME", str(published))
    monkeypatch.setenv("RECAST_SHIPPED", str(ROOT / "catalogue"))
    with Ledger(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        yield ledger


def checked(ledger: Ledger, *points: dict[str, Any], actor: Actor = SOMEBODY, **more: Any) -> dict[str, Any]:
    return check_points({"analysis": ANALYSIS, "points": list(points), **more}, actor=actor, ledger=ledger)


def test_every_fault_of_every_point_is_told_at_once(ledger: Ledger) -> None:
    found = checked(
        ledger,
        {"coordinates": {"m_chargino_gev": 300, "m_neutralino_gev": 0}},
        {"coordinates": {"m_chargino_gev": 300.5, "m_neutralino_gev": 0}},
        {"coordinates": {}, "inputs": {"points": ["C1N2_Wh_hbb_500_1"]}},
        {"coordinates": {}, "inputs": {"points": ["C1N2_Wh_hbb_500_0"], "toys": -1, "seed": "x", "nonsense": 1}},
        {"coordinates": {"name": "C1N2_Wh_hbb_500_0"}},
        {"coordinates": {"x": 1}, "inputs": {"patch": "/etc/passwd"}},
        {"coordinates": {"x": 2}, "inputs": {"patch": "https://example.org/patch.json"}},
    )
    by_point: dict[str, list[str]] = {}
    for fault in found["faults"]:
        assert fault["code"] and fault["what"]
        by_point.setdefault(fault["point"], []).append(fault["where"])
    assert set(by_point) == {"p2", "p3", "p4", "p6", "p7"}
    assert set(by_point["p4"]) == {"/toys", "/seed", "/nonsense"}
    assert by_point["p6"] == ["/patch"]


def test_which_searches_take_the_points_and_why_not(ledger: Ledger) -> None:
    grid = [{"coordinates": {"m_chargino_gev": x, "m_neutralino_gev": 0}} for x in (300, 400, 5000)]
    found = check_points({"points": grid}, actor=Actor(), ledger=ledger)["searches"]
    first = found[0]
    assert (first["analysis"], first["points"], first["takes"]) == (ANALYSIS, 3, 2)
    assert first["reasons"] and "5 TeV" in first["reasons"][0]
    assert all(one["takes"] <= 2 for one in found)


def test_two_thousand_points_take_seconds(ledger: Ledger) -> None:
    """The bound of the issue, with room for a machine that does other things besides."""
    points = [
        {"coordinates": {"i": number}, "inputs": {"points": ["C1N2_Wh_hbb_500_0"], "seed": number, "toys": number % 2}}
        for number in range(2000)
    ]
    points[1999]["inputs"] = {"points": ["nobody"]}
    checked(ledger, points[0])
    began = time.process_time()
    found = checked(ledger, *points)
    assert {fault["point"] for fault in found["faults"]} == {"p2000"}
    assert time.process_time() - began < 5.0


def test_uploads_are_those_of_whoever_asks(ledger: Ledger) -> None:
    uploads: Uploads = ledger.uploads
    with ledger.writing() as connection:
        from recast.ledger.people.users import user_of_provider

        mine = user_of_provider(connection, "https://idp", "1", "A", "", "2026-01-31T12:00:00Z").id
    with uploads.begin(mine) as incoming:
        incoming.write(json.dumps([{"op": "add", "path": "/x", "value": 1}]).encode())
        digest = incoming.finish().digest
    asked = {"coordinates": {"x": 1}, "inputs": {"patch": f"upload:{digest}"}}
    assert checked(ledger, asked, actor=Actor(user=mine))["faults"] == []
    for stranger in (SOMEBODY, Actor()):
        (fault,) = checked(ledger, asked, actor=stranger)["faults"]
        assert "no such upload" in fault["what"] or "logged in" in fault["what"]


def test_an_analysis_that_is_not_there_is_a_fault(ledger: Ledger) -> None:
    document = {"analysis": "atlas-none", "points": [{"coordinates": {"x": 1}}]}
    found = check_points(document, actor=Actor(), ledger=ledger)
    assert found["faults"][0]["where"] == "/analysis" and found["cost"]["words"].startswith("not known")


def test_points_by_themselves(ledger: Ledger) -> None:
    version = Catalogue().get(ANALYSIS)
    point = Point("p1", {"m_chargino_gev": 400, "m_neutralino_gev": 50})
    assert list(faults_of_points(version, [("p1", point)], None)) == []


def test_costs_have_a_spread() -> None:
    assert cost_of([], 5).core_hours is None
    one = cost_of([0.5], 10)
    assert (one.core_hours, one.low, one.high) == (5.0, 5.0, 5.0)
    many = cost_of([0.1, 0.2, 0.3, 0.4, 0.5], 10)
    assert many.low is not None and many.core_hours is not None and many.high is not None
    assert many.low < many.core_hours < many.high
    assert "5 earlier runs" in many.words


def test_costs_come_from_public_runs_that_computed(ledger: Ledger) -> None:
    digest = "sha256:" + "1" * 64
    facts = Facts(version="1.0.0", digest=digest)
    contact = Actor(user="u2", contact_of=frozenset({ANALYSIS}))

    def ran(audience: str, **outcome: Any) -> None:
        document = {"analysis": ANALYSIS, "title": "x", "audience": audience, "points": [{"coordinates": {"x": 1}}]}
        request = ledger.act(None, "draft", SOMEBODY, document, facts=facts)
        for actor, action in ((SOMEBODY, "submit"), (contact, "accept"), (contact, "run")):
            ledger.act(request.id, action, actor, {}, facts=facts)
        lease = ledger.work.take("me", ["run"], 60.0)
        assert lease is not None
        ledger.work.finish(lease, {"digest": digest, "points": 2, "core_hours": 1.0, "cached": 0.0, **outcome})

    ran("private")
    assert estimated(ledger, digest, 4).core_hours is None
    ran("public", cached=1.0)
    assert estimated(ledger, digest, 4).core_hours is None
    ran("public")
    assert estimated(ledger, digest, 4).core_hours == 2.0


def test_the_nearest_come_first() -> None:
    result = {"type": "limit", "point": {}, "cls_obs": 0.01, "cls_exp": None, "mu_ul_exp": None, "excluded": True}
    answer = Answer("a1", "automatic", "released", "s", "", ANALYSIS, "1.0.0", "sha256:0", (result,))
    known = [Known("q1", f"p{x}", {"m": x, "n": 0}, answer) for x in (100, 200, 400, 800)]
    found = nearest({"m": 210, "n": 0}, known)
    assert [one["point"] for one in found] == ["p200", "p400", "p100"]
    assert found[0]["excluded"] is True
    assert nearest({"other": 1}, known) == [] and nearest({"m": "text"}, known) == []


def test_a_private_answer_is_near_to_nobody_else(ledger: Ledger) -> None:
    assert checked(ledger, {"coordinates": {"m_chargino_gev": 300, "m_neutralino_gev": 0}})["nearest"] == []
