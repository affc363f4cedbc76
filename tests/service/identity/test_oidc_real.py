"""Both flows against the certified provider: a browser with PKCE, and a device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from recast.ledger.people.users import find_user
from recast.service.identity.settings import OidcSettings
from tests.service.identity.conftest import BASE, House
from tests.testbeds.oidc.bed import OidcBed
from tests.testbeds.oidc.fixture import *  # noqa: F403
from tests.testbeds.oidc.person import Person

Build = Callable[..., House]


def settings_of(oidc: OidcBed, *, public: bool = False) -> OidcSettings:
    secret = "" if public else oidc.secret
    return OidcSettings("the test-bed", oidc.issuer, "recast-public" if public else "recast", secret)


@pytest.fixture(params=["secret", "public"])
def house(build: Build, oidc: OidcBed, request: pytest.FixtureRequest) -> House:
    """A service of that provider; its clock is the real one, for the provider's is."""
    return real_time(build(oidc=settings_of(oidc, public=request.param == "public")))


def real_time(house: House) -> House:
    import time

    house.clock.now_s = time.time()
    return house


def left(client: TestClient, to: str = "/") -> str:
    away = client.get("/login/oidc", params={"to": to})
    assert away.status_code == 303
    return str(away.headers["location"])


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_a_browser_logs_in_with_pkce_and_comes_to_where_it_wanted(house: House, oidc: OidcBed) -> None:
    client = house.client()
    url = left(client, "/requests/q1?tab=points")
    asked = query_of(url)
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{BASE}/login/oidc/return"
    assert len(asked["state"]) >= 43
    assert len(asked["nonce"]) >= 43
    with Person("ann") as ann:
        back = ann.log_in(url, oidc.issuer)
    arrived = client.get(back)
    assert (arrived.status_code, arrived.headers["location"]) == (303, "/requests/q1?tab=points")
    said = client.get("/who").json()
    assert (said["how"], said["name"]) == ("session", "ann of the test-bed")
    assert said["roles"] == []  # whatever groups the provider speaks of
    with house.ledger.reading() as connection:
        user = find_user(connection, said["user"])
    assert (user.issuer, user.email, user.login) == (oidc.issuer, "ann@example.org", "")


def test_whoever_comes_again_is_the_same_user(house: House, oidc: OidcBed) -> None:
    seen = set()
    for _ in range(2):
        client = house.client()
        with Person("ann") as ann:
            client.get(ann.log_in(left(client), oidc.issuer))
        seen.add(client.get("/who").json()["user"])
    assert len(seen) == 1


def test_an_address_that_the_provider_did_not_verify_is_not_believed(house: House, oidc: OidcBed) -> None:
    client = house.client()
    with Person("mallory") as mallory:
        client.get(mallory.log_in(left(client), oidc.issuer))
    with house.ledger.reading() as connection:
        assert find_user(connection, client.get("/who").json()["user"]).email == ""


def test_what_came_back_once_does_not_come_back_again(house: House, oidc: OidcBed) -> None:
    client = house.client()
    with Person("ann") as ann:
        back = ann.log_in(left(client), oidc.issuer)
    assert client.get(back).status_code == 303
    again = client.get(back)
    assert (again.status_code, again.json()["code"]) == (403, "permission.login")


def test_the_login_of_one_browser_is_of_no_use_to_another(house: House, oidc: OidcBed) -> None:
    attacker, victim = house.client(), house.client("198.51.100.7")
    with Person("mallory") as mallory:
        back = mallory.log_in(left(attacker), oidc.issuer)
    left(victim)  # even one who is about to log in
    assert victim.get(back).status_code == 403
    assert victim.get("/who").json()["how"] == "nobody"
    assert attacker.get(back).status_code == 303  # and it was not used up


def test_a_person_who_says_no_is_not_logged_in(house: House, oidc: OidcBed) -> None:
    client = house.client()
    with Person("ann") as ann:
        back = ann.log_in(left(client), oidc.issuer, says_no=True)
    refused = client.get(back)
    assert refused.status_code == 403
    assert "access_denied" in refused.json()["why"]
    assert client.get("/who").json()["how"] == "nobody"


def test_a_login_waits_fifteen_minutes(house: House, oidc: OidcBed) -> None:
    client = house.client()
    with Person("ann") as ann:
        back = ann.log_in(left(client), oidc.issuer)
    house.clock.now_s += 901
    assert client.get(back).status_code == 403


def test_a_wrong_secret_at_the_provider_logs_nobody_in(build: Build, oidc: OidcBed) -> None:
    house = real_time(build(oidc=replace(settings_of(oidc), client_secret="wrong")))
    client = house.client()
    with Person("ann") as ann:
        refused = client.get(ann.log_in(left(client), oidc.issuer))
    assert refused.status_code == 403
    assert "invalid_client" in refused.json()["why"]


def test_a_device_logs_in(house: House, oidc: OidcBed) -> None:
    program = house.client()
    begun = program.post("/api/v1/login/device").json()
    assert begun["verification_uri"].startswith(oidc.issuer)
    asks = {"device": begun["device"], "name": "laptop", "scopes": ["read", "request"]}
    waiting = program.post("/api/v1/login/device/token", json=asks)
    assert (waiting.status_code, waiting.json()["state"]) == (202, "pending")
    with Person("ann") as ann:
        assert "successful" in ann.enter_code(begun["verification_uri"], begun["user_code"], oidc.issuer)
    done = program.post("/api/v1/login/device/token", json=asks)
    assert done.status_code == 200, done.text
    said = done.json()
    assert (said["name"], said["scopes"], said["user"]) == ("laptop", ["read", "request"], "ann of the test-bed")
    who = program.get("/who", headers={"Authorization": f"Bearer {said['token']}"}).json()
    assert (who["user"], who["how"]) == (said["user_id"], "token")
    again = program.post("/api/v1/login/device/token", json=asks)
    assert (again.status_code, again.json()["code"]) == (403, "permission.login")


def test_a_device_of_a_person_who_says_no(house: House, oidc: OidcBed) -> None:
    program = house.client()
    begun = program.post("/api/v1/login/device").json()
    with Person("ann") as ann:
        ann.enter_code(begun["verification_uri"], begun["user_code"], oidc.issuer, says_no=True)
    refused = program.post("/api/v1/login/device/token", json={"device": begun["device"]})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission.login")


def test_a_made_up_device_code_is_refused(house: House) -> None:
    refused = house.client().post("/api/v1/login/device/token", json={"device": "made up"})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission.login")


def test_a_device_gets_no_scope_of_those_who_run_the_service(house: House, oidc: OidcBed) -> None:
    program = house.client()
    begun = program.post("/api/v1/login/device").json()
    with Person("ann") as ann:
        ann.enter_code(begun["verification_uri"], begun["user_code"], oidc.issuer)
    asks = {"device": begun["device"], "scopes": ["read", "admin"]}
    refused = program.post("/api/v1/login/device/token", json=asks)
    assert refused.status_code == 422 and "admin" in refused.text
