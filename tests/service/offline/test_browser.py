"""The copy in a real browser, from a disk and without a network: the search finds, and nothing is asked of anybody."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.service.offline.conftest import Copy
from tests.service.pages.reading import Page

CHROMIUM = shutil.which("chromium")
OFFLINE = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--dump-dom",
)  # fmt: skip
SAID = re.compile(r"CONSOLE[^\n]*|[^\n]*(?:Content Security Policy|Refused to)[^\n]*")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's package chromium is not installed")


def seen(copy: Copy, address: str, profile: Path) -> Page:
    """Return a page as it is when its scripts have run; nothing is said on the console."""
    assert CHROMIUM is not None
    path, _, query = address.partition("?")
    place = (copy.folder / path).as_uri() + (f"?{query}" if query else "")
    command = [CHROMIUM, *OFFLINE, f"--user-data-dir={profile}", place]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert SAID.findall(done.stderr) == []
    return Page(done.stdout)


def found(page: Page) -> list[str]:
    """Return the names of the analyses that a page lists, in their order."""
    items = [it for it in page.all("code") if any(above.attributes.get("class") == "list" for above in it.above)]
    return [it.text for it in items]


def status(page: Page) -> str:
    return next(it.text for it in page.elements if it.attributes.get("role") == "status")


def test_a_search_from_a_disk_finds_what_the_service_finds(copy: Copy, tmp_path: Path) -> None:
    for query in ("q=squarks&collaboration=CMS", "q=channel+7", "q=squ"):
        served = copy.stranger.get(f"/analyses.json?{query}&limit=25").json()
        page = seen(copy, f"analyses.html?{query}", tmp_path)
        assert found(page) == [it["analysis"] for it in served["items"]], query
        assert status(page).startswith(f"{served['total']} ")
        facets = {it.text.split("\n")[0] for it in page.all("summary")} | {it.text for it in page.all("h2")}
        assert "Energy (TeV)" in facets and ("Collaboration" in facets) == ("collaboration" not in query)


def test_what_finds_nothing_offers_less(copy: Copy, tmp_path: Path) -> None:
    page = seen(copy, "analyses.html?q=squarks+nothingatall", tmp_path)
    assert found(page) == [] and status(page) == "0 analyses found"
    assert any(it.endswith("?q=squarks") for it in page.addresses)


def test_pages_are_quiet(copy: Copy, tmp_path: Path) -> None:
    for path in ("index.html", "analyses.html", "analyses/atlas-full-1/index.html", "docs/index.html"):
        page = seen(copy, path, tmp_path)
        assert page.one("h1").text.strip(), path
