"""The copy in a real browser, from a disk and without a network: the search finds, and nothing is asked of anybody."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

from tests.service.offline.conftest import Copy
from tests.service.offline.test_search import golden_copy
from tests.service.pages.reading import Page

CHROMIUM = shutil.which("chromium")
OFFLINE = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--enable-logging=stderr",
    "--dump-dom",
)  # fmt: skip
SAID = re.compile(r"CONSOLE[^\n]*|[^\n]*(?:Content Security Policy|Refused to)[^\n]*")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's package chromium is not installed")


def opened(place: str, profile: Path, *more: str) -> tuple[str, list[str]]:
    """Return a page as it is when its scripts have run, and what was said on the console."""
    assert CHROMIUM is not None
    command = [CHROMIUM, *OFFLINE, *more, f"--user-data-dir={profile}", place]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout, SAID.findall(done.stderr)


def seen(copy: Copy, address: str, profile: Path) -> Page:
    """Return a page of a copy; nothing is said on the console."""
    path, _, query = address.partition("?")
    text, said = opened((copy.folder / path).as_uri() + (f"?{query}" if query else ""), profile)
    assert said == []
    return Page(text)


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


def test_data_in_a_page_break_no_policy(copy: Copy, tmp_path: Path) -> None:
    text, said = opened(f"{copy.service.url}/analyses/atlas-full-1", tmp_path / "profile")
    assert "application/ld+json" in text and said == []
    policy = "<meta http-equiv=Content-Security-Policy content=\"script-src 'self'\">"
    (tmp_path / "inline.html").write_text(f"{policy}<script>document.title = 'ran'</script>")
    assert opened((tmp_path / "inline.html").as_uri(), tmp_path / "profile")[1], "what breaks a policy is seen"


def test_the_golden_queries_find_the_same_in_a_browser(tmp_path: Path) -> None:
    golden = pytest.importorskip("tests.search.golden")
    records = golden_copy(tmp_path)
    questions = json.dumps([it["q"] for it in golden.QUERIES])
    (tmp_path / "asked.js").write_text(ASKED.replace("QUESTIONS", questions))
    scripts = "".join(f'<script src="{it}"></script>' for it in ("search/search.js", "asked.js"))
    (tmp_path / "asked.html").write_text(f"<meta charset=utf-8><pre></pre>{scripts}")
    text, said = opened((tmp_path / "asked.html").as_uri(), tmp_path / "profile", "--virtual-time-budget=60000")
    assert said == []
    found = json.loads(unescape(text.partition("<pre>")[2].partition("</pre>")[0]))
    for query, places in zip(golden.QUERIES, found, strict=True):
        assert [records[at].analysis for at in places] == query["found"], query


ASKED = """
globalThis.recastLoad = (name, failed) => {
  const script = document.createElement("script");
  script.src = `search/${name}.js`;
  script.onerror = failed;
  document.head.append(script);
};
(async () => {
  const found = [];
  for (const q of QUESTIONS) found.push((await recastSearch.search(q)).places);
  document.querySelector("pre").textContent = JSON.stringify(found);
})();
"""
