"""What the init of a sub-workflow makes of names of files: `discover`, `relative`, init folders."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from recast.jobs import Artifact
from recast.spec.model import ConstantPublisher, FromYamlPublisher, Selector, Stage, Workflow
from recast.workflow import MISSING, Expansion
from recast.workflow.interpolate import as_request
from tests.workflow.specs import packtivity, stage

EMPTY = Workflow(())


def left(*names: str) -> dict[str, Artifact]:
    return {name: Artifact(name, "sha256:" + "0" * 64, 1) for name in names}


def sub(parameters: dict[str, Any], after: str = "init", **options: bool) -> Stage:
    return replace(stage("sub", [after], parameters, EMPTY), **options)


def started(*stages: Stage, files: Any = (), sub_files: Any = None, **inputs: Any) -> Expansion:
    expansion = Expansion(Workflow(stages))
    expansion.start(inputs, left(*files), sub_files={name: left(*names) for name, names in (sub_files or {}).items()})
    return expansion


def published(expansion: Expansion) -> Any:
    return next(step.published for step in expansion.steps if step.id == "/sub/0/init/0")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"exact": "/recast/run/init/data.root", "all": "*.root", "no": "none"}),
        (
            {"discover": True},
            {
                "exact": "/recast/run/init/data.root",
                "all": ["/recast/run/init/b.root", "/recast/run/init/data.root"],
                "no": "none",
            },
        ),
        ({"discover": True, "relative": False}, {"exact": "data.root", "all": "*.root", "no": "none"}),
    ],
)
def test_names_are_looked_up_in_the_init_directory_of_the_run(options: Any, expected: Any) -> None:
    parameters = {"exact": "data.root", "all": "*.root", "no": "none", "given": Selector("init", "x", single=True)}
    expansion = started(sub(parameters, **options), files=("data.root", "b.root"), x=1)
    assert published(expansion) == {**expected, "given": 1}


def test_a_sub_workflow_has_an_init_directory_of_its_own() -> None:
    inner = Workflow((stage("archived", [], {"data": "data.root"}, EMPTY),))
    expansion = started(
        stage("downstream", [], {"one": "data.root"}, inner),
        sub_files={"downstream/archived": ("data.root",), "downstream": ("other.root",)},
    )
    results = {step.id: step.published for step in expansion.steps}
    assert results["/downstream/0/init/0"] == {"one": "data.root"}
    assert results["/downstream/0/archived/0/init/0"] == {"data": "/recast/run/downstream/archived/init/data.root"}


def test_two_folders_are_none() -> None:
    parameters = {"exact": "data.root", "given": Selector("init", "x", single=True)}
    expansion = started(sub(parameters), files=("data.root",), sub_files={"sub": ("data.root",)}, x=1)
    assert published(expansion)["exact"] == "data.root"


def test_names_that_a_yaml_file_gives_are_looked_up_where_it_was_left() -> None:
    list_files = stage("list", ["init"], {}, packtivity("ls", FromYamlPublisher("files.yml")))
    expansion = started(list_files, sub({"file": Selector("list", "file", single=True)}, "list"))
    expansion.finish(expansion.steps[1], left("files.yml", "a.txt"), {"file": "a.txt"})
    assert published(expansion) == {"file": "/recast/run/list/a.txt"}


def test_a_result_known_before_is_waited_for_only_to_discover() -> None:
    early = stage("early", ["init"], {}, packtivity("true", ConstantPublisher({"file": "a.txt"})))
    taken = {"file": Selector("early", "file", single=True)}
    assert published(started(early, sub(taken, "early"))) == {"file": "a.txt"}
    expansion = started(early, sub(taken, "early", discover=True))
    assert published(expansion) is MISSING
    expansion.finish(expansion.steps[1], left("a.txt"))
    expansion.finish(expansion.steps[2], {})
    assert published(expansion) == {"file": "/recast/run/early/a.txt"}


def test_texts_of_a_request_are_never_names_of_files() -> None:
    expansion = Expansion(Workflow((sub({"x": Selector("init", "x", single=True)}),)))
    expansion.start(as_request({"x": "data.root"}), left("data.root"))
    assert published(expansion) == {"x": "data.root"}
