"""The page of a run, without scripts: its states, what is awaited, its steps, and what strangers are not told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recast.desk.model import Request
from tests.service.pages.filled import Browser, logged_in
from tests.service.pages.reading import Page, read
from tests.service.running import Running
from tests.service.staged import Staged
from tests.service.test_runs import picture

See = Callable[..., Page]
EVIL = '</td><script>alert(1)</script>\u202e\x1b[31m"'
COLUMNS = ("waiting", "idle", "running", "done", "cached", "failed", "held", "lost", "cancelled", "skipped")


def stage(name: str, *after: str, **counts: Any) -> dict[str, Any]:
    steps = sum(counts.get(column, 0) for column in COLUMNS)
    return {"stage": name, "after": list(after), "open": 0, "waits_for": [], "steps": steps, **counts}


def step(name: str, counted: str = "running", **more: Any) -> dict[str, Any]:
    stage = name.split("/")[1]
    about = {"stage": stage, "path": stage, "state": counted, "counted": counted, "attempts": 1}
    return {"id": name, **about, "host": "node7", "why": "It ran on node7: cls is 0.03.", **more}


def told(**changed: Any) -> dict[str, Any]:
    """Return what a driver tells of a run that goes on."""
    return {
        "state": "running",
        "since": "2026-01-31T12:00:00Z",
        "analysis": "atlas-test-2026-01",
        "version": "1.0.0",
        "executor": "local",
        "driven_since": "2026-01-31T12:00:00Z",
        "paused": None,
        "steps_in_all": 3,
        "stages": [
            stage("prepare", done=1),
            stage("fit", "prepare", running=1, failed=1, awaited="/fit/0", since="2026-01-31T12:01:00Z"),
            {**stage("plot", "fit"), "open": 1, "waits_for": ["fit"]},
        ],
        "stages_in_all": 3,
        "structure": "abc",
        "awaited": [{"step": "/fit/0", "stage": "fit", "state": "running", "since": "2026-01-31T12:01:00Z"}],
        "delays": ["avoided nodes: node9"],
        "usage": [{"stage": "fit", "jobs": 1, "memory_max_mb": 100.0, "asked_memory_mb": 2000, "hints": ["less"]}],
        "reason": "",
        "steps": [step("/prepare/0", "done"), step("/fit/0"), step("/fit/1", "failed", attempts=3)],
        **changed,
    }


@pytest.fixture
def request_(site: Running) -> Request:
    return Staged(site).request("accepted")


@pytest.fixture
def run(site: Running, request_: Request) -> str:
    run = Staged(site).run(request_)
    picture(site, run, **told())
    return run


def texts(page: Page, selector: str, attribute: str) -> list[str]:
    return [it.text.strip() for it in page.elements if it.attributes.get(attribute) == selector]


def test_it_says_how_a_run_goes(see: See, run: str, request_: Request) -> None:
    page = see(f"/runs/{run}")
    assert page.faults == []
    assert "Running." in page.source and "running since" in page.source and "2026-01-31T12:01:00Z" in page.source
    assert f'href="/requests/{request_.id}"' in page.source and f'href="/runs/{run}/steps/fit/0"' in page.source
    rows = [it.attributes["data-key"] for it in page.elements if "data-key" in it.attributes]
    assert rows == ["prepare", "fit", "plot", "/prepare/0", "/fit/0", "/fit/1"]
    boxes = [it.attributes["class"] for it in page.elements if "data-rows" in it.attributes]
    assert boxes == ["good", "bad", "open"]
    assert "waits for fit" in page.source and "0 of 2" in page.source
    assert f'href="/runs/{run}"' in see(f"/requests/{request_.id}").source or request_.runs == ()


def test_a_stranger_is_not_told_what_could_tell_a_result(see: See, site: Running, run: str) -> None:
    carol = logged_in(site, "carol")
    inside = read(carol.client.get(f"/runs/{run}", headers=carol.cookie))
    for words in ("node7", "node9", "0.03", "2,000 MB"):
        assert words in inside.source and words not in see(f"/runs/{run}").source
    stranger = see(f"/runs/{run}?q=node7")
    assert "There is no such step" in stranger.source
    assert "fit/0" in read(carol.client.get(f"/runs/{run}?q=node7+fit", headers=carol.cookie)).source
    assert see(f"/runs/{run}?sort=node", 422) and see(f"/runs/{run}?sort=-since", 422)
    assert carol.client.get(f"/runs/{run}?sort=node", headers=carol.cookie).status_code == 200


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"state": "succeeded"}, "Done: every step"),
        ({"state": "failed", "reason": "fit failed"}, "Failed: not every step"),
        ({"state": "cancelled"}, "Cancelled."),
        ({"paused": "2026-01-31T12:00:00Z"}, "Paused: nothing is submitted"),
        ({"state": EVIL}, "Ended."),
        ({"stages": [], "steps": [], "steps_in_all": 0, "awaited": []}, "No step is known yet"),
        ({"stages": "x", "awaited": 5, "usage": {}, "steps": [{"id": EVIL}]}, "Nothing is known of its stages"),
    ],
)
def test_each_state_has_its_words(see: See, site: Running, run: str, changed: dict[str, Any], words: str) -> None:
    picture(site, run, 2, **told(**changed))
    page = see(f"/runs/{run}")
    shown = [it for it in page.elements if it.attributes.get("data-word") and "hidden" not in it.attributes]
    assert page.faults == [] and len(shown) == 1 and words in page.source


def test_names_of_strangers_are_harmless(see: See, site: Running, run: str) -> None:
    evil = step(f"/{EVIL}/0", why=EVIL, host=EVIL, image=f"{EVIL}@sha256:{EVIL}")
    stages = [stage(EVIL, EVIL, done=1, awaited=EVIL, since=EVIL, why_held=EVIL), stage("b", EVIL)]
    changed = {"analysis": EVIL, "awaited": [{"step": EVIL, "state": EVIL, "since": EVIL}], "delays": [EVIL]}
    picture(site, run, 2, **told(stages=stages, steps=[evil], **changed))
    carol = logged_in(site, "carol")
    for page in (see(f"/runs/{run}"), read(carol.client.get(f"/runs/{run}", headers=carol.cookie))):
        assert page.faults == [] and "<script>alert" not in page.source
        assert "\x1b" not in page.source and "\u202e" not in page.source


def test_ten_thousand_steps_are_all_listed_in_parts(see: See, site: Running, run: str) -> None:
    steps = [step(f"/fit/{at}", "failed" if at % 1000 == 7 else "done", attempts=at % 4) for at in range(10_000)]
    picture(site, run, 2, **told(steps=steps, steps_in_all=10_000, stages=[stage("fit", done=9990, failed=10)]))
    page = see(f"/runs/{run}")
    assert page.faults == [] and "10,000 steps" in page.source and "/fit/49" in page.source
    assert "/fit/50" in see(f"/runs/{run}?cursor=50").source
    failed = see(f"/runs/{run}?state=failed&sort=-attempts")
    assert "10 steps" in failed.source and "/fit/9007" in failed.source
    assert "1 step" in see(f"/runs/{run}?q=fit/9999").source and "/fit/9999" in see(f"/runs/{run}?cursor=9950").source
    client = site.client()
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        part = client.get(f"/runs/{run}", params={"cursor": cursor}).json()
        seen += [it["id"] for it in part["steps"]]
        cursor = part["next"]
    assert len(seen) == len(set(seen)) == part["steps_in_all"] == 10_000


def test_a_folder_that_is_gone_is_said(see: See, site: Running, request_: Request, tmp_path: Path) -> None:
    here, gone = tmp_path / "here", tmp_path / "gone"
    here.mkdir()
    pages = {}
    for folder in (here, gone):
        run = Staged(site).run(request_, name=f"run-{folder.name}-{request_.id}", folder=str(folder))
        picture(site, run, **told(state="succeeded"))
        pages[folder.name] = see(f"/runs/{run}")

    def is_said(page: Page) -> bool:
        (banner,) = (it for it in page.elements if it.attributes.get("data-part") == "gone")
        return "hidden" not in banner.attributes

    assert is_said(pages["gone"]) and not is_said(pages["here"])
    assert str(tmp_path) not in pages["gone"].source


def test_a_driver_that_stopped_writing_is_said_since_when(see: See, site: Running, run: str) -> None:
    def hidden(page: Page, part: str) -> bool:
        return any("hidden" in it.attributes for it in page.elements if it.attributes.get("data-part") == part)

    assert hidden(see(f"/runs/{run}"), "silent")
    began = site.clock.time
    try:
        site.clock.time += 120
        page = see(f"/runs/{run}")
        assert not hidden(page, "silent") and hidden(page, "clocks")
        site.clock.time = began
        picture(site, run, 2, **told())
        site.clock.time = began - 3600
        page = see(f"/runs/{run}")  # what was written seems to come from the future
        assert hidden(page, "silent") and not hidden(page, "clocks")
        assert texts(page, "ahead", "data-part") == ["3600"]
        site.clock.time = began
        picture(site, run, 3, **told())
        site.clock.time = began + 3600
        page = see(f"/runs/{run}")  # it was seen to write just now, so its clock is behind
        assert hidden(page, "silent") and texts(page, "ahead", "data-part") == ["-3600"]
    finally:
        site.clock.time = began


def test_control_says_what_it_will_do_and_why_not(see: See, site: Running, run: str, request_: Request) -> None:
    staged = Staged(site)
    staged.act(request_.id, "run", staged.carol)
    carol: Browser = logged_in(site, "carol")
    page = read(carol.client.get(f"/runs/{run}", headers=carol.cookie))
    forms = [it.attributes.get("id") for it in page.elements if it.tag == "details" and "id" in it.attributes]
    assert "act-cancel" in forms and "Stops its jobs" in page.source
    assert "A run that was interrupted goes on by itself" in page.source and "recast resume RUN" in page.source
    bob = logged_in(site, "bob")
    refused = read(bob.client.get(f"/runs/{run}", headers=bob.cookie))
    assert "act-cancel" not in refused.source and 'id="why-cancel"' in refused.source
    assert "Log in" in see(f"/runs/{run}").source


def test_what_is_hidden_is_not_there(see: See, site: Running) -> None:
    staged = Staged(site)
    run = staged.run(staged.request("submitted", "private"))
    picture(site, run, **told())
    assert see(f"/runs/{run}", 404) and see("/runs/none", 404)
    assert site.client().get(f"{site.url}/runs/{run}.json").status_code == 404
