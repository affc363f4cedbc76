"""A wish arrives once, and a refusal comes back as what it was."""

from __future__ import annotations

import pytest

from recast.errors import (
    CredentialsProblem,
    InfrastructureError,
    InputError,
    MovedOn,
    NetworkError,
    NotFound,
    PermissionDenied,
    RecastError,
    Refused,
    UsageError,
)
from recast.operations.desk.calls import act, requests, revoke_token
from recast.operations.desk.server import Server, path_of
from tests.desk_client.conftest import REQUEST, Service


def _problem(status: int, code: str) -> tuple[int, dict[str, object]]:
    said = {"title": "No", "detail": "because", "code": code, "why": "because", "where": "here", "next": "do that"}
    return status, {"type": "about:blank", "status": status, **said}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "usage", InputError),
        (401, "permission.token", CredentialsProblem),
        (403, "permission.server", PermissionDenied),
        (403, "request.refused", Refused),
        (404, "not-found", NotFound),
        (409, "request.moved-on", MovedOn),
        (412, "desk.changed", MovedOn),
        (422, "request.invalid", InputError),
        (503, "service.busy", InfrastructureError),
    ],
)
def test_a_refusal_is_the_error_that_it_was_there(
    service: Service, status: int, code: str, kind: type[RecastError]
) -> None:
    service.answers = [_problem(status, code)]
    with pytest.raises(kind) as refused:
        Server(service.address).get("/requests")
    error = refused.value
    assert type(error) is kind
    assert (error.code, error.why, error.where, error.next_step) == (code, "because", "here", "do that")


@pytest.mark.parametrize("action", ["accept", "decline", "review", "reject", "release"])
def test_a_judgement_is_about_the_request_that_was_read(service: Service, action: str) -> None:
    service.headers = {"ETag": '"7-abc"'}
    service.answers = [(200, {**REQUEST, "revision": 7}), (200, REQUEST)]
    act(Server(service.address), "q1", action)
    (read, _, _, _), (said, _, headers, content) = service.asked
    assert (read, said, headers["if-match"]) == ("GET", "POST", '"7-abc"')
    assert b"revision" not in content


def test_a_judgement_of_an_older_revision_is_not_sent(service: Service) -> None:
    service.answers = [(200, {**REQUEST, "revision": 8})]
    with pytest.raises(MovedOn) as refused:
        act(Server(service.address), "q1", "release", revision=7)
    assert refused.value.code == "desk.changed"
    assert len(service.asked) == 1


def test_a_lost_answer_is_asked_for_again_with_the_same_key(service: Service) -> None:
    service.answers = [(0, None), (200, REQUEST)]
    assert act(Server(service.address, "rct_secret"), "q1", "submit") == REQUEST
    keys = [headers["idempotency-key"] for _, _, headers, _ in service.asked]
    assert len(keys) == 2 and len({*keys}) == 1


def test_two_wishes_have_two_keys(service: Service) -> None:
    service.answers = [(200, REQUEST), (200, REQUEST)]
    for _ in range(2):
        act(Server(service.address), "q1", "comment", text="again")
    first, second = (headers["idempotency-key"] for _, _, headers, _ in service.asked)
    assert first != second


def test_redirects_are_not_followed_with_a_token(service: Service) -> None:
    service.answers = [(307, {})]
    service.headers = {"Location": "http://127.0.0.1:1/elsewhere"}
    with pytest.raises(NetworkError, match="leads elsewhere"):
        Server(service.address, "rct_secret").get("/requests")
    assert len(service.asked) == 1


@pytest.mark.parametrize("address", ["http://recast.example.org", "http://10.0.0.1:8470"])
def test_a_token_is_never_sent_in_the_clear(address: str) -> None:
    with pytest.raises(UsageError, match="not encrypted"):
        Server(address, "rct_secret")
    assert "secret" not in repr(Server("https://recast.example.org", "rct_secret"))


def test_an_answer_that_is_no_json_is_said_to_be_none(service: Service) -> None:
    service.answers = [(200, b"{'id': NaN}")]
    with pytest.raises(NetworkError, match="cannot be used"):
        Server(service.address).get("/requests")


@pytest.mark.parametrize("said", [b"<html>nginx</html>", b"[]", b'{"code": 7}', b"", b'{"title": "x"}'])
def test_something_else_at_that_address_is_no_service(service: Service, said: bytes) -> None:
    service.answers = [(404, said)]
    with pytest.raises(NotFound, match="no service of RECAST"):
        Server(service.address).get("/requests")


def test_a_list_is_read_page_by_page(service: Service) -> None:
    service.answers = [(200, {"items": [{"id": "q1"}], "next": "c/2"}), (200, {"items": [{"id": "q2"}], "next": None})]
    found = list(requests(Server(service.address), state="submitted", analysis=None))
    assert [row["id"] for row in found] == ["q1", "q2"]
    assert [path for _, path, _, _ in service.asked] == [
        "/api/v1/requests?state=submitted",
        "/api/v1/requests?state=submitted&cursor=c%2F2",
    ]


def test_an_id_leads_nowhere_else() -> None:
    assert path_of("requests", "../users?x=1#y") == "/requests/..%2Fusers%3Fx%3D1%23y"
    for nothing in ("", ".", ".."):
        with pytest.raises(UsageError):
            path_of("requests", nothing)


def test_what_is_gone_after_a_lost_answer_was_removed_by_us(service: Service) -> None:
    service.answers = [(0, None), _problem(404, "not-found"), _problem(404, "not-found")]
    revoke_token(Server(service.address, "rct_secret"), "t1")
    with pytest.raises(NotFound):
        revoke_token(Server(service.address, "rct_secret"), "t1")


def test_a_change_after_a_lost_answer_may_be_our_own(service: Service) -> None:
    service.answers = [(0, None), _problem(412, "desk.changed"), _problem(412, "desk.changed")]
    with pytest.raises(MovedOn) as refused:
        Server(service.address).patch("/requests/q1", {}, if_match='"1"')
    assert "may be your own" in refused.value.why
    with pytest.raises(MovedOn) as refused:
        Server(service.address).patch("/requests/q1", {}, if_match='"1"')
    assert refused.value.why == "because"


def test_no_proxy_sees_what_goes_to_this_machine(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    service.answers = [(200, REQUEST)]
    assert Server(service.address, "rct_secret").get("/requests/q1").document == REQUEST
