"""Event streams: everything once and in order, from where one was; and the end when access ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from sqlalchemy import insert, update

from recast.ledger import tables
from recast.ledger.people.links import make_link, revoke_link
from recast.service.live.stream import last_seen
from tests.service.running import Running
from tests.service.staged import Staged
from tests.service.test_runs import picture


class Stream:
    """The events of an open stream."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer, self._lines = answer, answer.iter_lines()

    def next(self) -> tuple[int, str, Any]:
        """Return the number, the kind and the document of the next event; raises StopIteration at the end."""
        found: dict[str, str] = {}
        while True:
            line = next(self._lines)
            if not line and "data" in found:
                return int(found["id"]), found["event"], json.loads(found["data"])
            name, _, value = line.partition(": ")
            if name:
                found[name] = value


@contextmanager
def following(client: httpx2.Client, path: str, seen: int | None = None) -> Iterator[Stream]:
    headers = {"Last-Event-ID": str(seen)} if seen is not None else {}
    with client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(answer)


def test_a_request_is_followed_from_its_beginning_and_on(service: Running) -> None:
    staged = Staged(service)
    request = staged.request("submitted")
    carol = service.client(service.person("carol"))
    with following(carol, f"/requests/{request.id}/events") as stream:
        assert [stream.next()[:2] for _ in range(2)] == [(1, "drafted"), (2, "submitted")]
        assert service.act(carol, request.id, "accept", reason="fine").status_code == 200
        number, kind, document = stream.next()
        assert (number, kind) == (3, "accepted") and document["data"]["reason"] == "fine"


def test_it_goes_on_where_one_was(service: Running) -> None:
    request = Staged(service).request("accepted")
    carol = service.client(service.person("carol"))
    with following(carol, f"/requests/{request.id}/events", seen=2) as stream:
        assert stream.next()[:2] == (3, "accepted")


def test_a_stranger_hears_only_what_is_public(service: Running) -> None:
    staged = Staged(service)
    request = staged.request("released")
    with following(service.client(), f"/requests/{request.id}/events") as stream:
        kinds = [stream.next()[1]]
        while kinds[-1] != "released":
            kinds.append(stream.next()[1])
    assert "drafted" not in kinds and "run-asked" not in kinds and kinds.count("point-answered") == 3


def test_many_streams_hear_every_event_once(service: Running) -> None:
    staged = Staged(service)
    request = staged.request("submitted")
    token = service.person("alice")
    alice = service.client(token)
    path = f"/requests/{request.id}/events"
    with following(alice, path, 2) as one, following(service.client(token), path, 2) as two:
        for number in range(20):
            assert service.act(alice, request.id, "comment", text=f"word {number}").status_code == 200
        for stream in (one, two):
            assert [stream.next()[0] for _ in range(20)] == list(range(3, 23))


def test_a_stream_ends_when_access_ends(service: Running) -> None:
    staged = Staged(service)
    request = staged.request("submitted", "private")
    gate = service.parts.identity.gate
    with gate.ledger.writing() as connection:
        secret, link = make_link(connection, request.id, request.owner, "", 3600, gate.now())
    referee = service.client(secret)
    with following(referee, f"/requests/{request.id}/events") as stream:
        assert stream.next()[1] == "submitted"
        with gate.ledger.writing() as connection:
            revoke_link(connection, request.id, link.id, request.owner, gate.now())
        staged.act(request.id, "accept", staged.carol)
        _, kind, problem = stream.next()
        assert kind == "closed" and problem["status"] == 404
        with pytest.raises(StopIteration):
            stream.next()


def test_a_run_is_followed_to_its_end(service: Running) -> None:
    staged = Staged(service)
    run = staged.run(staged.request("accepted"))
    picture(service, run)
    with following(service.client(), f"/runs/{run}/events") as stream:
        assert stream.next()[:2] == (1, "snapshot")
        picture(service, run, 2, state="succeeded")
        number, _, document = stream.next()
        assert number == 2 and document["state"] == "succeeded"


def test_the_stream_of_a_run_ends_with_it_whatever_one_has_seen(service: Running) -> None:
    """The last picture is written before the run has ended; whoever has it, or comes back later, hears the end."""
    staged = Staged(service)
    run = staged.run(staged.request("accepted"))
    picture(service, run)
    with following(service.client(), f"/runs/{run}/events") as stream:
        assert stream.next()[1] == "snapshot"
        picture(service, run, 2, state="succeeded")
        assert stream.next()[:2] == (2, "snapshot")
        ended(service, run)
        assert stream.next() == (2, "ended", {"run": run, "state": "succeeded"})
        with pytest.raises(StopIteration):
            stream.next()
    for seen, kinds in ((2, ["ended"]), (0, ["snapshot", "ended"])):
        with following(service.client(), f"/runs/{run}/events", seen) as stream:
            assert [stream.next()[1] for _ in kinds] == kinds
            with pytest.raises(StopIteration):
                stream.next()


def test_a_run_that_ended_before_its_first_picture_ends_its_stream(service: Running) -> None:
    staged = Staged(service)
    run = staged.run(staged.request("accepted"))
    ended(service, run)
    with following(service.client(), f"/runs/{run}/events") as stream:
        assert stream.next()[:2] == (0, "ended")


def ended(service: Running, run: str) -> None:
    """Note that a run has ended, as the dispatcher does."""
    with service.parts.ledger.writing() as connection:
        connection.execute(update(tables.runs).where(tables.runs.c.id == run).values(state="ended"))
        connection.execute(insert(tables.changes).values(kind="run", id=run))


def test_whatever_last_event_id_is(service: Running) -> None:
    assert [last_seen(it) for it in (None, "", "7", " 7 ", "-1", "x", "9" * 30, "٣", "1.5")] == [
        0,
        0,
        7,
        7,
        0,
        0,
        0,
        0,
        0,
    ]


def test_nobody_is_asked_while_nobody_listens(service: Running) -> None:
    assert service.parts.watch.count == 0
    request = Staged(service).request("submitted")
    with following(service.client(), f"/requests/{request.id}/events") as stream:
        stream.next()
        assert service.parts.watch.count == 1
