"""`recast plan`: what would run, what comes from the cache, which part of a key changed, and what is open."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from recast.reports.unexpanded import open_stages
from recast.spec.model import BatchSize, Scatter, Selector, Workflow
from tests.conftest import Recast
from tests.graph.drawings import engine_of
from tests.runs.told import COPY, arguments, run, write_init, write_spec
from tests.workflow.specs import GLOBBED, from_init, packtivity, stage


def planned(recast: Recast, *given: Any) -> dict[str, Any]:
    document = recast("plan", *given, "-o", "json").json
    return {step["id"]: step for step in document["steps"]} | {"summary": document["summary"], "open": document["open"]}


def test_before_the_first_run(recast: Recast, tmp_path: Path) -> None:
    spec, init = write_spec(tmp_path / "spec"), write_init(tmp_path / "init")
    plan = planned(recast, *arguments(spec, init))
    assert plan["/map/0"]["reason"] == "not in the cache: no earlier run of this step is known"
    assert plan["/sum/0"]["reason"] == "its input comes from /map/0, which runs"
    assert plan["summary"] == {"run": 3, "cached": 0, "open": 1}
    assert plan["open"] == [{"stage": "/late", "waits_for": "/sum", "makes": "one step for each of part"}]
    answer = recast("plan", *arguments(spec, init))
    assert "3 steps to run, 0 from the cache, 1 stage not expanded yet" in answer.err
    assert "open: /late waits for /sum, then makes one step for each of part" in answer.out


def test_all_of_it_cached(recast: Recast, tmp_path: Path) -> None:
    spec, init = write_spec(tmp_path / "spec"), write_init(tmp_path / "init")
    run(recast, spec, init)
    assert planned(recast, *arguments(spec, init))["summary"] == {"run": 0, "cached": 5, "open": 0}
    assert planned(recast, *arguments(spec, init), "--no-cache")["/map/0"]["reason"] == "the cache is off"


@pytest.mark.parametrize(
    ("change", "part", "words"),
    [
        ("value", "parameter", "the parameter value changed: 1 -> 7"),
        ("command", "command", "the command changed: "),
        ("file", "file", "the content of the input file data.txt changed"),
    ],
)
def test_which_part_of_the_key_changed(recast: Recast, tmp_path: Path, change: str, part: str, words: str) -> None:
    spec, init = write_spec(tmp_path / "spec"), write_init(tmp_path / "init")
    run_id = run(recast, spec, init)
    if change == "command":
        write_spec(spec, command=COPY + "; true")
    if change == "file":
        write_init(init, "xx\n")
    values = "[7, 2]" if change == "value" else "[1, 2]"
    step = planned(recast, *arguments(spec, init, values))["/map/0"]
    assert [found["part"] for found in step["changes"]] == [part]
    assert step["reason"].startswith(f"not in the cache: {words}")
    assert step["reason"].endswith(f"(since run {run_id} step /map/0)")


def test_a_new_instance_is_held_against_one_of_its_stage(recast: Recast, tmp_path: Path) -> None:
    spec, init = write_spec(tmp_path / "spec"), write_init(tmp_path / "init")
    run_id = run(recast, spec, init)
    step = planned(recast, *arguments(spec, init, "[1, 2, 9]"))["/map/2"]
    assert step["reason"] == (f"not in the cache: the parameter value changed: 1 -> 9 (since run {run_id} step /map/0)")


def test_the_run_that_differs_least_counts(recast: Recast, tmp_path: Path) -> None:
    spec, init = write_spec(tmp_path / "spec"), write_init(tmp_path / "init")
    near = run(recast, spec, init, "[1, 2]")
    write_spec(spec, command=COPY + "; true")
    run(recast, spec, init, "[5, 6]")
    write_spec(spec)
    step = planned(recast, *arguments(spec, init, "[8, 2]"))["/map/0"]
    assert step["reason"].endswith(f"(since run {near} step /map/0)")


def test_an_entry_that_left_the_cache_and_a_step_that_failed(recast: Recast, tmp_path: Path, home: Path) -> None:
    spec, init = write_spec(tmp_path / "spec"), write_init(tmp_path / "init")
    run_id = run(recast, spec, init, "[1, 13]")
    step = planned(recast, *arguments(spec, init, "[1, 13]"))["/map/1"]
    assert step["reason"] == f"not in the cache: run {run_id} step /map/1 was identical, but failed"
    shutil.rmtree(home / "artifacts")
    step = planned(recast, *arguments(spec, init, "[1, 13]"))["/map/0"]
    assert "nothing changed since" in step["reason"]


def test_a_damaged_earlier_run_explains_nothing_and_breaks_nothing(recast: Recast, tmp_path: Path, home: Path) -> None:
    spec, init = write_spec(tmp_path / "spec"), write_init(tmp_path / "init")
    run_id = run(recast, spec, init)
    (home / "runs" / run_id / "journal.sqlite").write_bytes(b"no database")
    step = planned(recast, *arguments(spec, init, "[7, 2]"))["/map/0"]
    assert "no earlier run" in step["reason"]


def makes(*stages: Any) -> list[str]:
    first = stage("make", ["init"], {}, packtivity("make", GLOBBED))
    return [item["makes"] for item in open_stages(engine_of(Workflow((first, *stages)), values=[1, 2, 3, 4, 5]))]


def test_what_open_stages_will_make() -> None:
    made = {"file": Selector("make", "files", single=True)}
    here = {"value": from_init("values")}
    inner = Workflow((stage("use", ["init"], {}, packtivity()),))

    def scattered(parameters: dict[str, Any], body: Any, grouping: BatchSize | None = None) -> Any:
        return stage("next", ["make"], parameters, body, Scatter("zip", tuple(parameters), grouping))

    assert makes(stage("next", ["make"], made, packtivity())) == ["1 step"]
    assert makes(scattered(made, packtivity())) == ["one step for each of file"]
    assert makes(scattered(here, packtivity())) == ["5 steps"]
    assert makes(scattered(here, inner, BatchSize("batch", 2))) == ["3 sub-workflows"]
    assert makes(scattered({"value": [1, 2]}, inner, BatchSize("partition", 9))) == ["2 sub-workflows"]
