"""`recast serve` with real runs: stopped in the middle of one, and when a newer version of an analysis comes."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from recast.images import ImageStore
from recast.ledger import Ledger
from recast.rundir import list_runs
from tests.busybox import add_busybox
from tests.conftest import Recast
from tests.dispatch.conftest import OWNER, answers, asked, facts
from tests.e2e.desk import served
from tests.scans.test_scan import TOOL, Plane
from tests.waiting import until

pytestmark = pytest.mark.slow

SLOW_AT_8 = TOOL.replace("BEGIN {", 'BEGIN { for (n = 0; x == 8 && n < 20; n++) system("sleep 0.2")\n', 1)
"""What runs at x = 8 is still at it when the service is told to stop."""


@pytest.fixture
def ledger(home: Path) -> Ledger:
    """The ledger of the service, read beside it."""
    return Ledger(f"sqlite:///{home}/service/ledger.sqlite")


def test_what_runs_goes_on_when_it_is_started_again(ledger: Ledger, recast: Recast, home: Path, tmp_path: Path) -> None:
    Plane(tmp_path / "checkout", recast, add_busybox(ImageStore(home / "images")), tool=SLOW_AT_8)
    request = asked(ledger, [(0, 0), (8, 0), (2000, 0)]).id
    with served(home, home / "images") as desk:
        until(lambda: ledger.request(request).points[0].state == "answered", "the first answer")
        began = time.monotonic()
        desk.process.terminate()
        assert desk.process.wait(60) == 0 and time.monotonic() - began < 10
    assert ledger.request(request).state == "accepted"

    with served(home, home / "images"):
        until(lambda: ledger.request(request).state == "answered", "all answers")
    done = ledger.request(request)
    assert answers(done) == {"p1": True, "p2": True, "p3": False}
    assert [len(point.answers) for point in done.points] == [1, 1, 1]
    kinds = Counter(event.kind for event in ledger.events(request))
    assert kinds["run-started"] == len(done.runs) == len(list_runs(home / "runs")) == 1
    assert ledger.audit_holds() == []


def test_answers_are_run_again_on_the_newer_version_and_what_moved_is_shown(
    ledger: Ledger, recast: Recast, home: Path, tmp_path: Path
) -> None:
    image = add_busybox(ImageStore(home / "images"))
    Plane(tmp_path / "first", recast, image)
    request = asked(ledger, [(900, 0), (2000, 0)]).id
    with served(home, home / "images") as desk:
        owner = desk.person("anna")
        contact = desk.person("carla", contact_of=["plane-1"])
        until(lambda: ledger.request(request).state == "answered", "all answers")
        first = ledger.request(request)
        for action in ("review", "release"):
            assert desk.recast(contact, "request", action, request).code == 0

        Plane(tmp_path / "second", recast, image, tool=TOOL.replace("0.05", "0.5"), version="1.1.0")
        assert recast("catalogue", "withdraw", "plane-1@1.0.0", "--reason", "a wrong acceptance").code == 0
        until(lambda: ledger.request(request).points[0].answers[0].caveat, "the warning")
        shown = desk.recast(owner, "request", "show", request, "-o", "json").json
        assert "a wrong acceptance" in shown["points"][0]["answers"][0]["caveat"]

        until(lambda: desk.recast(contact, "request", "rerun", request).code == 0, "the newer version is indexed")
        until(lambda: all(len(point.answers) == 2 for point in ledger.request(request).points), "new answers")
        shown = desk.recast(contact, "request", "show", request, "-o", "json").json
    moved = shown["points"][0]["moved"]
    assert (moved["from"]["version"], moved["to"]["version"]) == ("1.0.0", "1.1.0")
    assert [(it["before"], it["after"]) for it in moved["limits"] if it["quantity"] == "excluded"] == [(True, False)]
    after = ledger.request(request)
    assert [it.answers[0].results for it in after.points] == [it.answers[0].results for it in first.points]
    assert {it.answers[1].digest for it in after.points} == {facts().digest} != {first.digest}
    assert ledger.audit_holds() == [] and OWNER.user == after.owner
