"""The results of a run that declares none, or that ends with a stage: what its last steps published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from recast.jobs import RUN_ROOT
from recast.json_types import JsonDict
from recast.masked import MASK
from recast.prepare.passwords import is_password, without_passwords
from recast.runs.open_run import OpenRun
from recast.workflow import MISSING, Step

__all__ = ["published_results"]


def published_results(live: OpenRun) -> JsonDict | None:
    """Return `{run, analysis, version, digest, results: [{name, type, step, path, value}]}` of a run that succeeded.

    A result is the value of one output of a step without successors, or one item of its list: a file with its path on
    this machine (`type` is `file`), or a value. None if the run did not succeed.
    """
    if live.engine.state != "succeeded":
        return None
    steps = [run.step for run in live.engine.runs.values() if run.step.packtivity is not None]
    followed = {other for step in steps for other in step.depends_on}
    last = [step for step in steps if step not in followed] or steps
    results = [row for step in last for row in _rows(live, step)]
    results = without_passwords(results, live.request.inputs)
    asked = live.request
    whose = {"run": asked.run, "analysis": asked.analysis, "version": asked.version, "digest": asked.digest}
    body = {**whose, "results": results}
    return {**body, "overrides": asked.overrides} if asked.overrides else body


def _rows(live: OpenRun, step: Step) -> Iterator[JsonDict]:
    published = None if step.published is MISSING else step.published
    for key, value in _leaves("", published):
        path = ""
        if isinstance(value, str) and value.startswith(RUN_ROOT + "/"):
            path = f"{live.directory.work}/{value[len(RUN_ROOT) + 1 :]}"
        told = MASK if is_password(key.rpartition(".")[2], value) else value
        kind = "file" if path else "value"
        name = f"{step.name}{'.' * (not key.startswith('[') and bool(key))}{key}"
        yield {"name": name, "type": kind, "step": step.id, "path": path, "value": None if path else told}


def _leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(f"{key}.{name}" if key else str(name), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(f"{key}[{index}]", item)
    elif value is not None:
        yield key, value
