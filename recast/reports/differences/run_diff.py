"""Compare two runs: spec, images, inputs, steps, states, durations, results."""

from __future__ import annotations

from collections.abc import Iterator

from recast.engine import StepRun
from recast.engine.make_job import key_parts
from recast.errors import RecastError
from recast.json_types import JsonDict, JsonValue
from recast.masked import MASK
from recast.prepare.passwords import is_password, without_passwords
from recast.reports.attempts import wall_s
from recast.reports.differences.json_diff import Difference, differences
from recast.reports.differences.key_changes import Change, changes_between
from recast.reports.differences.result_diff import answer_leaves, result_leaves, stored_results
from recast.reports.differences.spec_diff import spec_changes
from recast.runs.open_run import OpenRun
from recast.workflow import MISSING, is_job

__all__ = ["diff_json", "diff_rows"]

ASKED = ("analysis", "version", "digest", "workflow", "executor", "runtime", "executor_settings", "overrides")
"""The fields of requests that are compared besides the inputs."""


def diff_json(before: OpenRun, after: OpenRun) -> JsonDict:
    """Return what differs, by section; each is a list, empty if nothing does.

    `answers` are the differences in `results` that matter most: verdicts, CLs, upper limits. `equal` says that all
    sections but `durations` are empty. Times are in seconds.
    """
    results = stored_results(before), stored_results(after)
    sections: dict[str, list[JsonDict]] = {
        "asked": [
            _pair(name, getattr(before.request, name), getattr(after.request, name)) for name in _asked(before, after)
        ],
        "spec": [
            {"where": f"{change.stage} {change.key}", "before": change.before, "after": change.after}
            for change in spec_changes(before.engine.plan.workflow, after.engine.plan.workflow)
        ],
        "images": [_leaf(leaf) for leaf in differences(dict(before.request.pins), dict(after.request.pins))],
        "inputs": [_leaf(leaf) for leaf in differences(dict(before.request.given), dict(after.request.given))],
        "input_files": [_leaf(leaf) for leaf in differences(_files(before), _files(after))],
        "steps": list(_steps(before, after)),
        "states": [_leaf(leaf) for leaf in differences(_states(before, after), _states(after, before))],
        "results": [_leaf(leaf) for leaf in result_leaves(*results)],
        "published": list(_published(before, after)),
    }
    document = {
        "before": _heading(before),
        "after": _heading(after),
        "equal": not any(sections.values()),
        "answers": [_leaf(leaf) for leaf in answer_leaves(*results)],
        **sections,
        "durations": [_leaf(leaf) for leaf in differences(_durations(before), _durations(after))],
    }
    return without_passwords(document, before.request.inputs, after.request.inputs)  # type: ignore[no-any-return]


def diff_rows(document: JsonDict) -> Iterator[JsonDict]:
    """Yield the differences as rows: section, where, before, after, relative, words."""
    for section, rows in document.items():
        if isinstance(rows, list):
            for row in rows:
                lines = {"words": "\n".join(row["lines"])} if "lines" in row else {}
                yield {"section": section, **row, **lines}


def _asked(before: OpenRun, after: OpenRun) -> list[str]:
    return [name for name in ASKED if getattr(before.request, name) != getattr(after.request, name)]


def _heading(live: OpenRun) -> JsonDict:
    request = live.request
    return {"run": request.run, "title": request.title, "state": live.state, "created": request.created}


def _steps(before: OpenRun, after: OpenRun) -> Iterator[JsonDict]:
    """Yield the steps that are new, missing, or different under the same id; inputs have a section of their own."""
    old, new = (
        {step_id: run for step_id, run in live.engine.runs.items() if run.step.stage or run.step.scope.pointer}
        for live in (before, after)
    )
    for step_id in [*old, *(step_id for step_id in new if step_id not in old)]:
        if step_id not in new:
            yield {**_pair(step_id, "there", None), "words": "gone"}
        elif step_id not in old:
            yield {**_pair(step_id, None, "there"), "words": "new"}
        else:
            for change in _changes(before, old[step_id], after, new[step_id]):
                yield {"where": step_id, **change.as_json()} | {"where": f"{step_id} {change.where}".strip()}


def _changes(before: OpenRun, old: StepRun, after: OpenRun, new: StepRun) -> list[Change]:
    """Return what differs in a step's key; only in its parameters if the key is not known yet."""
    if is_job(old.step) and is_job(new.step) and _is_complete(old) and _is_complete(new):
        try:
            return changes_between(
                key_parts(
                    old.step, before.engine.plan.pins, before.engine.expansion.directories, before.engine.plan.overrides
                ),
                key_parts(
                    new.step, after.engine.plan.pins, after.engine.expansion.directories, after.engine.plan.overrides
                ),
            )
        except RecastError:
            pass  # that is why the step failed; its parameters can still be compared
    return [
        Change("parameter", leaf.where.strip("/"), leaf.before, leaf.after)
        for leaf in differences(old.step.parameters, new.step.parameters)
    ]


def _is_complete(run: StepRun) -> bool:
    return not run.waits_for


def _published(before: OpenRun, after: OpenRun) -> Iterator[JsonDict]:
    """Yield the values that steps with the same id published differently, and their files with different content."""
    for step_id, old in before.engine.runs.items():
        new = after.engine.runs.get(step_id)
        if new is None or not (old.step.finished and new.step.finished and old.step.packtivity):
            continue
        if MISSING not in (old.step.published, new.step.published):
            for leaf in differences(old.step.published, new.step.published):
                yield {**_leaf(leaf), "where": f"{step_id} {leaf.where}".strip()}
        for leaf in differences(_digests(old), _digests(new)):
            yield {**_leaf(leaf), "where": f"{step_id} file {leaf.where[1:]}"}


def _digests(run: StepRun) -> JsonDict:
    return {path: artifact.digest for path, artifact in run.step.outputs.items()}


def _files(live: OpenRun) -> JsonDict:
    return {item["path"]: item["digest"] for item in live.request.init_files}


def _states(live: OpenRun, other: OpenRun) -> JsonDict:
    """Return the states of the run, and of the steps that the other run also has."""
    runs, others = live.engine.runs, other.engine.runs
    return {"run": live.state} | {step_id: str(run.state) for step_id, run in runs.items() if step_id in others}


def _durations(live: OpenRun) -> JsonDict:
    """Return the wall time of the last attempts in seconds, summed by stage; cached steps count as none."""
    total: dict[str, float] = {}
    for run in live.engine.runs.values():
        if run.outcome is not None:
            stage = "/".join(part for number, part in enumerate(run.step.id.split("/")) if number % 2)
            total[stage] = round(total.get(stage, 0.0) + (wall_s(run.outcome) or 0.0), 3)
    return total


def _pair(where: str, before: JsonValue, after: JsonValue) -> JsonDict:
    return {"where": where, "before": before, "after": after}


def _leaf(leaf: Difference) -> JsonDict:
    name = leaf.where.rpartition("/")[2]
    pair = (MASK if is_password(name, value) else value for value in (leaf.before, leaf.after))
    return {**_pair(leaf.where.removeprefix("/"), *pair), "relative": leaf.relative}
