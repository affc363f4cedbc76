"""A step of a run by what a person calls it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from recast.engine import StepRun
from recast.errors import NotFound
from recast.runs.live import LiveRun
from recast.workflow.expand import Rule

__all__ = ["find_step", "find_step_or_stage"]

MOST_NAMED = 12


def find_step(live: LiveRun, name: str, *, among: Collection[StepRun] | None = None) -> StepRun:
    """Return the step of a run with this id, name, or unique beginning of an id; raise NotFound naming the closest.

    `among` are the steps that may be meant, by default all.
    """
    steps = list(live.engine.runs.values()) if among is None else list(among)
    for found in _matches(steps, name):
        if len(found) == 1:
            return found[0]
        if found:
            raise _error(live, f"{len(found)} steps are called {name!r}", (run.step.id for run in found))
    raise _error(live, f"No step {name!r}", _closest(name, [run.step.id for run in steps]))


def find_step_or_stage(live: LiveRun, name: str) -> StepRun | Rule:
    """Return the step, or the stage that has not expanded; raise NotFound as `find_step`."""
    wanted = "/" + name.strip("/")
    for rule in live.engine.expansion.rules:
        if wanted in (f"{rule.scope.pointer}/{rule.stage.name}", f"{rule.scope.pointer}/{rule.stage.name}/0"):
            return rule
    return find_step(live, name)


def _matches(steps: list[StepRun], name: str) -> Iterable[list[StepRun]]:
    """Yield the steps that match, ever more loosely: the id, the name, the beginning of the id."""
    wanted = "/" + name.strip("/")
    yield [run for run in steps if run.step.id == wanted]
    yield [run for run in steps if run.step.name == name]
    yield [run for run in steps if run.step.id.startswith(wanted + "/")]
    yield [run for run in steps if run.step.id.startswith(wanted)]


def _closest(name: str, ids: list[str]) -> list[str]:
    from difflib import get_close_matches

    wanted = "/" + name.strip("/")
    return get_close_matches(wanted, ids[:10_000], MOST_NAMED, 0.5) or ids[: MOST_NAMED + 1]


def _error(live: LiveRun, what: str, ids: Iterable[str]) -> NotFound:
    named = list(ids)
    return NotFound(
        what,
        where=f"run {live.request.run}",
        why="Steps: " + ", ".join(named[:MOST_NAMED]) + (" ..." if len(named) > MOST_NAMED else ""),
        next_step=f"recast show {live.request.run}",
    )
