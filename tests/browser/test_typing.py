"""What scripts add for who types: results as one types, the way back, and nothing typed is lost, whatever happens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from recast.service.identity.rates import Rates
from recast.service.offline.export import export_site
from tests.browser.window import Window, opened
from tests.service.pages.filled import session_of
from tests.service.pages.shelf import FULL, put, record
from tests.service.running import Running, shared
from tests.service.staged import Staged

pytestmark = pytest.mark.slow

MANY = 60


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with shared(tmp_path_factory) as service:
        for number in range(MANY):
            title = f"{'Squarks' if number % 2 else 'Gluinos'} in channel {number}"
            put(service, record(f"many-{number:02}", metadata={**FULL, "title": title}))
        yield service


@pytest.fixture(scope="module")
def staged(service: Running) -> Staged:
    return Staged(service)


def test_results_follow_and_the_field_keeps_what_is_typed(chromium: Browser, service: Running) -> None:
    """The focus stays in the field, a live region says how many, and the address is the search."""
    with opened(chromium, service.url) as window:
        page = window.go("/analyses")
        field, said = page.locator("#q"), page.locator("#count")
        expect(said).to_have_attribute("role", "status")
        field.press_sequentially("squarks")
        expect(said).to_have_text("30 analyses found")
        expect(field).to_be_focused()
        expect(field).to_have_value("squarks")
        field.press_sequentially(" 41")
        expect(said).to_have_text("1 analysis found")
        expect(field).to_have_value("squarks 41")
        expect(page).to_have_url(re.compile(r"q=squarks(\+|%20)41$"))
        assert page.evaluate("document.querySelectorAll('#count, #found, #q').length") == 3


def test_the_way_back_leads_to_what_was_found(chromium: Browser, service: Running) -> None:
    with opened(chromium, service.url) as window:
        page = window.go("/")
        page.get_by_role("link", name="Analyses", exact=True).click()
        page.locator("#q").press_sequentially("gluinos")
        expect(page.locator("#count")).to_have_text("30 analyses found")
        expect(page).to_have_url(re.compile("q=gluinos"))
        page.locator("main .list a").first.click()
        page.wait_for_url(re.compile("/analyses/many-"))
        page.go_back()
        expect(page.locator("#count")).to_have_text("30 analyses found")
        expect(page.locator("#q")).to_have_value("gluinos")
        page.go_back()
        expect(page.locator("h1")).to_have_text("Ask a published search about your model")
        page.go_forward()
        expect(page.locator("#count")).to_have_text("30 analyses found")


def test_in_a_copy_results_follow_and_there_are_more(
    chromium: Browser, service: Running, staged: Staged, tmp_path: Path
) -> None:
    """From a disk, with networking off."""
    export_site(tmp_path / "copy", str(service.parts.ledger.database.url))
    with opened(chromium, "") as window:
        page = window.page
        page.context.set_offline(True)
        page.goto((tmp_path / "copy/analyses.html").as_uri())
        field, said, items = page.locator("#q"), page.locator("main [role=status]"), page.locator("main .list > li")
        field.press_sequentially("squarks")
        expect(said).to_have_text("30 analyses found")
        expect(field).to_be_focused()
        expect(items).to_have_count(25)
        page.get_by_role("button", name="More").click()
        expect(items).to_have_count(30)
        expect(items.nth(25).locator("a").first).to_be_focused()
        expect(page.get_by_role("button", name="More")).to_have_count(0)
        items.nth(25).locator("a").first.click()
        page.wait_for_url(re.compile("index.html"))
        page.go_back()
        expect(said).to_have_text("30 analyses found")
        expect(field).to_have_value("squarks")


def test_who_asks_too_often_loses_nothing(
    chromium: Browser, service: Running, staged: Staged, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _as(chromium, service, "alice") as window:
        page = window.go("/requests/new?analysis=many-01")
        page.locator("#title").fill("Winos")
        with monkeypatch.context() as patch:
            patch.setattr(service.parts.identity.gate, "rates", Rates(1))
            page.request.get(f"{window.base}/")
            page.get_by_role("button", name="Add an axis").click()
            expect(page.locator("#said")).to_contain_text("Nothing that you wrote is lost")
            expect(page.locator("#title")).to_have_value("Winos")
            page.get_by_role("button", name="Save").first.click()
            expect(page.locator("h1")).to_have_text("You have asked too often")
        page.get_by_role("button", name="Send it again").click()
        page.wait_for_url(re.compile(r"/requests/q"))
        expect(page.locator("h1")).to_have_text("Winos")


def test_a_session_that_ends_in_the_middle_of_a_form(chromium: Browser, service: Running, staged: Staged) -> None:
    """A step says so beside the form, which stays; with the login in another tab it goes on."""
    request = staged.request("submitted")
    with _as(chromium, service, "alice") as window:
        page = window.go(f"/requests/{request.id}/edit")
        page.locator("#title").fill("Another title")
        kept = page.context.cookies()
        page.context.clear_cookies()
        page.get_by_role("button", name="Add an axis").click()
        expect(page.locator("#said")).to_contain_text("log in in another tab")
        expect(page.locator("#title")).to_have_value("Another title")
        page.context.add_cookies(kept)  # type: ignore[arg-type]
        page.get_by_role("button", name="Add an axis").click()
        expect(page.locator("#axis-0-name")).to_be_visible()
        expect(page.locator("#title")).to_have_value("Another title")
        page.get_by_role("button", name="Save").first.click()
        expect(page.locator("h1")).to_have_text("Another title")


def test_of_two_tabs_the_second_is_told_and_keeps_what_was_typed(
    chromium: Browser, service: Running, staged: Staged
) -> None:
    request = staged.request("submitted")
    with _as(chromium, service, "alice") as window:
        first = window.go(f"/requests/{request.id}/edit")
        second = first.context.new_page()
        second.goto(first.url)
        for tab, title in ((first, "By the first"), (second, "By the second")):
            tab.locator("#title").fill(title)
        _save(first)
        expect(first.locator("h1")).to_have_text("By the first")
        _save(second)
        expect(second.locator("#refused")).to_contain_text("All that you wrote is still here")
        expect(second.locator("#title")).to_have_value("By the second")
        second.close()


def _save(page: Page) -> None:
    page.get_by_role("button", name="Save").first.click()


@contextmanager
def _as(chromium: Browser, service: Running, name: str) -> Iterator[Window]:
    """Open a window in which somebody has logged in."""
    with opened(chromium, service.url) as window:
        cookie = {"name": "recast-session", "value": session_of(service, name), "url": service.url}
        window.page.context.add_cookies([cookie])  # type: ignore[list-item]
        yield window
