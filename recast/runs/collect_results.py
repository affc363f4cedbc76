"""Collect the declared results of a run that has succeeded into its `results` folder."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from recast.atomic import replace_file
from recast.engine import Engine
from recast.errors import ResultError
from recast.json_types import JsonDict, JsonObject
from recast.runs.open_run import OpenRun
from recast.store import ArtifactStore
from recast.workflow import MISSING, Step
from recast.workflow.locate import artifacts_of, owner_of
from recast.workflow.paths import parse_path

__all__ = ["check_columns", "gather_results"]

MOST_RESULT_BYTES = 256 << 20
"""A single result file larger than this is refused: results are numbers and pictures, not data sets."""


def gather_results(live: OpenRun, store: ArtifactStore) -> None:
    """Write `results/results.json` and the files of the results, if any were declared.

    Raises ResultError for a missing or malformed one.
    """
    if not live.request.results:
        return
    from recast.results import DeclaredResult, document, gather

    engine, request = live.engine, live.request
    declared = [DeclaredResult.from_json(item) for item in request.results]
    read = _reader(engine, store)
    if points := (request.origin or {}).get("scan", {}).get("points"):
        results = _of_points(engine, declared, points, read, request.given)
    else:
        results = gather(declared, lambda stage, output: _published(engine, stage, output), read)
    for result in results:
        if "file" in result and "path" in result:
            _write(live.directory.results / result["file"], read(result["path"]))
    body = document(request.run, request.analysis, request.version, request.digest, results)
    if request.overrides:
        body["overrides"] = request.overrides  # readers of the numbers see which images they were made with
    _write(live.directory.results / "results.json", json.dumps(body, indent=1, ensure_ascii=False).encode())


def _of_points(
    engine: Engine,
    declared: Sequence[Any],
    points: Sequence[JsonObject],
    read: Callable[[str], bytes],
    inputs: Collection[str],
) -> list[JsonDict]:
    """Return the numbers of a scan, each with its point's columns; plots and files stay with the points' steps.

    Raises ResultError if a column that is not an input contradicts the result: one of them is wrong.
    """
    from recast.results import gather
    from recast.results.types import FILE_TYPES
    from recast.workflow.pointwise import stage_of_point

    wanted = [item for item in declared if item.type not in FILE_TYPES]
    results = []
    for index, point in enumerate(points):
        found = gather(wanted, lambda stage, output: _published(engine, stage_of_point(stage, index), output), read)  # noqa: B023
        for result in found:
            check_columns(result.get("point", {}), point, inputs, index + 1)
        results += [{**result, "point": {**result.get("point", {}), **point}} for result in found]
    return results


def check_columns(found: JsonObject, point: JsonObject, inputs: Collection[str], number: int) -> None:
    """Raise ResultError if a point's column that is not an input differs from the same number in its result."""
    for name in point.keys() & found.keys() - set(inputs):
        asked, answered = point[name], found[name]
        if isinstance(asked, (int, float)) and isinstance(answered, (int, float)) and not _is_about(asked, answered):
            raise ResultError(
                f"Point {number} has {name} = {asked:g}, but its result is for {answered:g}",
                why=f"{name!r} is not an input: the column only labels the point, and another one was run.",
                next_step=f"fix or rename the column {name!r}; finished steps come from the cache",
            )


def _is_about(asked: float, answered: float) -> bool:
    """Return whether two numbers agree within 1%: people round masses."""
    return math.isclose(asked, answered, rel_tol=0.01, abs_tol=1e-9)


def _published(engine: Engine, stage: str, output: str) -> Sequence[Any]:
    steps = [item for item in engine.expansion.root.select(parse_path(stage)) if isinstance(item, Step)]
    results = [step.published for step in steps if step.published is not MISSING]
    return [result[output] for result in results if isinstance(result, dict) and output in result]


def _reader(engine: Engine, store: ArtifactStore) -> Callable[[str], bytes]:
    def read(path: str) -> bytes:
        owner = owner_of(path, engine.expansion.directories)
        found = artifacts_of(*owner) if owner else []
        if len(found) != 1:
            raise FileNotFoundError(path)
        return store.read(found[0].digest, MOST_RESULT_BYTES)

    return read


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, content)
