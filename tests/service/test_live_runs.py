"""Runs that are followed by many: what each is told, what that costs, and what is lost when somebody does not read or
the web process is killed: nothing.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from recast.ledger import Ledger, LedgerUnavailable
from recast.ledger.pictures import Picture, Snapshots
from recast.ledger.steps import Steps
from recast.ledger.work import Lease
from recast.moments import moment
from recast.service.live.looks import EVERY_S, Looks
from recast.service.live.seen_runs import SeenRuns
from tests.ledger.making import ANALYSIS, CONTACT, FACTS, MACHINE, accepted
from tests.service.running import Running
from tests.service.staged import Staged
from tests.service.test_runs import STEP, picture
from tests.service.test_serve import ALONE, serving, web_process
from tests.service.test_streams import Stream, following
from tests.waiting import until

STATES = ("waiting", "running", "done")


class Driven:
    """A run that a test tells of, as its driver does."""

    def __init__(self, ledger: Ledger, points: int = 1) -> None:
        self.ledger = ledger
        self.request = accepted(ledger, points, "public").id
        ledger.act(self.request, "run", CONTACT, {}, facts=FACTS)
        lease = ledger.work.take("d", ["run"], 3600)
        assert lease is not None
        self.lease: Lease = lease
        self.run = f"run-{self.request}"
        ledger.act(self.request, "start-run", MACHINE, {"run": self.run, "points": ["p1"]}, lease=lease)
        ledger.runs.note(lease, self.run, {})
        ledger.runs.placed(lease, self.run, "/nowhere")

    def tell(self, steps: dict[int, str], state: str = "running", **more: Any) -> None:
        told = {at: {"id": f"/fit/{at}", "counted": counted, "state": counted, **more} for at, counted in steps.items()}
        self.ledger.snapshots.write(self.lease, self.run, Picture({"state": state, "stages": []}, told))

    def end(self) -> None:
        self.ledger.runs.ended(self.lease, self.run)


def heard(stream: Stream) -> Iterator[tuple[int, str, Any]]:
    """Yield the events of a stream up to its end."""
    while True:
        try:
            yield stream.next()
        except StopIteration:
            return


def test_a_change_is_told_as_what_has_changed_since(service: Running) -> None:
    driven = Driven(service.parts.ledger)
    driven.tell(dict.fromkeys(range(4), "waiting"))
    driven.tell({1: "running"})
    driven.tell({1: "done", 2: "running"})
    path = f"/runs/{driven.run}/events"
    for seen, changed in ((0, 4), (1, 2), (2, 2)):
        with following(service.client(), path, seen) as stream:
            number, kind, document = stream.next()
        assert (number, kind, document["changed"]) == (3, "snapshot", changed)
        assert "steps" not in document and len(document["changed_steps"]) == changed
    with following(service.client(), f"{path}?after=3") as stream:
        driven.tell({3: "running"})
        number, _, document = stream.next()
        assert number == 4 and [it["id"] for it in document["changed_steps"]] == ["/fit/3"]


def test_a_run_that_the_machines_failed_says_when_it_is_tried_again(service: Running) -> None:
    driven = Driven(service.parts.ledger)
    carol = service.client(service.person("carol", contact=ANALYSIS))
    driven.tell({0: "failed"}, state="failed")
    with following(service.client(), f"/runs/{driven.run}/events") as stream:
        assert stream.next()[2]["state"] == "failed"
        driven.ledger.work.postpone(driven.lease, 60.0, "no node has room", failed=True)
        number, _, document = stream.next()
        assert (number, document["state"], document["changed"]) == (2, "interrupted", 0)
    told = service.client().get(f"/runs/{driven.run}").json()
    assert (told["state"], told["tried_again"]) == ("interrupted", moment(service.clock() + 60))
    assert "interrupted_by" not in told
    assert carol.get(f"/runs/{driven.run}").json()["interrupted_by"] == "no node has room"
    page = httpx2.get(f"{service.url}/runs/{driven.run}", headers={"Accept": "text/html"}, trust_env=False).text
    assert "Interrupted: nobody drives it now" in page and moment(service.clock() + 60) in page
    driven.ledger.work.take("d", ["run"], 60)
    service.clock.time += 120
    assert driven.ledger.work.take("d", ["run"], 60) is not None
    assert service.client().get(f"/runs/{driven.run}").json()["state"] == "failed"


def test_many_changes_are_told_by_their_number(service: Running) -> None:
    driven = Driven(service.parts.ledger)
    driven.tell(dict.fromkeys(range(5000), "waiting"))
    with following(service.client(), f"/runs/{driven.run}/events") as stream:
        _, _, document = stream.next()
    assert (document["changed"], document["changed_steps"]) == (5000, []) and len(json.dumps(document)) < 2000


def test_an_event_tells_strangers_nothing_of_results(service: Running) -> None:
    staged = Staged(service)
    run = staged.run(staged.request("accepted"))
    stages = [{"stage": "fit", "why_held": "cls is 0.03", "held": 1}]
    telling = {"reason": "cls is 0.03", "delays": ["cls is 0.03"], "usage": [{"stage": "cls is 0.03"}]}
    picture(service, run, stages=stages, steps=[{**STEP, "why": "cls is 0.03"}], **telling)
    carol = service.client(service.person("carol"))
    for client, is_told in ((service.client(), False), (carol, True)):
        with following(client, f"/runs/{run}/events") as stream:
            said = json.dumps(stream.next())
        assert ("0.03" in said, "node7" in said) == (is_told, is_told)
        assert ("0.03" in client.get(f"/runs/{run}").text) == is_told


def test_many_who_follow_a_run_share_what_is_read(service: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    driven = Driven(service.parts.ledger)
    driven.tell({0: "waiting"})
    reads: list[str] = []
    read, changed = Snapshots.read, Steps.changed
    monkeypatch.setattr(Snapshots, "read", lambda self, run: reads.append("read") or read(self, run))
    monkeypatch.setattr(Steps, "changed", lambda *given: reads.append("changed") or changed(*given))
    with ExitStack() as stack:
        path = f"/runs/{driven.run}/events"
        streams = [stack.enter_context(following(service.client(), path)) for _ in range(30)]
        assert {stream.next()[0] for stream in streams} == {1}
        del reads[:]
        driven.tell({0: "running"})
        assert {stream.next()[0] for stream in streams} == {2}
    # Whoever comes late to the same change is told what is known; one more look comes after a second at most.
    assert reads.count("read") <= 3 and reads.count("changed") <= 3, reads


def test_who_never_reads_holds_up_nobody_and_is_told_the_newest_in_the_end(service: Running) -> None:
    driven = Driven(service.parts.ledger)
    driven.tell(dict.fromkeys(range(150), "waiting"), id_="x" * 500)
    there = urlsplit(service.url)
    with socket.socket() as asleep, following(service.client(), f"/runs/{driven.run}/events") as awake:
        asleep.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        asleep.connect((there.hostname, there.port))
        head = f"GET /api/v1/runs/{driven.run}/events HTTP/1.1\r\nHost: {there.netloc}\r\n\r\n"
        asleep.sendall(head.encode())
        assert awake.next()[0] == 1
        told = 400
        for number in range(2, told + 1):
            driven.tell(dict.fromkeys(range(150), STATES[number % 3]))
            if number % 100 == 0:
                while awake.next()[0] < number:
                    pass
        driven.tell({0: "done"}, state="succeeded")
        driven.end()
        assert [kind for _, kind, _ in heard(awake)][-1] == "ended"
        asleep.settimeout(60)
        content = b"".join(iter(lambda: asleep.recv(1 << 20), b""))
    numbers = [int(line[4:]) for line in content.split(b"\n") if line.startswith(b"id: ")]
    assert numbers == sorted(numbers) and numbers[-1] == told + 1 and b"event: ended" in content
    assert len(numbers) < told  # what nobody has read was replaced by what is newer


def test_a_ledger_that_is_away_ends_a_stream_without_a_word(service: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is of the moment: whoever is told `closed` would not come back."""
    driven = Driven(service.parts.ledger)
    driven.tell({0: "waiting"})
    path, at = f"/runs/{driven.run}/events", SeenRuns.at
    with following(service.client(), path) as stream, monkeypatch.context() as away:
        assert stream.next()[0] == 1

        def fail(*_: Any) -> None:
            raise LedgerUnavailable("away", why="the test says so")

        away.setattr(SeenRuns, "at", fail)
        driven.tell({0: "running"})
        assert not list(heard(stream))
    assert SeenRuns.at is at
    with following(service.client(), path, 1) as stream:
        assert stream.next()[:2] == (2, "snapshot")


