"""Sessions of browsers: made at login, never given, never taken over; what a cookie looks like; logout."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from recast.ledger.people.invitations import invite
from recast.ledger.people.secret_texts import new_secret
from recast.ledger.people.sessions import IDLE_S, LIFE_S
from tests.service.identity.conftest import BASE, PASSWORD, House

FORM = {"login": "ann", "password": PASSWORD}
OURS = {"Sec-Fetch-Site": "same-origin"}


def logged_in(house: House) -> TestClient:
    client = house.client()
    assert client.post("/login/local", data=FORM, headers=OURS).status_code == 303
    return client


def session_of(client: TestClient) -> str:
    return str(client.cookies.get("recast-session"))


def test_a_session_that_an_attacker_planted_is_not_the_victims(house: House) -> None:
    house.user()
    planted = new_secret("session")
    victim = house.client()
    victim.cookies.set("recast-session", planted)
    said = victim.post("/login/local", data=FORM, headers=OURS)
    assert said.status_code == 303
    assert planted not in said.headers["set-cookie"]
    attacker = house.client()
    attacker.cookies.set("recast-session", planted)
    assert attacker.get("/who").json()["how"] == "nobody"


def test_a_login_ends_the_session_before_it(house: House) -> None:
    house.user()
    client = logged_in(house)
    before = session_of(client)
    client.post("/login/local", data=FORM, headers=OURS)
    assert session_of(client) != before
    thief = house.client()
    thief.cookies.set("recast-session", before)
    assert thief.get("/who").json()["how"] == "nobody"


def test_logout_ends_it_for_whoever_has_a_copy(house: House) -> None:
    house.user()
    client = logged_in(house)
    copy = session_of(client)
    assert client.post("/logout", headers=OURS).status_code == 303
    thief = house.client()
    thief.cookies.set("recast-session", copy)
    assert client.get("/who").json()["how"] == thief.get("/who").json()["how"] == "nobody"


def test_a_session_ends_when_it_is_idle_and_when_it_is_old(house: House) -> None:
    house.user()
    client = logged_in(house)
    house.clock.now_s += IDLE_S - 60
    assert client.get("/who").json()["how"] == "session"
    house.clock.now_s += IDLE_S - 60  # it was used meanwhile
    assert client.get("/who").json()["how"] == "session"
    house.clock.now_s += IDLE_S
    assert client.get("/who").json()["how"] == "nobody"
    client = logged_in(house)
    for _ in range(LIFE_S // (IDLE_S - 60) + 1):
        house.clock.now_s += IDLE_S - 60
        last = client.get("/who").json()["how"]
    assert last == "nobody"


@pytest.mark.parametrize(
    ("base_url", "base", "wanted"),
    [
        ("", BASE, ["recast-session=rcs_", "HttpOnly", "Path=/;", "SameSite=lax"]),
        ("https://example.org", "https://example.org", [
            "__Host-recast-session=rcs_", "HttpOnly", "Path=/;", "SameSite=lax", "Secure"]),
        ("https://example.org/recast", "https://example.org", ["__Host-recast-session=rcs_", "Path=/;", "Secure"]),
        ("http://localhost:8080/recast", "http://localhost:8080", ["recast-session=rcs_", "Path=/recast;"]),
    ],
)  # fmt: skip
def test_what_a_cookie_looks_like(build: Callable[..., House], base_url: str, base: str, wanted: list[str]) -> None:
    house = build(base_url=base_url)
    house.user()
    cookie = house.client(base=base).post("/login/local", data=FORM, headers=OURS).headers["set-cookie"]
    assert all(part in f"{cookie};" for part in wanted), cookie
    assert "Domain" not in cookie
    assert ("Secure" in cookie) == base_url.startswith("https")


def test_by_tls_a_cookie_that_a_neighbour_could_plant_counts_for_nothing(build: Callable[..., House]) -> None:
    house = build(base_url="https://recast.example.org")
    house.user()
    client = house.client(base="https://recast.example.org")
    client.post("/login/local", data=FORM, headers=OURS)
    other = house.client(base="https://recast.example.org")
    other.cookies.set("recast-session", str(client.cookies.get("__Host-recast-session")))
    assert other.get("/who").json()["how"] == "nobody"


def test_the_first_start_offers_one_account_once(house: House) -> None:
    link = house.identity.first_link()
    page = house.client().get(link)
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert house.client().get(link).status_code == 200  # whatever previews it does not use it up
    code = link.partition("=")[2]
    client = house.client()
    made = client.post("/login/invitation", data={"code": code, "login": "Root", "password": PASSWORD}, headers=OURS)
    assert made.status_code == 303
    assert client.get("/who").json()["roles"] == ["administrator"]
    again = {"code": code, "login": "evil", "password": PASSWORD}
    assert house.client().post("/login/invitation", data=again, headers=OURS).status_code == 404
    assert house.client().get(link).status_code == 404
    assert house.identity.first_link() == ""


def test_each_start_makes_the_first_invitation_the_only_one(house: House) -> None:
    first, second = house.identity.first_link(), house.identity.first_link()
    assert house.client().get(first).status_code == 404
    assert house.client().get(second).status_code == 200


def test_the_first_invitation_is_worth_nothing_once_there_is_an_account(house: House) -> None:
    code = house.identity.first_link().partition("=")[2]
    house.user()
    form = {"code": code, "login": "evil", "password": PASSWORD}
    assert house.client().post("/login/invitation", data=form, headers=OURS).status_code == 404
    with house.ledger.writing() as connection:
        other = invite(connection, "service", house.now, role="administrator")
    assert house.client().get(f"/login/invitation?code={other}").status_code == 200


def test_an_invitation_opens_nothing_where_there_are_no_local_accounts(build: Callable[..., House]) -> None:
    code = build().identity.first_link().partition("=")[2]
    house = build(local_accounts=False)
    form = {"code": code, "login": "root", "password": PASSWORD}
    for said in (
        house.client().get(f"/login/invitation?code={code}"),
        house.client().post("/login/invitation", data=form, headers=OURS),
    ):
        assert (said.status_code, said.json()["code"]) == (403, "permission.local-accounts")


def test_a_password_that_is_refused_does_not_use_an_invitation_up(house: House) -> None:
    code = house.identity.first_link().partition("=")[2]
    client = house.client()
    for password in ("short", "aaaaaaaaaaaaaaa", "root" * 5):
        said = client.post(
            "/login/invitation", data={"code": code, "login": "root", "password": password}, headers=OURS
        )
        assert said.status_code == 400, said.text
        assert password not in said.text
    good = client.post("/login/invitation", data={"code": code, "login": "root", "password": PASSWORD}, headers=OURS)
    assert good.status_code == 303


def test_a_new_password_puts_out_whoever_had_the_old_one(house: House) -> None:
    ann = house.user()
    thief, token = logged_in(house), house.token(ann)
    with house.ledger.writing() as connection:
        code = invite(connection, "service", house.now, user=ann.id)
    client = house.client()
    form = {"code": code, "login": "somebody-else", "password": "another four new words"}
    assert client.post("/login/invitation", data=form, headers=OURS).status_code == 303
    assert client.get("/who").json()["user"] == ann.id
    assert thief.get("/who").json()["how"] == "nobody"
    assert house.client().get("/who", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert house.client().post("/login/local", data=FORM, headers=OURS).status_code == 401


def test_an_invitation_lasts_a_day(house: House) -> None:
    link = house.identity.first_link()
    house.clock.now_s += 86400
    assert house.client().get(link).status_code == 404


@pytest.mark.parametrize("value", ["", "x", "rcs_", "rcs_" + "A" * 43, "' OR 1=1", "A" * 4000])
def test_any_text_as_a_session_is_nobody(house: House, value: str) -> None:
    client = house.client()
    client.cookies.set("recast-session", value)
    assert client.get("/who").json()["how"] == "nobody"
