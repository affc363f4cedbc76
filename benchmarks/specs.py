"""The workflows that are measured, written by functions: shapes of noop steps, and steps that run a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

__all__ = ["chain", "diamonds", "files", "map_reduce", "sub_workflows", "trivial", "write"]

Stage = dict[str, Any]

NOOP = {
    "process": None,
    "environment": {"environment_type": "noop-env"},
    "publisher": {"publisher_type": "frompar-pub", "outputmap": {"out": "par"}},
}
BOTTOM = {**NOOP, "publisher": {"publisher_type": "frompar-pub", "outputmap": {"out": "par", "side": "other"}}}


def write(folder: Path, stages: Sequence[Stage]) -> Path:
    """Write a workflow into a folder and return the folder."""
    (folder / "workflow.yml").write_text(yaml.dump({"stages": list(stages)}, Dumper=_Plain))
    return folder


def map_reduce() -> list[Stage]:
    """A scatter over `points` and a reduce over its results, all noop."""
    return [
        _stage("map", ["init"], {"par": _of("init", "points", one=True)}, NOOP, scatter="par"),
        _stage("reduce", ["map"], {"par": _of("map")}, NOOP),
    ]


def sub_workflows() -> list[Stage]:
    """A scatter over `points` of a sub-workflow of three stages, and a reduce: four stages a point with its init."""
    inner = [
        _stage("a", ["init"], {"par": _of("init", "point", one=True)}, NOOP),
        _stage("b", ["a"], {"par": _of("a", one=True)}, NOOP),
        _stage("c", ["b"], {"par": _of("b", one=True)}, NOOP),
    ]
    points = {"point": _of("init", "points", one=True)}
    outer = _stage("map", ["init"], points, {"stages": inner}, scatter="point", kind="workflow")
    return [outer, _stage("reduce", ["map"], {"par": _of("map[*].c")}, NOOP)]


def diamonds(count: int) -> list[Stage]:
    """`count` diamonds in a row: top, left and right, bottom; each top waits for the bottom before it."""
    stages: list[Stage] = []
    before = _of("init", "points", one=True)
    for i in range(count):
        stages.append(_stage(f"top{i}", [before["stages"]], {"par": before}, NOOP))
        stages += [_stage(f"{side}{i}", [f"top{i}"], {"par": _of(f"top{i}", one=True)}, NOOP) for side in ("l", "r")]
        # One side is handed on, not both: values would double with each diamond.
        sides = {"par": _of(f"l{i}", one=True), "other": _of(f"r{i}", one=True)}
        stages.append(_stage(f"bottom{i}", [f"l{i}", f"r{i}"], sides, BOTTOM))
        before = _of(f"bottom{i}", one=True)
    return stages


def chain(count: int) -> list[Stage]:
    """`count` stages, each waiting for the one before."""
    stages = [_stage("s0", ["init"], {"par": _of("init", "points", one=True)}, NOOP)]
    for i in range(1, count):
        stages.append(_stage(f"s{i}", [f"s{i - 1}"], {"par": _of(f"s{i - 1}", one=True)}, NOOP))
    return stages


def trivial() -> list[Stage]:
    """A scatter over `points` of processes that do nothing and leave nothing."""
    body = _process("true") | {"publisher": {"publisher_type": "frompar-pub", "outputmap": {"out": "par"}}}
    return [_stage("map", ["init"], {"par": _of("init", "points", one=True)}, body, scatter="par")]


def files(reduce: str | None) -> list[Stage]:
    """A scatter over `points` of processes that each leave a file of their own, and a command over all of them."""
    own = {"par": _of("init", "points", one=True), "out": "{workdir}/out.txt"}
    stages = [_stage("map", ["init"], own, _process("echo hello {par} > {out}"), scatter="par")]
    if reduce is not None:
        together = {"files": _of("map"), "out": "{workdir}/all.txt"}
        stages.append(_stage("reduce", ["map"], together, _process(reduce)))
    return stages


def _process(command: str) -> dict[str, Any]:
    return {
        "process": {"process_type": "string-interpolated-cmd", "cmd": command},
        "environment": {"environment_type": "localproc-env"},
        "publisher": {"publisher_type": "frompar-pub", "outputmap": {"out": "out"}},
    }


def _of(stage: str, output: str = "out", *, one: bool = False) -> dict[str, Any]:
    return {"stages": stage, "output": output, **({"unwrap": True} if one else {})}


def _stage(
    name: str,
    dependencies: list[str],
    parameters: Mapping[str, Any],
    body: Mapping[str, Any],
    *,
    scatter: str | None = None,
    kind: str = "step",
) -> Stage:
    scheduler: dict[str, Any] = {"scheduler_type": "singlestep-stage", "parameters": parameters, kind: body}
    if scatter:
        scheduler.update(scheduler_type="multistep-stage", scatter={"method": "zip", "parameters": [scatter]})
    return {"name": name, "dependencies": dependencies, "scheduler": scheduler}


class _Plain(yaml.SafeDumper):
    """No anchors: each stage spells out its step, as people write it."""

    def ignore_aliases(self, data: Any) -> bool:
        """Say that nothing is written as an alias."""
        return True
