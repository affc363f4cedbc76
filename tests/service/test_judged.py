"""An action is judged by what its request asks for: whatever its body names, and whatever happens meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from recast.desk.model import Actor, Request
from recast.digests import digest_of
from recast.ledger import Ledger
from recast.service.statements import statement_of
from recast.strictjson import parse_json
from tests.service.running import ANALYSIS, Running, no_faults
from tests.service.staged import LIMIT, Staged

AT_ONCE, CLOSED = "atlas-at-once", "atlas-closed"
HOSTILE = {"analysis": AT_ONCE, "version": "1.0.0"}


@pytest.fixture
def staged(service: Running) -> Staged:
    service.publish(AT_ONCE, "at-once", quota_core_hours=100.0)
    staged = Staged(service)
    service.publish(quota_core_hours=100.0)
    return staged


@pytest.mark.parametrize(
    ("state", "action"),
    [
        ("submitted", "accept"),
        ("accepted", "run"),
        ("answered", "review"),
        ("answered", "release"),
        ("answered", "rerun"),
    ],
)
def test_nobody_names_the_card_that_judges_them(service: Running, staged: Staged, state: str, action: str) -> None:
    request = staged.request(state)
    alice = service.client(service.person("alice"))
    said = service.act(alice, request.id, action, reason="mine", **HOSTILE)
    assert said.status_code == 403, said.text
    assert service.parts.ledger.request(request.id) == request


def test_nobody_names_the_version_that_is_submitted(service: Running, staged: Staged) -> None:
    service.publish(CLOSED, "closed")
    request = staged.request("draft", analysis=CLOSED)
    alice = service.client(service.person("alice"))
    assert service.act(alice, request.id, "submit", analysis=AT_ONCE).status_code == 403
    mine = staged.request("draft")
    said = service.act(alice, mine.id, "submit", analysis=AT_ONCE)
    assert said.status_code == 422 and "does not go with" in said.text


def test_a_search_that_is_wanted_is_of_no_collaboration(service: Running, staged: Staged) -> None:
    alice = service.client(service.person("alice"))
    asked = {"analysis": ANALYSIS, "title": "x", "points": [{"coordinates": {"m": 1}}]}
    made = alice.post("/requests", json=asked).json()
    assert made["collaboration"] == "atlas"
    wanted = alice.patch(f"/requests/{made['id']}", json={"wanted": "arXiv:2106.01676"}, headers={"If-Match": '"1"'})
    assert (wanted.json()["analysis"], wanted.json()["collaboration"]) == ("", "")


def test_an_acceptance_is_judged_by_what_is_asked_when_it_is_written(
    service: Running, staged: Staged, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = staged.request("draft")
    ledger, facts = service.parts.ledger, service.parts.ledger.catalogue.facts
    alice = Actor(service.people["alice"])
    ledger.act(request.id, "amend", alice, {"analysis": AT_ONCE}, facts=facts(AT_ONCE))
    ledger.act(request.id, "submit", alice, {}, facts=facts(AT_ONCE))
    found: list[str] = []

    def amended_meanwhile(analysis: str, version: str = "") -> Any:
        known = facts(analysis, version)
        found.append(analysis)
        if len(found) == 1:
            ledger.act(request.id, "amend", alice, {"analysis": ANALYSIS}, facts=facts(ANALYSIS))
        return known

    monkeypatch.setattr(ledger.catalogue, "facts", amended_meanwhile)
    said = service.act(service.client(service.person("alice")), request.id, "accept")
    assert said.status_code == 403, said.text
    assert AT_ONCE in found and ANALYSIS in found


def test_points_that_nobody_checked_are_not_submitted(service: Running, staged: Staged) -> None:
    request = staged.request("draft")
    alice, checked = Actor(service.people["alice"]), list[Any]()

    def amended_meanwhile(document: dict[str, Any], actor: Actor, ledger: Ledger) -> dict[str, Any]:
        checked.append([point["coordinates"] for point in document["points"]])
        if len(checked) == 1:
            ledger.act(request.id, "comment", alice, {"text": "this changes nothing that was checked"})
        if len(checked) == 2:
            points = [{"coordinates": {"m": -7}}]
            ledger.act(request.id, "amend", alice, {"points": points}, facts=ledger.catalogue.facts(ANALYSIS))
        return no_faults(document, actor, ledger)

    object.__setattr__(service.parts, "check", amended_meanwhile)
    client = service.client(service.person("alice"))
    assert service.act(client, request.id, "submit").status_code == 200
    assert len(checked) == 1
    for action in ("withdraw", "reopen", "submit"):
        assert service.act(client, request.id, action).status_code == 200
    assert checked[1:] == [[{"m": 1}, {"m": 2}, {"m": 3}], [{"m": -7}]]


def test_what_was_released_is_signed_whatever_the_request_says_now(service: Running, staged: Staged) -> None:
    request = staged.request("released", model="MSSM")
    promised = request.points[0].answers[0].statement
    _say_otherwise(staged, request)
    stranger = service.client()
    file = stranger.get(f"/requests/{request.id}/answers/a1/statement")
    assert file.status_code == 404, "it is a draft again, which is its owner's"
    mine = service.client(service.person("alice")).get(f"/requests/{request.id}/answers/a1/statement")
    assert mine.status_code == 200, mine.text
    content = mine.json()["statement"].encode()
    assert digest_of(content) == promised
    assert parse_json(content)["model"] == "MSSM"


def test_what_is_not_kept_is_not_signed_anew(service: Running, staged: Staged) -> None:
    request = staged.request("released", model="MSSM")
    _say_otherwise(staged, request)
    with service.parts.ledger.writing() as connection:  # as of a release before statements were kept
        connection.exec_driver_sql("DELETE FROM stated")
    mine = service.client(service.person("alice")).get(f"/requests/{request.id}/answers/a1/statement")
    assert (mine.status_code, mine.json()["code"]) == (404, "answer.not-kept")
    with service.parts.ledger.writing() as connection:
        digest = request.points[0].answers[0].statement
        connection.exec_driver_sql(f"INSERT INTO stated VALUES ('{digest}', X'7B7D')")
    mine = service.client(service.person("alice")).get(f"/requests/{request.id}/answers/a1/statement")
    assert mine.status_code == 404, "what is damaged is not signed either"


def test_a_release_of_before_is_signed_if_it_is_still_the_same(service: Running, staged: Staged) -> None:
    request = staged.request("released")
    with service.parts.ledger.writing() as connection:
        connection.exec_driver_sql("DELETE FROM stated")
    content = parse_json(statement_of(service.parts, request, "a1"))["statement"].encode()
    assert digest_of(content) == request.points[0].answers[0].statement


def _say_otherwise(staged: Staged, request: Request) -> None:
    """Let the owner of a released request write another model into it."""
    staged.act(request.id, "rerun", staged.carol)
    staged.act(request.id, "withdraw", staged.alice)
    staged.act(request.id, "reopen", staged.alice)
    staged.act(request.id, "amend", staged.alice, model="NMSSM")


def test_who_helps_themselves_reads_the_logs_of_their_runs(service: Running) -> None:
    staged = Staged(service)
    service.publish(ANALYSIS, "at-once")
    request = staged.request("accepted")
    run = staged.run(request)
    alice, bob = (service.client(service.person(name)) for name in ("alice", "bob"))
    said = alice.get(f"/runs/{run}/log", params={"step": "/fit/0"})
    assert said.status_code == 404, "it may be read, and there is none"
    assert bob.get(f"/runs/{run}/log", params={"step": "/fit/0"}).status_code == 403


def test_an_answer_to_a_withdrawn_version_says_so(service: Running, staged: Staged) -> None:
    request = staged.request("accepted")
    facts = service.parts.ledger.catalogue.facts
    service.publish(status="withdrawn", reason="wrong luminosity")
    assert facts(ANALYSIS).caveat == f"{ANALYSIS}@1.0.0 is withdrawn: wrong luminosity"
    carol = service.client(service.person("carol"))
    said = service.act(carol, request.id, "answer", point="p1", results=[LIMIT], provenance={"method": "by hand"})
    assert said.status_code == 200, said.text
    assert said.json()["points"][0]["answers"][0]["caveat"] == f"{ANALYSIS}@1.0.0 is withdrawn: wrong luminosity"
