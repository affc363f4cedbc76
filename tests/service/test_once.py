"""What is sent twice happens once; what changed meanwhile is not overwritten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.service.on_both import *  # noqa: F403
from tests.service.running import Running
from tests.service.staged import ASKED, Staged

KEY = {"Idempotency-Key": "0f6c2f3e-5d2a-4f0e-9d0c-1c4bb6c1a111"}


def test_the_same_key_makes_one_request_and_the_same_answer(service: Running) -> None:
    service.publish()
    ada, eve = service.client(service.person("ada")), service.client(service.person("eve"))
    first, again = (ada.post("/requests", json=ASKED, headers=KEY) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.content == again.content and first.headers["location"] == again.headers["location"]
    assert ada.get("/requests").json()["total"] == 1
    other = ada.post("/requests", json={**ASKED, "title": "Other"}, headers=KEY)
    assert other.status_code == 422 and other.json()["code"] == "desk.key-reused"
    assert eve.post("/requests", json=ASKED, headers=KEY).json()["id"] != first.json()["id"]


def test_the_same_key_at_the_same_time(service: Running) -> None:
    service.publish()
    token = service.person("ada")
    clients = [service.client(token) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda client: client.post("/requests", json=ASKED, headers=KEY), clients))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_an_action_is_done_once(service: Running) -> None:
    staged = Staged(service)
    request = staged.request("draft")
    alice = service.client(service.person("alice"))
    answers = [alice.post(f"/requests/{request.id}/actions", json={"action": "submit"}, headers=KEY) for _ in range(3)]
    assert [it.status_code for it in answers] == [200, 200, 200]
    assert len({it.content for it in answers}) == 1
    assert service.parts.ledger.request(request.id).version == 2


def test_a_key_is_forgotten_after_a_day(service: Running) -> None:
    service.publish()
    ada = service.client(service.person("ada"))
    first = ada.post("/requests", json=ASKED, headers=KEY)
    service.clock.time += 86_401
    ada = service.client(service.person("ada"))
    assert ada.post("/requests", json=ASKED, headers=KEY).json()["id"] != first.json()["id"]


def test_a_token_is_shown_once_whatever_is_repeated(service: Running) -> None:
    root = service.client(service.person("root", roles="administrator"))
    wanted = {"name": "laptop", "scopes": ["read"]}
    first, again = (root.post("/tokens", json=wanted, headers=KEY).json() for _ in range(2))
    assert first["token"].startswith("rct_") and again["token"] is None and again["id"] == first["id"]
    assert first["token"] not in root.get("/tokens").text


def test_unusable_keys_are_refused(service: Running) -> None:
    ada = service.client(service.person("ada"))
    for key in ("", "x" * 129, "a b"):
        assert ada.post("/requests", json=ASKED, headers={"Idempotency-Key": key}).status_code in (400, 422)


def test_a_change_names_the_version_that_it_is_made_to(service: Running) -> None:
    request = Staged(service).request("draft")
    alice = service.client(service.person("alice"))
    path = f"/requests/{request.id}"
    assert alice.patch(path, json={"title": "x"}).status_code == 428
    changed = alice.patch(path, json={"title": "x"}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200 and changed.headers["etag"] == '"2"'
    late = alice.patch(path, json={"title": "y"}, headers={"If-Match": '"1"'})
    assert late.status_code == 412 and late.json()["code"] == "desk.changed"
    for tag in ('W/"2"', "2", '"x"'):
        assert alice.patch(path, json={"title": "y"}, headers={"If-Match": tag}).status_code == 412
    assert alice.patch(path, json={"title": "y"}, headers={"If-Match": "*"}).status_code == 200


def test_an_unchanged_document_is_not_sent_again(service: Running) -> None:
    request = Staged(service).request("submitted")
    stranger = service.client()
    first = stranger.get(f"/requests/{request.id}")
    for tag in (first.headers["etag"], f"W/{first.headers['etag']}", '"x", ' + first.headers["etag"], "*"):
        again = stranger.get(f"/requests/{request.id}", headers={"If-None-Match": tag})
        assert again.status_code == 304 and not again.content
    assert stranger.get(f"/requests/{request.id}", headers={"If-None-Match": '"999"'}).status_code == 200
