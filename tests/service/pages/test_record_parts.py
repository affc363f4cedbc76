"""The parts of a record: its workflow, what changed, the numbers it must reproduce, what it cost, what was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx2
import pytest
from sqlalchemy import insert

from recast.ledger import tables
from recast.ledger.catalogue.records import DAMAGED, VersionRecord
from recast.service.pages.record.pointmap import shown_answers
from tests.service.pages.reading import Page, read
from tests.service.pages.shelf import SCRIPT, put, record
from tests.service.running import ANALYSIS, Running, running
from tests.service.staged import LIMIT, Staged

See = Callable[..., Page]
DIGEST = f"sha256:{'1' * 64}"
MOST_ELEMENTS = 300


def stages(*after: list[str], **more: Any) -> dict[str, Any]:
    """Return a workflow whose stages wait for these."""
    found = [
        {"stage": f"s{at}", "each": "points" * (at == 1), "runs": "recast/fit:1", "inside": 0, "after": those}
        for at, those in enumerate(after)
    ]
    return {"stages": found, "more": 0, **more}


def chain(length: int) -> dict[str, Any]:
    return stages([], *([f"s{at}"] for at in range(length - 1)))


EVIDENCE = {
    "items": [
        {"name": "good", "published": 0.05, "ours": 0.0501, "deviation": 0.002, "kind": "relative", "tolerance": 0.01,
         "source": "Table 3", "verdict": "passed"},
        {"name": "known", "published": 2.0, "ours": 2.5, "deviation": 0.5, "kind": "absolute", "tolerance": 0.1,
         "source": "Figure 4", "verdict": "documented", "reason": "One digit is published."},
        {"name": "wrong", "published": 1, "ours": 3, "kind": "relative", "tolerance": 0.1, "verdict": "failed"},
        {"name": "new", "published": 7.25, "kind": "relative", "tolerance": 0.1, "source": "Table 9"},
    ],
    "more": 0, "when": "2026-03-01T10:00:00+00:00", "where": "on this machine",
}  # fmt: skip


def elements_of(page: Page, within: str) -> int:
    """Return how many elements a section of a page has."""
    return sum(any(it.attributes.get("id") == within for it in element.above) for element in page.elements)


def test_a_workflow_is_drawn_and_listed(site: Running, see: See) -> None:
    put(site, record("atlas-flow-1", workflow=stages([], ["s0"], ["s0", "s1"])))
    page = see("/analyses/atlas-flow-1")
    boxes = [it for it in page.all("a") if it.inside("svg")]
    assert [it.attributes["href"] for it in boxes] == ["#stage-1", "#stage-2", "#stage-3"]
    assert "for each of points" in boxes[1].text
    (item,) = (it for it in page.elements if it.attributes.get("id") == "stage-3")
    assert "s2, after s0, s1. Runs recast/fit:1" in " ".join(item.text.split())
    assert len([it for it in page.all("path") if it.attributes.get("marker-end")]) == 3
    document = site.client().get("/analyses/atlas-flow-1").json()
    assert [it["stage"] for it in document["workflow"]["stages"]] == ["s0", "s1", "s2"]


@pytest.mark.parametrize(
    "workflow",
    [
        chain(200),
        chain(10_000),
        stages(*([f"s{one}" for one in range(at)] for at in range(60))),
        stages(*([] for _ in range(500))),
        stages(*(["s0", f"s{at}"] for at in range(90)), more=9_000),
        stages(["s1"], ["s0"]),
    ],
    ids=["a chain", "ten thousand", "each after all", "none after any", "more are left out", "a circle"],
)
def test_a_workflow_of_any_size_has_few_elements(site: Running, see: See, workflow: dict[str, Any]) -> None:
    put(site, record("atlas-large-1", workflow=workflow))
    page = see("/analyses/atlas-large-1")
    assert 10 < elements_of(page, "workflow") <= MOST_ELEMENTS
    more = len(workflow["stages"]) - 40 + workflow["more"]
    assert (f"And {more} more stages" in page.words) == (more > 0)


@pytest.mark.parametrize(
    "workflow", [{"stages": SCRIPT}, {"stages": [{"stage": SCRIPT, "each": SCRIPT, "runs": SCRIPT, "after": [SCRIPT]}]},
                 {"stages": [{}, {"stage": []}, {"stage": "a", "after": {"b": 1}, "inside": -1}], "more": "x"},
                 {"fault": SCRIPT}, {"fault": "The workflow is too large to be drawn here."}],
)  # fmt: skip
def test_a_workflow_that_is_not_as_it_should_be(site: Running, see: See, workflow: dict[str, Any]) -> None:
    put(site, record("atlas-odd-1", workflow=workflow))
    page = see("/analyses/atlas-odd-1")
    assert "atlas-odd-1" in page.words
    assert workflow.get("fault", "")[:20] in page.words


def test_each_published_number_stands_beside_ours(site: Running, see: See) -> None:
    put(site, record("atlas-proof-1", evidence=EVIDENCE))
    page = see("/analyses/atlas-proof-1")
    rows = [it for it in page.all("code") if it.inside("th") and it.text in ("good", "known", "wrong", "new")]
    assert [it.text for it in rows] == ["wrong", "known", "new", "good"], "the bad news first"
    for words in ("0.05 0.0501 1.00% reproduced (off by 0.20%) Table 3", "FAILED",
                  "One digit is published.", "7.25 10.00% not validated here",
                  "Ours were last reproduced on this machine 2026-03-01"):  # fmt: skip
        assert words in page.words, words
    bare = see("/analyses/atlas-flow-1")
    assert "Ours were last reproduced" not in bare.words


def test_what_changed_between_versions(site: Running, see: See) -> None:
    old = {"properties": {"mass": {"type": "number"}, "gone": {}, "same": {}}}
    new = {"properties": {"mass": {"type": "integer"}, "fresh": {}, "same": {}}}
    image = {"image": "recast/fit:1", "digest": f"sha256:{'b' * 64}", "built": False}
    put(
        site,
        record("atlas-two-1", "1.0.0", inputs=old, images=(image,), evidence=EVIDENCE),
        record("atlas-two-1", "1.1.0", inputs=new, images=({**image, "digest": DIGEST},), evidence={"items": []}),
        record("atlas-two-1", "1.1.1", inputs=new, images=({**image, "digest": DIGEST},), evidence={"items": []}),
    )
    document = site.client().get("/analyses/atlas-two-1/versions/1.1.0").json()
    assert document["since"]["inputs"] == {"added": ["fresh"], "removed": ["gone"], "changed": ["mass"]}
    assert document["since"]["images"] == {"changed": ["recast/fit:1"]}
    assert document["since"]["numbers"] == {"removed": ["good", "known", "wrong", "new"]}
    page = see("/analyses/atlas-two-1/versions/1.1.0")
    assert "Compared with 1.0.0:" in page.words and "Inputs changed: mass" in page.words
    assert (
        "Compared with 1.1.0, inputs, results, images and numbers are the same." in see("/analyses/atlas-two-1").words
    )
    assert "Compared with" not in see("/analyses/atlas-two-1/versions/1.0.0").words


def test_a_damaged_version_says_so_and_harms_no_list(site: Running, see: See) -> None:
    broken = VersionRecord("atlas-broken-1", "2.0.0", DIGEST, DAMAGED, "The blob is missing", {})
    put(site, record("atlas-broken-1", "1.0.0"), broken)
    put(site, VersionRecord("atlas-lost-1", "1.0.0", DIGEST, DAMAGED, "The blob is missing", {}), card={})
    whole = see("/analyses/atlas-broken-1")
    assert "atlas-broken-1 1.0.0" in whole.words and "damaged" in whole.words
    for path in ("/analyses/atlas-broken-1/versions/2.0.0", "/analyses/atlas-lost-1"):
        page = see(path)
        assert "Damaged: it cannot be read here." in page.words and "The blob is missing" in page.words
        assert "Ask for points of your own" not in page.words
    assert "atlas-lost-1" in see("/analyses?status=damaged").words


def test_what_an_image_is_said_to_take(site: Running, see: See) -> None:
    images = ({"image": "recast/fit:1", "digest": DIGEST, "built": True, "size_mb": 1200, "minutes": 2},
              {"image": SCRIPT, "digest": "", "built": True, "size_mb": SCRIPT, "minutes": 10**400})  # fmt: skip
    put(site, record("atlas-image-1", images=images))
    page = see("/analyses/atlas-image-1")
    assert "about 1.2 GB, built in about 2 min" in page.words
    assert "recast image sbom recast/fit:1" in page.words


def note_run(site: Running, request: str, **outcome: Any) -> None:
    """Note how a run of a request has ended."""
    done = {"state": "succeeded", "points": 3, "cached": 0.0, **outcome}
    row = {"kind": "run", "request": request, "event": 1, "state": "done", "not_before": 0.0}
    with site.parts.ledger.writing() as connection:
        connection.execute(insert(tables.work).values(**row, outcome=json.dumps(done)))


def test_what_a_point_has_cost_is_that_of_public_runs(site: Running, see: See) -> None:
    staged = Staged(site)
    public, private = (staged.request("released", audience) for audience in ("public", "private"))
    path = f"/analyses/{ANALYSIS}"
    assert "A point took" not in see(path).words
    note_run(site, private.id, digest=public.digest, core_hours=300.0)
    site.clock.time += 61
    assert site.client().get(path).json()["cost_seen"]["runs"] == 0
    note_run(site, public.id, digest=public.digest, core_hours=1.5)
    assert site.client().get(path).json()["cost_seen"]["runs"] == 0, "it is remembered for a minute"
    site.clock.time += 61
    assert site.client().get(path).json()["cost_seen"]["core_hours"] == 0.5
    assert "A point took about 0.5 core-hours, by 1 earlier run." in see(path).words


def test_what_was_asked_already_is_what_a_reader_may_read(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMIT, "excluded", True)
    path = f"/analyses/{ANALYSIS}"
    with running(tmp_path) as service, httpx2.Client(base_url=service.url, trust_env=False, timeout=60) as browser:
        staged = Staged(service)
        assert "Asked already" not in read(browser.get(path)).words
        points = [{"coordinates": {"m": m, "n": m * 2, "k": 1, "word": "x"}} for m in (100, 200, 300)]
        for audience in ("public", "private", "unlisted"):
            staged.request("released", audience, points=points)
        staged.request("answered", "public", points=points)
        document = service.client().get(f"{path}/answers").json()
        assert document["total"] == len(document["items"]) == 3
        assert service.client(service.person("alice")).get(f"{path}/answers").json()["total"] == 9
        assert service.client().get("/analyses/none-1/answers").status_code == 404

        page = read(browser.get(path))
        assert "3 released answers that you may read." in page.words
        assert "3 points by m and n: 3 excluded." in page.source
        stops = [it.attributes["aria-label"] for it in page.all("a") if it.attributes.get("class") == "stop"]
        assert len(stops) == 3 and stops[0].startswith("m = 100, n = 200. Point, excluded")
        assert "m = 100, n = 200, k = 1, word = x" in page.links
        swapped = read(browser.get(f"{path}?x=n&y=m"))
        assert "Answered points by n and m" in swapped.source
        chosen = [it.attributes["value"] for it in swapped.all("option") if "selected" in it.attributes]
        assert chosen == ["n", "m"]
        assert "Answered points by m and n" in read(browser.get(path, params={"x": SCRIPT[:60], "y": "word"})).source


@pytest.mark.parametrize("value", [1e308, -1e308, 5e-324, 10**400, 0, -0.0, True, "x", None, [1], {"a": 1}])
def test_points_of_any_kind_make_a_map(value: object) -> None:
    items = [{"coordinates": {"a": value, "b": 1}, "excluded": [], "cls_exp": [value] * 5},
             {"coordinates": {"a": 1.0, "b": value}, "excluded": False, "cls_obs": value, "request": value},
             {"coordinates": value}, value]  # fmt: skip
    found = shown_answers({"items": items}, "")
    assert len(found.rows) == (4 if isinstance(value, dict) else 3) and found.x in ("a", "b")
    assert not found.chart or ET.fromstring(str(found.chart)).get("id") == "answered-points"
    assert found.drawn <= 3
