"""The pages of login: their forms take what they ask for and nothing else, and show nothing that was put into them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recast.ledger.people.links import make_link, revoke_link
from recast.ledger.people.secret_texts import new_secret
from recast.service.identity.csp import headers_for
from recast.service.identity.settings import OidcSettings
from tests.service.identity.conftest import House

OURS = {"Sec-Fetch-Site": "same-origin"}
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"login": "ann"}'),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("text/plain", b"login=ann"),
        ("", b"login=ann"),
        (FORM, b"login=" + b"a" * 9000),
        (FORM, b"&".join(b"a%d=1" % number for number in range(20))),
        (FORM, b"login=\xff\xfe"),
        (FORM, b"login=%ff%fe"),
    ],
)
@pytest.mark.parametrize("path", ["/login/local", "/login/invitation"])
def test_what_is_no_form(house: House, path: str, kind: str, body: bytes) -> None:
    said = house.client().post(path, content=body, headers={**OURS, "Content-Type": kind})
    assert (said.status_code, said.json()["code"]) == (422, "request.invalid")


@pytest.mark.parametrize("body", [b"", b"login", b"login=&password=", b"login=ann&login=bob&password=x", b"=&=&="])
def test_a_form_that_is_filled_badly_logs_nobody_in(house: House, body: bytes) -> None:
    said = house.client().post("/login/local", content=body, headers={**OURS, "Content-Type": FORM})
    assert said.status_code == 401


def test_pages_of_login_allow_nothing_but_their_form(house: House) -> None:
    policy = house.client().get("/login").headers["content-security-policy"]
    ours = "style-src 'self'; img-src 'self'"
    assert policy == f"default-src 'none'; {ours}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    everywhere = headers_for("https://recast.example.org")
    assert "default-src 'none'" in everywhere["Content-Security-Policy"]
    assert "unsafe" not in "".join(everywhere.values())
    assert everywhere["Strict-Transport-Security"]
    assert "Strict-Transport-Security" not in headers_for("http://127.0.0.1:8470")


def test_a_page_shows_what_it_was_given_as_text(build: Callable[..., House]) -> None:
    house = build(oidc=OidcSettings('<script>alert("x")</script>', "https://id.example.org", "recast"))
    page = house.client().get("/login").text
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_link_opens_one_request_to_read_and_nothing_else(house: House) -> None:
    ann = house.user()
    with house.ledger.writing() as connection:
        secret, link = make_link(connection, "qabc", ann.id, "for the referee", 3600, house.now)
    referee = house.client()
    opened = referee.get(f"/links/{secret}")
    assert (opened.status_code, opened.headers["location"]) == (303, "/api/v1/requests/qabc")
    page = house.client().get(f"/links/{secret}", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.headers["location"] == "/requests/qabc"
    nobody_who_reads = {"user": "", "roles": [], "scopes": ["read"], "link": "qabc", "how": "link", "name": ""}
    assert referee.get("/who").json() == nobody_who_reads
    program = house.client()
    assert program.get("/who", headers={"Authorization": f"Bearer {secret}"}).json() == nobody_who_reads
    with house.ledger.writing() as connection:
        revoke_link(connection, "qabc", link.id, ann.id, house.now)
    assert referee.get("/who").json()["how"] == "nobody"  # the public pages stay open to an old cookie
    assert program.get("/who", headers={"Authorization": f"Bearer {secret}"}).status_code == 404


def test_a_cookie_of_a_link_ends_with_it(house: House) -> None:
    ann = house.user()
    with house.ledger.writing() as connection:
        secret, _ = make_link(connection, "qabc", ann.id, "", 3600, house.now)
    house.clock.now_s += 600
    assert "Max-Age=3000;" in house.client().get(f"/links/{secret}").headers["set-cookie"]


def test_a_link_ends(house: House) -> None:
    ann = house.user()
    with house.ledger.writing() as connection:
        secret, _ = make_link(connection, "qabc", ann.id, "", 3600, house.now)
    house.clock.now_s += 3600
    assert house.client().get(f"/links/{secret}").status_code == 404


def test_wrong_expired_and_made_up_links_are_the_same_and_counted(house: House) -> None:
    client = house.client()
    answers = {client.get(f"/links/{secret}").text for secret in (new_secret("link"), "x", "rcl_" + "A" * 22)}
    assert len(answers) == 1
    statuses = [client.get(f"/links/{new_secret('link')}").status_code for _ in range(70)]
    assert statuses[-1] == 429


def test_a_user_with_a_link_stays_who_they_are(house: House) -> None:
    ann = house.user()
    with house.ledger.writing() as connection:
        secret, _ = make_link(connection, "qabc", ann.id, "", 3600, house.now)
    client = house.client()
    client.post("/login/local", data={"login": "ann", "password": "three unrelated words"}, headers=OURS)
    client.get(f"/links/{secret}")
    said = client.get("/who").json()
    assert (said["user"], said["link"], said["scopes"]) == (ann.id, "qabc", None)
