"""A service that is broken, hostile, or another program: its answers are refused in words, and nothing follows them."""

from __future__ import annotations

import copy
import errno
import gzip
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from recast.cli.app import run
from recast.cli.desk.login import _show
from recast.cli.desk.shown import emit_request
from recast.cli.output import hand_over_file, print_error
from recast.errors import InputError, NetworkError, PermissionDenied, RecastError, UsageError
from recast.operations.desk import calls, server
from recast.operations.desk.login import Asking, log_in, log_in_by_token
from recast.operations.desk.request_file import asked_again, read_request_file, with_uploads
from recast.operations.desk.server import Server, Told
from recast.operations.desk.shapes import REQUEST as SHAPE
from recast.operations.desk.wait import wait_for
from tests.desk_client.conftest import REQUEST, Service

TOKEN = "rct_" + "x" * 43
ESCAPE = "\x1b]0;owned\x07"


def _asking(shown: list[tuple[str, str]] | None = None, waits: list[float] | None = None) -> Asking:
    """Return somebody whose clock goes with what they wait."""
    slept: list[float] = [] if waits is None else waits
    seen: list[tuple[str, str]] = [] if shown is None else shown
    return Asking(lambda: ("ann", "hunter2"), lambda *it: seen.append(it), slept.append, lambda: sum(slept))


WISHES: dict[str, Callable[[Server], object]] = {
    "show": lambda it: calls.show_request(it, "q1"),
    "list": lambda it: list(calls.requests(it)),
    "act": lambda it: calls.act(it, "q1", "accept"),
    "new": lambda it: calls.new_request(it, {"title": "x"}, Path(), lambda _: None),
    "amend": lambda it: calls.amend_request(it, "q1", {"title": "x"}, Path(), lambda _: None),
    "history": lambda it: list(calls.history(it, "q1")),
    "statement": lambda it: calls.statement(it, "q1", "a1"),
    "watching": lambda it: calls.watching(it),
    "tokens": lambda it: list(calls.tokens(it)),
    "a token": lambda it: calls.make_token(it, "x", ["read"], 60),
    "wait": lambda it: wait_for(it, "q1", lambda _: None),
    "login": lambda it: log_in(it, _asking()),
    "login by token": log_in_by_token,
}
DOCUMENTS = [
    *(b"<html>hotel wifi</html>", b"", [], {}, 3, "x", None, [[]], {"items": 3}, {"items": [3], "next": None}),
    *({"items": [], "next": 7}, {"items": [{}], "next": None}, {"items": {}, "next": "x"}, {"watching": [3]}),
    *({"id": 3, "token": 7}, {"id": "t1", "token": f"rct_{ESCAPE}", "expires": ""}, {**REQUEST, "points": [None]}),
    *({"oidc": 3}, {"local": "yes"}, {"oidc": {"name": "x"}, "device": 3}),
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=[f"{it!r:.40}" for it in DOCUMENTS])
@pytest.mark.parametrize("wish", WISHES)
def test_another_program_is_told_from_a_service(service: Service, wish: str, document: Any) -> None:
    service.answers = [(200, document)] * 3
    try:
        WISHES[wish](Server(service.address, TOKEN))
    except RecastError as refused:
        assert refused.exit_code in (4, 6)
    else:  # a list of whatever is a history, and an empty list is one of everything
        assert wish == "history" or document in ({"items": [], "next": None},)


def _broken(document: Any) -> Iterator[Any]:
    """Yield a document again and again, each time with another part missing or of another type."""
    for value in (None, 3, 1.5, "x", [], {}, True, [None], {"x": 1}):
        if type(value) is not type(document) or isinstance(value, (list, dict)):
            yield value
    if isinstance(document, (dict, list)):
        for key in list(document) if isinstance(document, dict) else range(len(document)):
            for other in _broken(document[key]):
                yield {**document, key: other} if isinstance(document, dict) else [other]
            if isinstance(document, dict):
                yield {name: it for name, it in document.items() if name != key}


