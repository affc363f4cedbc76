"""The expansion of a stage: the parameter sets of its instances, and the body that each of them runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from recast.errors import SpecError
from recast.json_types import JsonValue
from recast.spec.model import Packtivity, Stage, Workflow
from recast.workflow import jqstage
from recast.workflow.graph import Scope, Step
from recast.workflow.interpolate import as_request, is_request
from recast.workflow.programs import Jq, first
from recast.workflow.scatter import scatter
from recast.workflow.select import plain, resolve

__all__ = ["chosen_body", "parameter_sets"]

_Sets: TypeAlias = Iterator[tuple[Any, tuple[Step, ...]]]


def parameter_sets(scope: Scope, stage: Stage, jq: Jq) -> tuple[int, _Sets]:
    """Return the number of instances of a stage, and for each its parameters and the steps that these come from."""
    count, sets = _traced(scope, stage, jq)
    return count, (_finished(stage, traced, jq) for traced in sets)


def _finished(stage: Stage, traced: JsonValue, jq: Jq) -> tuple[Any, tuple[Step, ...]]:
    origins: dict[Step, None] = {}
    values = plain(traced, origins)
    return (values if stage.jq is None else _rewritten(stage, values, jq)), tuple(origins)


def chosen_body(stage: Stage, parameters: JsonValue, jq: Jq) -> Packtivity | Workflow | None:
    """Return what an instance runs: of several cases the first whose condition is true, None if none is.

    Truth is Python's, as in yadage: 0, "" and [] are false.
    """
    if not isinstance(stage.body, tuple):
        if stage.body is None:
            raise SpecError(
                f"Stage {stage.name!r} has nothing to run",
                code="spec.body",
                where=stage.where,
                next_step="add `step:` or `workflow:` to its scheduler",
            )
        return stage.body
    return next((case.body for case in stage.body if first(jq, case.condition, parameters, stage.where)), None)


def _traced(scope: Scope, stage: Stage, jq: Jq) -> tuple[int, Iterator[JsonValue]]:
    if stage.jq is not None:
        sets = jqstage.parameter_sets(scope, stage, jq)
        return len(sets), iter(sets)
    parameters = {name: resolve(scope, value) for name, value in stage.parameters.items()}
    return scatter(stage, parameters, stage.scatter) if stage.scatter else (1, iter([parameters]))


def _rewritten(stage: Stage, values: JsonValue, jq: Jq) -> JsonValue:
    """Return the output of a jq-stage's postscript; all of its text counts as a request's, since its origin is not
    known.
    """
    assert stage.jq is not None
    if stage.jq.postscript.strip() == ".":
        return values
    rewritten = first(jq, stage.jq.postscript, values, stage.where)
    return as_request(rewritten) if is_request(values) else rewritten
