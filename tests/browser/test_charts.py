"""Charts from real results in a browser: as pictures in light, dark, print and forced colours, by script, for axe.

With `RECAST_PICTURES=DIR` the pictures are kept, for people to look at; they are made in any case.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from recast.charts import Figure, Spot, plane_of, standalone, svg
from recast.charts.raster import pictures
from tests.browser.window import Window, opened
from tests.charts.real import AXES, LABELS, STEP, figures, plane_spots
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

STATIC = ROOT / "recast/service/pages/static"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Charts</title>
<link rel="stylesheet" href="style.css"><script src="charts.js" defer></script></head>
<body><main><h1>Charts</h1>{charts}</main></body></html>"""


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("RECAST_PICTURES")
    folder = Path(given) if given else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def window(chromium: Browser) -> Iterator[Window]:
    with opened(chromium, "http://charts.test") as found:
        serve(found.page, {})
        yield found


def serve(page: Page, charts: dict[str, Figure]) -> None:
    """Answer everything that a page asks for from here, with the content policy of pages."""
    drawn = "".join(
        f'<figure class="charted"><div class="scroll" tabindex="0" role="group" aria-label="{name}">'
        f"{svg(figure, id=name)}</div><figcaption>{name}</figcaption></figure>"
        for name, figure in charts.items()
    )
    page.unroute_all()
    page.route("**/*", lambda route: route.fulfill(path=STATIC / route.request.url.rpartition("/")[2]))
    headers = {"Content-Security-Policy": POLICY}
    body = PAGE.format(charts=drawn)
    page.route("http://charts.test/", lambda it: it.fulfill(body=body, content_type="text/html", headers=headers))


def show(window: Window, **charts: Figure) -> Page:
    serve(window.page, charts)
    return window.go("/")


@pytest.mark.parametrize("theme", ["light", "dark", "print", "forced"])
def test_every_kind_as_a_picture(chromium: Browser, album: Path, theme: str) -> None:
    shown = figures()
    with opened(chromium, "http://charts.test", theme="dark" if theme != "light" else "light") as window:
        page = show(window, **shown)
        if theme == "print":
            page.emulate_media(media="print")
        if theme == "forced":
            page.emulate_media(forced_colors="active")
        for name in shown:
            picture = page.locator(f"#{name}").screenshot()
            (album / f"chart-{name}-{theme}.png").write_bytes(picture)
            assert len(picture) > 3000, name
            texts = page.evaluate(_OVERLAPS, name)
            assert texts == [], f"{name}: {texts}"
        if theme == "print":
            (album / "charts.pdf").write_bytes(page.pdf())


_OVERLAPS = """(id) => {
  const chart = document.getElementById(id), frame = chart.getBoundingClientRect(), found = [];
  const boxes = [...chart.querySelectorAll('text')].filter(it => !it.hasAttribute('transform'))
    .map(it => [it.textContent, it.getBoundingClientRect()]);
  for (const it of chart.querySelectorAll('text')) {
    const box = it.getBoundingClientRect();
    const isIn = box.left > frame.left - 1 && box.right < frame.right + 1 && box.top > frame.top - 1;
    if (!isIn || box.bottom > frame.bottom + 1) found.push(`outside: ${it.textContent}`);
  }
  boxes.forEach(([text, a], at) => boxes.slice(at + 1).forEach(([other, b]) => {
    if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 4 && b.top < a.bottom - 4)
      found.push(`${text} over ${other}`);
  }));
  return found;
}"""


def test_files_of_their_own_as_pictures(chromium: Browser, album: Path) -> None:
    """What is downloaded: SVG with its colours inside, opened by itself, and PNG by matplotlib."""
    with opened(chromium, "http://charts.test") as window:
        for name, figure in figures().items():
            window.page.set_content(f"<body>{standalone(figure)}</body>")
            (album / f"chart-{name}-file.png").write_bytes(window.page.locator("svg").screenshot())
            (album / f"chart-{name}-matplotlib.png").write_bytes(pictures(figure, ("png",))[0])
            assert window.page.evaluate(_OVERLAPS, "chart") == [], name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barriers(chromium: Browser, theme: str) -> None:
    for scripts in (True, False):
        with opened(chromium, "http://charts.test", theme=theme, scripts=scripts) as window:  # type: ignore[arg-type]
            show(window, **figures())
            if scripts:
                assert window.barriers() == []


def test_charts_scroll_by_themselves_on_a_phone(chromium: Browser) -> None:
    with opened(chromium, "http://charts.test", width=320) as window:
        page = show(window, **figures())
        assert window.too_wide() == []
        size = page.evaluate("getComputedStyle(document.querySelector('#plane text')).fontSize")
        assert float(size.removesuffix("px")) >= 11


