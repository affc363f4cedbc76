"""Watching a request in a browser from submission to contour: thirty points of a real search, atlas-susy-2019-08.

The page of the run says what goes on, the page of answers grows. At the end its contour is that of `recast scan` to the
last digit, each number opens to its evidence, and what is released goes to HEPData and is cited.
"""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from recast.ledger import Ledger
from recast.ledger.people.roles import bond
from recast.ledger.people.users import make_local_user
from recast.moments import moment
from recast.service.identity.passwords import hash_of
from tests.browser.test_road import PASSWORD, do, logged_in_beside, reviewed_and_released, shows
from tests.browser.window import Window, opened
from tests.e2e.desk import Desk, served
from tests.e2e.test_desk_road import ANALYSIS, called
from tests.e2e.test_desk_road import home as _home
from tests.e2e.test_desk_road import store as _store
from tests.results.test_export_hepdata import judged
from tests.waiting import BOUND_S, until

pytestmark = pytest.mark.slow
home, store = _home, _store

GRID = [(chargino, neutralino) for chargino in range(600, 801, 50) for neutralino in range(50, 301, 50)]
POINTS = [{"coordinates": {"m_chargino_gev": x, "m_neutralino_gev": y}} for x, y in GRID]
DOCUMENT = {
    "analysis": ANALYSIS,
    "title": "Winos at the edge",
    "model": "wino pair, W h",
    "reason": "our model lies at the edge of the exclusion",
    "audience": "public",
    "axes": ["m_chargino_gev", "m_neutralino_gev"],
    "points": POINTS,
}
_PATIENT_MS = BOUND_S * 1000


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


def test_from_submission_to_a_contour_that_can_be_cited(
    chromium: Browser, desk: Desk, home: Path, store: Path, tmp_path: Path
) -> None:
    scanned = contour_of_a_scan(home, store, tmp_path)
    with ExitStack() as stack:
        theorist, contact = (stack.enter_context(opened(chromium, desk.url)) for _ in range(2))
        path = submitted(desk, theorist)
        watched(contact, path)
        assert contours(contact.page, desk.url, path) == scanned
        evidence_of(contact, path)
        strangers_see_nothing(stack, chromium, desk.url, path)
        contact.go(path)
        reviewed_and_released(contact.page)
        taken_away(theorist, path, scanned, tmp_path)
        cited(theorist, home, store)


def contour_of_a_scan(home: Path, store: Path, tmp_path: Path) -> dict[str, Any]:
    """Scan the same points on the command line, and return the lines."""
    names = "\n".join(f"C1N2_Wh_hbb_{x}_{y},{x},{y}" for x, y in GRID)
    (tmp_path / "points.csv").write_text(f"name,m_chargino_gev,m_neutralino_gev\n{names}\n")
    done = called(home, store, "scan", ANALYSIS, "--points", tmp_path / "points.csv")
    assert done.code == 0, done.err
    (found,) = (home / "scans").glob("*/contour.json") or [home]
    lines: dict[str, Any] = json.loads(found.read_bytes())["contours"]
    assert len(lines["observed"][0]) > 10
    return lines


def submitted(desk: Desk, window: Window) -> str:
    """Submit thirty points as a file, by the form's own document; return the address of the request."""
    logged_in_beside(window, "theorist")
    page = window.go(f"/requests/new?analysis={ANALYSIS}")
    page.locator("#paste").evaluate("it => it.closest('details')?.setAttribute('open', '')")
    page.locator("#paste").fill(json.dumps(DOCUMENT))
    page.get_by_role("button", name=re.compile("[Tt]ake it in")).first.click()
    expect(page.locator("#title")).to_have_value(str(DOCUMENT["title"]))
    page.get_by_role("button", name="Save").first.click()
    page.wait_for_url(re.compile(r"/requests/q"))
    do(page, "submit")
    page.get_by_text("it waits to be accepted").first.wait_for()
    return page.url.removeprefix(window.base).partition("#")[0].partition("?")[0]


def watched(window: Window, path: str) -> None:
    """Accept it and let it run; watch the run's states, and the chart as it grows, without loading any page again."""
    logged_in_beside(window, "contact")
    page = window.go(path)
    do(page, "accept")
    page.get_by_text("its points are being answered").first.wait_for()
    do(page, "run")
    page.locator("#act-cancel").wait_for()
    until(lambda: window.go(path).locator("#facts a[href^='/runs/']").count() > 0, "the run")
    run = str(page.locator("#facts a[href^='/runs/']").first.get_attribute("href"))
    growing = page.context.new_page()
    growing.goto(window.base + f"{path}/answers")
    answered = growing.locator("#points tbody tr", has_text=re.compile("excluded"))
    page = window.go(run)
    state = page.locator("#state")
    seen = set[str]()

    def ended() -> bool:
        seen.add(str(state.get_attribute("data-state")))
        return state.get_attribute("data-state") == "succeeded"

    until(ended, "the run")
    assert {"running", "succeeded"} <= seen
    expect(answered).to_have_count(len(GRID), timeout=_PATIENT_MS)
    expect(growing.locator("#charts svg .line.contour, #charts svg .contour").first).to_be_attached(timeout=_PATIENT_MS)
    growing.close()
    until(lambda: shows(window, path, "they wait for review and release"), "the answers")


def contours(page: Page, base: str, path: str) -> dict[str, Any]:
    """Return the lines of the chart of a request."""
    answer = page.request.get(f"{base}{path}/answers.json")
    (chart,) = answer.json()["charts"]
    assert len(chart["published"][0]) > 5
    lines: dict[str, Any] = chart["contours"]
    return lines


def evidence_of(window: Window, path: str) -> None:
    """A number of the table opens to what it was made of."""
    page = window.go(f"{path}/answers")
    page.locator("#points tbody tr").first.locator("td.number a").first.click()
    page.wait_for_url(re.compile(r"/answers/a"))
    page.get_by_text("sha256:").first.wait_for()
    page = window.go(f"{path}/points/p1")
    page.locator("table.limits td a").first.click()
    page.wait_for_url(re.compile(r"/answers/a"))


def strangers_see_nothing(stack: ExitStack, chromium: Browser, base: str, path: str) -> None:
    stranger = stack.enter_context(opened(chromium, base))
    page = stranger.go(f"{path}/answers")
    assert page.get_by_text("answered, not released yet").count() >= len(GRID)
    assert page.locator("#charts svg .line.contour").count() == 0


def taken_away(window: Window, path: str, scanned: dict[str, Any], tmp_path: Path) -> None:
    """Download the submission to HEPData; its validator has nothing to say, and its lines are those of the scan."""
    page = window.go(f"{path}/answers")
    with page.expect_download() as download:
        page.get_by_role("link", name="hepdata.zip").click()
    with zipfile.ZipFile(io.BytesIO(Path(str(download.value.path())).read_bytes())) as archive:
        archive.extractall(tmp_path / "submission")
    folder = tmp_path / "submission"
    assert judged(folder) == {str(folder): []}
    assert {"submission.yaml", "contour.yaml", "limit_cls.yaml"} <= {it.name for it in folder.iterdir()}
    edge = max(scanned["observed"][0])
    assert repr(edge[0])[:8] in (folder / "contour.yaml").read_text()
    for name in ("chart.png", "chart.pdf", "pyhf.zip"):
        assert page.request.get(page.locator(f"#files a[href*='{name}']").evaluate("it => it.href")).ok, name


def cited(window: Window, home: Path, store: Path) -> None:
    page = window.go(f"/analyses/{ANALYSIS}#cite")
    page.locator("#cite summary").click()
    assert "@article" in page.locator("#cite pre").inner_text()
