"""The pages of a service with what can be on them, each in the states in which somebody may find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from recast.ledger.catalogue.records import AnalysisRecord
from tests.browser.window import Window
from tests.service.pages.shelf import FULL, HOSTILE, put, record
from tests.service.pages.test_check_page import FOUND
from tests.service.pages.test_run_page import EVIL, stage, step, told
from tests.service.running import Running
from tests.service.staged import ROAD, Staged
from tests.service.test_runs import picture

__all__ = ["Seen", "empty_pages", "full_pages", "public_pages", "shown"]

MANY = 10_000
RUNS: dict[str, dict[str, Any] | None] = {
    "goes-on": {},
    "done": {"state": "succeeded"},
    "hostile": {"stages": [stage(EVIL, done=1), stage("b", EVIL, failed=2)], "steps": [step(f"/{EVIL}/0")]},
    "wide": {"stages": [stage("s" * 150, done=1), *(stage(f"stage_{it}", f"stage_{it - 1}") for it in range(40))]},
    "new": None,
}

_FAILED = {"who": "by anna", "when": "2026-01-31T12:00:00Z", "passed": 4, "documented": 1, "failed": 2}
_MASSES = "m_squark=1200 m_neutralino=300"


def _nothing(page: Page) -> None:
    """Leave a page as it is."""


@dataclass(frozen=True)
class Seen:
    """A page by a name, its address, the status of its answer, and whether it is one of the main ones; `session` is
    that of who looks at it, `then` what they do there.
    """

    name: str
    path: str
    status: int = 200
    main: bool = False
    session: str = ""
    then: Callable[[Page], None] = _nothing


def _runs(service: Running, staged: Staged) -> Iterator[tuple[str, str]]:
    """Yield runs that go on, have ended, are told of by a stranger, and of which nothing is told yet."""
    for name, changed in RUNS.items():
        run = staged.run(staged.request("accepted"))
        if changed is not None:
            picture(service, run, **told(**changed))
        yield name, f"/runs/{run}"


def shown(window: Window, it: Seen) -> Page:
    """Open a page as who sees it, and do what they do."""
    cookies = window.page.context
    cookies.clear_cookies()
    if it.session:
        cookies.add_cookies([{"name": "recast-session", "value": it.session, "url": window.base}])
    page = window.go(it.path, it.status)
    it.then(page)
    return page


def public_pages(service: Running, staged: Staged) -> Iterator[Seen]:
    """Fill a service, and yield the pages that everybody may open."""
    put(service, record("atlas-full-1", "1.0.0", "deprecated"), record("atlas-full-1", "2.0.0"))
    put(service, record("cms-failed-1", validation=_FAILED))
    put(service, record("atlas-gone-1", status="withdrawn"))
    put(service, record("atlas-damaged-1", status="damaged", reason="A file of it is missing."))
    put(service, record("atlas-hostile-1", metadata=HOSTILE))
    service.parts.__dict__["check"] = lambda *_: FOUND
    requests = {state: staged.request(state).id for state in ROAD if state != "draft"}
    yield Seen("home", "/", main=True)
    yield Seen("search", "/analyses", main=True)
    yield Seen("search-chosen", "/analyses?q=wino&collaboration=ATLAS")
    yield Seen("search-misspelled", "/analyses?q=charginoss")
    yield Seen("search-nothing", "/analyses?q=zzzzzz", main=True)
    yield Seen("record", "/analyses/atlas-full-1", main=True)
    yield Seen("record-deprecated", "/analyses/atlas-full-1/versions/1.0.0")
    yield Seen("record-failed", "/analyses/cms-failed-1", main=True)
    yield Seen("record-withdrawn", "/analyses/atlas-gone-1")
    yield Seen("record-damaged", "/analyses/atlas-damaged-1")
    yield Seen("record-hostile", "/analyses/atlas-hostile-1")
    yield Seen("requests", "/requests", main=True)
    yield from (Seen(f"request-{state}", f"/requests/{id}", main=state == "released") for state, id in requests.items())
    yield from (Seen(f"run-{name}", path, main=name == "goes-on") for name, path in _runs(service, staged))
    yield Seen("history", f"/requests/{requests['released']}/history")
    yield Seen("check", "/check", main=True)
    yield Seen("check-answered", f"/check?text={_MASSES.replace(' ', '%0A')}")
    yield Seen("form", "/requests/new?analysis=atlas-full-1", main=True)
    yield Seen("form-unarchived", "/requests/new?wanted=arXiv:2106.01676")
    yield Seen("form-faults", "/requests/new?analysis=atlas-full-1", then=_with_faults)
    yield Seen("form-logged-out", "/requests/new?analysis=atlas-full-1", then=_saved_by_a_stranger)
    yield Seen("known", "/analyses/known?q=squark", main=True)
    yield Seen("known-one", "/analyses/known/atlas-susy-2019-09")
    yield Seen("known-nothing", "/analyses/known?q=zzzzzz")
    yield Seen("docs", "/docs", main=True)
    yield Seen("docs-page", "/docs/reference/pages")
    yield Seen("docs-error", "/docs/reference/errors/not-found")
    yield Seen("login", "/login?to=/requests")
    yield Seen("login-wrong", "/login?to=/requests", then=_with_a_wrong_password)
    yield Seen("turn-stranger", "/turn")
    yield Seen("no-page", "/analyses/atlas-none-1", 404, main=True)
    yield Seen("wrong-address", "/analyses?cursor=zzz", 422)


def empty_pages() -> Iterator[Seen]:
    """Yield the pages that say that nothing is there, of a service that has nothing."""
    for name, path in (("home", "/"), ("search", "/analyses"), ("requests", "/requests"), ("check", "/check")):
        yield Seen(f"empty-{name}", path)


def full_pages(service: Running) -> Iterator[Seen]:
    """Fill a service with thousands of analyses, and yield the pages that list them."""
    for begins in range(0, MANY, 500):
        service.parts.ledger.catalogue.put([_one_of_many(number) for number in range(begins, begins + 500)])
    yield Seen("full-home", "/")
    yield Seen("full-search", "/analyses")
    yield Seen("full-words", "/analyses?q=channel&collaboration=CMS")


def _one_of_many(number: int) -> AnalysisRecord:
    collaboration = ("ATLAS", "CMS", "LHCb", "Belle II")[number % 4]
    states = [f"{number % 7} jets", f"{number % 31} leptons"]
    metadata = {**FULL, "title": f"Squarks in channel {number}", "collaboration": collaboration, "final_states": states}
    return AnalysisRecord((record(f"many-{number:05}", metadata=metadata),), {}, "1")


def _with_faults(page: Page) -> None:
    """Fill the form with what cannot be taken, at several places, and let it be checked."""
    page.get_by_role("button", name="Add an axis").click()
    page.locator("#axis-0-name").fill("m")
    page.locator("#axis-0-start").fill("many")
    page.locator("#paste").fill("points: [")
    page.get_by_role("button", name="Check, and see the cost").click()
    page.locator("#faults").wait_for()


def _saved_by_a_stranger(page: Page) -> None:
    page.locator("#title").fill("Winos")
    page.locator("form#form button[value=save]").first.click()
    page.get_by_role("button", name="send it again").wait_for()


def _with_a_wrong_password(page: Page) -> None:
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill("a wrong password")
    page.locator("form.login button").click()
    page.wait_for_load_state()
