"""Errors as answers: RFC 9457, with the code, the why and the next step; nothing of the inside of the service."""

from __future__ import annotations

import json

import httpx2
import pytest

from recast.errors import InfrastructureError, RecastError
from recast.pages import error_pages
from recast.service.http.problems import problem_document
from tests.service.running import Running
from tests.waiting import BOUND_S

KEYS = {"type", "title", "status", "detail", "code", "why", "where", "next"}


def problem(answer: httpx2.Response, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, object] = answer.json()
    assert set(document) >= KEYS and document["status"] == status
    assert document["code"] == code
    return document


def test_errors_are_problems(service: Running) -> None:
    stranger = service.client()
    problem(stranger.get("/nothing"), 404, "not-found")
    problem(stranger.get("/requests/q0000000000"), 404, "not-found")
    problem(stranger.put("/requests"), 405, "service.method")
    problem(stranger.post("/requests", json={"title": "x"}), 403, "request.refused")
    problem(service.client("rct_" + "x" * 43).get("/requests"), 401, "permission.token")
    problem(stranger.get("/requests?limit=0"), 422, "request.invalid")
    problem(stranger.get("/requests?cursor=nonsense"), 422, "desk.cursor")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"title": NaN}', b"\xff", b'{"title": "\\ud800"}', b"[" * 50_000, b'{"a":' * 300 + b"1" + b"}" * 300],
    ids=["nothing", "cut", "nan", "latin", "half a letter", "deep", "deep objects"],
)
def test_a_body_that_is_no_json(service: Running, body: bytes) -> None:
    token = service.person("ada")
    answer = service.client(token, **{"Content-Type": "application/json"}).post("/requests", content=body)
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("service.unreadable", "request.invalid")


@pytest.mark.parametrize("number", ["1" + "0" * 400, "-1e400", "Infinity"])
def test_a_number_that_cannot_be_calculated_with_is_no_fault_of_the_service(service: Running, number: str) -> None:
    ada = service.client(service.person("ada"), **{"Content-Type": "application/json"})
    for path, body in (
        ("/check", '{"points": [{"coordinates": {"m_squark": NUMBER}}]}'),
        ("/requests", '{"title": "x", "points": [{"coordinates": {"m": 1}, "inputs": {"x": [NUMBER]}}]}'),
        ("/requests/q0000000000/actions", '{"action": "answer", "point": "p1", "results": [{"mu_ul_obs": NUMBER}]}'),
    ):
        problem(ada.post(path, content=body.replace("NUMBER", number).encode()), 400, "service.unreadable")
    table = {"title": "x", "csv": f"m\n{number}\n"}
    assert "not a finite number" in str(problem(ada.post("/requests", json=table), 422, "request.invalid"))


def test_a_body_of_another_kind(service: Running) -> None:
    ada = service.client(service.person("ada"))
    problem(
        ada.post("/requests", content=b"title=x", headers={"Content-Type": "text/plain"}), 415, "service.media-type"
    )
    problem(ada.post("/requests", content=b"title=x"), 415, "service.media-type")


def test_every_fault_of_a_document_is_told_with_its_place(service: Running) -> None:
    ada = service.client(service.person("ada"))
    answer = ada.post("/requests", json={"title": 1, "audience": "all", "points": [{"coordinates": []}], "x": 1})
    faults = problem(answer, 422, "request.invalid")["errors"]
    assert {fault["where"] for fault in faults} >= {  # type: ignore[attr-defined]
        "/body/title", "/body/audience", "/body/points/0/coordinates", "/body/x",
    }  # fmt: skip


def test_a_body_that_is_too_large_is_not_read(service: Running) -> None:
    ada = service.client(service.person("ada"))
    large = json.dumps({"title": "x", "model": "x" * (9 << 20)}).encode()
    problem(
        ada.post("/requests", content=large, headers={"Content-Type": "application/json"}), 413, "service.too-large"
    )


def test_the_page_of_a_code_is_where_type_says(service: Running) -> None:
    document = problem(service.client().get("/requests/q0000000000"), 404, "not-found")
    page = httpx2.get(service.url + str(document["type"]), trust_env=False, timeout=BOUND_S)
    assert page.status_code == 200 and page.text.startswith("# not-found\n")
    assert page.headers["content-type"].startswith("text/markdown")


def test_a_code_is_quoted_harmlessly(service: Running) -> None:
    answer = service.client().get("/problems/%3Cscript%3Ealert(1)%3C%2Fscript%3E%0d%0aX-Evil:1")
    assert answer.status_code == 404 and "x-evil" not in answer.headers
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_is_our_own_fault_names_no_file() -> None:
    error = InfrastructureError(
        "The ledger cannot be used", where="/var/lib/secret/ledger.sqlite", why="disk I/O error"
    )
    document = problem_document(error, "")
    assert document["status"] == 503 and "/var/lib" not in json.dumps(document)


def test_every_code_has_a_status_and_every_page_an_address() -> None:
    for page in error_pages():
        document = problem_document(RecastError("x", code=page.code), "/desk")
        assert document["type"] == f"/desk/api/v1/problems/{page.code}"
