"""The road in a browser, with scripts and without: from a search to an answer that is released and can be cited.

A real search, atlas-susy-2019-08, in its image: a grid of three by two of its points and one that must fail.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from recast.ledger import Ledger
from recast.ledger.people.roles import bond
from recast.ledger.people.users import make_local_user
from recast.moments import moment
from recast.service.identity.passwords import hash_of
from tests.browser.window import Window, opened
from tests.e2e.desk import Desk, served
from tests.e2e.test_desk_road import ANALYSIS, BAD, GRID, called
from tests.e2e.test_desk_road import home as _home
from tests.e2e.test_desk_road import store as _store
from tests.waiting import until

pytestmark = pytest.mark.slow
home, store = _home, _store

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def desk(home: Path, store: Path) -> Iterator[Desk]:
    with served(home, store) as desk:
        with Ledger(f"sqlite:///{home / 'service/ledger.sqlite'}") as ledger, ledger.writing() as connection:
            now = moment(time.time())
            for name in ("theorist", "contact"):
                user = make_local_user(connection, name, hash_of(PASSWORD), "test", now).id
                if name == "contact":
                    bond(connection, "contact", user, ANALYSIS, "test", now)
        yield desk


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_from_a_search_to_a_citation(
    chromium: Browser, desk: Desk, store: Path, home: Path, tmp_path: Path, scripts: bool
) -> None:
    with ExitStack() as stack:
        theorist, contact = (stack.enter_context(opened(chromium, desk.url, scripts=scripts)) for _ in range(2))
        found(theorist, scripts=scripts)
        checked(theorist.page)
        path = asked(theorist)
        accepted_and_run(contact, path)
        until(lambda: shows(contact, path, "they wait for review and release"), "the answers")
        reviewed_and_released(contact.page)
        cited(theorist, path, home, store, tmp_path)


def found(window: Window, *, scripts: bool) -> None:
    """Search, with a word that is not spelled well, and open the record."""
    page = window.go("/analyses")
    page.get_by_role("searchbox").fill("electroweakinos collaboration:ATLAS")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url(re.compile(r"q=electroweakinos"))
    page.locator(f"main a[href='/analyses/{ANALYSIS}']").click()
    assert page.get_by_role("heading", level=1).inner_text()
    if scripts:  # axe waits for what a page without scripts never does
        assert window.barriers() == []


def checked(page: Page) -> None:
    """Check a point of it: it is taken, and another is not."""
    page.get_by_role("link", name="Check a point of this search").click()
    page.locator("#text").fill("m_chargino_gev=300 m_neutralino_gev=0")
    page.get_by_role("button", name="Check", exact=True).click()
    page.locator("#answer", has_text=ANALYSIS).wait_for()


def asked(window: Window) -> str:
    """Fill the form: a grid of named axes, a point more; log in on the way; return the address of the request."""
    page = window.go(f"/analyses/{ANALYSIS}")
    page.get_by_role("link", name="Ask for points of your own").click()
    page.locator("#title").fill("Winos with a light neutralino")
    page.locator("#reason").fill("our model lies between the published points")
    page.locator("#audience").select_option("public")
    axes = (("m_chargino_gev", "300", "500", "3"), ("m_neutralino_gev", "0", "50", "2"))
    for place, axis in enumerate(axes):
        page.get_by_role("button", name="Add an axis").click()
        for part, value in zip(("name", "start", "stop", "number"), axis, strict=True):
            page.locator(f"#axis-{place}-{part}").fill(value)
    page.get_by_role("button", name="Show the points").click()
    page.locator("#row-5").wait_for()
    page.locator("#new-input").select_option("patch")
    page.get_by_role("button", name="Add the input").click()
    page.locator("#cell-0-2").wait_for()
    page.get_by_role("button", name="Add a point").click()
    page.locator("#cell-6-2").wait_for()
    values = (*BAD["coordinates"].values(), BAD["inputs"]["patch"])
    for column, value in enumerate(values):
        page.locator(f"#cell-6-{column}").fill(str(value))
    page.get_by_role("button", name="Check, and see the cost").click()
    page.locator("#answer section").first.wait_for()
    page.get_by_role("button", name="Save").first.click()
    page.get_by_role("heading", name="not logged in").or_(page.get_by_text("not logged in any more")).first.wait_for()
    logged_in_beside(window, "theorist")
    page.get_by_role("button", name=re.compile("end it again|logged in")).first.click()
    page.wait_for_url(re.compile(r"/requests/q"))
    do(page, "submit")
    page.get_by_text("it waits to be accepted").first.wait_for()
    return page.url.removeprefix(window.base).partition("#")[0].partition("?")[0]


def accepted_and_run(window: Window, path: str) -> None:
    logged_in_beside(window, "contact")
    page = window.go("/turn")
    page.locator(f"main a[href^='{path}']").first.click()
    do(page, "accept")
    page.get_by_text("its points are being answered").first.wait_for()
    do(page, "run")
    page.locator("#act-cancel").wait_for()


def reviewed_and_released(page: Page) -> None:
    page.locator("#judge input[name=every]").check()
    page.get_by_role("button", name="Sound", exact=True).click()
    page.locator("#act-release").wait_for()
    do(page, "release")
    page.get_by_text("its answers can be read and cited").first.wait_for()


def cited(window: Window, path: str, home: Path, store: Path, tmp_path: Path) -> None:
    """Six verdicts and one reason; a signed statement that holds without the service; what to cite."""
    page = window.go(path)
    assert page.locator(".verdict", has_text="xcluded at 95% CL").count() == len(GRID)
    assert page.get_by_text("is a whole workspace").count() >= 1
    address = page.get_by_role("link", name="signed statement").first.get_attribute("href")
    answer = page.request.get(f"{window.base}{address}")
    key = page.request.get(f"{window.base}/api/v1/signing-key")
    (tmp_path / "answer.json").write_bytes(answer.body())
    (tmp_path / "service.pub").write_bytes(key.body())
    said = called(home, store, "request", "verify", tmp_path / "answer.json", "--key", tmp_path / "service.pub")
    assert said.code == 0, said.err
    page = window.go(f"/analyses/{ANALYSIS}#cite")
    page.locator("#cite summary").click()
    assert "@article" in page.locator("#cite pre").inner_text()


def do(page: Page, action: str) -> None:
    """Unfold an action of a request, and do it."""
    form = page.locator(f"#act-{action}")
    form.locator("summary").click()
    form.get_by_role("button").click()


def shows(window: Window, path: str, words: str) -> bool:
    return window.go(path).get_by_text(words).count() > 0


def logged_in_beside(window: Window, name: str) -> None:
    """Log in, in another tab of the same browser."""
    tab = window.page.context.new_page()
    tab.goto(f"{window.base}/login?to=/account")
    tab.get_by_label("Name").fill(name)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.locator("form.login button").click()
    tab.wait_for_url(re.compile("/account"))
    tab.close()
