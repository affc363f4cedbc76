"""`recast scan` over a version that answers from two masses: what runs, what is known, what comes of it."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import recast as api
from recast.errors import InputError, UsageError, WorkflowFailed
from recast.images import ImageStore
from tests.busybox import add_busybox, environment, pin
from tests.conftest import Recast
from tests.waiting import until

ENTRY: dict[str, Any] = {
    "analysis": "plane-1",
    "title": "An analysis that excludes what is light",
    "collaboration": "ATLAS",
    "abstract": "CLs falls with the distance from the origin.",
    "references": {},
    "sqrts_tev": 13,
    "luminosity_inv_fb": 139,
    "final_states": ["none"],
    "models": ["none"],
    "authority": "community",
}
MASS = {"type": "number", "minimum": 0, "maximum": 2000}


def of_one(name: str) -> dict[str, Any]:
    """A step that answers one pair of masses; `tool` is a file of the bundle that every point reads."""
    parameters = {key: {"step": "init", "output": key} for key in ("x_gev", "y_gev", "tool")}
    parameters |= {"out": "{workdir}/limit.json"}
    return stage(name, "awk -f {tool} -v x={x_gev} -v y={y_gev} > {out}", parameters, ["init"])


def stage(name: str, command: str, parameters: dict[str, Any], after: list[str]) -> dict[str, Any]:
    step = {
        "process": {"process_type": "string-interpolated-cmd", "cmd": command},
        "environment": environment(),
        "publisher": {"publisher_type": "frompar-pub", "outputmap": {"out": "out"}},
    }
    scheduler = {"scheduler_type": "singlestep-stage", "parameters": parameters, "step": step}
    return {"name": name, "dependencies": after, "scheduler": scheduler}


TOOL = """
function bound(v) { return v > 1 ? 1 : v }
function cls(factor) { return bound(factor * 0.05 * r * r * r * r) }
BEGIN {
  r = (x * x + y * y) / 1000000
  printf "{\\"point\\": {\\"x_gev\\": %s, \\"y_gev\\": %s}, \\"cls_obs\\": %.6g, ", x, y, cls(1)
  printf "\\"cls_exp\\": [%.6g, %.6g, %.6g, %.6g, %.6g]}\\n", cls(0.3), cls(0.6), cls(1.1), cls(2), cls(4)
}
"""
"""CLs is 0.05 where x and y are 1000 GeV from the origin; without a logarithm, which busybox may not have."""


class Plane:
    """The version in a checkout, published when it is made."""

    def __init__(
        self,
        root: Path,
        recast: Recast,
        image: str,
        stages: Any = None,
        schema: Any = None,
        tool: str = "",
        **version: Any,
    ) -> None:
        spec = root / "spec"
        (spec / "files").mkdir(parents=True)
        (spec / "files/tool.awk").write_text(tool or TOOL)
        names = [(f"p_{x}_{y}", x, y) for x in range(0, 1601, 200) for y in range(0, 1601, 200)]
        rows = "".join(f"{name},{x},{y}\n" for name, x, y in names)
        (spec / "files/points.csv").write_text("name,x_gev,y_gev\n" + rows)
        both = {"x_gev": MASS, "y_gev": MASS}
        schema = schema or {"type": "object", "properties": both, "additionalProperties": False}
        (spec / "inputs.schema.json").write_text(json.dumps(schema))
        stages = stages or self._stages()
        (spec / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
        pin(spec, image)
        first = {
            "version": "1.0.0",
            "source": "spec",
            "init": {"tool": "files/tool.awk"},
            "results": [{"name": "limit", "type": "limit", "stage": "answer", "output": "out"}],
            "scan": {"points": "files/points.csv", "axes": ["x_gev", "y_gev"]},
        }
        (root / "plane-1.yml").write_text(yaml.safe_dump({**ENTRY, "versions": [first | version]}))
        answer = recast("publish", root / "plane-1.yml")
        assert answer.code == 0, answer.err

    @staticmethod
    def _stages() -> list[dict[str, Any]]:
        shared = {"tool": {"step": "init", "output": "tool"}, "out": "{workdir}/tool"}
        stages = [stage("shared", "cat {tool} > {out}", shared, ["init"]), of_one("answer")]
        stages[1]["dependencies"].append("shared")
        stages[1]["scheduler"]["parameters"]["tool"] = {"stages": "shared", "output": "out", "unwrap": True}
        return stages


@pytest.fixture
def image(home: Path) -> str:
    return add_busybox(ImageStore(home / "images"))


@pytest.fixture
def plane(recast: Recast, image: str, tmp_path: Path) -> Plane:
    return Plane(tmp_path / "checkout", recast, image)


def scanned(recast: Recast, *arguments: Any) -> dict[str, Any]:
    answer = recast("scan", *arguments, "-q", "-o", "json")
    assert answer.code == 0, answer.err
    found: dict[str, Any] = json.loads(answer.out)
    return found


def write(path: Path, *points: tuple[float, float]) -> Path:
    path.write_text("x_gev,y_gev\n" + "".join(f"{x},{y}\n" for x, y in points))
    return path


def test_one_run_answers_all_points(recast: Recast, plane: Plane, tmp_path: Path) -> None:
    points = write(tmp_path / "p.csv", (0, 0), (900, 0), (0, 1100), (2000, 2000))
    found = scanned(recast, "plane-1", "--points", points)
    assert [point["limits"][0]["excluded"] for point in found["points"]] == [True, True, False, False]
    (run,) = found["runs"]
    shown = json.loads(recast("show", run, "-o", "json").out)
    assert sum(step["stage"] == "answer" for step in shown["steps"]) == 4
    results = json.loads(recast("results", run, "-o", "json").out)["results"]
    assert [result["point"]["x_gev"] for result in results] == [0, 900, 0, 2000]


def test_a_scan_from_python(recast: Recast, plane: Plane, tmp_path: Path) -> None:
    points = [{"x_gev": 0, "y_gev": 0}, {"x_gev": 2000, "y_gev": 2000}]
    found = api.scan("plane-1", points, progress=False)
    assert [row["excluded"] for row in found.points] == [True, False]
    assert [run.state for run in found.runs] == ["succeeded"]
    again = api.scan("plane-1", write(tmp_path / "p.csv", (0, 0)), axes=["x_gev"], progress=False)
    assert again.runs == [] and again.to_dict()["axes"] == ["x_gev"]
    assert "1 of 1 point is excluded" in repr(again) and "<table>" in again._repr_html_()
    with pytest.raises(InputError, match="other columns"):
        api.scan("plane-1", [{"x_gev": 0, "y_gev": 0}, {"x_gev": 1}])
    with pytest.raises(UsageError, match="not an option of a scan"):
        api.scan("plane-1", points, x_gev=3)
    with pytest.raises(UsageError, match="one or two axes"):
        api.scan("plane-1", points, axes=["a", "b", "c"])


def test_a_second_scan_runs_only_what_is_new(recast: Recast, plane: Plane, tmp_path: Path) -> None:
    first = scanned(recast, "plane-1", "--points", write(tmp_path / "a.csv", (0, 0), (900, 0)))
    second = scanned(recast, "plane-1", "--points", write(tmp_path / "b.csv", (900.0, 0), (1300, 0)))
    assert [point["run"] for point in second["points"]] == [first["runs"][0], second["runs"][0]]
    shown = json.loads(recast("show", second["runs"][0], "-o", "json").out)
    assert sum(step["stage"] == "answer" for step in shown["steps"]) == 1
    third = scanned(recast, "plane-1", "--points", tmp_path / "b.csv")
    assert third["runs"] == []
    fresh = scanned(recast, "plane-1", "--points", tmp_path / "b.csv", "--fresh")
    assert len(fresh["runs"]) == 1


def test_a_scan_of_what_nobody_published_says_so(recast: Recast, plane: Plane, tmp_path: Path) -> None:
    entry = next((tmp_path / "checkout").glob("**/plane-1.yml"))
    entry.write_text(entry.read_text().replace("excludes what is light", "excludes what is heavy"))
    found = scanned(recast, entry, "--points", write(tmp_path / "a.csv", (0, 0)), "--to", tmp_path / "out")
    for warnings in (found["warnings"], scanned(recast, "--resume", "last")["warnings"]):
        assert warnings[0].startswith("plane-1@1.0.0 is not published here")
    assert "not published" in (tmp_path / "out/scan.csv").read_text().splitlines()[1]


def test_the_own_grid_is_refined_around_the_line(recast: Recast, plane: Plane, tmp_path: Path) -> None:
    found = scanned(recast, "plane-1", "--refine", "--to", tmp_path / "out")
    assert 25 < len(found["points"]) < 81
    lines = json.loads((tmp_path / "out/contour.json").read_text())["contours"]
    assert all(abs(math.hypot(x, y) - 1000) < 120 for x, y in lines["observed"][0])
    assert (tmp_path / "out/scan.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "out/scan.pdf").read_bytes().startswith(b"%PDF")
    rows = list(csv.DictReader((tmp_path / "out/scan.csv").read_text().splitlines()))
    assert len(rows) == len(found["points"])
    assert {"x_gev", "y_gev", "cls_obs", "cls_exp", "excluded", "verdict", "run"} <= rows[0].keys()


def test_points_that_are_no_inputs_change_nothing(recast: Recast, home: Path, plane: Plane, tmp_path: Path) -> None:
    answer = recast("scan", "plane-1", "--points", write(tmp_path / "p.csv", (0, 0), (1, 3000)))
    assert answer.code == 3
    assert "point 2" in answer.err and "3000" in answer.err
    (tmp_path / "q.csv").write_text("mass\n7\n")
    answer = recast("scan", "plane-1", "--points", tmp_path / "q.csv")
    assert answer.code == 3
    assert "mass" in answer.err and "x_gev" in answer.err
    assert not (home / "scans").exists()
    assert not list((home / "runs").glob("*"))


def test_a_scan_that_was_killed_goes_on(recast: Recast, home: Path, plane: Plane, tmp_path: Path) -> None:
    points = write(tmp_path / "p.csv", *((x, 7) for x in range(0, 1600, 40)))
    command = [sys.executable, "-m", "recast", "scan", "plane-1", "--points", str(points), "-q"]
    with subprocess.Popen(command, env={**os.environ, "RECAST_HOME": str(home)}, stderr=subprocess.DEVNULL) as process:
        until(lambda: process.poll() is not None or list((home / "runs").glob("*/jobs/*/outcome.json")), "an outcome")
        assert process.poll() is None
        process.kill()
    found = scanned(recast, "--resume", "last")
    assert len(found["points"]) == 40
    assert len(found["runs"]) == 1


def test_one_axis_gives_a_band(recast: Recast, plane: Plane, tmp_path: Path) -> None:
    (tmp_path / "p.yml").write_text("{x_gev: [0, 500, 1000, 1500], y_gev: 0}")
    found = scanned(recast, "plane-1", "--points", tmp_path / "p.yml", "--to", tmp_path / "out")
    assert len(found["points"]) == 4 and "warnings" not in found
    assert recast("catalogue", "deprecate", "plane-1@1.0.0", "--reason", "a better one is there").code == 0
    again = recast("scan", "--resume", "last", "-q", "-o", "json", "--to", tmp_path / "out")
    assert "a better one is there" in again.json["warnings"][0]
    assert (tmp_path / "out/scan.csv").read_text().startswith("warning,x_gev,y_gev")
    assert (tmp_path / "out/scan.png").stat().st_size > 10_000


FAILS_AT_7 = TOOL.replace("BEGIN {", 'BEGIN { if (x == 7) { print "7 is odd" > "/dev/stderr"; exit 65 }\n', 1)


def failing(recast: Recast, *arguments: Any) -> tuple[dict[str, Any], str]:
    """What a scan says that answers some of its points."""
    answer = recast("scan", *arguments, "-q", "-o", "json")
    assert answer.code == 1, answer.err
    found: dict[str, Any] = json.loads(answer.out)
    return found, answer.err


def test_one_bad_point_leaves_the_others_answered(recast: Recast, image: str, tmp_path: Path) -> None:
    Plane(tmp_path / "checkout", recast, image, tool=FAILS_AT_7)
    points = write(tmp_path / "p.csv", (0, 0), (7, 0), (2000, 0))
    found, told = failing(recast, "plane-1", "--points", points, "--to", tmp_path / "out")
    assert [len(point["limits"]) for point in found["points"]] == [1, 0, 1]
    assert found["failed"] == 1
    reason = found["points"][1]["reason"]
    assert "Step /point/1/answer/0 failed (refused): exit code 65" in reason and "7 is odd" in reason
    assert "1 of 3 points has no answer" in told and "1 failed" in told and "point 2 (x_gev=7, y_gev=0)" in told
    rows = list(csv.DictReader((tmp_path / "out/scan.csv").read_text().splitlines()))
    assert [row["excluded"] for row in rows] == ["True", "", "False"] and "7 is odd" in rows[1]["reason"]
    drawn = json.loads((tmp_path / "out/contour.json").read_text())
    assert "7 is odd" in drawn["failed"][0]["reason"] and (tmp_path / "out/scan.png").exists()
    (run,) = found["runs"]
    results = recast("results", run, "-o", "json").json
    assert len(results["results"]) == 2 and results["failed"][0]["point"]["x_gev"] == 7


def test_what_failed_is_not_run_again_unless_it_is_asked_for(recast: Recast, image: str, tmp_path: Path) -> None:
    Plane(tmp_path / "checkout", recast, image, tool=FAILS_AT_7)
    points = write(tmp_path / "p.csv", (0, 0), (7, 0))
    first, _ = failing(recast, "plane-1", "--points", points)
    again, _ = failing(recast, "--resume", "last")
    assert again["runs"] == first["runs"]
    more, _ = failing(recast, "--resume", "last", "--fresh")
    assert len(more["runs"]) == 2 and len(more["points"][0]["limits"]) == 1
    found = api.scan("plane-1", points, progress=False)
    assert [bool(row["reason"]) for row in found.points] == [False, True]
    with pytest.raises(WorkflowFailed, match="1 of 1 point has no answer"):
        api.scan("plane-1", [{"x_gev": 7, "y_gev": 1}], progress=False)


def test_a_result_that_is_no_number_is_the_affair_of_its_point(recast: Recast, image: str, tmp_path: Path) -> None:
    tool = TOOL.replace("BEGIN {", 'BEGIN { if (x == 7) { print "{\\"cls_obs\\": NaN}"; exit }\n', 1)
    Plane(tmp_path / "checkout", recast, image, tool=tool)
    found, _ = failing(recast, "plane-1", "--points", write(tmp_path / "p.csv", (0, 0), (7, 0)))
    assert [len(point["limits"]) for point in found["points"]] == [1, 0]
    assert "'limit' is malformed" in found["points"][1]["reason"]


LIST_OF_PAIRS = """
function bound(v) { return v > 1 ? 1 : v }
BEGIN {
  n = split(names, all, /[^a-z0-9_]+/)
  printf "["
  for (i = 1; i <= n; i++) if (all[i] != "") {
    split(all[i], part, "_")
    if (part[2] == "7") { print "no such point: " all[i] > "/dev/stderr"; exit 65 }
    c = bound(0.05 * part[2] * part[2] / 1000000)
    printf "%s{\\"point\\": {\\"name\\": \\"%s\\"}, \\"cls_obs\\": %.6g}", (count++ ? ", " : ""), all[i], c
  }
  print "]"
}
"""
"""Answers a list of names, and fails as a whole if one of them is bad."""


def test_one_bad_item_of_a_list_is_found_in_parts(recast: Recast, image: str, tmp_path: Path) -> None:
    parameters = {key: {"step": "init", "output": key} for key in ("names", "tool")} | {"out": "{workdir}/limit.json"}
    step = stage("answer", "awk -f {tool} -v names='{names}' > {out}", parameters, ["init"])
    schema = {"type": "object", "properties": {"names": {"type": "array", "items": {"type": "string"}}}}
    scan = {"over": "names", "axes": ["x_gev", "y_gev"]}
    Plane(tmp_path / "checkout", recast, image, stages=[step], schema=schema, tool=LIST_OF_PAIRS, scan=scan)
    names = [f"p_{x}" for x in (*range(100, 3700, 200), 7)]  # 19 points: all, then parts of two, then single ones
    (tmp_path / "p.csv").write_text("name\n" + "".join(f"{name}\n" for name in names))
    found, told = failing(recast, "plane-1", "--points", tmp_path / "p.csv")
    assert [len(point["limits"]) for point in found["points"]] == [1] * 18 + [0]
    assert "no such point: p_7" in found["points"][-1]["reason"]
    assert "1 of 19 points has no answer" in told
    assert len(found["runs"]) <= 3


LISTS = """
function bound(v) { return v > 1 ? 1 : v }
BEGIN {
  n = split(masses, m, /[^0-9.]+/)
  for (i = 1; i <= n; i++) if (m[i] != "") own[++count] = m[i]
  printf "["
  for (i = 1; i < count; i += 2) {
    c = bound(0.05 * own[i] * own[i] / 1000000)
    printf (i > 1 ? ", " : "")
    printf "{\\"point\\": {\\"m_a_gev\\": %s, \\"m_b_gev\\": %s, \\"model\\": \\"%s\\"}, ", own[i], own[i + 1], model
    printf "\\"cls_obs\\": %.6g}", c
  }
  print "]"
}
"""
"""Answers a list of pairs of masses for one model."""


@pytest.fixture
def listed(recast: Recast, image: str, tmp_path: Path) -> Plane:
    """A version whose inputs are a list of two masses and a model; it declares no scan."""
    parameters = {key: {"step": "init", "output": key} for key in ("masses", "model", "tool")}
    parameters |= {"out": "{workdir}/limit.json"}
    answer = stage("answer", "awk -f {tool} -v masses='{masses}' -v model={model} > {out}", parameters, ["init"])
    masses = {"type": "array", "items": MASS, "minItems": 2, "maxItems": 2}
    schema = {"type": "object", "properties": {"masses": masses, "model": {"type": "string", "default": "x"}},
              "additionalProperties": False}  # fmt: skip
    return Plane(tmp_path / "checkout", recast, image, stages=[answer], schema=schema, tool=LISTS, scan=None)


def test_lists_and_models_are_columns_and_what_cannot_be_drawn_is_a_table_that_says_why(
    recast: Recast, listed: Plane, tmp_path: Path
) -> None:
    (tmp_path / "p.csv").write_text(
        "masses[0],masses[1],model,proces\n"
        + "".join(f"{a},{b},{model},q\n" for model in "xy" for a in (600, 1400) for b in (0, 100))
    )
    answer = recast("scan", "plane-1", "--points", tmp_path / "p.csv", "-q", "-o", "json", "--to", tmp_path / "out")
    assert answer.code == 0, answer.err
    assert "proces: not an input of plane-1" in answer.err
    found = json.loads(answer.out)
    assert found["axes"] == ["m_a_gev", "m_b_gev"]
    panels = json.loads((tmp_path / "out/contour.json").read_text())["panels"]
    assert [panel["held"] for panel in panels] == ["model = x", "model = y"]
    assert all(panel["contours"] == {} for panel in panels)  # two points on either side carry no line
    drawn = scanned(recast, "--resume", "last", "--axes", "masses[0]")
    assert drawn["axes"] == ["masses[0]"] and drawn["runs"] == found["runs"]
    nothing = recast("scan", "--resume", "last", "--axes", "mass", "-q", "--to", tmp_path / "none")
    assert nothing.code == 0
    assert "no picture: mass is not a number of the points" in nothing.err
    assert not (tmp_path / "none/scan.png").exists()
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("masses[0],masses[1],m_a_gev\n600,0,500\n")
    refused = recast("scan", "plane-1", "--points", wrong, "-q")
    assert refused.code == 1 and "m_a_gev = 500, but its result is for 600" in refused.err
    wrong.write_text("masses[0],masses[2]\n600,0\n")
    refused = recast("scan", "plane-1", "--points", wrong, "-q")
    assert refused.code == 3 and "masses[1] is missing" in refused.err


def test_a_detached_scan_goes_on_by_itself(recast: Recast, home: Path, plane: Plane, tmp_path: Path) -> None:
    points = write(tmp_path / "p.csv", (0, 0), (2000, 2000))
    began = recast("scan", "plane-1", "--points", points, "--detach", "--to", tmp_path / "out")
    assert began.code == 0, began.err
    folder = home / "scans" / began.out.strip()
    until(lambda: "excluded at 95% CL" in (folder / "driver.log").read_text(), "the end of the scan")
    assert len((tmp_path / "out/scan.csv").read_text().splitlines()) == 3
