"""Collect the declared results of a run that has ended into its `results` folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recast.atomic import replace_file
from recast.engine import Engine
from recast.json_types import JsonDict, JsonObject
from recast.rundir import RunDirectory, RunOrder
from recast.runs.open_run import OpenRun
from recast.runs.point_results import PointEnd, check_answered, ends_of_points, points_of, write_ends
from recast.store import ArtifactStore
from recast.workflow import MISSING, Step
from recast.workflow.locate import artifacts_of, owner_of
from recast.workflow.paths import parse_path

if TYPE_CHECKING:
    from recast.results import DeclaredResult

__all__ = ["ends_so_far", "gather_results"]

MOST_RESULT_BYTES = 256 << 20
"""A single result file larger than this is refused: results are numbers and pictures, not data sets."""


def gather_results(live: OpenRun, store: ArtifactStore, state: str = "succeeded") -> None:
    """Write `results/results.json` and the files of the results, if any were declared.

    `state` is the one in which the run ends. A run over many points also writes what it says of each, whatever its end
    (`recast.runs.point_results`). Raises ResultError for a missing or malformed result of a run that succeeds.
    """
    if not live.request.results:
        return
    if points_of(live.request):
        _gather_points(live, store, state)
    elif state == "succeeded":
        from recast.results import DeclaredResult, gather

        read = _reader(live.engine, store)
        declared = [DeclaredResult.from_json(item) for item in live.request.results]
        results = gather(declared, lambda stage, output: _published(live.engine, stage, output), read)
        for result in results:
            if "file" in result and "path" in result:
                _write(live.directory.results / result["file"], read(result["path"]))
        _write_document(live, results)


def _gather_points(live: OpenRun, store: ArtifactStore, state: str) -> None:
    ends = list(ends_so_far(live.engine, live.directory, live.request, store).values())
    write_ends(live.directory, ends)
    if any(not end.reason for end in ends):
        failed = [
            {"point": dict(point), "reason": end.reason}
            for point, end in zip(points_of(live.request), ends, strict=True)
            if end.reason
        ]
        more: JsonDict = {"failed": failed} if failed else {}
        _write_document(live, [result for end in ends for result in end.results], **more)
    if state == "succeeded":
        check_answered(ends)


def ends_so_far(
    engine: Engine,
    directory: RunDirectory,
    request: RunOrder,
    store: ArtifactStore,
    which: Collection[int] | None = None,
) -> dict[int, PointEnd]:
    """Return what a run over many points says of each now, or of those in `which`, by their numbers from 0."""
    from recast.results import gather

    read = _reader(engine, store)

    def of_point(declared: Sequence[DeclaredResult], at: Callable[[str], str]) -> list[JsonDict]:
        return gather(declared, lambda stage, output: _published(engine, at(stage), output), read)

    return ends_of_points(engine, directory, request, of_point, which)


def _write_document(live: OpenRun, results: Sequence[JsonObject], **more: Any) -> None:
    from recast.results import document

    request = live.request
    body = {**document(request.run, request.analysis, request.version, request.digest, results), **more}
    if request.overrides:
        body["overrides"] = request.overrides  # readers of the numbers see which images they were made with
    _write(live.directory.results / "results.json", json.dumps(body, indent=1, ensure_ascii=False).encode())


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
