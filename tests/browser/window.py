"""A window of a browser, and what no page may make it do: break its content policy, err, ask other hosts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

__all__ = ["HEIGHT", "Theme", "Window", "opened"]

HEIGHT = 900
Theme = Literal["light", "dark"]
_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_LOCAL = frozenset({"http", "file"})


@dataclass
class Window:
    """One window with one page; `faults` are what it was made to do and must not."""

    page: Page
    base: str
    faults: list[str] = field(default_factory=list)

    def go(self, path: str, status: int = 200) -> Page:
        """Open an address of the service, which answers with a status."""
        answer = self.page.goto(self.base + path)
        assert answer is not None and answer.status == status, answer and answer.text()[:2000]
        return self.page

    def barriers(self) -> list[str]:
        """Return what axe finds on the page as it is now: rule, what it means, where."""
        options = {"runOnly": {"type": "tag", "values": list(_TAGS)}, "resultTypes": ["violations"]}
        found = Axe().run(self.page, options=options).response["violations"]
        return [f"{it['id']}: {it['help']}: {node['target']}" for it in found for node in it["nodes"][:5]]

    def too_wide(self) -> list[str]:
        """Return what makes the page scroll sideways; what scrolls by itself is no fault."""
        return list(self.page.evaluate(_TOO_WIDE))


_TOO_WIDE = """() => {
  const root = document.scrollingElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const wide = [...document.body.querySelectorAll('*')]
    .filter(it => it.getBoundingClientRect().right > root.clientWidth + 1);
  return [`${root.scrollWidth} > ${root.clientWidth}`, ...wide.slice(0, 5).map(it => it.outerHTML.slice(0, 200))];
}"""


@contextmanager
def opened(
    browser: Browser, base: str, *, width: int = 1280, theme: Theme = "light", scripts: bool = True
) -> Iterator[Window]:
    """Open a window, and look at its end whether anything happened that must not."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        color_scheme=theme,
        reduced_motion="reduce",  # a page that still scrolls would be looked at too early
        java_script_enabled=scripts,
    )
    context.set_default_timeout(60_000)
    window = Window(context.new_page(), base)

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            window.faults.append(message.text)

    def asked(request: Request) -> None:
        there, here = urlsplit(request.url), urlsplit(base)
        if there.scheme in _LOCAL and there.netloc != here.netloc:
            window.faults.append(f"asked {request.url}")

    window.page.on("console", said)
    window.page.on("pageerror", lambda error: window.faults.append(str(error)))
    window.page.on("request", asked)
    try:
        yield window
    finally:
        context.close()
    assert not window.faults, f"{window.faults}"