@pytest.mark.parametrize("output", ["table", "json", "csv"])
def test_whatever_is_wrong_in_a_request_is_no_traceback(output: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = refused = 0
    for document in _broken(REQUEST):
        try:
            emit_request(Told(200, {}, copy.deepcopy(document)).fitting(SHAPE), output)
            shown += 1
        except NetworkError:
            refused += 1
    assert shown > 50 < refused
    assert capsys.readouterr().out


@pytest.mark.parametrize("code", [f"x{ESCAPE}", "x y", "../x", "A", "x" * 61, "-", ""])
def test_a_code_that_is_none_is_not_shown(service: Service, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    service.answers = [(403, {"title": "No", "detail": "", "code": code, "why": "", "where": "", "next": ""})]
    with pytest.raises(NetworkError) as refused:
        calls.show_request(Server(service.address), "q1")
    assert refused.value.code == "network"
    print_error(RecastError("No", code=code))
    assert "\x1b" not in capsys.readouterr().err


def test_a_packed_answer_is_not_unpacked(service: Service) -> None:
    service.headers = {"Content-Encoding": "gzip, gzip"}
    service.answers = [(200, gzip.compress(gzip.compress(bytes(1 << 20))))]
    with pytest.raises(NetworkError, match="cannot be used") as refused:
        calls.show_request(Server(service.address), "q1")
    assert "packed" in refused.value.why
    assert service.asked[0][2]["accept-encoding"] == "identity"


def test_nothing_has_not_changed_that_was_never_read(service: Service) -> None:
    service.answers = [(304, b"")]
    with pytest.raises(NetworkError):
        wait_for(Server(service.address), "q1", lambda _: None)


def test_a_list_that_comes_again_is_ended(service: Service) -> None:
    service.answers = [(200, {"items": [{"id": "q1"}], "next": "c1"})] * 5
    with pytest.raises(NetworkError, match="cannot be used") as refused:
        list(calls.requests(Server(service.address)))
    assert "does not end" in refused.value.why and len(service.asked) == 2


@pytest.mark.parametrize(("name", "most"), [("_MOST_PAGES", 2), ("_MOST_BYTES", 60)])
def test_a_list_without_an_end_is_ended(
    service: Service, name: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, name, most)
    service.answers = [(200, {"items": [], "next": f"c{number}"}) for number in range(9)]
    with pytest.raises(NetworkError, match="cannot be used"):
        list(calls.history(Server(service.address), "q1"))
    assert len(service.asked) == 3


# logins --------------------------------------------------------------------------------------------------------

OIDC = {"local": False, "oidc": {"name": "CERN"}}
BEGUN = {
    **{"device": "d1", "user_code": "ABCD-EFGH", "verification_uri": "https://login.example.org/device"},
    **{"interval_s": 5, "expires_in_s": 60},
}


@pytest.mark.parametrize("address", ["http://recast.example.org", "http://10.0.0.1:8470", "http://127.0.0.1.evil.org"])
@pytest.mark.parametrize("local", [True, False, None])
def test_a_password_is_never_sent_in_the_clear(address: str, local: bool | None) -> None:
    with pytest.raises(UsageError, match="not encrypted"):
        log_in(Server(address), Asking(pytest.fail, pytest.fail), local=local)


@pytest.mark.parametrize(
    "begun",
    [
        {"verification_uri": "http://login.example.org/device"},
        {"verification_uri": "javascript:alert(1)"},
        {"verification_uri": "https://login.cern.ch@evil.example.org/"},
        {"verification_uri_complete": f"https://login.example.org/{ESCAPE}"},
        {"verification_uri_complete": "https://login.example.org/\ncode    WXYZ"},
        {"user_code": ""},
        {"user_code": f"AB{ESCAPE}"},
        {"user_code": "AB\nopen    https://evil.example.org"},
        {"device": None},
    ],
)
def test_a_page_of_login_that_deceives_is_not_shown(service: Service, begun: dict[str, Any]) -> None:
    service.answers = [(200, OIDC), (200, {**BEGUN, **begun})]
    shown: list[tuple[str, str]] = []
    with pytest.raises(NetworkError):
        log_in(Server(service.address), _asking(shown))
    assert not shown


@pytest.mark.parametrize(
    ("said", "pending"),
    [
        ({"interval_s": 0, "expires_in_s": 1e300}, {"more_s": 0}),
        ({"interval_s": -5}, {"more_s": -1e300}),
        ({"interval_s": 1e300}, {"more_s": 1e300}),
        ({"interval_s": 5, "expires_in_s": 1e300}, {"more_s": 60}),
    ],
)
def test_a_service_does_not_say_how_long_we_wait(
    service: Service, said: dict[str, Any], pending: dict[str, Any]
) -> None:
    no = {"title": "Denied", "detail": "", "code": "permission.login", "why": "", "where": "", "next": ""}
    service.answers = [(200, OIDC), (200, {**BEGUN, **said}), *[(202, pending)] * 80, (403, no)]
    waits: list[float] = []
    with pytest.raises(PermissionDenied):
        log_in(Server(service.address), _asking(waits=waits))
    assert waits and all(1.0 <= wait <= 60.0 for wait in waits) and sum(waits) <= 3660.0


@pytest.mark.parametrize("token", ["", "short", f"rct_{ESCAPE}", "rct_secret\r\nX-Evil: 1", "rct_ü" * 5])
def test_what_is_no_token_is_not_kept(service: Service, token: str) -> None:
    service.answers = [(200, {"local": True}), (200, {"token": token, "token_id": "t1", "expires": "2027"})]
    with pytest.raises(NetworkError):
        log_in(Server(service.address), _asking())


def test_the_code_in_an_address_is_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    _show("https://login.example.org/device?user_code=ABCD-EFGH", "ABCD-EFGH")
    assert "https://login.example.org/device?user_code=ABCD-EFGH\n" in capsys.readouterr().err


def test_a_login_that_cannot_be_kept_is_revoked(
    service: Service, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("recast.operations.desk.logins.whole_file", full)
    monkeypatch.setattr("recast.cli.desk.login._credentials", lambda: ("ann", "hunter2"))
    service.answers = [(200, {"local": True}), (200, {"token": TOKEN, "token_id": "t1", "expires": "2027"}), (204, b"")]
    assert run(["login", service.address]) == 4
    assert [(verb, path) for verb, path, _, _ in service.asked][-1] == ("DELETE", "/api/v1/tokens/t1")


def test_a_damaged_file_of_logins_is_said_before_anybody_logs_in(service: Service, home: Path) -> None:
    file = home / "logins.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("{")
    file.chmod(0o600)
    assert run(["login", service.address]) == 4
    assert not service.asked


# secrets and files ---------------------------------------------------------------------------------------------


def test_a_secret_that_was_lost_is_revoked(service: Service) -> None:
    service.answers = [(201, {"id": "t1", "token": None, "expires": "2027"}), (204, b"")]
    with pytest.raises(NetworkError, match="lost on its way"):
        calls.make_token(Server(service.address, TOKEN), "x", ["read"], 60)
    assert service.asked[-1][:2] == ("DELETE", "/api/v1/tokens/t1")


@pytest.mark.parametrize("problem", [OSError(errno.ENOSPC, "full"), BrokenPipeError(errno.EPIPE, "closed")])
def test_a_secret_that_cannot_be_handed_over_is_revoked(
    service: Service, home: Path, problem: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: bytes) -> None:
        raise problem

    monkeypatch.setattr("recast.cli.desk.token.hand_over_file", fail)
    service.answers = [(201, {"id": "t1", "token": TOKEN, "expires": "2027"}), (204, b"")]
    assert run(["token", "new", "x", "--server", service.address]) == 4
    assert service.asked[-1][:2] == ("DELETE", "/api/v1/tokens/t1")


def test_a_file_of_a_service_is_not_obeyed_by_a_terminal(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = f'{{"x": "{ESCAPE}"}}\n'.encode() + b"\xff"
    hand_over_file(content)
    assert capfdbinary.readouterr().out == content
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    hand_over_file(content)
    assert capfdbinary.readouterr().out == b'{"x": "\\u001b]0;owned\\u0007"}\n\\xff'
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OSError, match="no standard output"):
        hand_over_file(content)


def _statement(**changes: Any) -> bytes:
    said = {
        **{"schema": "recast-answer/1", "request": "q1", "answer": "a1", "analysis": "atlas-x", "version": "1.0.0"},
        **{"digest": "sha256:a", "authority": "automatic", "reason": "", "results": [], "point": {"coordinates": {}}},
        **{"reviewed": {"at": "", "by": "", "name": ""}, **changes},
    }
    return json.dumps({"format": "recast-answer/1", "statement": json.dumps(said), "signature": ""}).encode()


def test_a_statement_is_the_one_that_was_asked_for(service: Service) -> None:
    service.answers = [(200, _statement()), (200, _statement(answer="a2")), (200, _statement(request="q2"))]
    assert calls.statement(Server(service.address), "q1", "a1") == _statement()
    for _ in range(2):
        with pytest.raises(NetworkError, match="cannot be used"):
            calls.statement(Server(service.address), "q1", "a1")


@pytest.mark.parametrize("name", [".ssh/id_rsa", "x/.netrc", "./.env", "link", "x/../.env", "loop"])
def test_a_hidden_file_is_never_sent(tmp_path: Path, name: str) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_rsa").write_text("mine")
    (tmp_path / "link").symlink_to(".ssh/id_rsa")
    (tmp_path / "loop").symlink_to("loop")
    sent: list[Path] = []

    def send(path: Path) -> str:
        sent.append(path)
        raise InputError("it is not there")

    with pytest.raises(InputError):
        with_uploads({"points": [{"inputs": {"deep": [{"x": f"file:{name}"}]}}]}, tmp_path, send)
    assert name == "loop" or not sent


def test_a_file_beside_the_request_is_sent_wherever_that_lies(tmp_path: Path) -> None:
    folder = tmp_path / ".hidden" / "asked"
    folder.mkdir(parents=True)
    sent = with_uploads({"points": [{"inputs": {"a": "file:p1.slha"}}]}, folder, lambda path: path.name)
    assert sent["points"][0]["inputs"] == {"a": "upload:p1.slha"}


def test_a_request_of_a_service_names_no_file_of_ours() -> None:
    (point,) = REQUEST["points"]
    shown = {**REQUEST, "points": [{**point, "inputs": {"spectrum": "file:id_rsa"}}]}
    with pytest.raises(InputError, match="file of whoever"):
        asked_again(shown)
    kept = {**REQUEST, "points": [{**point, "inputs": {"spectrum": "upload:sha256:ab"}}]}
    assert asked_again(kept)["points"][0]["inputs"] == {"spectrum": "upload:sha256:ab"}


@pytest.mark.parametrize(
    "text", ["provenance: {date: 2020-01-31}", "x: .nan", "x: 0400", "x: 1:30", "x: !!binary aGk="]
)
def test_a_file_of_answers_says_what_it_says(tmp_path: Path, text: str) -> None:
    file = tmp_path / "answer.yml"
    file.write_text(f"point: p1\n{text}\n")
    with pytest.raises(InputError):
        calls.read_answers(file)
    file.write_text("point: p1\nx: '0400'\n")
    assert calls.read_answers(file) == [{"point": "p1", "x": "0400"}]


@pytest.mark.parametrize("value", ["0400", "1:30"])
def test_a_request_reads_no_number_to_another_base(tmp_path: Path, value: str) -> None:
    file = tmp_path / "request.yml"
    file.write_text(f"title: x\npoints: [{{coordinates: {{m: {value}}}}}]\n")
    with pytest.raises(InputError, match="to the base of"):
        read_request_file(file)


def test_of_several_answers_it_is_said_which_were_given(service: Service) -> None:
    no = {"title": "No", "detail": "", "code": "answer.results", "why": "", "where": "here", "next": ""}
    service.answers = [(200, REQUEST), (422, no)]
    with pytest.raises(InputError) as refused:
        calls.give_answers(Server(service.address), "q1", [{"point": f"p{number}"} for number in (1, 2, 3)])
    assert refused.value.where == "answer 2 of 3, point p2; the 1 before it were given"


def test_a_draft_that_is_not_taken_is_named(service: Service, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    no = {"title": "No", "detail": "", "code": "request.incomplete", "why": "", "where": "", "next": ""}
    service.answers = [(201, {**REQUEST, "state": "draft"}), (422, no)]
    assert run(["request", "new", "--title", "x", "--submit", "--server", service.address]) == 3
    assert "draft q1" in capsys.readouterr().err
