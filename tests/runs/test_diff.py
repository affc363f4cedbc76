"""`recast diff`: what differs between two runs; and the pure parts that say so."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from recast.reports.differences.json_diff import differences
from recast.reports.differences.key_changes import Change, changes_between, in_words
from recast.reports.differences.result_diff import answer_leaves, result_leaves
from recast.reports.differences.spec_diff import spec_changes
from recast.reports.differences.text_diff import MOST_BYTES, bytes_changed
from recast.results.matching import matched
from recast.spec.model import Workflow
from tests.conftest import Recast
from tests.runs.told import COPY, run, write_init, write_spec
from tests.workflow.specs import from_init, packtivity, stage, zipped


def test_equal_runs(recast: Recast, tmp_path: Path) -> None:
    spec, init = write_spec(tmp_path / "spec"), write_init(tmp_path / "init")
    first, second = run(recast, spec, init), run(recast, spec, init)
    answer = recast("diff", first, second, "--exit-code", "-o", "json")
    assert (answer.code, answer.json["equal"]) == (0, True)
    assert "equal" in recast("diff", first, second).out


def test_runs_that_differ_in_inputs_spec_and_files(recast: Recast, tmp_path: Path) -> None:
    spec, init = write_spec(tmp_path / "spec"), write_init(tmp_path / "init")
    first = run(recast, spec, init, "[1, 2]")
    write_spec(spec, command=COPY + "; true")
    write_init(init, "xx\n")
    second = run(recast, spec, init, "[1, 4, 5]")
    answer = recast("diff", first, second, "-o", "json")
    told = answer.json
    assert (answer.code, told["equal"]) == (0, False)
    assert recast("diff", first, second, "--exit-code").code == 1
    assert [row["where"] for row in told["spec"]] == ["/map process/template"]
    assert [row["where"] for row in told["input_files"]] == ["data.txt"]
    steps = {(row["where"], row["words"]) for row in told["steps"] if row["where"].startswith("/map/2")}
    assert steps == {("/map/2", "new")}
    parts = {row["part"] for row in told["steps"] if row["where"].startswith("/map/1")}
    assert parts == {"command", "parameter", "file"}
    assert told["states"] == []
    assert {row["where"] for row in told["published"]} >= {"/map/0 file out.txt", "/sum/0 /parts"}
    rows = list(csv.DictReader(io.StringIO(recast("diff", first, second, "-o", "csv").out)))
    assert {row["section"] for row in rows} >= {"spec", "inputs", "steps", "published"}
    text = recast("diff", first, second).out
    assert "/map/2: new" in text


def test_states_of_steps_are_compared(recast: Recast, tmp_path: Path) -> None:
    spec, init = write_spec(tmp_path / "spec"), write_init(tmp_path / "init")
    first, second = run(recast, spec, init, "[1, 2]"), run(recast, spec, init, "[1, 13]")
    states = recast("diff", first, second, "-o", "json").json["states"]
    assert {"where": "/map/1", "before": "succeeded", "after": "failed", "relative": None} in states
    assert {"where": "run", "before": "succeeded", "after": "failed", "relative": None} in states


def test_results_are_compared_as_numbers(recast: Recast, tmp_path: Path, home: Path) -> None:
    spec, init = write_spec(tmp_path / "spec"), write_init(tmp_path / "init")
    first, second = run(recast, spec, init), run(recast, spec, init)
    for run_id, value, more in ((first, 0.02, []), (second, 0.03, [{"name": "yields", "type": "yields"}])):
        point = {"name": "A/1400", "region": "A"}
        rows = [{"name": "limit", "point": point, "cls_obs": value, "cls_exp": [0.1, value]}, *more]
        folder = home / "runs" / run_id / "results"
        folder.mkdir(exist_ok=True)
        (folder / "results.json").write_text(json.dumps({"results": rows}))
    found = recast("diff", first, second, "-o", "json").json["results"]
    assert [(row["where"], row["relative"]) for row in found] == [
        ("limit A/1400/cls_obs", pytest.approx(0.5)),
        ("limit A/1400/cls_exp/1", pytest.approx(0.5)),
        ("yields", None),
    ]
    text = recast("diff", first, second).out
    assert "limit A/1400/cls_obs: 0.02 -> 0.03  (+50.00%)" in text
    assert "yields: new" in text


def a_limit(point: dict, cls: float, **more: object) -> dict:
    band = [cls / 4, cls / 2, cls, cls * 2, cls * 4]
    return {"name": "limit", "type": "limit", "point": point, "cls_obs": cls, "cls_exp": band,
            "excluded": cls < 0.05, "verdict": f"{cls}", **more}  # fmt: skip


def test_results_are_matched_by_model_and_answers_come_first() -> None:
    before = [a_limit({"m_a_gev": m, "region": "SR1", "xsec_fb": 1.0}, 0.04) for m in (100, 200.0)]
    after = [a_limit({"m_a_gev": m, "region": "SR2", "xsec_fb": 2.0}, cls) for m, cls in ((200, 0.045), (100, 0.06))]
    leaves = answer_leaves(before, after)
    assert [(leaf.where, leaf.before, leaf.after) for leaf in leaves][:3] == [
        ("/limit m_a_gev=100/excluded", True, False),
        ("/limit m_a_gev=100/verdict", "0.04", "0.06"),
        ("/limit m_a_gev=100/cls_obs", 0.04, 0.06),
    ]
    assert {"/limit m_a_gev=200/point/region", "/limit m_a_gev=200/point/xsec_fb"} <= {leaf.where for leaf in leaves}
    assert not [leaf for leaf in result_leaves(before, after) if None in (leaf.before, leaf.after)]


@pytest.mark.parametrize(
    ("points", "names"),
    [
        ([{"name": "A/x", "region": "A", "m_a_gev": 1}, {"name": "B/x", "region": "B", "m_a_gev": 1}],
         ["limit A m_a_gev=1", "limit B m_a_gev=1"]),
        ([{"file": "a.lhe", "process": "lhe", "events": 7}], ["limit a.lhe process=lhe"]),
        ([{"name": "own-yields", "xsec_fb": 3.0}], ["limit own-yields"]),
        ([{}, {}], ["limit #0", "limit #1"]),
    ],
)  # fmt: skip
def test_the_coarsest_key_that_tells_points_apart(points: list, names: list) -> None:
    rows = [a_limit(point, 0.1) for point in points]
    assert [name for name, _, _ in matched(rows, rows)] == names
    assert all(old is new for _, old, new in matched(rows, rows))


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (b"a\nb\nc\n", b"a\nx\nc\n", ["@@ -1,3 +1,3 @@", " a", "-b", "+x", " c"]),
        (None, b"new\n", ["@@ -0,0 +1 @@", "+new"]),
        (b"a\r\n", b"a\n", ["only line endings differ"]),
        (b"\0\1", b"\0\2\3", ["2 bytes -> 3 bytes"]),
        (b"\xff", None, ["1 bytes -> nothing"]),
        (b"x" * (MOST_BYTES + 1), b"y", ["262,145 bytes -> 1 bytes"]),
        (b"a\n" * 5000, b"a\n" * 5001, ["5,000 lines -> 5,001 lines, too many to compare"]),
    ],
)
def test_the_text_of_what_changed(before: bytes | None, after: bytes | None, lines: list[str]) -> None:
    assert bytes_changed(before, after) == [line.replace("1 bytes", "1 byte") for line in lines]


PARTS = {
    "image": "sha256:" + "a" * 64,
    "process": ["script", "one\ntwo\nthree", "bash"],
    "arguments": {"x": 1, "file": [{"name": "a.root", "is": [["a.root", "sha256:1"]]}], "own": {"own": "out"}},
    "environment": [{"A": "1"}, "", None],
    "network": False,
    "outputs": ["out"],
}


def test_a_cls_beyond_meaning_is_a_bound() -> None:
    from recast.cli.runs.diff import _told

    def row(where: str, before: float, after: float) -> dict[str, object]:
        return {"where": f"limit m=1/{where}", "before": before, "after": after, "relative": after / before - 1}

    run = {"run": "r", "title": "t", "state": "succeeded"}
    answers = [row("cls_obs", 8e-20, 1e-266), row("cls_exp/2", 1e-9, 0.021), row("mu_ul_obs", 0.1, 0.2)]
    lines = list(_told({"before": run, "after": run, "equal": False, "answers": answers, "results": answers}))
    assert lines[2:] == [
        "answers:",
        "  limit m=1/cls_exp/2: < 1e-6 -> 0.021",
        "  limit m=1/mu_ul_obs: 0.1 -> 0.2  (+100.00%)",
    ]


def test_equal_parts_have_no_changes() -> None:
    assert changes_between(PARTS, PARTS) == []


def test_each_part_is_named() -> None:
    other = {
        **PARTS,
        "image": "sha256:" + "b" * 64,
        "process": ["script", "one\n2\nthree", "bash"],
        "arguments": {"x": 2, "file": [{"name": "a.root", "is": [["a.root", "sha256:2"]]}], "y": 1},
        "environment": [{"A": "2", "B": "3"}, "setup.sh", None],
        "network": True,
        "outputs": [],
    }
    found = changes_between(PARTS, other)
    assert [(change.part, change.where) for change in found] == [
        ("image", ""),
        ("command", "script (line 2)"),
        ("parameter", "x"),
        ("file", "a.root"),
        ("parameter", "own"),
        ("parameter", "y"),
        ("environment", "A"),
        ("environment", "B"),
        ("environment", "envscript"),
        ("network", ""),
        ("outputs", ""),
    ]
    words = [str(change) for change in found]
    assert words[0] == "the image changed: sha256:aaaaaaaaaaaa... -> sha256:bbbbbbbbbbbb..."
    assert words[1] == "the script (line 2) changed: 'two' -> '2'"
    assert words[3] == "the content of the input file a.root changed"
    assert words[4:6] == ["the parameter own is gone", "the parameter y is new"]
    assert in_words(found, 2).endswith("9 more changes")


def test_another_file_is_another_parameter() -> None:
    renamed = {"file": [{"name": "b.root", "is": [["b.root", "sha256:1"]]}]}
    [change] = changes_between(
        {**PARTS, "arguments": {"file": PARTS["arguments"]["file"]}}, {**PARTS, "arguments": renamed}
    )
    assert change == Change("parameter", "file", ["a.root"], ["b.root"])


def test_numbers_have_a_relative_difference() -> None:
    found = list(differences({"a": [1.0, 2.0], "b": "x", "c": None}, {"a": [1.0, 3.0], "b": "y", "d": 1}))
    assert [(item.where, item.relative) for item in found] == [("/a/1", 0.5), ("/b", None), ("/d", None)]
    [change] = differences(0, 1)
    assert change.relative is None
    assert not list(differences(float("nan"), float("nan")))


def test_specs_are_compared_stage_by_stage_and_key_by_key() -> None:
    inner = Workflow((stage("fit", ["init"], {}, packtivity("fit")),))
    other = Workflow((stage("fit", ["init"], {}, packtivity("refit")),))

    def whole(body: Workflow, value: int) -> Workflow:
        first = stage("map", ["init"], {"x": from_init("x"), "y": value}, body, zipped("x"))
        return Workflow((first, stage(f"last{value}", ["map"], {}, packtivity())))

    found = [(change.stage, change.key) for change in spec_changes(whole(inner, 1), whole(other, 2))]
    assert found == [
        ("/map", "parameters/y"),
        ("/last1", "stage"),
        ("/map/fit", "process/template"),
        ("/last2", "stage"),
    ]
    assert spec_changes(whole(inner, 1), whole(inner, 1)) == []
