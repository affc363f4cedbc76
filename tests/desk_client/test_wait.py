"""A request is waited for as long as it may still be answered, and read again only if it changed."""

from __future__ import annotations

from typing import Any

import pytest

from recast.errors import InfrastructureError, NetworkError, WorkflowFailed
from recast.operations.desk.server import Server
from recast.operations.desk.wait import Patience, wait_for
from tests.desk_client.conftest import REQUEST, Service


class Clock:
    """A clock that goes with what is waited."""

    def __init__(self) -> None:
        self.time = 0.0

    def sleep(self, s: float) -> None:
        self.time += s

    def patience(self, most_s: float | None = None, away_s: float = 5.0) -> Patience:
        return Patience(2.0, most_s, away_s, self.sleep, lambda: self.time)


def _request(state: str, *points: str) -> tuple[int, dict[str, Any]]:
    point = {"id": "p1", "coordinates": {}, "answers": []}
    return 200, {**REQUEST, "state": state, "state_reason": "no", "points": [{**point, "state": it} for it in points]}


def test_until_all_points_are_answered(service: Service) -> None:
    service.headers = {"ETag": '"7"'}
    service.answers = [
        _request("submitted", "open", "open"),
        (304, b""),
        _request("accepted", "running", "answered"),
        _request("answered", "failed", "answered"),
    ]
    said: list[str] = []
    found = wait_for(Server(service.address), "q1", said.append, Clock().patience())
    assert found["state"] == "answered"
    assert said == ["submitted: 2 open", "accepted: 1 running, 1 answered", "answered: 1 failed, 1 answered"]
    assert [headers.get("if-none-match") for _, _, headers, _ in service.asked] == [None, '"7"', '"7"', '"7"']


@pytest.mark.parametrize("state", ["declined", "withdrawn", "expired"])
def test_what_has_ended_is_not_waited_for(service: Service, state: str) -> None:
    service.answers = [_request(state, "open")]
    with pytest.raises(WorkflowFailed, match=state):
        wait_for(Server(service.address), "q1", lambda _: None, Clock().patience())


def test_patience_has_an_end(service: Service) -> None:
    service.answers = [_request("submitted", "open")] * 4
    with pytest.raises(NetworkError, match="not answered yet"):
        wait_for(Server(service.address), "q1", lambda _: None, Clock().patience(5.0))
    assert len(service.asked) == 4


BUSY = (503, {"title": "Busy", "code": "service.busy", "detail": "", "why": "", "where": "", "next": ""})


def test_a_service_that_is_started_again_meanwhile_is_waited_for(service: Service) -> None:
    accepted = _request("accepted", "running")
    service.answers = [accepted, BUSY, BUSY, accepted, BUSY, _request("answered", "answered")]
    said: list[str] = []
    assert wait_for(Server(service.address), "q1", said.append, Clock().patience())["state"] == "answered"
    away, line = "the service is away: Busy", "accepted: 1 running"
    assert said == [line, away, line, away, "answered: 1 answered"]


def test_a_service_that_stays_away_is_not_waited_for(service: Service) -> None:
    service.answers = [_request("accepted", "running"), *[BUSY] * 3]
    with pytest.raises(InfrastructureError, match="Busy"):
        wait_for(Server(service.address), "q1", lambda _: None, Clock().patience())
    assert not service.answers
    service.answers = [BUSY]
    with pytest.raises(InfrastructureError, match="Busy"):
        wait_for(Server(service.address), "q1", lambda _: None, Clock().patience())
