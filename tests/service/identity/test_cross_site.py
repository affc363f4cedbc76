"""Requests that another site makes a browser send, hosts that are not ours, and where a login leads to."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recast.service.identity.origins import HOME, cross_site, is_our_host, safe_return
from tests.service.identity.conftest import BASE, PASSWORD, House

FORM = {"login": "ann", "password": PASSWORD}
SITES: dict[str, dict[str, str]] = {
    "ours": {"Sec-Fetch-Site": "same-origin", "Origin": BASE},
    "ours, by an old browser": {"Origin": BASE},
    "typed into the address bar": {"Sec-Fetch-Site": "none"},
    "a neighbour": {"Sec-Fetch-Site": "same-site", "Origin": "http://evil.localhost"},
    "another": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "another that hides": {"Sec-Fetch-Site": "cross-site"},
    "another, by an old browser": {"Origin": "https://evil.example"},
    "another, with our name in it": {"Origin": f"{BASE}.evil.example"},
    "another, with our name before an @": {"Origin": "http://127.0.0.1:8470@evil.example"},
    "another port": {"Origin": "http://127.0.0.1:9999"},
    "a sandbox": {"Origin": "null"},
    "an unknown word": {"Sec-Fetch-Site": "SAME-ORIGIN"},
    "a program": {},
}
LETS_IN = {"ours", "ours, by an old browser", "typed into the address bar"}


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("known_by", ["nobody", "session", "token"])
def test_who_may_send_what_from_where(house: House, site: str, method: str, known_by: str) -> None:
    ann = house.user()
    client, headers = house.client(), dict(SITES[site])
    if known_by == "session":
        client.post("/login/local", data=FORM, headers=SITES["ours"])
    if known_by == "token":
        headers["Authorization"] = f"Bearer {house.token(ann)}"
    passes = method == "GET" or known_by == "token" or site in LETS_IN or (site == "a program" and known_by == "nobody")
    said = client.request(method, "/who", headers=headers)
    assert said.status_code == (200 if passes else 403), said.text
    if passes:
        assert said.json()["how"] == known_by
    else:
        assert said.json()["code"] == "permission.cross-site"


@pytest.mark.parametrize("path", ["/login/local", "/logout", "/login/invitation", "/api/v1/login/local"])
def test_no_other_site_logs_anybody_in_or_out(house: House, path: str) -> None:
    house.user()
    client = house.client()
    client.post("/login/local", data=FORM, headers=SITES["ours"])
    asked = {"json": FORM} if path.startswith("/api") else {"data": FORM}
    said = client.post(path, headers=SITES["another"], **asked)  # type: ignore[arg-type]
    assert said.status_code == 403
    assert "set-cookie" not in said.headers
    assert client.get("/who").json()["how"] == "session"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8470", "127.0.0.1.evil.example", "", "recast.example.org.", "[::2]"]
)
def test_a_name_that_was_made_to_lead_here_is_refused(build: Callable[..., House], host: str) -> None:
    client = build(base_url="https://recast.example.org").client()
    for path in ("/who", "/login/oidc", "/links/rcl_x", "/login/invitation"):
        said = client.get(path, headers={"Host": host})
        assert (said.status_code, said.json()["code"]) == (403, "permission.host"), path


@pytest.mark.parametrize(
    "host", ["recast.example.org", "RECAST.example.org", "127.0.0.1:8470", "localhost", "[::1]:80"]
)
def test_hosts_that_are_ours(host: str) -> None:
    assert is_our_host(host, "https://recast.example.org/prefix")


@pytest.mark.parametrize(
    ("host", "ours"),
    [("192.168.1.5:8470", True), ("[2001:db8::5]:8470", True), ("evil.example:80", False), ("x", False)],
)
def test_without_a_url_an_address_is_ours_and_a_name_is_not(host: str, ours: bool) -> None:
    assert is_our_host(host, "") == ours


EVIL = [
    "//evil.example", "///evil.example", "https://evil.example", "http:evil.example", "/\\evil.example",
    "\\\\evil.example", "/a//evil.example",
    "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "/%0d%0aSet-Cookie:x=1\r\nX: y",
    "/a\r\nSet-Cookie: recast-session=evil", "javascript:alert(1)", "data:text/html,x", "evil.example", "",
    "/x" * 500, "/\u2028", "/é", "/<script>", "/a#b", "@evil.example", "/\x00", "?to=/x",
]  # fmt: skip


@pytest.mark.parametrize("to", EVIL)
def test_a_login_leads_nowhere_else(house: House, to: str) -> None:
    house.user()
    said = house.client().post("/login/local", data={**FORM, "to": to}, headers=SITES["ours"])
    assert said.headers["location"] == HOME
    assert said.headers.get_list("set-cookie")[0].startswith("recast-session=rcs_")
    page = house.client().get("/login", params={"to": to}).text
    assert "evil" not in page
    assert "<script>" not in page


@pytest.mark.parametrize("to", ["/", "/requests/q1", "/requests?state=open&cursor=a%2Fb", "/analyses/x/versions/1.0.0"])
def test_a_login_leads_to_where_one_wanted(house: House, to: str) -> None:
    house.user()
    assert house.client().post("/login/local", data={**FORM, "to": to}, headers=SITES["ours"]).headers["location"] == to


@given(st.text(alphabet="/\\.:?#@%\t\n\r aeE0é\x00<", max_size=30))
@example("/..//evil.example")
@example("/.//evil.example")
def test_no_text_leads_to_another_server(text: str) -> None:
    target = safe_return(text)
    assert urlsplit(urljoin(BASE, target)).netloc == urlsplit(BASE).netloc
    assert target.isascii()
    assert target.isprintable()
    assert not target.startswith(("//", "/\\"))


@given(st.sampled_from(["POST", "PUT", "PATCH", "DELETE", "post", "BREW"]), st.text(max_size=30))
def test_no_word_but_two_means_ours(method: str, word: str) -> None:
    refused = cross_site(method, {"sec-fetch-site": word}, "", by_cookie=True)
    assert bool(refused) == (word not in ("same-origin", "none"))


@given(st.text(max_size=60))
def test_no_origin_but_our_own_is_ours(origin: str) -> None:
    refused = cross_site(
        "POST", {"origin": origin, "host": "127.0.0.1:8470"}, "https://recast.example.org", by_cookie=True
    )
    assert bool(refused) == (origin != "https://recast.example.org")
