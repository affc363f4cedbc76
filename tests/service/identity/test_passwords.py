"""Passwords: guessing is slow, tells nothing, and does not lock the owner out."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recast.errors import PermissionDenied, UsageError
from recast.service.identity import IdentitySettings, settled
from recast.service.identity.passwords import check_login_name, check_password, hash_of, is_right
from recast.service.identity.rates import network_of
from recast.service.identity.settings import OidcSettings
from tests.service.identity.conftest import PASSWORD, House
from tests.waiting import BOUND_S

OURS = {"Sec-Fetch-Site": "same-origin"}


def attempt(house: House, login: str, password: str, address: str = "203.0.113.5") -> tuple[int, str]:
    said = house.client(address).post("/api/v1/login/local", json={"login": login, "password": password})
    return said.status_code, said.text


def test_a_wrong_name_and_a_wrong_password_are_the_same_to_a_stranger(house: House) -> None:
    house.user()
    assert attempt(house, "ann", "wrong but long") == attempt(house, "bob", "wrong but long")
    assert attempt(house, "(service)", "")[0] in (401, 422)


def test_a_name_that_is_not_there_takes_as_long_as_one_that_is() -> None:
    """Compared in processor time, which other programs do not disturb, and in alternation."""
    known = hash_of(PASSWORD)
    took: dict[str, list[float]] = {known: [], "": []}
    for _ in range(7):
        for each in took:
            begun = time.thread_time()
            assert not is_right("wrong but long", each)
            took[each].append(time.thread_time() - begun)
    there, missing = statistics.median(took[known]), statistics.median(took[""])
    assert 0.6 < there / missing < 1.7


def test_guessing_ends_and_the_owner_elsewhere_still_comes_in(house: House) -> None:
    house.user()
    statuses = [attempt(house, "ann", f"wrong but long {n}", "198.51.100.7")[0] for n in range(8)]
    assert statuses[:5] == [401] * 5
    assert set(statuses[5:]) == {429}
    assert attempt(house, "ann", PASSWORD, "198.51.100.7")[0] == 429  # not even the right one tells
    assert attempt(house, "ann", PASSWORD, "203.0.113.5")[0] == 200


def test_guessing_many_names_from_one_place_ends_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recast.service.identity.local.is_right", lambda *_: False)
    statuses = [attempt(house, f"user{n}", "wrong but long", f"2001:db8::{n:x}")[0] for n in range(25)]
    assert statuses[-1] == 429  # a /64 is one place


def test_guessing_one_name_from_many_places_ends(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recast.service.identity.local.is_right", lambda *_: False)
    house.user()
    statuses = [attempt(house, "ann", "wrong but long", f"198.51.{n}.7")[0] for n in range(60)]
    assert statuses[:50] == [401] * 50
    assert statuses[-1] == 429


def test_an_answer_of_429_says_when_to_come_back(house: House) -> None:
    for n in range(6):
        said = house.client().post("/api/v1/login/local", json={"login": "ann", "password": f"wrong but long {n}"})
    assert said.status_code == 429
    assert 0 < int(said.headers["retry-after"]) <= 300


def test_a_login_for_a_program_gives_a_token_with_what_was_asked_for(house: House) -> None:
    ann = house.user()
    said = house.client().post("/api/v1/login/local", json={"login": " ANN ", "password": PASSWORD}).json()
    assert said["scopes"] == ["read", "request", "answer", "review"]
    assert said["user_id"] == ann.id
    who = house.client().get("/who", headers={"Authorization": f"Bearer {said['token']}"}).json()
    assert who["user"] == ann.id


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "recast.example.org"])
def test_beyond_loopback_there_are_no_local_accounts_unless_somebody_says_so(host: str) -> None:
    with pytest.raises(PermissionDenied) as refused:
        settled(IdentitySettings(), host)
    assert refused.value.code == "permission.local-accounts"
    assert settled(IdentitySettings(local_accounts=True), host).local_accounts
    provider = OidcSettings("x", "https://id.example.org", "recast")
    assert not settled(IdentitySettings(oidc=provider), host).local_accounts


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_on_loopback_there_are(host: str) -> None:
    assert settled(IdentitySettings(), host).local_accounts


def test_where_there_are_none_no_password_is_looked_at(build: Callable[..., House]) -> None:
    house = build(local_accounts=False, oidc=OidcSettings("x", "https://id.example.org", "recast"))
    house.user()
    assert attempt(house, "ann", PASSWORD)[0] == 403
    assert house.client().get("/api/v1/login").json() == {"local": False, "oidc": {"name": "x"}}
    assert house.identity.first_link() == ""


def test_hashing_waits_for_its_turn_and_all_get_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recast.service.identity.passwords._WAIT_S", BOUND_S)
    known, right = hash_of(PASSWORD), []
    threads = [threading.Thread(target=lambda: right.append(is_right(PASSWORD, known))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND_S)
    assert right == [True] * 6


@pytest.mark.parametrize("name", ["", "a", "1ann", "ann lee", "ann/", "änn", "a" * 65, "ann\x00", "../x", "<b>"])
def test_names_that_no_account_has(name: str) -> None:
    with pytest.raises(UsageError):
        check_login_name(name)


@given(st.text(max_size=40), st.text(max_size=10))
def test_any_text_is_a_password_or_refused(password: str, login: str) -> None:
    try:
        check_password(password, login)
    except UsageError:
        return
    assert len(password) >= 12


@settings(max_examples=5, deadline=None)
@given(st.text(min_size=12, max_size=30))
def test_a_password_is_right_whatever_letters_it_has(password: str) -> None:
    assert is_right(password, hash_of(password))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.5", "203.0.113.5"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("fe80::1%eth0", "fe80::/64"), ("", "elsewhere"), ("unix:", "elsewhere"),
    ],
)  # fmt: skip
def test_what_counts_as_one_place(address: str, network: str) -> None:
    assert network_of(address) == network


def test_whoever_waits_too_long_for_a_turn_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    known = hash_of(PASSWORD)
    monkeypatch.setattr("recast.service.identity.passwords._WAIT_S", 0.01)
    monkeypatch.setattr("recast.service.identity.passwords._AT_ONCE", threading.BoundedSemaphore(1))
    from recast.service.identity import passwords

    with passwords._AT_ONCE, pytest.raises(PermissionDenied) as refused:
        is_right(PASSWORD, known)
    assert refused.value.code == "rate-limit"


@pytest.mark.parametrize("login", ["ann\x00", "(service)", "' OR 1=1 --", "a" * 64, "änn", "\u202eann", "ann "])
def test_a_text_that_is_no_name_is_a_wrong_name(house: House, login: str) -> None:
    house.user()
    said = house.client().post("/login/local", data={"login": login, "password": "wrong but long"}, headers=OURS)
    assert (said.status_code, said.json()["code"]) == (401, "permission.login")
