"""Answers as files to take away: what is in them, who gets them, and what a judge that is not ours says."""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx2
import pytest

from recast.paths import places
from recast.rundir import find_run
from recast.service.answers import hepdata
from tests.conftest import Recast
from tests.results.test_export_hepdata import judged
from tests.results.test_export_pyhf import patch, spec, workspace
from tests.service.answers.plane import LIMITS, plane, published, results_of
from tests.service.running import Running


@pytest.fixture
def download(service: Running) -> Any:
    request = plane(published(service), "released")

    def get(name: str, **headers: str) -> httpx2.Response:
        return service.client().get(f"/requests/{request.id}/{name}", headers=headers)

    return get


def test_a_table_has_every_point_and_every_digit(download: Any) -> None:
    answer = download("downloads/answers.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="q')
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [float(row["cls_obs"]) for row in rows] == [it["cls_obs"] for it in LIMITS]
    assert {row["authority"] for row in rows} == {"automatic"} and rows[0]["answer_state"] == "released"
    found = json.loads(download("downloads/answers.json").content)
    assert len(found["items"]) == 30 and found["charts"][0]["contours"]["observed"]


def test_charts_are_whole_documents(download: Any) -> None:
    answer = download("downloads/chart.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert ElementTree.fromstring(answer.content).tag.endswith("svg")
    assert download("downloads/chart.png").content.startswith(b"\x89PNG")
    assert download("downloads/chart.pdf").content.startswith(b"%PDF")
    for name in ("limits.svg", "yields-1.svg"):
        assert download(f"answers/a1/charts/{name}").status_code == 200, name
    assert download("answers/a1/charts/limits.png").content.startswith(b"\x89PNG")


def test_what_one_has_is_not_sent_again(download: Any) -> None:
    for name in ("downloads/answers.csv", "downloads/hepdata.zip", "downloads/chart.svg", "answers", "points/p1"):
        first = download(name)
        again = download(name, **{"If-None-Match": first.headers["etag"]})
        assert first.status_code == 200 and again.status_code == 304 and not again.content, name


def test_without_matplotlib_one_is_told_so(download: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("matplotlib", "matplotlib.figure", "matplotlib.tri", "recast.charts.raster"):
        monkeypatch.setitem(sys.modules, name, None)
    answer = download("downloads/chart.png")
    assert answer.status_code == 503 and "no matplotlib" in answer.json()["title"]
    assert download("downloads/chart.svg").status_code == 200
    (chart,) = download("answers").json()["charts"]
    assert chart["contours"] == {} and "matplotlib" in chart["why"]


def test_other_names_are_not_there(download: Any) -> None:
    for name in ("downloads/chart.gif", "downloads/x", "answers/a1/charts/limits.exe", "answers/a1/charts/x.svg"):
        assert download(name).status_code == 404, name


def unpacked(answer: httpx2.Response, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(folder / "submission")
    return folder / "submission"


def test_hepdata_takes_the_submission(download: Any, tmp_path: Path) -> None:
    answer = download("downloads/hepdata.zip")
    assert answer.headers["content-type"] == "application/zip"
    folder = unpacked(answer, tmp_path)
    assert judged(folder) == {str(folder): []}
    names = {it.name for it in folder.iterdir()}
    assert {"submission.yaml", "limit_cls.yaml", "limit_xsec_ul.yaml", "contour.yaml", "yields.yaml"} <= names
    text = (folder / "submission.yaml").read_text()
    assert "WARNING" not in text and "authority: automatic" in text
    assert download("downloads/hepdata.zip").content == answer.content


def test_what_is_not_released_is_said_in_the_submission(service: Running, tmp_path: Path) -> None:
    staged = published(service)
    request = plane(staged, "answered", limits=LIMITS[:8])
    client = service.client(service.person("carol"))
    answer = client.get(f"/requests/{request.id}/downloads/hepdata.zip")
    folder = unpacked(answer, tmp_path)
    assert judged(folder) == {str(folder): []}
    assert "8 of 8 answers have not been released" in " ".join((folder / "submission.yaml").read_text().split())
    stranger = service.client().get(f"/requests/{request.id}/downloads/hepdata.zip")
    assert stranger.status_code == 404


def test_signals_are_for_those_who_may_read_the_whole_run(service: Running, recast: Recast, tmp_path: Path) -> None:
    init = tmp_path / "init"
    init.mkdir()
    files = {"small": workspace(2), "large": workspace(2, 1), "a": patch(1.0, 2.0), "b": patch(1.0, channel=1)}
    for name, content in files.items():
        (init / f"{name}.json").write_text(json.dumps(content))
    given = ("-p", "patches=[a.json, b.json]", "-p", "workspace=small.json", "-p", "other=large.json")
    options = ("--toplevel", spec(tmp_path / "spec"), "--initdir", init, "--allow-host-process", *given)
    done = recast("run", "workflow.yml", *options)
    assert done.code == 0, done.err
    folder = find_run(places().runs, "last").path
    staged = published(service)
    request = plane(staged, limits=LIMITS[:4])
    staged.run(request, f"r-{request.id}", str(folder))
    path = f"/requests/{request.id}/downloads/pyhf.zip"
    assert service.client().get(path).status_code == 404
    answer = service.client(service.person("carol")).get(path)
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert json.loads(archive.read("small-workspace.json")) == workspace(2)
        assert json.loads(archive.read("small-fit_0.json")) == patch(1.0, 2.0)
    for action in ("review", "release"):
        request = staged.act(request.id, action, staged.carol)
    assert service.client().get(path).status_code == 200
    without = plane(staged, "released", limits=LIMITS[:4])
    staged.run(without, f"r-{without.id}")
    assert service.client().get(f"/requests/{without.id}/downloads/pyhf.zip").status_code == 404


def test_a_submission_leaves_out_what_is_too_long_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hepdata, "_MOST_ROWS", 20)
    results = [{**it, "type": it["type"]} for limit in LIMITS[:10] for it in results_of(limit)]
    kept, left = hepdata._bounded(results)
    assert left == ["yields"] and {it["name"] for it in kept} == {"limit"}
