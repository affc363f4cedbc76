"""The road by the keyboard alone: from a search to an answer that is released and can be cited, without a click."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from recast.ledger.people.roles import bond
from recast.ledger.people.users import make_local_user
from recast.service.identity.passwords import hash_of
from tests.browser.keyboard import Keys
from tests.browser.window import Window, opened
from tests.service.pages.shelf import put, record
from tests.service.pages.test_check_page import FOUND, SEARCH
from tests.service.running import Running, shared
from tests.service.staged import LIMIT, MACHINE

pytestmark = pytest.mark.slow

ANALYSIS = "atlas-quick-1"
PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service with a search, somebody who asks and its contact; what its points need is told, and never looked up."""
    with shared(tmp_path_factory) as service:
        put(service, record(ANALYSIS), card={"policy": "on-acceptance"})
        service.parts.__dict__["check"] = _checked
        gate = service.parts.identity.gate
        with gate.ledger.writing() as connection:
            for name in ("theorist", "contact"):
                user = make_local_user(connection, name, hash_of(PASSWORD), "test", gate.now()).id
                if name == "contact":
                    bond(connection, "contact", user, ANALYSIS, "test", gate.now())
        yield service


def _checked(*_: Any) -> dict[str, Any]:
    return {**FOUND, "searches": [{**SEARCH, "analysis": ANALYSIS, "nearest": []}], "uncovered": []}


def test_from_a_search_to_a_citation(chromium: Browser, service: Running) -> None:
    with opened(chromium, service.url) as theorist, opened(chromium, service.url) as contact:
        found(theorist)
        checked(theorist.page)
        path = asked(theorist)
        accepted_and_run(contact, path)
        answered(service, path)
        reviewed_and_released(contact, path)
        cited(theorist, path)


def found(window: Window) -> None:
    """Skip what is on every page, search, and open the record."""
    page = window.go("/")
    keys = Keys(page)
    keys.enter("a.skip")
    assert page.evaluate("document.activeElement.id") == "content"
    keys.write("#q", "charginos collaboration:ATLAS")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"q=charginos"))
    keys.enter(f"main a[href='/analyses/{ANALYSIS}']")
    page.wait_for_url(re.compile(rf"{ANALYSIS}$"))


def checked(page: Page) -> None:
    """Go to a part of the record, check a point, and come back from its answer."""
    keys = Keys(page)
    keys.enter(".within a", "Requests")
    page.wait_for_url(re.compile("#requests$"))
    keys.enter("a.button", "Check a point of this search")
    page.wait_for_url(re.compile("/check"))
    keys.write("#text", "mass=300")
    keys.enter("#question button", "Check")
    page.locator("#answer h2").first.wait_for()
    keys.enter(f"#answer a[href='/analyses/{ANALYSIS}']")
    page.wait_for_url(re.compile(rf"{ANALYSIS}$"))
    keys.enter("a.button", "Ask for points of your own")
    page.wait_for_url(re.compile("/requests/new"))


def asked(window: Window) -> str:
    """Fill the form: a grid of named axes; log in on the way; submit; return the address of the request."""
    page = window.page
    keys = Keys(page)
    keys.write("#title", "Winos with a light neutralino")
    keys.write("#reason", "our model lies between the published points")
    keys.choose("#audience", "public")
    for place, axis in enumerate((("mass", "300", "500", "3"), ("m_neutralino", "0", "50", "2"))):
        keys.enter("button", "Add an axis")
        page.locator(f"#axis-{place}-name").wait_for()
        for part, value in zip(("name", "start", "stop", "number"), axis, strict=True):
            keys.write(f"#axis-{place}-{part}", value)
    keys.enter("button", "Show the points")
    page.locator("#row-5").wait_for()
    keys.enter("button", "Check, and see the cost")
    page.locator("#answer section").first.wait_for()
    keys.enter("button[value=save]")
    page.get_by_role("heading", name="You are not logged in any more").wait_for()
    with page.context.expect_page() as opening:
        keys.enter("main a", "Log in, in a new tab")
    logged_in(opening.value, "theorist")
    opening.value.close()
    keys.enter("main button", "send it again")
    page.wait_for_url(re.compile(r"/requests/q"))
    do(page, "submit")
    page.get_by_text("it waits to be accepted").first.wait_for()
    return page.url.removeprefix(window.base).partition("#")[0].partition("?")[0]


def accepted_and_run(window: Window, path: str) -> None:
    page = window.go("/turn")
    Keys(page).enter("main a", "Log in")
    page.wait_for_url(re.compile("/login"))
    logged_in(page, "contact")
    page = window.go("/turn")
    Keys(page).enter(f"main a[href^='{path}']")
    page.wait_for_url(re.compile(rf"{path}"))
    do(page, "accept")
    page.get_by_text("its points are being answered").first.wait_for()
    do(page, "run")
    page.locator("#act-cancel").wait_for()


def answered(service: Running, path: str) -> None:
    """Stand in for the dispatcher: answer every point."""
    ledger, name = service.parts.ledger, path.rpartition("/")[2]
    points = [it.id for it in ledger.request(name).points]
    ledger.act(name, "start-run", MACHINE, {"run": "r1", "points": points})
    for point in points:
        ledger.act(name, "answer-point", MACHINE, {"run": "r1", "point": point, "results": [LIMIT]})


def reviewed_and_released(window: Window, path: str) -> None:
    page = window.go(path)
    keys = Keys(page)
    keys.tick("#judge input[name=every]")
    keys.enter("#judge button", "Sound")
    page.locator("#act-release").wait_for()
    do(page, "release")
    page.get_by_text("its answers can be read and cited").first.wait_for()


def cited(window: Window, path: str) -> None:
    """Read the answers, and how to cite the search that gave them."""
    page = window.go(path)
    assert page.locator(".answer").count() >= 6
    keys = Keys(page)
    keys.enter(f"main a[href='/analyses/{ANALYSIS}']")
    page.wait_for_url(re.compile(rf"{ANALYSIS}$"))
    keys.enter(".within a", "Cite")
    keys.enter("#cite summary", "BibTeX")
    assert "@article" in page.locator("#cite pre").inner_text()


def do(page: Page, action: str) -> None:
    """Unfold an action of a request, and do it."""
    keys = Keys(page)
    keys.enter(f"#act-{action} summary")
    keys.enter(f"#act-{action} button")


def logged_in(page: Page, name: str) -> None:
    """Log in, on the page that offers it."""
    keys = Keys(page)
    keys.write("input[name=login]", name)
    keys.write("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
