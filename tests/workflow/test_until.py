"""A workflow that ends with one of its stages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recast.errors import NotFound
from recast.spec.model import Dependencies, Selector, Stage, ValueReference, Workflow
from recast.workflow.until import ended
from tests.conftest import Recast
from tests.runs.told import arguments, write_init, write_spec
from tests.workflow.specs import from_init, packtivity, stage


def named(name: str, after: list[str], **parameters: object) -> Stage:
    return stage(name, after, dict(parameters), packtivity())


FIRST = named("first", ["init"], value=from_init("value"))
FLOW = Workflow(
    (
        FIRST,
        replace(named("told", ["first"]), register_values={"word": Selector("first", "out")}),
        named("referred", []),
        named("last", ["first"], value=Selector("referred[0]", "out"), word=ValueReference("word")),
        replace(named("chosen", []), dependencies=Dependencies("expressions_fulfilled", (Selector("last", "out"),))),
        named("every", ["*"]),
        named("unrelated", ["init"], text="last"),
    )
)


@pytest.mark.parametrize(
    ("until", "kept"),
    [
        ("first", "first"),
        ("last", "first told referred last"),
        ("chosen", "first told referred last chosen"),
        ("unrelated", "unrelated"),
        ("every", "first told referred last chosen every unrelated"),
    ],
)
def test_a_stage_and_all_that_it_needs(until: str, kept: str) -> None:
    assert [stage.name for stage in ended(FLOW, until).stages] == kept.split()


def test_no_stage_named_and_one_that_is_none() -> None:
    assert ended(FLOW, None) is FLOW
    with pytest.raises(NotFound, match="no stage 'lst'") as caught:
        ended(FLOW, "lst")
    assert "'last'" in caught.value.next_step


def test_a_run_ends_there_and_a_whole_one_goes_on_from_the_cache(recast: Recast, tmp_path: Path) -> None:
    given = arguments(write_spec(tmp_path / "spec"), write_init(tmp_path / "init"))
    done = recast("run", *given, "--until", "map", "-q")
    assert done.code == 0, done.err
    shown = recast("show", "last", "-o", "json").json
    assert [step["stage"] for step in shown["steps"]] == ["init", "map", "map"]
    assert shown["state"] == "succeeded"
    assert recast("plan", *given, "-o", "json").json["summary"] == {"run": 1, "cached": 2, "open": 1}
    assert recast("run", *given, "--until", "nothing", "-q").code == 6
