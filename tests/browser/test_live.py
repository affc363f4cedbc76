"""A page follows a run: in place, with one stream for all tabs, and at the end it is what a reload shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.window import opened
from tests.service.pages.test_run_page import stage, step, told
from tests.service.running import Running, running
from tests.service.staged import LIMIT, MACHINE, Staged
from tests.service.test_runs import picture
from tests.service.test_streams import ended
from tests.waiting import until

MOST_MS = 16
expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch, running(tmp_path_factory.mktemp("service")) as service:
        patch.setenv("RECAST_HOME", str(Path(tmp_path_factory.mktemp("home"))))
        yield service


@pytest.fixture
def run(service: Running) -> str:
    staged = Staged(service)
    run = staged.run(staged.request("accepted"))
    picture(service, run, 1, **told())
    return run


def shows(page: Page) -> str:
    """Return what a reader sees of the run, apart from what is of the moment."""
    return str(
        page.evaluate(
            """() => { const it = document.getElementById('run').cloneNode(true);
              it.querySelectorAll('time[data-part], noscript, #said').forEach(old => old.remove());
              it.querySelectorAll('[hidden]').forEach(old => old.remove());
              it.querySelectorAll('.bar rect').forEach(piece => ['x', 'width'].forEach(
                name => piece.setAttribute(name, Math.round(Number(piece.getAttribute(name))))));
              return it.innerHTML.replace(/name="_key" value="[^"]*"/g, '').replace(/\\s+/g, ' ')
                .replace(/ ?(<[^>]*>) ?/g, '$1'); }"""
        )
    )


def part(page: Page, row: str, name: str) -> Any:
    return page.locator(f"[data-key='{row}'] [data-part={name}], [data-key='{row}'] [data-count={name}]")


def test_a_page_changes_in_place_and_ends_as_a_reload_shows(chromium: Browser, service: Running, run: str) -> None:
    with opened(chromium, service.url) as window:
        page = window.go(f"/runs/{run}")
        page.evaluate("window.untouched = true")
        until(lambda: service.parts.watch.count == 1, "the stream")
        fits = stage("fit", "prepare", running=2, failed=0, awaited="/fit/1", since="2026-01-31T12:02:00Z")
        steps = [step("/prepare/0", "done"), step("/fit/0", "lost", attempts=2), step("/fit/1", "running", attempts=4)]
        changed = {"stages": [told()["stages"][0], fits, told()["stages"][2]], "steps": steps}
        picture(service, run, 2, **told(**changed))
        expect(part(page, "fit", "running")).to_have_text("2")
        expect(part(page, "fit", "failed")).to_have_text("")
        expect(part(page, "fit", "awaited")).to_contain_text("/fit/1 since 2026-01-31T12:02:00Z")
        expect(part(page, "/fit/0", "counted")).to_have_text("lost")
        expect(part(page, "/fit/1", "attempts")).to_have_text("4")
        expect(page.locator(".going [data-rows='1']")).to_have_class("now")
        live = shows(page)
        assert page.evaluate("window.untouched")
        page.reload()
        assert live == shows(page)

        page.evaluate("window.untouched = true")
        picture(service, run, 3, **told(paused="2026-01-31T12:03:00Z", **changed))
        expect(page.locator("#said")).to_have_text("Paused: nothing is submitted until it is fixed what is in the way; "
                                                   "running jobs continue.")  # fmt: skip
        done = [stage("prepare", done=1), stage("fit", "prepare", done=2), stage("plot", "fit", done=1)]
        steps = [step(f"/{it}/0", "done") for it in ("prepare", "fit", "plot")]
        picture(service, run, 4, **told(state="succeeded", stages=done, steps=steps, awaited=[], steps_in_all=4))
        ended(service, run)
        expect(part(page, "/plot/0", "counted")).to_have_text("done")
        expect(page.locator("#run[data-live]")).to_have_count(0)
        expect(page.locator("#said")).to_contain_text("Done")
        until(lambda: service.parts.watch.count == 0, "the end of the stream")
        live = shows(page)
        assert page.evaluate("window.untouched") and "Done: every step" in live
        page.reload()
        assert live == shows(page)


def test_all_tabs_share_one_stream(chromium: Browser, service: Running, run: str) -> None:
    with opened(chromium, service.url) as window, ExitStack() as stack:
        first = window.go(f"/runs/{run}")
        until(lambda: service.parts.watch.count == 1, "the stream")
        others = [window.page.context.new_page() for _ in range(7)]
        for page in others:
            stack.callback(page.close)
            page.goto(f"{service.url}/runs/{run}")
        picture(service, run, 2, **told(state="failed"))
        for page in (first, *others):
            expect(page.locator("#state")).to_contain_text("Failed: not every step")
        assert service.parts.watch.count == 1
        first.goto(f"{service.url}/analyses")  # it had the stream: another one has it now
        picture(service, run, 3, **told(state="cancelled"))
        for page in others:
            expect(page.locator("#state")).to_contain_text("Cancelled.")
        assert service.parts.watch.count == 1


def test_a_tab_that_comes_late_misses_nothing(chromium: Browser, service: Running, run: str) -> None:
    """It was loaded before changes that the others have heard of already."""
    with opened(chromium, service.url) as window:
        page = window.go(f"/runs/{run}")
        until(lambda: service.parts.watch.count == 1, "the stream")
        late = window.page.context.new_page()
        late.route("**/live-*.js", lambda route: held.append(route))
        held: list[Any] = []
        late.goto(f"{service.url}/runs/{run}", wait_until="commit")
        until(lambda: bool(held) or late.wait_for_timeout(10), "the script that waits")
        picture(service, run, 2, **told(state="failed", steps=[step("/fit/0", "failed")]))
        expect(page.locator("#state")).to_contain_text("Failed")
        held[0].continue_()
        expect(late.locator("#state")).to_contain_text("Failed")
        expect(part(late, "/fit/0", "counted")).to_have_text("failed")
        late.close()


def test_an_update_of_a_run_with_ten_thousand_steps_is_quick(chromium: Browser, service: Running, run: str) -> None:
    steps = [step(f"/fit/{at}", "waiting") for at in range(10_000)]
    stages = [stage("fit", waiting=10_000), *(stage(f"s{it}", "fit" if not it else f"s{it - 1}") for it in range(59))]
    picture(service, run, 2, **told(steps=steps, steps_in_all=10_000, stages=stages))
    with opened(chromium, service.url) as window:
        page = window.go(f"/runs/{run}")
        took = []
        for number in range(3, 13):
            steps[number] = step(f"/fit/{number}", "done")
            stages[0] = stage("fit", waiting=10_002 - number, done=number - 2)
            picture(service, run, number, **told(steps=steps, steps_in_all=10_000, stages=stages))
            expect(part(page, "fit", "done")).to_have_text(str(number - 2))
            took.append(page.evaluate("performance.getEntriesByName('recast-update')[0].duration"))
        assert sorted(took)[len(took) // 2] <= MOST_MS, took


def test_a_request_follows_its_points(chromium: Browser, service: Running) -> None:
    staged = Staged(service)
    request = staged.request("accepted")
    with opened(chromium, service.url) as window:
        page = window.go(f"/requests/{request.id}")
        page.evaluate("() => { window.heard = 0; document.addEventListener('recast:changed', () => window.heard++); }")
        until(lambda: service.parts.watch.count == 1, "the stream")
        staged.act(request.id, "run", staged.carol)
        staged.act(request.id, "start-run", MACHINE, run="r1", points=["p1", "p2", "p3"])
        expect(page.locator("#facts")).to_contain_text("3 running")
        assert page.evaluate("window.heard") >= 1
        for point in ("p1", "p2", "p3"):
            staged.act(request.id, "answer-point", MACHINE, run="r1", point=point, results=[LIMIT])
        expect(page.locator("#request-state")).to_contain_text("Answered")
        expect(page.locator("#said")).to_contain_text("Answered")
