"""`recast spec graph`: of a file, of inputs, of a run; as SVG, DOT, Mermaid and JSON."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from tests.conftest import TESTSPECS, Recast
from tests.runs.told import arguments, run, write_init, write_spec

NESTED = TESTSPECS / "nestedmapreduce"


def test_without_inputs_the_stages_are_drawn_as_written(recast: Recast) -> None:
    answer = recast("spec", "graph", NESTED, "-o", "json")
    assert answer.code == 0
    assert "drawn as written" in answer.err
    assert answer.json["steps"] == []
    assert {"stage": "/reduce", "waits_for": "/map/stage1"} in answer.json["open"]


def test_with_inputs_the_json_is_the_contract(recast: Recast) -> None:
    answer = recast("spec", "graph", NESTED, "-p", "input=[1, 2]", "-o", "json")
    steps = {step["id"]: step for step in answer.json["steps"]}
    assert list(answer.json)[:2] == ["steps", "open"]
    assert steps["/reduce/0"]["depends_on"] == ["/map/0/stage1/0", "/map/1/stage1/0"]
    assert "state" not in steps["/reduce/0"]
    assert set(steps["/init/0"]) == {
        *("id", "name", "stage", "scope", "index", "depends_on", "parameters", "published", "image")
    }
    assert {"from": "/map/stage1", "to": "/reduce", "count": 2, "known": True} in answer.json["edges"]


def test_the_form_follows_the_files_suffix(recast: Recast, tmp_path: Path) -> None:
    begins = {"a.svg": "<svg ", "a.gv": "digraph ", "a.mmd": "---\ntitle: ", "a.json": "{\n"}
    for name, beginning in begins.items():
        answer = recast("spec", "graph", NESTED, "-p", "input=[1]", "--output-file", tmp_path / name)
        assert (answer.code, answer.out) == (0, "")
        assert (tmp_path / name).read_text().startswith(beginning)
    assert recast("spec", "graph", NESTED, "-p", "input=[1]").out.startswith("<svg ")


def test_inputs_that_do_not_fit_are_an_error_once_they_are_given(recast: Recast) -> None:
    answer = recast("spec", "graph", NESTED, "-p", "input=text")
    assert (answer.code, "is not a list" in answer.err) == (3, True)
    answer = recast("spec", "graph", NESTED, "-p", "other=1")
    assert (answer.code, "'input' is missing" in answer.err) == (3, True)


def test_an_unknown_subject_or_stage(recast: Recast, tmp_path: Path) -> None:
    assert recast("spec", "graph", "atlas-nothing").code == 6
    assert recast("spec", "graph", "last").code == 6
    answer = recast("spec", "graph", NESTED, "-p", "input=[1]", "--expand", "nothing")
    assert (answer.code, "Stages: map, reduce" in answer.err) == (6, True)
    answer = recast("spec", "graph", NESTED, "--output-file", tmp_path / "no/where.svg")
    assert (answer.code, "next" in answer.err) == (4, True)


def test_a_run_shows_its_states(recast: Recast, tmp_path: Path) -> None:
    spec, init = write_spec(tmp_path / "spec"), write_init(tmp_path / "init")
    before = recast("spec", "graph", *_without_permission(arguments(spec, init)), "-o", "json").json
    assert [stage["stage"] for stage in before["open"]] == ["/late"]
    run_id = run(recast, spec, init, "[1, 13]")
    text = recast("spec", "graph", run_id[:7]).out
    assert ">1 succeeded · 1 failed<" in text
    assert f"run {run_id}: failed" in text
    ElementTree.fromstring(text)
    expanded = recast("spec", "graph", "last", "--expand", "map", "-o", "mermaid").out
    assert "map#91;0#93;" in expanded
    states = {
        stage["stage"]: stage.get("states") for stage in recast("spec", "graph", "last", "-o", "json").json["stages"]
    }
    assert states["/map"] == {"succeeded": 1, "failed": 1}


def _without_permission(given: list[str | Path]) -> list[str | Path]:
    return [item for item in given if item != "--allow-host-process"]
