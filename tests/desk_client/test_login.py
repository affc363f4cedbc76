"""Both ways to log in, and a person who does not come."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from recast.errors import CredentialsProblem, NetworkError, NotFound, PermissionDenied, UsageError
from recast.operations.desk.login import Asking, log_in
from recast.operations.desk.logins import Login, Logins, address_of, chosen_server
from recast.operations.desk.server import Server
from tests.desk_client.conftest import Service

LOCAL = {"local": True, "oidc": None}
OIDC = {"local": False, "oidc": {"name": "CERN"}}
BEGUN = {
    "device": "d1",
    "user_code": "ABCD-EFGH",
    "verification_uri": "https://login.example.org/device",
    "interval_s": 5,
    "expires_in_s": 60,
}
IN = {"token": "rct_secret", "token_id": "t1", "name": "x", "scopes": ["read"], "expires": "2027", "user": "Ann"}


class Person:
    """Somebody before a terminal; their clock goes with what they wait."""

    def __init__(self) -> None:
        self.time, self.waits, self.seen = 0.0, list[float](), list[tuple[str, str]]()

    def asking(self) -> Asking:
        return Asking(lambda: ("ann", "hunter2"), lambda *shown: self.seen.append(shown), self.sleep, lambda: self.time)

    def sleep(self, s: float) -> None:
        self.waits.append(s)
        self.time += s


def test_an_account_of_the_service_needs_name_and_password(service: Service) -> None:
    service.answers = [(200, LOCAL), (200, IN)]
    login = log_in(Server(service.address), Person().asking())
    assert (login.token, login.user, login.token_id) == ("rct_secret", "Ann", "t1")
    assert json.loads(service.asked[1][3])["password"] == "hunter2"
    assert "secret" not in repr(login)


def test_a_device_is_confirmed_elsewhere_and_the_service_says_how_often_to_ask(service: Service) -> None:
    pending = {"state": "pending", "more_s": 0}
    service.answers = [(200, OIDC), (200, BEGUN), (202, pending), (202, {**pending, "more_s": 5}), (200, IN)]
    person = Person()
    assert log_in(Server(service.address), person.asking()).token == "rct_secret"
    assert person.seen == [("https://login.example.org/device", "ABCD-EFGH")]
    assert person.waits == [5, 5, 10]


def test_a_code_that_nobody_confirms_expires(service: Service) -> None:
    service.answers = [(200, OIDC), (200, BEGUN), *[(202, {"state": "pending"})] * 12]
    with pytest.raises(CredentialsProblem, match="in time"):
        log_in(Server(service.address), Person().asking())


def test_a_refusal_at_the_provider_ends_it(service: Service) -> None:
    said = {"title": "Denied", "detail": "", "code": "permission.login", "why": "", "where": "", "next": ""}
    service.answers = [(200, OIDC), (200, BEGUN), (403, said)]
    with pytest.raises(PermissionDenied, match="Denied"):
        log_in(Server(service.address), Person().asking())


def test_a_way_that_the_service_has_not_is_said_with_the_other(service: Service) -> None:
    service.answers = [(200, OIDC)]
    with pytest.raises(NotFound, match="no such login"):
        log_in(Server(service.address), Person().asking(), local=True)


def test_a_service_that_gives_no_token_is_wrong(service: Service) -> None:
    service.answers = [(200, LOCAL), (200, {"token": None})]
    with pytest.raises(NetworkError):
        log_in(Server(service.address), Person().asking())


def test_the_last_login_is_used_unless_another_service_is_named(tmp_path: Path) -> None:
    logins = Logins(tmp_path / "state")
    for server in ("https://a.example.org", "https://b.example.org", "https://a.example.org"):
        logins.keep(Login(server, "rct_secret"))
    assert chosen_server(None, logins.all(), {}) == "https://a.example.org"
    assert chosen_server("https://c.example.org/desk/", logins.all(), {}) == "https://c.example.org/desk"
    assert chosen_server(None, logins.all(), {"RECAST_SERVER": "http://127.0.0.1:8470"}) == "http://127.0.0.1:8470"
    logins.forget("https://a.example.org")
    assert list(logins.all()) == ["https://b.example.org"]
    with pytest.raises(UsageError):
        chosen_server(None, {}, {})


@pytest.mark.parametrize("text", ["", "example.org", "ftp://x", "https://user:pw@x", "https://x/?a=1", "https://x:no"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        address_of(text)


def test_two_logins_at_once_are_both_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both, read = threading.Barrier(2), Logins.all

    def together(logins: Logins) -> dict[str, Login]:
        found = read(logins)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.2)  # whoever has the file alone waits in vain
        return found

    monkeypatch.setattr(Logins, "all", together)
    names = ("https://a.example.org", "https://b.example.org")
    threads = [threading.Thread(target=Logins(tmp_path).keep, args=(Login(name, "rct_secret"),)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read(Logins(tmp_path))) == sorted(names)