def test_looks_are_noted_for_all_runs_at_once_and_keep_nobody_waiting() -> None:
    noted: list[set[str]] = []
    slow, time = threading.Event(), [0.0]

    def note(runs: Any) -> None:
        noted.append(set(runs))
        assert slow.wait(60)
        if len(noted) == 2:
            raise LedgerUnavailable("away", why="the test says so")

    looks = Looks(note, lambda: time[0])
    looks.at("r0")
    until(lambda: noted, "the first note")
    for number in range(50):
        looks.at(f"r{number}")
    slow.set()
    until(lambda: len(noted) == 2 and looks._thread is None, "the second note")
    assert noted == [{"r0"}, {f"r{number}" for number in range(1, 50)}]
    time[0] += EVERY_S
    looks.at("r0")
    until(lambda: len(noted) == 3, "a note after a while")


def test_after_a_kill_of_the_web_process_nothing_is_missed_or_told_twice(home: Path) -> None:
    with serving(*ALONE) as (process, url), Ledger(f"sqlite:///{home}/service/ledger.sqlite") as ledger:
        driven = Driven(ledger)
        driven.tell({0: "waiting", 1: "waiting"})
        seen: list[tuple[int, str, Any]] = []
        followed, killed = threading.Event(), threading.Event()

        def follow() -> None:
            while not (seen and seen[-1][1] == "ended"):
                after = {"Last-Event-ID": str(seen[-1][0])} if seen else {}
                address = f"{url}/api/v1/runs/{driven.run}/events"
                try:
                    with httpx2.stream("GET", address, headers=after, timeout=60, trust_env=False) as answer:
                        for event in heard(Stream(answer)):
                            seen.append(event)
                            followed.set()
                except httpx2.TransportError:
                    killed.set()

        thread = threading.Thread(target=follow)
        thread.start()
        assert followed.wait(60)
        os.kill(web_process(process), signal.SIGKILL)
        assert killed.wait(60)
        driven.tell({0: "running"})
        driven.tell({0: "done", 1: "failed"})
        driven.tell({}, state="failed")
        driven.end()
        thread.join(60)
        last = httpx2.get(f"{url}/api/v1/runs/{driven.run}", timeout=60, trust_env=False).json()
    numbers = [number for number, kind, _ in seen if kind == "snapshot"]
    assert numbers == sorted(set(numbers)) and numbers[0] == 1 and numbers[-1] == 4
    states = {it["id"]: it["counted"] for _, _, told in seen for it in told.get("changed_steps", ())}
    assert states == {it["id"]: it["counted"] for it in last["steps"]} == {"/fit/0": "done", "/fit/1": "failed"}
    assert seen[-1][2]["state"] == last["state"] == "failed"


def test_a_change_is_read_again_after_each_turn_and_after_a_second(ledger_: Ledger) -> None:
    driven = Driven(ledger_)
    time = [0.0]
    runs = SeenRuns(ledger_, lambda: 1000.0, lambda: time[0])
    assert runs.at(driven.run, 0).picture is None
    driven.tell({0: "waiting"})
    assert runs.at(driven.run, 0).picture is None
    first = runs.at(driven.run, 1)
    assert first.picture is not None and first.picture.number == 1 and runs.at(driven.run, 1) is first
    time[0] = 2.0
    assert runs.at(driven.run, 1) is not first


@pytest.fixture
def ledger_(tmp_path: Path, home: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        yield ledger
