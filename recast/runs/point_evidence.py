"""What the numbers of one point rest on: the steps that published its results, what they were given, what ran."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from recast.engine import Engine, StepRun
from recast.jobs import RUN_ROOT
from recast.json_types import JsonDict, JsonValue
from recast.masked import masked_json
from recast.prepare.passwords import without_passwords
from recast.results.types import FILE_TYPES
from recast.rundir import RunOrder
from recast.workflow import Scope, Step
from recast.workflow.paths import parse_path
from recast.workflow.pointwise import STAGE, scope_of_point, stage_of_point

__all__ = ["evidence_of_point"]

_MOST_STEPS, _MOST_SEEDS, _MOST_INPUTS = 20, 20, 50
_MOST_LOOKED_AT = 1000
_LONGEST_VALUE, _LONGEST_NAME = 1000, 300
_INIT = f"{RUN_ROOT}/init/"


def evidence_of_point(engine: Engine, request: RunOrder, index: int, failed: StepRun | None = None) -> JsonDict:
    """Return what an answer of a point keeps about how it came about, small and without secrets:

    `steps` (`id`, `image` as a digest, `results` that it published, `cached`, `attempts`), `seeds` (`step`, `name`,
    `value`), `inputs` by name: a value, or `{"file", "digest"}`. Without results, the step is the `failed` one.
    """
    by_step = {failed.step.id: list[str]()} if failed is not None else _publishers(engine, request, index)
    found: JsonDict = {
        "steps": list(islice(_steps(engine, by_step), _MOST_STEPS)),
        "seeds": list(islice(_seeds(engine, index), _MOST_SEEDS)),
        "inputs": dict(islice(_inputs(engine, request, index), _MOST_INPUTS)),
    }
    told: JsonDict = masked_json(without_passwords(found, request.inputs))
    return {key: value for key, value in told.items() if value}


def _publishers(engine: Engine, request: RunOrder, index: int) -> dict[str, list[str]]:
    """Return the steps that published the results of a point, each with the names of these results. Plots and files are
    no part of an answer.
    """
    found: dict[str, list[str]] = {}
    for declared in request.results:
        if declared["type"] in FILE_TYPES:
            continue
        path = parse_path(stage_of_point(str(declared["stage"]), index))
        for item in engine.expansion.root.select(path):
            if isinstance(item, Step) and isinstance(item.published, dict) and declared["output"] in item.published:
                found.setdefault(item.id, []).append(str(declared["name"]))
    return found


def _steps(engine: Engine, by_step: Mapping[str, list[str]]) -> Iterator[JsonDict]:
    for step, results in by_step.items():
        run = engine.runs.get(step)
        if run is not None and len(step) <= _LONGEST_NAME:
            yield {
                "id": step,
                "image": run.outcome.image if run.outcome else _pinned(engine, run.step),
                "results": results,
                "cached": run.cached_from is not None,
                "attempts": run.attempts,
            }


def _pinned(engine: Engine, step: Step) -> str | None:
    """Return the image of a step that did not run here: what is in the cache was made with just this one."""
    environment = step.packtivity.environment if step.packtivity else None
    return engine.plan.pins.get(getattr(environment, "reference", ""))


def _seeds(engine: Engine, index: int) -> Iterator[JsonDict]:
    record = engine.expansion.root.records.get(STAGE)
    scope = record.items[index] if record is not None and index < len(record.items) else None
    for step in islice(_steps_in(scope), _MOST_LOOKED_AT):
        if isinstance(step.parameters, Mapping):
            for name, value in step.parameters.items():
                if "seed" in name.lower() and _is_short(value):
                    yield {"step": step.id[:_LONGEST_NAME], "name": name[:_LONGEST_NAME], "value": value}


def _steps_in(item: Step | Scope | None) -> Iterator[Step]:
    """Yield the steps of a scope, and of those in it."""
    waiting = [item] if item is not None else []
    while waiting:
        found = waiting.pop()
        if isinstance(found, Step):
            yield found
        else:
            waiting += [it for record in reversed(found.records.values()) for it in reversed(record.items)]


def _inputs(engine: Engine, request: RunOrder, index: int) -> Iterator[tuple[str, Any]]:
    init = engine.runs.get(f"{scope_of_point(index)}/init/0")
    values = init.step.parameters if init is not None and isinstance(init.step.parameters, Mapping) else {}
    files = {f"{_INIT}{it['path']}": it for it in request.init_files}
    for name, value in values.items():
        if value is None or len(name) > _LONGEST_NAME:
            continue  # an input that only other points have
        if isinstance(value, str) and (file := files.get(value)) is not None:
            yield name, {"file": str(file["path"]).rpartition("/")[2][:_LONGEST_NAME], "digest": file["digest"]}
        else:
            yield name, value if _is_short(value) else {"too_long": True}


def _is_short(value: JsonValue) -> bool:
    return len(json.dumps(value)) <= _LONGEST_VALUE
