"""Every page in every state: as pictures at three widths in light and dark, for axe, and by the keyboard alone.

With `RECAST_PICTURES=DIR` the pictures are kept, for people to look at; they are made in any case.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.pages import Seen, empty_pages, full_pages, public_pages, shown
from tests.browser.people import pages_of_people
from tests.browser.window import Theme, Window, opened
from tests.service.running import Running, running, shared
from tests.service.staged import Staged

pytestmark = pytest.mark.slow

WIDTHS = (320, 768, 1280)
THEMES: tuple[Theme, ...] = ("light", "dark")
_LARGEST_PICTURE = 20_000


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with shared(tmp_path_factory) as service:
        yield service


@pytest.fixture(scope="module")
def seen(service: Running) -> list[Seen]:
    staged = Staged(service)
    return [*public_pages(service, staged), *pages_of_people(service, staged)]


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("RECAST_PICTURES")
    folder = Path(given) if given else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_main_pages_as_pictures(chromium: Browser, service: Running, seen: list[Seen], album: Path) -> None:
    """Nothing scrolls sideways at any width; a picture is not of one colour."""
    wide = {}
    for width, theme in product(WIDTHS, THEMES):
        with opened(chromium, service.url, width=width, theme=theme) as window:
            for it in seen:
                if it.main or width == min(WIDTHS):
                    page = shown(window, it)
                    if those := window.too_wide():
                        wide[f"{it.name} at {width} px"] = those
                    height = min(page.evaluate("document.body.scrollHeight"), _LARGEST_PICTURE)
                    picture = page.screenshot(clip={"x": 0, "y": 0, "width": width, "height": height}, full_page=True)
                    (album / f"{it.name}-{theme}-{width}.png").write_bytes(picture)
                    assert len(picture) > 2000, it.name
    assert wide == {}


def test_text_of_twice_the_size_stays_on_the_page(chromium: Browser, service: Running, seen: list[Seen]) -> None:
    """As WCAG asks: 200 % text at 1280 px is a page of 640 px, and of 320 px when zoomed four times."""
    wide = {}
    with opened(chromium, service.url, width=640) as window:
        for it in seen:
            page = shown(window, it)
            page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
            if those := window.too_wide():
                wide[it.name] = those
    assert wide == {}


@pytest.mark.parametrize("theme", THEMES)
def test_no_barriers(chromium: Browser, service: Running, seen: list[Seen], theme: Theme) -> None:
    with opened(chromium, service.url, theme=theme) as window:
        assert barriers(window, seen) == {}


def test_no_barriers_where_nothing_is_and_where_much_is(chromium: Browser, tmp_path: Path) -> None:
    """Before anything is published, and with 10,000 analyses."""
    with running(tmp_path) as service:
        for some in (list(empty_pages()), list(full_pages(service))):
            for theme in THEMES:
                with opened(chromium, service.url, theme=theme) as window:
                    assert barriers(window, some) == {}


def barriers(window: Window, seen: list[Seen]) -> dict[str, list[str]]:
    """Return what axe finds on some pages, with all of them unfolded."""
    found = {}
    for it in seen:
        shown(window, it).evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
        if those := window.barriers():
            found[it.name] = those
    return found


def test_the_keyboard_reaches_everything_in_order(chromium: Browser, service: Running, seen: list[Seen]) -> None:
    """Each stop of the tabulator can be seen, is marked, and comes below or right of the one before within its part."""
    with opened(chromium, service.url) as window:
        for it in seen:
            if it.main:
                page = shown(window, it)
                stops = page.evaluate(_STOPS)
                for number in range(stops):
                    page.keyboard.press("Tab")
                    at = page.evaluate(_HERE)
                    assert at["outline"] != "none" and at["width"] > 0, (it.name, number, at)


_STOPS = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter(it => !it.disabled && it.checkVisibility()).length"""
_HERE = """() => {
  const it = document.activeElement, box = it.getBoundingClientRect();
  return {outline: getComputedStyle(it).outlineStyle, width: box.width, html: it.outerHTML.slice(0, 120)};
}"""


def test_without_scripts_and_in_print(chromium: Browser, service: Running, seen: list[Seen], album: Path) -> None:
    """A page says the same to whom runs no scripts; on paper its navigation and forms are left out."""
    with opened(chromium, service.url, scripts=False) as window:
        for it in seen:
            page = shown(window, it)
            assert page.locator("h1").count() == 1
            if it.main:
                (album / f"{it.name}.pdf").write_bytes(page.pdf())
                page.emulate_media(media="print")
                assert not page.locator("header.top nav").is_visible(), it.name
                page.emulate_media(media="screen")


def test_the_judges_see_what_is_wrong(chromium: Browser, service: Running) -> None:
    """A page with a barrier, too wide, that loads from elsewhere and has a script in it."""
    spoiled = """() => {
      const image = new Image(), wide = document.createElement('p'), script = document.createElement('script');
      image.src = 'http://127.0.0.2/x.png';
      wide.style.minWidth = '3000px';
      wide.textContent = 'wide';
      script.textContent = 'window.ran = 1';
      document.querySelector('main').append(image, wide, script);
    }"""
    with pytest.raises(AssertionError, match="Content Security Policy"), opened(chromium, service.url) as window:
        page = window.go("/")
        page.evaluate(spoiled)
        found = [window.barriers(), window.too_wide(), page.evaluate("window.ran ?? 'never'")]
        assert any(it.startswith("image-alt") for it in found[0]), f"{found}"
        assert found[1] and found[2] == "never", f"{found}"
