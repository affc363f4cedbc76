"""The pages in Chromium as on a cheap phone: a quarter of the processor, 1.6 Mbit/s; and the copy on a memory stick."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.measure import Failed
from benchmarks.place import RECAST, ROOT, Place
from benchmarks.service.catalogue import Quick, fill_catalogue
from benchmarks.service.requests import fill_ledger
from benchmarks.service.server import Server, recast_serve
from benchmarks.table import Bar, Row
from recast.catalogue.local import Catalogue
from recast.catalogue.publishing.publish import publish
from recast.catalogue.store import CatalogueStore
from recast.ledger import Ledger
from recast.ledger.catalogue.follow import Follower
from tests.catalogue.catalogue_parts import WORKFLOW, Checkout, entry_with

__all__ = ["browser"]

_LARGE = "large-1"
_STAGE = """
- name: s{number}
  dependencies: [{before}]
  scheduler:
    scheduler_type: multistep-stage
    parameters: {{words: {{step: init, output: words}}, output: '{{workdir}}/s{number}.txt'}}
    scatter: {{method: zip, parameters: [words]}}
    step:
      process: {{process_type: string-interpolated-cmd, cmd: 'count {{words}} {{output}}'}}
      environment: {{environment_type: docker-encapsulated, image: tools/count, imagetag: '1'}}
      publisher: {{publisher_type: frompar-pub, outputmap: {{text: output}}}}
