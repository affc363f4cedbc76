"""What all pages share: who is logged in, caches, what they load, errors, a prefix, templates without anything safe."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import httpx2
import pytest

import recast.service.pages as room
from recast.errors import InfrastructureError
from recast.ledger.people.links import make_link
from recast.ledger.people.sessions import begin_session
from recast.service.pages.assets import asset_path
from tests.service.pages.reading import HTML, read
from tests.service.running import ANALYSIS, Running, running
from tests.service.staged import Staged
from tests.service.test_prefix import BASE

TEMPLATES = sorted((Path(room.__file__).parent / "templates").rglob("*.html"))
STYLE = Path(room.__file__).parent / "static/style.css"


def cookie(site: Running, name: str) -> dict[str, str]:
    """Return the header with the cookie of a session of somebody."""
    site.person(name)
    gate = site.parts.identity.gate
    with gate.ledger.writing() as connection:
        return {"Cookie": f"recast-session={begin_session(connection, site.people[name], 'test', gate.now())}"}


def test_who_is_logged_in_can_log_out(site: Running, browser: httpx2.Client) -> None:
    session = cookie(site, "ann")
    page = read(browser.get("/analyses", headers=session))
    form = next(it for it in page.all("form") if it.attributes["action"] == "/logout")
    assert form.attributes["method"] == "post" and " ".join(form.text.split()) == "ann Log out"
    ours = {"Sec-Fetch-Site": "same-origin"}
    assert browser.post("/logout", headers={**session, **ours}).headers["location"] == "/"
    assert "Log in" in read(browser.get("/analyses", headers=session)).links


def test_a_login_leads_back_to_the_page(site: Running, browser: httpx2.Client) -> None:
    page = read(browser.get("/analyses?q=a+b&collaboration=ATLAS"))
    login = read(browser.get(page.links["Log in"]))
    (to,) = (it.attributes["value"] for it in login.all("input") if it.attributes["name"] == "to")
    assert to == "/analyses?q=a+b&collaboration=ATLAS"


def test_a_referee_reads_the_one_request_of_the_link(site: Running, browser: httpx2.Client) -> None:
    request = Staged(site).request("submitted", "private")
    gate = site.parts.identity.gate
    with gate.ledger.writing() as connection:
        secret, _ = make_link(connection, request.id, request.owner, "", 3600, gate.now())
    followed = browser.get(f"/links/{secret}")
    assert followed.headers["location"] == f"/requests/{request.id}"
    page = read(browser.get(followed.headers["location"]))
    assert "You follow a link to one request" in page.one("header").text and "its people alone" in page.words
    browser.cookies.clear()
    assert read(browser.get(followed.headers["location"]), 404)


def test_what_a_stranger_has_seen_is_asked_for_again_and_what_others_see_is_kept_by_nobody(
    site: Running, browser: httpx2.Client
) -> None:
    first = browser.get("/analyses")
    assert first.headers["cache-control"] == "private, no-cache" and "Cookie" in first.headers["vary"]
    again = browser.get("/analyses", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"") and "style-src" in again.headers["content-security-policy"]
    assert browser.get("/analyses?q=x", headers={"If-None-Match": first.headers["etag"]}).status_code == 200
    known = browser.get("/analyses", headers=cookie(site, "ann"))
    assert known.headers["cache-control"] == "no-store" and "etag" not in known.headers


def test_what_pages_load_is_kept_for_ever_under_the_name_of_its_bytes(browser: httpx2.Client) -> None:
    links = [it.attributes for it in read(browser.get("/")).all("link") if it.attributes["rel"] != "alternate"]
    assert [it["rel"] for it in links] == ["stylesheet", "icon"]
    for link in links:
        answer = browser.get(link["href"])
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
        assert answer.headers["etag"].removeprefix("W/").strip('"') in link["href"]
        tag = {"If-None-Match": f'W/"other", {answer.headers["etag"]}'}
        assert browser.get(link["href"], headers=tag).status_code == 304
    assert browser.get(links[0]["href"]).headers["content-type"] == "text/css; charset=utf-8"
    for name in ("style.css", "style-0000000000000000.css", "..%2fframe.py", "%00", "x" * 200):
        assert browser.get(f"/static/{name}").status_code in (400, 404, 422)


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip, deflate, br", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0, br", False),
        ("gzip; q=0.000", False),
        ("", False),
    ],
)
def test_what_pages_load_is_compressed_for_who_takes_that(browser: httpx2.Client, accepted: str, packed: bool) -> None:
    with browser.stream("GET", asset_path("style.css"), headers={"Accept-Encoding": accepted}) as answer:
        raw = b"".join(answer.iter_raw())
    assert (answer.headers.get("content-encoding") == "gzip") is packed and answer.headers["vary"] == "Accept-Encoding"
    assert (gzip.decompress(raw) if packed else raw) == STYLE.read_bytes()
    page = browser.get("/", headers={"Accept-Encoding": accepted})
    assert "content-encoding" not in page.headers, "what is typed and what is secret are in one page"


def test_the_stylesheet_is_small_and_brings_nothing_from_elsewhere() -> None:
    text = STYLE.read_text()
    assert len(gzip.compress(text.encode())) <= 12 << 10
    assert "url(" not in text and "@import" not in text
    for query in ("prefers-color-scheme: dark", "forced-colors: active", "media print", "prefers-reduced-motion"):
        assert query in text


def test_every_class_in_a_template_is_in_the_stylesheet() -> None:
    style = STYLE.read_text()
    used = {
        word for it in TEMPLATES for found in re.findall(r'class="([^"{]*)"', it.read_text()) for word in found.split()
    }
    assert len(used) > 20
    assert {it for it in used if not re.search(rf"\.{re.escape(it)}\b", style)} <= {"results", "ask", "answer"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda it: it.name)
def test_templates_call_nothing_safe_and_bring_nothing_inline(path: Path) -> None:
    text = path.read_text()
    for word in ("|safe", "| safe", "Markup", "autoescape", "<style", "style=", "javascript:", "http://"):
        assert word not in text
    assert not re.search(r"\son[a-z]+=", text) and not re.search(r"\s[a-z-]+=\{\{", text), "attributes are quoted"
    assert all(it.startswith("<script src=\"{{ base }}{{ asset('") for it in re.findall("<script[^>]*>", text))


def test_problems_of_a_service_below_a_prefix_stay_below_it(tmp_path: Path, home: Path) -> None:
    with running(tmp_path, BASE) as service:
        service.publish()
        headers = {"Host": "recast.example.org", "Accept": HTML}
        for way in ("", "/desk"):
            for path, status in (
                ("/", 200),
                ("/analyses", 200),
                (f"/analyses/{ANALYSIS}", 200),
                ("/requests/q0", 404),
                ("/no", 404),
            ):
                page = read(
                    httpx2.get(f"{service.url}{way}{path}", headers=headers, trust_env=False, timeout=60), status
                )
                ours = [it for it in page.addresses if it.startswith("/")]
                assert ours and all(it.startswith("/desk/") for it in ours)
                assert page.all("link")[0].attributes["href"].startswith("/desk/static/style-")
        page = read(httpx2.get(f"{service.url}/desk/analyses?q=x", headers=headers, trust_env=False))
        assert page.links["Log in"] == "/desk/login?to=/analyses%3Fq%3Dx"


@pytest.mark.parametrize("accept", ["*/*", "application/json", HTML])
def test_errors_are_pages_for_those_who_ask_for_pages(browser: httpx2.Client, accept: str) -> None:
    headers = {"Accept": accept}
    assert read(browser.get("/requests/q0", headers=headers), 404), "a page has pages, whoever asks"
    for path in ("/api/v1/requests/q0", "/api/v1/nothing", "/requests/q0.json", "/nothing.json"):
        assert browser.get(path, headers=headers).headers["content-type"] == "application/problem+json"
    kind = browser.get("/nothing", headers=headers).headers["content-type"]
    assert kind == ("text/html; charset=utf-8" if accept == HTML else "application/problem+json")


def test_a_wrong_token_and_another_host_get_pages_that_say_so(browser: httpx2.Client) -> None:
    wrong = browser.get("/analyses", headers={"Authorization": f"Bearer rct_{'x' * 43}"})
    page = read(wrong, 401)
    assert page.links["log in"] == "/login" and wrong.headers["www-authenticate"].startswith("Bearer")
    assert "permission.host" in read(browser.get("/analyses", headers={"Host": "evil.example"}), 403).links


@pytest.mark.parametrize(
    "problem",
    [InfrastructureError("The ledger cannot be used", where="/var/x", why="secret"), ZeroDivisionError("/var/y")],
)
def test_our_own_faults_name_nothing_of_ours_but_a_number(
    browser: httpx2.Client, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr("recast.service.pages.routes.found_analyses", fails)
    answer = browser.get("/analyses")
    page = read(answer, 503 if isinstance(problem, InfrastructureError) else 500)
    assert answer.headers["x-request-id"] in page.words
    assert "/var" not in answer.text and "secret" not in answer.text and "Traceback" not in answer.text


def test_head_of_a_page_has_no_body(browser: httpx2.Client) -> None:
    whole, head = browser.get("/analyses"), browser.head("/analyses")
    assert head.status_code == 200 and not head.content and head.headers["etag"] == whole.headers["etag"]


def test_pages_of_login_have_the_frame(site: Running, browser: httpx2.Client) -> None:
    page = read(browser.get("/login?to=/requests"))
    assert [it.attributes.get("name") for it in page.all("input")] == ["to", "login", "password"]
    refused = browser.post(
        "/login/local", data={"login": "ann", "password": "wrong"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert read(refused, 401).links["permission.login"]


def test_a_person_is_what_the_token_says(site: Running, browser: httpx2.Client) -> None:
    token = site.person("zoe", "read")
    page = read(browser.get("/requests", headers={"Authorization": f"Bearer {token}"}))
    assert "zoe, by a token" in page.one("header").text
