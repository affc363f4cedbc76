"""What a forge is told when it fails, refuses, or loses an answer, and when we die in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recast.ci.checkout import Head, Remote
from recast.ci.forges.client import Forge
from recast.ci.forges.comments import seal
from recast.ci.server.ledger import Ledger
from recast.ci.server.places import ServerPlaces
from recast.ci.server.plan import compare_refs
from recast.ci.server.queue import Queue
from recast.ci.server.settings import Repository
from recast.ci.server.telling import Teller
from tests.ci.server.test_queue import Clock
from tests.testbeds.forge.api import Api, forge_api

TOKEN, COMMIT = "a-token-of-the-forge", "a" * 40
MAIN = "refs/heads/main"


class Desk:
    """A ledger with one pipeline that is done, and its teller."""

    def __init__(self, api: Api, folder: Path) -> None:
        self.api, self.clock, self.said = api, Clock(), []
        remote, forge = Remote("https://forge.example.org/group/analysis.git"), Forge(api.dialect, api.base, TOKEN)
        self.repository = Repository("analysis", remote, None, forge)
        self.ledger = Ledger(folder / "ledger.sqlite", self.clock)
        found = compare_refs(self.repository, {MAIN: Head(MAIN, COMMIT, COMMIT)}, {}, {}, first=True)
        self.ledger.note_look("analysis", found, {}, lambda: "p1")
        queue = Queue(self.ledger)
        taken = queue.take(1)
        assert taken is not None and queue.finish(taken, "passed", "all is well")
        self.folder = folder

    def teller(self) -> Teller:
        """A teller as a server that has just started has it."""
        return Teller(
            self.repository, self.ledger, ServerPlaces(self.folder), "https://pages.example.org", self.said.append
        )


@pytest.fixture(params=["github", "gitlab", "gitea"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with forge_api(request.param, TOKEN) as api:
        made = Desk(api, tmp_path)
        with made.ledger:
            yield made


def test_it_is_told_once(desk: Desk) -> None:
    for _ in range(3):
        desk.teller().tell_all()
    assert [it["description"] for it in desk.api.statuses] == ["passed: all is well"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_death_on_either_side_of_the_request_leads_to_one_status(
    desk: Desk, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Forge.set_status

    def dies(self: Forge, *given: object, **more: object) -> None:
        if moment == "after":
            told(self, *given, **more)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Forge, "set_status", dies)
        with pytest.raises(KeyboardInterrupt):
            desk.teller().tell_all()
    assert len(desk.api.statuses) == (moment == "after")
    desk.teller().tell_all()
    assert len(desk.api.statuses) == 1


def test_a_forge_that_is_down_is_asked_again_after_a_while(desk: Desk) -> None:
    desk.api.faults = [500] * 4
    teller = desk.teller()
    teller.tell_all()
    teller.tell_all()
    assert desk.api.statuses == [] and len(desk.api.asked) == 4, "the second time is not yet"
    desk.clock.now += 10
    teller.tell_all()
    assert len(desk.api.final(COMMIT)) == 1


def test_a_refusal_is_given_up_after_four_tries(desk: Desk) -> None:
    desk.api.forbidden.add(COMMIT)
    for _ in range(10):
        desk.teller().tell_all()
        desk.clock.now += 1000
    assert sum(method == "POST" for method, _ in desk.api.asked) == 4
    assert all(TOKEN not in line for line in desk.said) and len(desk.said) == 4


def test_a_comment_without_a_summary_says_the_verdict(desk: Desk) -> None:
    desk.ledger.hear_request("analysis", 7, fork=False)
    ref = "refs/merge-requests/7/head" if desk.api.dialect == "gitlab" else "refs/pull/7/head"
    known, requests, heard, first = desk.ledger.known("analysis")
    there = {MAIN: Head(MAIN, COMMIT, COMMIT), ref: Head(ref, COMMIT, COMMIT)}
    found = compare_refs(desk.repository, there, known, requests, first=first)
    desk.ledger.note_look("analysis", found, heard, lambda: "p2")
    desk.teller().tell_all()
    desk.teller().tell_all()
    (comment,) = desk.api.comments[7]
    assert comment["body"] == f"{seal(TOKEN, desk.api.base, 7)}\n**passed**: all is well"
