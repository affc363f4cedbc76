"""What is sent twice happens once; what changed meanwhile is not overwritten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.service.on_both import *  # noqa: F403
from tests.service.running import ANALYSIS, Running
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
    assert changed.status_code == 200 and changed.headers["etag"].startswith('"2-')
    late = alice.patch(path, json={"title": "y"}, headers={"If-Match": '"1"'})
    assert late.status_code == 412 and late.json()["code"] == "desk.changed"
    for tag in ('W/"2"', "2", '"x"'):
        assert alice.patch(path, json={"title": "y"}, headers={"If-Match": tag}).status_code == 412
    assert alice.patch(path, json={"title": "y"}, headers={"If-Match": changed.headers["etag"]}).status_code == 200
    assert alice.patch(path, json={"title": "z"}, headers={"If-Match": "*"}).status_code == 200


def test_an_unchanged_document_is_not_sent_again(service: Running) -> None:
    request = Staged(service).request("submitted")
    stranger = service.client()
    first = stranger.get(f"/requests/{request.id}")
    for tag in (first.headers["etag"], f"W/{first.headers['etag']}", '"x", ' + first.headers["etag"], "*"):
        again = stranger.get(f"/requests/{request.id}", headers={"If-None-Match": tag})
        assert again.status_code == 304 and not again.content
    assert stranger.get(f"/requests/{request.id}", headers={"If-None-Match": '"999"'}).status_code == 200


def test_a_key_stands_for_the_version_that_is_changed_too(service: Running) -> None:
    request = Staged(service).request("draft")
    alice = service.client(service.person("alice"))
    path, words = f"/requests/{request.id}/actions", {"action": "comment", "text": "x"}
    assert alice.post(path, json=words, headers={**KEY, "If-Match": '"1"'}).status_code == 200
    assert alice.post(path, json=words, headers={**KEY, "If-Match": '"1"'}).status_code == 200
    other = alice.post(path, json=words, headers={**KEY, "If-Match": '"2"'})
    assert other.status_code == 422 and other.json()["code"] == "desk.key-reused"


def test_a_repeated_key_answers_nobody_who_may_not_read_any_more(service: Running) -> None:
    staged = Staged(service)
    request = staged.request("submitted", "private")
    bob = service.client(service.person("bob"))
    staged.act(request.id, "invite", staged.alice, user=service.people["bob"])
    path, words = f"/requests/{request.id}/actions", {"action": "comment", "text": "x"}
    assert bob.post(path, json=words, headers=KEY).status_code == 200
    staged.act(request.id, "uninvite", staged.alice, user=service.people["bob"])
    gone = bob.post(path, json=words, headers=KEY)
    assert gone.status_code == 404 and "points" not in gone.json()
    assert bob.post(path, json={**words, "text": "y"}, headers=KEY).status_code == 404, "the key tells nothing either"


def test_a_repeated_key_shows_no_more_than_a_request_shows_now(service: Running) -> None:
    staged = Staged(service)
    request = staged.request("submitted", "private")
    staged.act(request.id, "comment", staged.alice, text="among us")
    bob = service.client(service.person("bob"))
    staged.act(request.id, "invite", staged.alice, user=service.people["bob"])
    path, words = f"/requests/{request.id}/actions", {"action": "subscribe"}
    assert "among us" in bob.post(path, json=words, headers=KEY).text
    staged.act(request.id, "publish", staged.alice, audience="public")
    staged.act(request.id, "uninvite", staged.alice, user=service.people["bob"])
    again = bob.post(path, json=words, headers=KEY)
    assert again.status_code == 200 and "among us" not in again.text


def test_every_post_of_somebody_who_is_known_knows_keys(service: Running) -> None:
    service.person("bob")
    root = service.client(service.person("root", roles="administrator"))
    bob = f"/people/{service.people['bob']}"
    point = {"points": [{"coordinates": {"m": 1}}]}
    for number, (path, body, other) in enumerate(
        (
            ("/invitations", {"role": "operator"}, {"role": ""}),
            (f"{bob}/quota", {"what": "core_hours", "most": 1.0}, {"what": "core_hours", "most": 2.0}),
            (f"{bob}/block", {"reason": "x"}, {"reason": "y"}),
            ("/check", point, {"points": [{"coordinates": {"m": 2}}]}),
        )
    ):
        key = {"Idempotency-Key": f"k{number}"}
        first, again = (root.post(path, json=body, headers=key) for _ in range(2))
        assert first.status_code == again.status_code < 300, (path, again.text)
        assert again.json() == {**first.json(), **({"path": None} if "path" in first.json() else {})}
        refused = root.post(path, json=other, headers=key)
        assert refused.status_code == 422 and refused.json()["code"] == "desk.key-reused", path
    key = {"Idempotency-Key": "u"}
    root.post(f"{bob}/unblock", headers=key)
    root.post(f"{bob}/block", json={"reason": "again"})
    root.post(f"{bob}/unblock", headers=key)
    assert root.get(f"{bob}/account").json()["blocked"] == "again", "what came again was not done again"


def test_a_key_of_an_upload_stands_for_its_bytes(service: Running, home: object) -> None:
    ada = service.client(service.person("ada"))
    table, other = b"m,x\n1,2\n", b"m,x\n1,3\n"
    first, again = (ada.post("/uploads", content=table, headers=KEY) for _ in range(2))
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    refused = ada.post("/uploads", content=other, headers=KEY)
    assert refused.status_code == 422 and refused.json()["code"] == "desk.key-reused"
    assert ada.get("/uploads").json()["total"] == 1


def test_the_same_key_at_the_same_time_makes_one_token_link_invitation_and_check(service: Running) -> None:
    staged = Staged(service)
    request = staged.request("submitted")
    root = service.person("root", roles="administrator")
    link = {"note": "referee", "expires_in_s": 3600}
    alice = service.person("alice")
    for number, (token, path, wanted) in enumerate((
        (root, "/tokens", {"name": "laptop", "scopes": ["read"]}),
        (root, "/invitations", {"role": "operator"}),
        (alice, f"/requests/{request.id}/links", link),
        (alice, "/check", {"analysis": ANALYSIS, "points": [{"coordinates": {"m": 1}}]}),
    )):  # fmt: skip
        clients = [service.client(token, **{"Idempotency-Key": f"key-{number}"}) for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda client, to=path, body=wanted: client.post(to, json=body), clients))
        assert {it.status_code for it in answers} <= {200, 201}, [it.text for it in answers]
        shown = [it for it in answers if any(it.json().get(name) for name in ("token", "path", "link"))]
        assert len(shown) == (path != "/check"), "one is shown the secret"