"""
_ANALYSES, _REQUESTS = 10_000, 2_000
_SLOWER = 4
_BYTES_S = 1_600_000 / 8
_DELAY_MS = 150
_WATCH = """() => {
  window.seen = {lcp: 0, cls: 0, inp: 0};
  const watch = (type, take, more) =>
    new PerformanceObserver(list => list.getEntries().forEach(take)).observe({type, buffered: true, ...more});
  watch('largest-contentful-paint', it => { seen.lcp = it.startTime; });
  watch('layout-shift', it => { if (!it.hadRecentInput) seen.cls += it.value; });
  watch('event', it => { if (it.interactionId) seen.inp = Math.max(seen.inp, it.duration); }, {durationThreshold: 16});
}"""
_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100))))"


@dataclass(frozen=True, slots=True)
class _Measured:
    """What a browser said of a page: milliseconds, shift of its layout, and compressed bytes by kind."""

    path: str
    lcp_ms: float
    inp_ms: float
    cls: float
    sizes: dict[str, int]
    nodes: int


def browser(place: Place) -> Iterator[Row]:
    """Measure the pages of a service with thousands of analyses and requests, and their static copy."""
    home = place.fresh()
    (home / "service.toml").write_text("[people]\nrequests_per_minute = 1000000\n")
    env = {"RECAST_HOME": str(home), "RECAST_CATALOGUE": str(home / "catalogue"), "RECAST_SHIPPED": ""}
    url, paths = _fill(place, home)
    with ExitStack() as stack:
        chromium = stack.enter_context(_chromium())
        server = stack.enter_context(recast_serve(url, env, place.fresh()))
        yield from _pages(chromium, server, paths)
        yield from _stick(place, chromium, env)


def _fill(place: Place, home: Path) -> tuple[str, list[str]]:
    """Publish, index and ask; return the URL of the ledger and the paths of the pages to look at."""
    store = CatalogueStore(home / "catalogue")
    pattern = publish(Checkout(place.fresh() / "checkout").entry, store).version
    publish(_of_many_steps(place.fresh() / "checkout"), store)
    fill_catalogue(Quick(store.root), pattern, place.size(_ANALYSES))
    url = f"sqlite:///{home}/ledger.sqlite"
    names = [name for name in Catalogue(home / "catalogue").analyses() if name.startswith("syn-")]
    with Ledger(url) as ledger:
        Follower(ledger.catalogue, Catalogue(home / "catalogue"), say=_fail).look()
        requests = fill_ledger(ledger, names, place.size(_REQUESTS))
    record, request = f"/analyses/{names[0]}", f"/requests/{requests[0]}"
    return url, ["/", "/analyses", "/analyses?q=higgsino", record, f"/analyses/{_LARGE}", "/requests", request]


def _of_many_steps(root: Path) -> Path:
    """Write an entry whose workflow has a hundred stages, each scattered over a hundred words; return its path."""
    checkout = Checkout(root)
    before = ["count", *(f"s{number}" for number in range(99))]
    stages = (_STAGE.format(number=number, before=name) for number, name in enumerate(before))
    (checkout.spec / "workflow.yml").write_text(WORKFLOW + "".join(stages))
    checkout.entry = checkout.entry.with_name(f"{_LARGE}.yml")
    checkout.write_entry(entry_with({"/analysis": _LARGE, "/title": "A workflow of ten thousand steps"}))
    return checkout.entry


@contextmanager
def _chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        raise Failed("chromium is missing: apt-get install chromium")
    with sync_playwright() as tools:
        started = tools.chromium.launch(executable_path=program, args=["--disable-dev-shm-usage"])
        yield started
        started.close()


def _pages(chromium: Browser, server: Server, paths: list[str]) -> Iterator[Row]:
    found = [_measure(chromium, f"http://127.0.0.1:{server.port}", path) for path in paths]
    kinds: tuple[tuple[str, Callable[[_Measured], float], Bar], ...] = (
        ("largest contentful paint", lambda it: it.lcp_ms, Bar(1500, "ms")),
        ("interaction to next paint", lambda it: it.inp_ms, Bar(200, "ms")),
        ("cumulative layout shift", lambda it: it.cls, Bar(0.05, "")),
        ("HTML, compressed", lambda it: it.sizes["document"] / 1000, Bar(30, "kB")),
        ("stylesheets, compressed", lambda it: it.sizes["stylesheet"] / 1000, Bar(12, "kB")),
        ("scripts, compressed", lambda it: it.sizes["script"] / 1000, Bar(35, "kB")),
    )
    for words, value, bar in kinds:
        worst = max(found, key=value)
        yield Row(f"{words}, the worst of {len(found)} pages", value(worst), bar.unit, bar=bar, note=worst.path)
    large = next(it for it in found if it.path.endswith(_LARGE))
    yield Row("elements of the drawing of a workflow of 10,000 steps", large.nodes, "", bar=Bar(300, ""))


def _measure(chromium: Browser, base: str, path: str) -> _Measured:
    """Open a page in a window that knows nothing, use what it has, and return what was seen."""
    context = chromium.new_context(viewport={"width": 390, "height": 800})
    context.add_init_script(f"({_WATCH})()")
    page = context.new_page()
    sizes = dict.fromkeys(("document", "stylesheet", "script"), 0)
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", {
        "offline": False, "latency": _DELAY_MS, "downloadThroughput": _BYTES_S, "uploadThroughput": _BYTES_S / 2,
    })  # fmt: skip
    tools.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
    answers: list[Any] = []
    page.on("response", lambda it: answers.append(it))  # playwright marks what it is given, and cannot mark a method
    page.goto(base + path, wait_until="load")
    page.evaluate(_FRAMES)
    painted = page.evaluate("seen")
    _use(page)
    used = page.evaluate("seen")
    for answer in answers:
        kind = answer.request.resource_type
        if kind in sizes and answer.url.startswith(base):
            sizes[kind] += len(gzip.compress(answer.body()))
    nodes = page.evaluate("document.querySelectorAll('svg *').length")
    context.close()
    return _Measured(path, painted["lcp"], used["inp"], used["cls"], sizes, nodes)


def _use(page: Page) -> None:
    """Do what people do on a page: unfold what can be unfolded, type into its search."""
    for it in page.locator("summary").all()[:3]:
        if it.is_visible():
            it.click()
            page.evaluate(_FRAMES)
    field = page.locator("main input[type=search]")
    if field.count():
        field.first.press_sequentially("wino", delay=60)
        page.evaluate(_FRAMES)


def _stick(place: Place, chromium: Browser, env: dict[str, str]) -> Iterator[Row]:
    """The static copy: how long it takes to make, and until the first hit of a search is seen from `file://`."""
    folder = place.fresh() / "site"
    start = time.perf_counter()
    done = subprocess.run(
        [RECAST, "catalogue", "export", "--site", str(folder), "-o", "json"],
        env=env | {"PATH": str(ROOT / ".venv/bin")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Failed(done.stderr)
    many = place.size(_ANALYSES)
    yield Row(f"a copy of {many:,} analyses is made in", time.perf_counter() - start, "s", bar=Bar(60, "s"))
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.goto((folder / "index.html").as_uri())
    page.goto((folder / "analyses.html").as_uri() + "?q=higgs")
    page.wait_for_selector("main ol li a")
    taken = page.evaluate("performance.now()")
    context.close()
    yield Row("  the first hit from file:// is there after", taken / 1000, "s", bar=Bar(1, "s"), note=json.dumps(many))


def _fail(text: str) -> None:
    raise Failed(text)
