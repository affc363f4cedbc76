"""The kill table: whoever is killed at whichever moment of a request's life, nothing is lost and nothing done twice.

Every transition, right before and right after its commit, and as soon as the child has started, times who dies: the
web process, the dispatcher, the driver, or PostgreSQL under all of them. Each row ends with all points answered once,
and a state that is the fold of its audit trail. `make desk-faults` runs all of it (minutes), `make test` a row or two.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from recast.desk.model import Actor
from recast.images import ImageStore
from recast.ledger import Ledger, LedgerUnavailable
from recast.rundir import list_runs
from tests.busybox import add_busybox
from tests.conftest import ROOT, Recast
from tests.dispatch.conftest import CONTACT, FAILS_AT_7, OWNER, Dispatch, answers, asked, facts
from tests.scans.test_scan import TOOL, Plane
from tests.testbeds.postgres.bed import PostgresBed
from tests.waiting import BOUND_S, until

pytestmark = pytest.mark.slow

RUNNING = ("take", "start-run", "placed", "answer-point", "fail-point", "end-run")
"""What the dispatcher and its child commit, in this order. A run is noted with its `start-run`; with its `end-run` it
has ended, and its work is done.
"""

BY_PEOPLE = ("draft", "submit", "accept", "run", "cancel", "review", "release")
"""What the web process commits."""

WHEN = ("before", "after")


def slow_plane(recast: Recast, home: Path, tmp_path: Path) -> Path:
    """Publish a version that waits, at x = 8, as long as a test lasts."""
    tool = TOOL.replace("BEGIN {", 'BEGIN { while (x == 8) system("sleep 0.2")\n', 1)
    Plane(tmp_path / "slow", recast, add_busybox(ImageStore(home / "images")), tool=tool)
    return tmp_path


@pytest.fixture
def short_lease(home: Path) -> None:
    """A dispatcher of another life is thought dead soon."""
    home.mkdir(exist_ok=True)
    (home / "service.toml").write_text("[dispatch]\nlease_s = 3\n")


@pytest.fixture(scope="session")
def own_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresBed]:
    """A server that these tests may kill."""
    with PostgresBed(tmp_path_factory.mktemp("postgres")).joined() as bed:
        yield bed


def environ(what: str, when: str, victim: str, mark: Path) -> dict[str, str]:
    """The environment in which a fault happens."""
    fault = {"what": what, "when": when, "victim": victim, "mark": str(mark)}
    path = os.pathsep.join([str(Path(__file__).with_name("site")), str(ROOT)])
    return {"RECAST_TEST_FAULT": json.dumps(fault), "PYTHONPATH": path}


def settle(ledger: Ledger, request: str, dispatcher: Dispatch, env: dict[str, str]) -> None:
    """Dispatch with a fault, starting the dispatcher again when it has died, until all is answered."""
    process = dispatcher(**env)

    def is_over() -> bool:
        nonlocal process
        if process.poll() is not None:
            process = dispatcher()
        try:
            found = ledger.request(request)
            done = found.state == "answered" and all(run.state == "ended" for run in ledger.runs.of_request(request))
            return done and not ledger.work.waiting() and not taken(ledger)
        except LedgerUnavailable:
            return False

    until(is_over, "all answers")


def taken(ledger: Ledger) -> bool:
    """Whether somebody works on something."""
    from sqlalchemy import select

    from recast.ledger.tables import work

    with ledger.reading() as connection:
        return connection.execute(select(work.c.id).where(work.c.state == "taken")).first() is not None


def check(ledger: Ledger, request: str, home: Path) -> None:
    """Nothing is lost, nothing is there twice, and the state is the fold of the audit trail."""
    done = ledger.request(request)
    said = answers(done)
    assert (said["p1"], said["p3"]) == (True, False) and "7 is odd" in said["p2"]
    assert [len(point.answers) for point in done.points] == [1, 1, 1]
    kinds = Counter(event.kind for event in ledger.events(request))
    assert kinds["run-asked"] == 1 and kinds["run-started"] == len(done.runs) == 1
    assert kinds["point-answered"] + kinds["point-failed"] == 3 and kinds["completed"] == 1
    assert [run.id for run in ledger.runs.of_request(request)] == list(done.runs)
    assert {directory.id for directory in list_runs(home / "runs")} == set(done.runs)
    assert ledger.audit_holds() == []


@pytest.fixture
def plane_7(recast: Recast, home: Path, tmp_path: Path) -> Plane:
    return Plane(tmp_path / "checkout", recast, add_busybox(ImageStore(home / "images")), tool=FAILS_AT_7)


POINTS = [(0.0, 0.0), (7.0, 0.0), (2000.0, 0.0)]


ALWAYS = {("start-run", "after", "self"), ("answer-point", "after", "parent"), ("", "started", "self")}
"""The rows that `make test` runs."""


def rows() -> Iterator[Any]:
    """Every transition x moment x victim. The dispatcher takes by itself; what else is committed, its child commits."""
    for what, when in [*((what, when) for what in RUNNING for when in WHEN), ("", "started")]:
        for victim in ("self", "parent"):
            if (what, victim) != ("take", "parent"):
                marks = () if (what, when, victim) in ALWAYS else (pytest.mark.rare,)
                who = "dispatcher" if victim == "parent" or what == "take" else "driver"
                yield pytest.param(what, when, victim, marks=marks, id=f"{what or 'child'}-{when}-{who}")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("what", "when", "victim"), list(rows()))
def test_a_process_is_killed(
    ledger: Ledger,
    plane_7: Plane,
    short_lease: None,
    dispatcher: Dispatch,
    home: Path,
    tmp_path: Path,
    what: str,
    when: str,
    victim: str,
) -> None:
    request = asked(ledger, POINTS)
    mark = tmp_path / "mark"
    settle(ledger, request.id, dispatcher, environ(what, when, victim, mark))
    assert mark.exists()
    check(ledger, request.id, home)


@pytest.mark.rare
@pytest.mark.parametrize(("what", "when"), [(what, when) for what in RUNNING for when in WHEN])
def test_postgres_is_killed(
    own_postgres: PostgresBed,
    plane_7: Plane,
    short_lease: None,
    home: Path,
    tmp_path: Path,
    what: str,
    when: str,
) -> None:
    with own_postgres.database() as url, Ledger(url) as ledger:
        asked_for = asked(ledger, POINTS)
        mark = tmp_path / "mark"
        started: list[subprocess.Popen[bytes]] = []

        def start(**more: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", "recast", "dispatch"]
            env = {**os.environ, "RECAST_HOME": str(home), "RECAST_DATABASE": url, **more}
            started.append(subprocess.Popen(command, env=env))
            return started[-1]

        try:
            settle(ledger, asked_for.id, start, environ(what, when, str(own_postgres.folder), mark))
            assert mark.exists()
            check(ledger, asked_for.id, home)
        finally:
            for process in started:
                process.terminate()
                process.wait(BOUND_S)


GIVEN_BACK = ("stopped", "failed")
"""A dispatcher was stopped, or the machines failed a run, which then waits for long: nobody has a run that there is."""


def given_back_rows() -> Iterator[Any]:
    """Who ends it x how it was given back x when somebody is killed at its end."""
    for action in ("cancel", "withdraw"):
        for how in GIVEN_BACK:
            for when in ("", *WHEN):
                marks = () if (action, how, when) == ("cancel", "failed", "") else (pytest.mark.rare,)
                yield pytest.param(action, how, when, marks=marks, id=f"{action}-{how}-{when or 'nobody'}")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("action", "how", "when"), list(given_back_rows()))
def test_what_was_given_back_ends_in_order(
    ledger: Ledger,
    recast: Recast,
    home: Path,
    tmp_path: Path,
    short_lease: None,
    dispatcher: Dispatch,
    action: str,
    how: str,
    when: str,
) -> None:
    slow_plane(recast, home, tmp_path)
    request = asked(ledger, [(0.0, 0.0), (8.0, 0.0)])
    process = dispatcher()
    until(lambda: answers(ledger.request(request.id)).get("p1"), "the first answer")
    process.terminate()
    assert process.wait(BOUND_S) == 0 and ledger.work.waiting() == 1
    if how == "failed":
        later(ledger, 900.0)
    ledger.act(request.id, action, CONTACT if action == "cancel" else OWNER, {}, facts=facts())
    settle_cancel(ledger, request.id, dispatcher, environ("end-run", when, "self", tmp_path / "mark") if when else {})
    assert (tmp_path / "mark").exists() == bool(when)
    done = ledger.request(request.id)
    assert [point.state for point in done.points] == ["answered", "open"]
    assert done.state == ("accepted" if action == "cancel" else "withdrawn")
    assert Counter(event.kind for event in ledger.events(request.id))["run-ended"] == 1
    assert ledger.audit_holds() == []


def later(ledger: Ledger, wait_s: float) -> None:
    """Let what was given back wait, as it does after failures of the machines."""
    lease = ledger.work.take("machines", ["run"], 60.0)
    assert lease is not None
    ledger.work.postpone(lease, wait_s, "no room on the disk", failed=True)


def settle_cancel(ledger: Ledger, request: str, dispatcher: Dispatch, env: dict[str, str]) -> None:
    """Dispatch with a fault until nothing is wished any more, and nothing runs or waits."""
    dispatcher(**env)

    def is_over() -> bool:
        found = ledger.request(request)
        runs = ledger.runs.of_request(request)
        done = not found.cancel_wanted and all(run.state == "ended" for run in runs)
        return done and not ledger.work.waiting() and not taken(ledger)

    until(is_over, "the end of the run")


@pytest.mark.rare
@pytest.mark.parametrize("what", BY_PEOPLE)
@pytest.mark.parametrize("when", WHEN)
def test_the_web_process_is_killed(
    ledger: Ledger, url: str, plane_7: Plane, settled: Callable[..., None], tmp_path: Path, what: str, when: str
) -> None:
    """A client that got no answer sends the same again, with the same key: it is done once."""
    act = Acts(url, tmp_path / "mark", what, when)
    request = act("", "draft", OWNER, {"analysis": "plane-1", "title": "x", "points": [
        {"coordinates": {"x_gev": x, "y_gev": y}} for x, y in POINTS]})  # fmt: skip
    act(request, "submit", OWNER, {})
    act(request, "accept", CONTACT, {})
    act(request, "run", CONTACT, {})
    if what == "cancel":
        act(request, "cancel", CONTACT, {})
        settled()
        act(request, "run", CONTACT, {})
    settled()
    act(request, "review", CONTACT, {})
    act(request, "release", CONTACT, {})
    assert (tmp_path / "mark").exists()
    done = ledger.request(request)
    assert done.state == "released" and [len(point.answers) for point in done.points] == [1, 1, 1]
    kinds = Counter(event.kind for event in ledger.events(request))
    assert all(kinds[kind] == 1 for kind in ("drafted", "submitted", "accepted", "reviewed", "released"))
    assert kinds["run-asked"] == (2 if what == "cancel" else 1)
    assert ledger.audit_holds() == []


class Acts:
    """A client of the web process, which is killed once: at the commit of one action."""

    def __init__(self, url: str, mark: Path, what: str, when: str) -> None:
        self._url, self._env = url, {**os.environ, **environ(what, when, "self", mark)}

    def __call__(self, request: str, action: str, actor: Actor, data: dict[str, object]) -> str:
        who = {"user": actor.user, "contact_of": sorted(actor.contact_of)}
        said = {"url": self._url, "request": request, "action": action, "who": who, "data": data, "key": uuid4().hex}
        command = [sys.executable, "-m", "tests.dispatch.one_act", json.dumps(said | {"facts": asdict(facts())})]
        for _ in range(2):
            done = subprocess.run(command, env=self._env, cwd=ROOT, capture_output=True, text=True, timeout=BOUND_S)
            if done.returncode == 0:
                return done.stdout.strip()
        raise AssertionError(done.stderr)