_A_POINT = """() => {
  const panel = document.querySelector('#plane .panel');
  const [x0, y0, x1, y1] = panel.dataset.box.split(' ').map(Number);
  const [, low, high] = panel.dataset.x.split(' ').map(Number), [, a, b] = panel.dataset.y.split(' ').map(Number);
  const at = new DOMPoint(x0 + (700 - low) / (high - low) * (x1 - x0), y1 - (100 - a) / (b - a) * (y1 - y0))
    .matrixTransform(document.querySelector('#plane').getScreenCTM());
  return [at.x, at.y];
}"""


def test_the_pointer_reads_numbers(window: Window) -> None:
    page = show(window, plane=plane_of(plane_spots(), AXES, labels=LABELS, step=STEP))
    said = page.locator("output")
    x, y = page.evaluate(_A_POINT)
    page.mouse.move(x + 3, y - 2)
    assert said.inner_text().startswith(
        "m(chargino 1) = m(neutralino 2) [GeV] = 700, m(neutralino 1) [GeV] = 100. Point, excluded. CLs observed 0.00"
    )


def test_a_finger_reads_numbers(chromium: Browser) -> None:
    context = chromium.new_context(has_touch=True, viewport={"width": 1000, "height": 800})
    page = context.new_page()
    serve(page, {"plane": plane_of(plane_spots(), AXES, labels=LABELS, step=STEP)})
    page.goto("http://charts.test/")
    x, y = page.evaluate(_A_POINT)
    page.touchscreen.tap(x + 2, y + 2)
    assert "= 700, m(neutralino 1) [GeV] = 100. Point, excluded" in page.locator("output").inner_text()
    context.close()


def test_the_keyboard_goes_from_point_to_point_and_closer(window: Window) -> None:
    page = show(window, plane=plane_of(plane_spots(), AXES, labels=LABELS, step=STEP))
    chart, said = page.locator("#plane"), page.locator("output")
    chart.focus()
    page.keyboard.press("ArrowRight")
    first = said.inner_text()
    assert "= 150, m(neutralino 1) [GeV] = 0. Point, excluded" in first
    page.keyboard.press("ArrowRight")
    assert said.inner_text() != first
    page.keyboard.press("ArrowLeft")
    assert said.inner_text() == first
    before = page.evaluate(_PLACES)
    page.keyboard.press("+")
    assert page.evaluate(_PLACES) != before and page.locator("button", has_text="Whole range").is_visible()
    labels = page.evaluate("[...document.querySelectorAll('#plane .words.tick text')].map(it => it.textContent)")
    assert len(labels) >= 6 and labels[0] == "200"
    page.keyboard.press("Escape")
    assert page.evaluate(_PLACES) == before and not page.locator("button", has_text="Whole range").is_visible()


_PLACES = "[...document.querySelectorAll('#plane path')].map(it => it.getAttribute('d')).join()"


def test_a_part_is_drawn_larger_by_dragging_and_keeps_its_numbers(window: Window, album: Path) -> None:
    page = show(window, plane=plane_of(plane_spots(), AXES, labels=LABELS, step=STEP))
    box = page.locator("#plane").bounding_box()
    assert box
    page.mouse.move(box["x"] + 300, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 520, box["y"] + 330, steps=3)
    page.mouse.up()
    (album / "chart-zoomed.png").write_bytes(page.locator("figure").screenshot())
    assert page.evaluate(_OVERLAPS, "plane") == []
    page.locator("button", has_text="Whole range").click()
    x, y = page.evaluate(_A_POINT)
    page.mouse.move(x, y)
    assert "= 700, m(neutralino 1) [GeV] = 100. Point, excluded" in page.locator("output").inner_text()


def test_the_legend_switches_series(window: Window) -> None:
    page = show(window, plane=plane_of(plane_spots(), AXES, labels=LABELS, step=STEP))
    page.get_by_role("button", name="Expected ±1 σ").press("Enter")
    assert page.locator("#plane .series.off").count() == page.locator("#plane path.line.expected-1").count() - 1 > 0
    page.get_by_role("button", name="Expected ±1 σ").click()
    assert page.locator("#plane .series.off").count() == 0


def test_few_marks_are_links_and_say_the_same_when_focused(window: Window) -> None:
    spots = [Spot(s.coordinates, s.limit, words=s.words, href="#there") for s in plane_spots()[:3]]
    page = show(window, few=plane_of(spots, AXES))
    link = page.get_by_role("link").first
    link.focus()
    assert page.locator("output").inner_text() == link.get_attribute("aria-label")


def test_a_chart_that_comes_later_is_made_alive_once(window: Window) -> None:
    page = show(window, plane=figures()["plane"])
    page.evaluate(
        "const it = document.querySelector('#plane'); it.outerHTML = it.outerHTML.replace(' data-ready=\"\"', '')"
    )
    page.wait_for_selector("#plane[data-ready]")
    assert page.locator(".readout").count() == 1
