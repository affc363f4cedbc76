"""A provider that is down, slow, wrong about itself, or says what cannot be true: nobody is logged in by it."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import ECKey, RSAKey
from starlette.testclient import TestClient

from recast.errors import RecastError
from recast.service.identity.oidc.claims import CLOCKS_APART_S
from recast.service.identity.oidc.device import begin_device
from recast.service.identity.oidc.provider import Provider
from recast.service.identity.settings import OidcSettings
from tests.service.identity.conftest import House
from tests.service.identity.liar import Liar

DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def liar() -> Iterator[Liar]:
    with Liar() as liar:
        yield liar


@pytest.fixture
def house(build: Callable[..., House], liar: Liar) -> House:
    return build(oidc=settings_of(liar))


def settings_of(liar: Liar) -> OidcSettings:
    return OidcSettings("liar", liar.issuer, "recast", "the secret", timeout_s=5.0)


def begin(client: TestClient) -> dict[str, str]:
    away = client.get("/login/oidc")
    assert away.status_code == 303, away.text
    return {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()}


def come_back(client: TestClient, asked: dict[str, str], **other: str) -> httpx2.Response:
    return client.get("/login/oidc/return", params={"code": "c", "state": asked["state"], **other})


def log_in(house: House, liar: Liar, make: Callable[[dict[str, Any]], str], **other: Any) -> httpx2.Response:
    """Log in with an ID token that `make` makes of good claims with some changed."""
    client = house.client()
    asked = begin(client)
    claims = liar.claims(house.clock(), asked["nonce"], **other)
    liar.says["/token"] = {"access_token": "at", "token_type": "Bearer", "id_token": make(claims)}
    return come_back(client, asked)


def test_a_good_word_is_believed(house: House, liar: Liar) -> None:
    assert log_in(house, liar, liar.token).status_code == 303
    path, form = liar.asked[-1]
    assert (path, form["grant_type"], form["code"]) == ("/token", "authorization_code", "c")
    assert len(form["code_verifier"]) >= 43


NEVER = "never" * 3
CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "somebody-else"},
    "no audience": {"aud": None},
    "us among others, for nobody": {"aud": ["recast", "somebody-else"]},
    "for somebody else": {"aud": ["recast", "somebody-else"], "azp": "somebody-else"},
    "another nonce": {"nonce": NEVER},
    "no nonce": {"nonce": None},
    "no end": {"exp": None},
    "an end that is no number": {"exp": "tomorrow"},
    "an end that is no time": {"exp": 1e400},
    "no beginning": {"iat": None},
    "nobody": {"sub": None},
    "an empty name": {"sub": ""},
    "a number": {"sub": 7},
    "a list": {"sub": ["ann"]},
    "a long name": {"sub": "a" * 256},
    "a name with a line": {"sub": "ann\nadmin"},
    "another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("what", CLAIMS)
def test_a_token_that_does_not_fit(house: House, liar: Liar, what: str) -> None:
    client_said = log_in(house, liar, liar.token, **CLAIMS[what])
    assert (client_said.status_code, client_said.json()["code"]) == (502, "permission.identity-provider")
    assert "set-cookie" not in client_said.headers


@pytest.mark.parametrize(
    ("name", "off_s", "good"),
    [
        ("exp", -CLOCKS_APART_S + 5, True), ("exp", -CLOCKS_APART_S - 5, False), ("iat", CLOCKS_APART_S - 5, True),
        ("iat", CLOCKS_APART_S + 5, False), ("nbf", CLOCKS_APART_S - 5, True), ("nbf", CLOCKS_APART_S + 5, False),
    ],
)  # fmt: skip
def test_clocks_may_be_five_minutes_apart(house: House, liar: Liar, name: str, off_s: int, good: bool) -> None:
    said = log_in(house, liar, liar.token, **{name: int(house.clock()) + off_s})
    assert said.status_code == (303 if good else 502)
    if not good and name != "nbf":
        assert "clocks" in said.json()["next"] + said.json()["why"] or said.json()["why"] == ""


def with_claims(token: str, other: str) -> str:
    """Return a token with the claims of another."""
    head, _, signature = token.split(".")
    return ".".join([head, other.split(".")[1], signature])


def test_signatures_that_are_none(house: House, liar: Liar) -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "one"})
    public, inside = liar.key.as_pem(private=False), stranger.as_dict(private=False)
    makers: dict[str, Callable[[dict[str, Any]], str]] = {
        "none": liar.unsigned,
        "None": lambda claims: liar.unsigned(claims, alg="None"),
        "the public key as a shared secret": lambda claims: liar.shared(claims, public),
        "the client's secret": lambda claims: liar.shared(claims, b"the secret"),
        "a stranger's key under the same name": lambda claims: liar.token(claims, stranger),
        "a key that is not published": lambda claims: liar.token(claims, stranger, kid="two"),
        "a key of another kind": lambda claims: liar.token(claims, ECKey.generate_key("P-256"), alg="ES256"),
        "a key in the token itself": lambda claims: liar.token(claims, stranger, kid="", jwk=inside),
        "a changed claim": lambda claims: with_claims(liar.token(claims), liar.unsigned(claims | {"sub": "root"})),
        "no dots": lambda claims: "x",
        "nothing": lambda claims: "",
        "too long": lambda claims: liar.token(claims | {"x": "y" * 30_000}),
    }  # fmt: skip
    for what, make in makers.items():
        said = log_in(house, liar, make)
        assert (said.status_code, said.json()["code"]) == (502, "permission.identity-provider"), what
        assert "set-cookie" not in said.headers


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>", b"[]", b"null", b"{", b'{"id_token": 7}', b'{"id_token": null}', b"{}", b'{"id_token": {"a": 1}}',
     b'{"expires_in": {}, "id_token": "x"}', b"[" * 100_000, b'{"a":' * 50_000, b" " * 2_000_000, b"\xff\xfe"],
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 400, 500])
def test_answers_that_are_none(house: House, liar: Liar, answer: bytes, status: int) -> None:
    client = house.client()
    asked = begin(client)
    liar.says["/token"], liar.statuses["/token"] = answer, status
    said = come_back(client, asked)
    assert said.status_code in (403, 502, 503)
    assert "set-cookie" not in said.headers


LIES: dict[str, Any] = {
    "another issuer": {"issuer": "https://evil.example"},
    "an issuer with a slash more": lambda liar: {"issuer": liar.issuer + "/"},
    "no endpoint": {"token_endpoint": None},
    "an endpoint that is no text": {"token_endpoint": ["https://x"]},
    "an endpoint without encryption": {"token_endpoint": "http://evil.example/token"},
    "a file": {"jwks_uri": "file:///etc/passwd"},
    "a service of the cloud": {"jwks_uri": "https://169.254.169.254/latest/meta-data"},
    "a machine of the local network": {"token_endpoint": "https://10.0.0.1/token"},
    "this machine, spelled otherwise": {"token_endpoint": "https://0x7f.1/token"},
    "a header": {"authorization_endpoint": "https://evil.example/\r\nSet-Cookie: x=1"},
    "a script": {"authorization_endpoint": "javascript:alert(1)"},
}


@pytest.mark.parametrize("what", LIES)
def test_what_it_says_of_itself(house: House, liar: Liar, what: str) -> None:
    lie = LIES[what](liar) if callable(LIES[what]) else LIES[what]
    liar.says[DISCOVERY] = liar.discovery(**lie)
    said = house.client().get("/login/oidc")
    assert (said.status_code, said.json()["code"]) == (502, "permission.identity-provider")


def redirects(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "http://127.0.0.1:1/")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def bomb(handler: BaseHTTPRequestHandler) -> None:
    body = gzip.compress(b" " * 50_000_000)
    handler.send_response(200)
    for name, value in (("Content-Encoding", "gzip"), ("Content-Length", str(len(body)))):
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.close()


@pytest.mark.parametrize("answer", [redirects, bomb, hangs_up, b"", b"[]", b"x" * 2_000_000, b"[" * 200_000])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_provider_that_does_not_answer_as_one(house: House, liar: Liar, answer: Any) -> None:
    liar.says[DISCOVERY] = answer
    said = house.client().get("/login/oidc")
    assert (said.status_code, said.json()["code"]) == (503, "network.identity-provider")


def test_a_provider_that_is_silent_holds_nobody_up(liar: Liar) -> None:
    quick = OidcSettings("liar", liar.issuer, "recast", timeout_s=0.3)
    liar.says[DISCOVERY] = lambda handler: handler.rfile.read(1)
    begun = time.monotonic()
    with pytest.raises(RecastError) as refused:
        Provider(quick).metadata()
    assert refused.value.code == "network.identity-provider"
    assert time.monotonic() - begun < 60


def test_a_provider_that_is_down_keeps_nobody_out_who_is_in(build: Callable[..., House], liar: Liar) -> None:
    house = build(oidc=settings_of(liar))
    client = house.client()
    asked = begin(client)
    token = liar.token(liar.claims(house.clock(), asked["nonce"]))
    liar.says["/token"] = {"access_token": "at", "id_token": token}
    assert come_back(client, asked).status_code == 303
    liar.statuses = dict.fromkeys(liar.says, 503)
    assert client.get("/who").json()["how"] == "session"
    assert client.get("/login/oidc").status_code == 303  # its endpoints are remembered
    said = come_back(client, begin(client))
    assert said.status_code == 502 or said.status_code == 503


def test_a_provider_that_is_down_is_asked_now_and_then(liar: Liar) -> None:
    now, asked = [0.0], []
    liar.says[DISCOVERY] = lambda handler: (asked.append(1), hangs_up(handler))  # type: ignore[dict-item]
    provider = Provider(settings_of(liar), lambda: now[0])
    for _ in range(5):
        with pytest.raises(RecastError):
            provider.metadata()
    assert len(asked) == 1
    now[0] += 4
    liar.says[DISCOVERY] = liar.discovery()
    assert provider.metadata().token == f"{liar.issuer}/token"


def test_keys_rotate(liar: Liar) -> None:
    now = [0.0]
    provider = Provider(settings_of(liar), lambda: now[0])
    old = liar.key
    assert provider.key("one", "RS256").thumbprint() == old.thumbprint()
    new = RSAKey.generate_key(2048, {"kid": "two"})
    liar.says["/jwks"] = {"keys": [old.as_dict(private=False), new.as_dict(private=False)]}
    with pytest.raises(RecastError):  # somebody who names keys at will does not make us ask each time
        provider.key("two", "RS256")
    now[0] += 11
    assert provider.key("two", "RS256").thumbprint() == new.thumbprint()
    liar.says["/jwks"] = {"keys": [new.as_dict(private=False)]}
    now[0] += 3601
    with pytest.raises(RecastError):  # a key that was withdrawn is not believed for ever
        provider.key("one", "RS256")


@pytest.mark.parametrize(
    "keys",
    [None, 7, {}, [7], [{}], [{"kty": "RSA"}], [{"kty": "oct", "k": "AAAA", "kid": "one"}],
     [{"kty": "RSA", "n": "!", "e": "AQAB"}]],
)  # fmt: skip
def test_keys_that_are_none(house: House, liar: Liar, keys: Any) -> None:
    liar.says["/jwks"] = {"keys": keys}
    said = log_in(house, liar, liar.token)
    assert (said.status_code, said.json()["code"]) == (502, "permission.identity-provider")


def test_a_login_that_comes_back_from_another_provider(house: House, liar: Liar) -> None:
    client = house.client()
    asked = begin(client)
    assert come_back(client, asked, iss="https://evil.example").status_code == 403


def test_userinfo_about_another_person(house: House, liar: Liar) -> None:
    liar.says["/userinfo"] = {"sub": "root", "name": "Root"}
    said = log_in(house, liar, liar.token, name=None)
    assert said.status_code == 502
    liar.says["/userinfo"] = {"sub": "ann", "name": "Ann \x1b[2J"}
    assert log_in(house, liar, liar.token, name=None).status_code == 303


@pytest.mark.parametrize(
    "changed",
    [{"device_code": None}, {"user_code": 7}, {"user_code": "A\x1b[2J"}, {"user_code": "A" * 100},
     {"verification_uri": "http://evil.example"}, {"verification_uri": "javascript:x"},
     {"verification_uri_complete": "http://evil.example"}, {"verification_uri": "https://x/\nfake line"}],
)  # fmt: skip
def test_a_device_is_shown_nothing_that_deceives(liar: Liar, changed: dict[str, Any]) -> None:
    good = {"device_code": "d", "user_code": "ABCD", "verification_uri": "https://id.example.org/device"}
    liar.says["/device"] = good
    assert begin_device(Provider(settings_of(liar)))["interval_s"] == 5
    liar.says["/device"] = good | changed
    with pytest.raises(RecastError):
        begin_device(Provider(settings_of(liar)))


def test_a_provider_without_devices(house: House, liar: Liar) -> None:
    liar.says[DISCOVERY] = liar.discovery(device_authorization_endpoint=None)
    said = house.client().post("/api/v1/login/device")
    assert (said.status_code, said.json()["code"]) == (404, "not-found")
