"""Find a step of a run by the name that a user gives."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from recast.engine import StepRun
from recast.errors import NotFound
from recast.runs.open_run import OpenRun
from recast.suggest import similar
from recast.workflow import Scope
from recast.workflow.graph import StageRecord

__all__ = ["find_step", "find_step_or_stage"]

MOST_NAMED = 12


def find_step(live: OpenRun, name: str, *, among: Collection[StepRun] | None = None) -> StepRun:
    """Return the step of a run with this id, name, or unique prefix of an id; raise NotFound, which names the closest.

    `among` are the candidates, by default all steps.
    """
    steps = list(live.engine.runs.values()) if among is None else list(among)
    for found in _matches(steps, name):
        if len(found) == 1:
            return found[0]
        if found:
            raise _error(live, f"{len(found)} steps are called {name!r}", (run.step.id for run in found))
    raise _error(live, f"No step {name!r}", _closest(name, [run.step.id for run in steps]))


def find_step_or_stage(live: OpenRun, name: str) -> StepRun | StageRecord:
    """Return the step, or a stage that has no steps; raise NotFound as `find_step` does."""
    pointer, _, last = name.strip("/").rpartition("/")
    if last.isdigit():
        pointer, _, last = pointer.rpartition("/")
    scope = _scope(live, "/" + pointer if pointer else "")
    record = scope.records.get(last) if scope else None
    return find_step(live, name) if record is None or record.items else record


def _scope(live: OpenRun, pointer: str) -> Scope | None:
    """Follow a pointer such as `/map/3` from the root."""
    scope: Scope | None = live.engine.expansion.root
    parts = pointer.split("/")[1:]
    for stage, index in zip(parts[::2], parts[1::2], strict=False):
        record = scope.records.get(stage) if scope else None
        items = record.items if record else []
        item = items[int(index)] if index.isdigit() and int(index) < len(items) else None
        scope = item if isinstance(item, Scope) else None
    return scope if len(parts) % 2 == 0 else None


def _matches(steps: list[StepRun], name: str) -> Iterable[list[StepRun]]:
    """Yield the matching steps, with increasingly loose criteria: the id, the name, a prefix of the id."""
    wanted = "/" + name.strip("/")
    yield [run for run in steps if run.step.id == wanted]
    yield [run for run in steps if run.step.name == name]
    yield [run for run in steps if run.step.id.startswith(wanted + "/")]
    yield [run for run in steps if run.step.id.startswith(wanted)]


def _closest(name: str, ids: list[str]) -> list[str]:
    wanted = "/" + name.strip("/")
    return similar(wanted, ids, MOST_NAMED, 0.5) or ids[: MOST_NAMED + 1]


def _error(live: OpenRun, what: str, ids: Iterable[str]) -> NotFound:
    named = list(ids)
    return NotFound(
        what,
        where=f"run {live.request.run}",
        why="Steps: " + ", ".join(named[:MOST_NAMED]) + (" ..." if len(named) > MOST_NAMED else ""),
        next_step=f"recast show {live.request.run}",
    )
