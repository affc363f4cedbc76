"""The pages of answers in a browser: pictures at three widths in light and dark, axe, scripts off, print, the script of
charts. With `RECAST_PICTURES=DIR` the pictures are kept, for people to look at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.window import Window, opened
from tests.service.answers.plane import LIMITS, plane, published
from tests.service.running import Running, running
from tests.service.staged import MACHINE

pytestmark = pytest.mark.slow

WIDTHS = (320, 768, 1280)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch, running(tmp_path_factory.mktemp("service")) as service:
        patch.setenv("RECAST_HOME", str(Path(tmp_path_factory.mktemp("home"))))
        yield service


@pytest.fixture(scope="module")
def paths(service: Running) -> dict[str, str]:
    """The pages by name: a plane, one that is not released, a line, a point with yields, two requests side by side."""
    staged = published(service)
    whole, hidden = plane(staged, "released").id, plane(staged, limits=LIMITS[:9], left=2).id
    other = [{**it, "cls_obs": min(1.0, it["cls_obs"] * 1.5)} for it in LIMITS[3:9]]
    second = plane(staged, "released", limits=other, title="With another signal").id
    return {
        "answers": f"/requests/{whole}/answers",
        "answers-growing": f"/requests/{hidden}/answers",
        "answers-line": f"/requests/{second}/answers?x=m_neutralino_gev&quantity=xsec",
        "answers-filtered": f"/requests/{whole}/answers?sort=-cls_obs&verdict=allowed",
        "answers-nothing": f"/requests/{whole}/answers?q=nothing",
        "point": f"/requests/{whole}/points/p1",
        "compare": f"/requests/compare?with={whole}&with={second}",
    }


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("RECAST_PICTURES")
    folder = Path(given) if given else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_pictures_at_three_widths_in_light_and_dark(
    chromium: Browser, service: Running, paths: dict[str, str], album: Path
) -> None:
    for width, theme in product(WIDTHS, ("light", "dark")):
        with opened(chromium, service.url, width=width, theme=theme) as window:  # type: ignore[arg-type]
            for name, path in paths.items():
                page = window.go(path)
                assert window.too_wide() == [], f"{name} at {width} px"
                picture = page.screenshot(full_page=True)
                (album / f"{name}-{theme}-{width}.png").write_bytes(picture)
                assert len(picture) > 2000, name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barriers(chromium: Browser, service: Running, paths: dict[str, str], theme: str) -> None:
    with opened(chromium, service.url, theme=theme) as window:  # type: ignore[arg-type]
        found = {}
        for name, path in paths.items():
            window.go(path).evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
            if barriers := window.barriers():
                found[name] = barriers
    assert found == {}


def test_without_scripts_the_same_is_there_and_in_print(
    chromium: Browser, service: Running, paths: dict[str, str], album: Path
) -> None:
    with opened(chromium, service.url, scripts=False) as window:
        for name, path in paths.items():
            page = window.go(path)
            assert page.locator("h1").count() == 1
            (album / f"{name}.pdf").write_bytes(page.pdf())
        page = window.go(paths["answers"])
        page.locator("thead").get_by_role("link", name="CLs observed").click()
        page.wait_for_url("**sort=cls_obs**")
        assert page.locator("th[aria-sort]").inner_text().startswith("CLs observed")
        page.locator("#axis-y").select_option("")
        page.get_by_role("button", name="Draw").click()
        page.wait_for_url("**x=m_chargino_gev**")
        assert page.get_by_text("Expected ±2 σ").count() > 0


def test_it_grows_in_place_and_is_then_what_a_reload_shows(chromium: Browser, service: Running) -> None:
    staged = published(service)
    request = plane(staged, limits=LIMITS[:9], left=2)
    with opened(chromium, service.url) as window:
        page = window.go(f"/requests/{request.id}/answers")
        assert page.get_by_text("waits for an answer").count() >= 2
        given = {"run": f"r-{request.id}", "point": "p8", "results": [LIMITS[7]]}
        page.evaluate("window.same = true")
        staged.act(request.id, "answer-point", MACHINE, **given)
        row = page.locator("#points tbody tr", has_text="p8")
        expect(row).to_contain_text("answered, not released yet", timeout=60_000)
        assert page.evaluate("window.same") is True
        shown = page.locator("#points tbody").inner_text()
        assert window.go(f"/requests/{request.id}/answers").locator("#points tbody").inner_text() == shown


def test_a_chart_reads_out_a_point_and_leads_to_it(chromium: Browser, service: Running, paths: dict[str, str]) -> None:
    with opened(chromium, service.url) as window:
        page = window.go(paths["answers"])
        chart = page.locator("svg.chart").first
        chart.focus()
        page.keyboard.press("ArrowRight")
        page.locator(".readout", has_text="600").first.wait_for()
        _opens_a_point(window)


def _opens_a_point(window: Window) -> None:
    page = window.page
    page.locator("main table a[href$='/points/p7']").click()
    page.wait_for_url("**/points/p7")
    page.get_by_role("heading", level=1, name="Point p7").wait_for()
    page.get_by_role("link", name="the point after").click()
    page.wait_for_url("**/points/p8")
