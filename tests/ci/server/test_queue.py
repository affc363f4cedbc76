"""The ledger and its queue: leases, fences, superseded pipelines, one verdict for each commit."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from recast.ci.checkout import Head, Remote
from recast.ci.server.drive import Driver
from recast.ci.server.ledger import Ledger
from recast.ci.server.model import Request
from recast.ci.server.outbox import Outbox
from recast.ci.server.places import ServerPlaces
from recast.ci.server.plan import compare_refs
from recast.ci.server.queue import LEASE_S, Queue
from recast.ci.server.settings import Repository, ServerSettings
from recast.errors import NotFound, PermissionDenied, StoreError, UsageError

HERE = Repository("analysis", Remote("https://forge.example.org/group/analysis.git"), None, None)
MAIN = "refs/heads/main"


class Clock:
    """A time that tests set."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


class Bench:
    """A ledger, a clock, and pushes."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.ledger = Ledger(path, self.clock)
        self.queue = Queue(self.ledger, "one")
        self._ids = itertools.count()

    def push(self, repository: Repository = HERE, **heads: str) -> None:
        """Look at a remote whose refs (`main`, `pull_7`) are now at these commits (one letter each)."""
        refs = {self._ref(name): letter * 40 for name, letter in heads.items()}
        known, requests, heard, first = self.ledger.known(repository.name)
        there = {ref: Head(ref, it, it) for ref, it in refs.items()}
        found = compare_refs(repository, there, known, requests, first=first)
        self.ledger.note_look(repository.name, found, heard, lambda: f"p{next(self._ids):03}")

    def _ref(self, name: str) -> str:
        if name.startswith("pull_"):
            return f"refs/pull/{name[5:]}/head"
        return f"refs/tags/{name}" if name.startswith("v") else f"refs/heads/{name}"

    @property
    def words(self) -> dict[str, str]:
        """Commit and lane -> word, or the state of what is not done."""
        return {f"{it.commit[0]} {it.lane}": it.word or it.state for it in self.queue.newest()}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "ledger.sqlite")
    made.push()
    with made.ledger:
        yield made


def test_only_the_newest_commit_of_a_ref_waits(bench: Bench) -> None:
    for letter in "abc":
        bench.push(main=letter)
    assert bench.words == {"a commit": "superseded", "b commit": "superseded", "c commit": "queued"}
    taken = bench.queue.take(1)
    assert taken is not None and taken.commit == "c" * 40
    bench.push(main="d")
    assert bench.words["c commit"] == "running", "what runs goes on: its successor finds its jobs in the cache"
    assert bench.queue.finish(taken, "passed", "")
    bench.push(main="c")
    assert bench.words == {
        "a commit": "superseded",
        "b commit": "superseded",
        "c commit": "passed",
        "d commit": "superseded",
    }
    bench.push(main="d")
    assert bench.words["d commit"] == "queued", "a ref came back to a commit that was never judged"


def test_a_commit_of_several_refs_has_one_pipeline_that_lives_while_one_has_it(bench: Bench) -> None:
    bench.push(main="a", other="a", third="a")
    assert bench.words == {"a commit": "queued"}
    bench.push(main="b", other="a")
    assert bench.words == {"a commit": "queued", "b commit": "queued"}
    bench.push(main="b")
    assert bench.words == {"a commit": "superseded", "b commit": "queued"}


def test_a_tag_waits_for_the_verdict_of_its_commit(bench: Bench) -> None:
    bench.push(main="a", v1="a")
    first = bench.queue.take(4)
    assert first is not None and first.lane == "commit"
    assert bench.queue.finish(first, "passed", "")
    second = bench.queue.take(4)
    assert second is not None and (second.lane, second.event) == ("tag:v1", "tag")


def test_a_lease_that_ran_out_goes_to_another_and_the_first_can_say_nothing_more(bench: Bench) -> None:
    bench.push(main="a")
    first = bench.queue.take(1)
    other = Queue(bench.ledger, "two")
    assert first is not None and other.take(1) is None
    bench.clock.now += LEASE_S / 2
    bench.queue.renew([(first.id, first.fence)])
    bench.clock.now += LEASE_S / 2 + 1
    assert other.take(1) is None, "renewed"
    bench.clock.now += LEASE_S
    second = other.take(1)
    assert second is not None and (second.id, second.fence) == (first.id, first.fence + 1)
    assert bench.queue.begin_try(first) is None
    assert not bench.queue.finish(first, "failed", "of a server that was thought dead")
    assert not bench.queue.postpone(first, 1)
    assert other.finish(second, "passed", "")
    assert not other.finish(second, "failed", "twice")
    assert bench.words == {"a commit": "passed"}


def test_what_was_blocked_comes_back_after_a_while(bench: Bench) -> None:
    bench.push(main="a")
    first = bench.queue.take(1)
    assert first is not None and bench.queue.postpone(first, 60)
    assert bench.queue.take(1) is None
    bench.clock.now += 61
    again = bench.queue.take(1)
    assert again is not None and again.blocked == 1


def test_only_what_was_blocked_for_good_is_tried_again_by_hand(bench: Bench) -> None:
    bench.push(main="a")
    first = bench.queue.take(1)
    assert first is not None and bench.queue.begin_try(first) == 1
    with pytest.raises(UsageError, match="Only a pipeline"):
        bench.queue.again(first.id)
    assert bench.queue.finish(first, "blocked", "the registry is down")
    assert bench.queue.again(first.id[:6]).state == "queued"
    assert bench.words == {"a commit": "queued"}
    second = bench.queue.take(1)
    assert second is not None and (second.id, second.tries, second.fence) == (first.id, 0, first.fence + 1)
    assert bench.queue.begin_try(second) == 1, "the report of the last try is not read again"
    assert bench.queue.finish(second, "passed", "")
    with pytest.raises(UsageError) as caught:
        bench.queue.again(first.id)
    assert bench.words == {"a commit": "passed"} and caught.value.why.startswith("It is passed")


def test_a_fork_waits_for_a_word_and_each_push_for_a_new_one(bench: Bench) -> None:
    bench.push(main="a", pull_7="b")
    held = next(it for it in bench.queue.newest() if it.state == "held")
    with pytest.raises(NotFound, match="no such pipeline"):
        bench.queue.allow("x", "alice", trusted=True)
    with pytest.raises(NotFound, match="Several"):
        bench.queue.allow("p", "alice", trusted=True)
    assert bench.queue.allow(held.id, "alice", trusted=True).allowed_by == "alice"
    with pytest.raises(PermissionDenied):
        bench.queue.allow(held.id, "alice", trusted=True)
    bench.push(main="a", pull_7="c")
    assert bench.words == {"a commit": "queued", "b fork": "superseded", "c fork": "held"}


def test_a_forks_commit_that_was_merged_is_judged_as_ours(bench: Bench) -> None:
    bench.push(main="a", pull_7="b")
    bench.push(main="b", pull_7="b")
    assert bench.words == {"a commit": "superseded", "b fork": "superseded", "b commit": "queued"}


def test_ids_and_contents_that_were_here_before(bench: Bench) -> None:
    ledger = bench.ledger
    assert ledger.note_delivery("analysis", "1", "x") == "new"
    assert ledger.note_delivery("analysis", "1", "x") == "again"
    assert ledger.note_delivery("analysis", "1", "y") == "replayed"
    assert ledger.note_delivery("analysis", "2", "x") == "replayed"
    assert ledger.note_delivery("another", "1", "x") == "new", "each hook has its own ids"
    bench.clock.now += 31 * 86400
    ledger.forget()
    assert ledger.note_delivery("analysis", "2", "x") == "new"


def test_what_forges_are_told_and_when(bench: Bench) -> None:
    outbox = Outbox(bench.ledger, "analysis")
    bench.push(main="a")
    bench.push(main="b")
    (queued,) = outbox.statuses()
    assert (queued.commit[0], queued.word) == ("b", "queued"), "what nothing was told of is superseded in silence"
    assert outbox.telling(queued) is False
    assert outbox.telling(queued) is True, "an earlier attempt may have arrived"
    outbox.failed(queued, 30, give_up=False)
    assert outbox.statuses() == []
    bench.clock.now += 31
    outbox.told(queued)
    assert outbox.statuses() == []
    taken = bench.queue.take(1)
    assert taken is not None and bench.queue.finish(taken, "moved", "by 3 events")
    (moved,) = outbox.statuses()
    assert (moved.word, moved.sentence) == ("moved", "by 3 events")
    outbox.failed(moved, 30, give_up=True)
    bench.clock.now += 31
    assert outbox.statuses() == []


def test_comments_are_for_requests_that_a_forge_told_us_of(bench: Bench) -> None:
    outbox = Outbox(bench.ledger, "analysis")
    bench.ledger.hear_request("analysis", 7, fork=False)
    bench.push(main="a", pull_7="b")
    assert bench.ledger.known("analysis")[1] == {7: Request(7, fork=False)}
    while (taken := bench.queue.take(1)) is not None:
        bench.queue.finish(taken, "passed", "")
    assert outbox.comments() == [], "the status comes first"
    for status in outbox.statuses():
        outbox.told(status)
    (comment,) = outbox.comments()
    assert (comment.number, comment.word) == (7, "passed")
    outbox.commented(comment, 99)
    assert outbox.comments() == []


def test_a_database_of_another_version_or_of_nonsense_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"nonsense" * 1000)
    with pytest.raises(StoreError):
        Ledger(path)


def test_a_clock_that_is_set_back_puts_nothing_off(bench: Bench) -> None:
    bench.push(main="a")
    taken = bench.queue.take(1)
    assert taken is not None and bench.queue.postpone(taken, 60.0)
    bench.clock.now -= 86400.0
    assert bench.ledger.is_due("analysis", 60.0)  # the last look seems to lie a day ahead
    bench.queue.bound_waits(600.0)
    assert bench.queue.take(1) is None
    bench.clock.now += 601.0
    assert bench.queue.take(1) is not None


@pytest.mark.parametrize("code, word", [("permission.server", "queued"), ("permission", "refused")])
def test_a_token_that_ran_out_is_not_the_commits_fault(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, word: str
) -> None:
    def denied(*_: object) -> bool:
        raise PermissionDenied("The server of a repository does not let us read it", code=code)

    monkeypatch.setattr("recast.ci.server.drive.fetch_commit", denied)
    settings = ServerSettings("127.0.0.1", 0, tmp_path, {"analysis": HERE})
    driver = Driver(settings, ServerPlaces(tmp_path), bench.queue, print, lambda _: False, threading.Lock())
    bench.push(main="a")
    taken = bench.queue.take(1)
    assert taken is not None
    driver.drive(taken)
    assert bench.words == {"a commit": word}


def test_a_forks_commit_that_is_merged_as_it_is_gets_one_comment(bench: Bench) -> None:
    # Both pipelines of such a commit, the fork's and the repository's, took turns at the comment, twice a second.
    here, outbox = replace(HERE, forks="untrusted"), Outbox(bench.ledger, "analysis")
    bench.ledger.hear_request("analysis", 7, fork=True)

    def told() -> list[str]:
        for status in outbox.statuses():
            outbox.telling(status)
            outbox.told(status)
        found = outbox.comments()
        for comment in found:
            outbox.commented(comment, 1)
        return [it.id for it in found]

    ids = []
    for heads in ({"pull_7": "a"}, {"pull_7": "a", "main": "a"}):
        bench.push(here, **heads)
        taken = bench.queue.take(1)
        assert taken is not None and bench.queue.finish(taken, "passed", "")
        ids.append(taken.id)
        assert [told() for _ in range(3)] == [[taken.id], [], []]
    assert len(set(ids)) == 2


def test_a_superseded_fork_says_nothing_after_the_repositorys_verdict(bench: Bench) -> None:
    outbox = Outbox(bench.ledger, "analysis")
    bench.push(pull_7="a")
    (held,) = outbox.statuses()
    outbox.telling(held)
    outbox.told(held)
    bench.push(pull_7="a", main="a")
    assert bench.words == {"a commit": "queued", "a fork": "superseded"}
    assert [(it.lane, it.word) for it in outbox.statuses()] == [("commit", "queued")]
