"""What blocks a step or a stage, traced to its cause. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from recast.engine import Engine, StepRun
from recast.errors import RecastError
from recast.jobs import StepState
from recast.workflow import MISSING, Scope, Step
from recast.workflow.expand import Rule
from recast.workflow.graph import StageRecord

__all__ = ["blocker_of", "causes_of_stage", "causes_of_step", "problem_of"]

MOST_CAUSES = 8


def causes_of_step(engine: Engine, run: StepRun) -> list[str]:
    """Return sentences about the upstream steps that keep a step waiting: failed ones, else those still running."""
    seen: dict[Step, None] = {}
    todo = deque(run.step.depends_on)
    while todo:
        step = todo.popleft()
        if step not in seen and not step.finished:
            seen[step] = None
            todo.extend(step.depends_on)
    first = [engine.runs[step.id] for step in seen if all(other.finished for other in step.depends_on)]
    return _some([_in_words(run) for run in sorted(first, key=_gravity)])


def blocker_of(engine: Engine, record: StageRecord) -> StageRecord | None:
    """Return the record that a stage waits for; None if it no longer waits."""
    return next((rule.blocker for rule in engine.expansion.rules if _is_of(rule, record)), None)


def problem_of(engine: Engine, record: StageRecord) -> RecastError | None:
    """Return why a stage could not expand."""
    stage = next(stage for stage in record.scope.workflow.stages if stage.name == record.name)
    problems = engine.expansion.problems
    at_home = [problem for problem in problems if stage.position and problem.where.startswith(str(stage.position))]
    return next(iter(at_home or problems), None)


def causes_of_stage(engine: Engine, blocker: StageRecord) -> list[str]:
    """Return sentences for the chain from what a stage waits for to the steps at its start."""
    rules = {(other.scope, other.stage.name): other for other in engine.expansion.rules}
    told: dict[str, None] = {}
    todo = [blocker]
    seen: set[int] = set()
    while todo and len(told) <= MOST_CAUSES:
        record = todo.pop(0)
        if id(record) in seen:
            continue
        seen.add(id(record))
        behind = rules.get((record.scope, record.name))
        if behind is not None and behind.blocker is not None:
            told[f"{_name(record)} has not expanded: it waits for {_name(behind.blocker)}"] = None
            todo.append(behind.blocker)
            continue
        problem = problem_of(engine, record) if not record.expanded and record.name != "init" else None
        if problem is not None:
            told[f"{_name(record)} cannot expand: {problem.what}"] = None
        for item in record.items:
            if isinstance(item, Scope):
                todo.extend(_unfinished(item))
            elif item.published is MISSING:
                run = engine.runs[item.id]
                told[_in_words(run)] = None
                told.update(dict.fromkeys(causes_of_step(engine, run)))
            if len(told) > MOST_CAUSES:
                break
    return _some(list(told))


def _is_of(rule: Rule, record: StageRecord) -> bool:
    return rule.scope is record.scope and rule.stage.name == record.name


def _unfinished(scope: Scope) -> Iterator[StageRecord]:
    return (record for record in scope.records.values() if not record.complete)


def _some(words: list[str]) -> list[str]:
    more = len(words) - MOST_CAUSES
    return words[:MOST_CAUSES] + ([f"and {more} more"] if more > 0 else [])


def _in_words(run: StepRun) -> str:
    why = f": {run.reason.splitlines()[0]}" if run.reason and run.state in _BAD else ""
    kind = f" ({run.failure})" if run.failure else ""
    return f"{run.step.id} {_VERBS.get(run.state, f'is {run.state}')}{kind}{why}"


def _name(record: StageRecord) -> str:
    return f"{record.scope.pointer}/{record.name}"


def _gravity(run: StepRun) -> int:
    return 0 if run.state in _BAD else 1


_BAD = (StepState.FAILED, StepState.LOST, StepState.CANCELLED)
_VERBS = {StepState.FAILED: "failed", StepState.LOST: "was lost", StepState.CANCELLED: "was cancelled"}
