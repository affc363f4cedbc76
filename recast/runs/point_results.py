"""What a run says of each of its points: results, or the reason why there are none.

A run over many points has one scope for each (`recast.workflow.pointwise`). What fails in one scope is the affair of
that point; the others keep their results, whatever the end of the run.

results/points.json   one item for each point, in their order: {"results": […], "reason": "…", "again": false}
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from recast.atomic import replace_file
from recast.counted import counted
from recast.engine import Engine
from recast.engine.commands import in_lines
from recast.errors import ArtifactDamaged, RecastError, ResultError, StoreError
from recast.json_types import JsonDict, JsonObject
from recast.rundir import RunDirectory, RunOrder
from recast.runs.why_not import first_failures, why_not
from recast.workflow.pointwise import scope_of_point, stage_of_point

if TYPE_CHECKING:
    from recast.results.types import DeclaredResult

__all__ = ["PointEnd", "check_answered", "check_columns", "ends_of_points", "points_of", "read_ends", "write_ends"]

Gather = Callable[["Sequence[DeclaredResult]", Callable[[str], str]], list[JsonDict]]
"""(declared, where a stage of the version is in this run) -> the results, or a ResultError."""


@dataclass(frozen=True, slots=True)
class PointEnd:
    """One point of a run: its results, or why there are none; `again` if it may have some when it is run again."""

    results: list[JsonDict] = field(default_factory=list)
    reason: str = ""
    again: bool = False


def points_of(request: RunOrder) -> list[JsonObject]:
    """Return the points that a run has a scope for, in their order; none for an ordinary run."""
    return list((request.origin or {}).get("scan", {}).get("points", ()))


def ends_of_points(
    engine: Engine, directory: RunDirectory, request: RunOrder, gather: Gather, which: Collection[int] | None = None
) -> dict[int, PointEnd]:
    """Return what the run says of each point, or of those in `which`, by their numbers from 0.

    Raises StoreError if a file cannot be read back: nobody's point is wrong. Plots and files stay with the steps.
    """
    from recast.results.types import FILE_TYPES, DeclaredResult

    declared = [DeclaredResult.from_json(item) for item in request.results]
    wanted = [item for item in declared if item.type not in FILE_TYPES]
    failed = first_failures(engine)
    ends = {}
    for index, point in enumerate(points_of(request)):
        if which is not None and index not in which:
            continue
        scope = scope_of_point(index)
        try:
            ends[index] = PointEnd(_of_point(wanted, index, point, request.given, gather))
        except (ArtifactDamaged, StoreError):
            raise
        except Exception as problem:  # whatever its steps wrote, the other points have their results
            # A path may be published before its step has run: what a step that failed left out is no malformed result.
            is_missing = isinstance(problem, RecastError) and problem.code == "result.missing"
            ask = is_missing or scope in failed
            why = why_not(engine, directory, scope, failed.get(scope)) if ask else None
            ends[index] = PointEnd([], why.reason, why.again) if why else PointEnd([], in_lines(problem))
    return ends


def _of_point(
    wanted: Sequence[DeclaredResult], index: int, point: JsonObject, inputs: Collection[str], gather: Gather
) -> list[JsonDict]:
    found = gather(wanted, lambda stage: stage_of_point(stage, index))
    for result in found:
        check_columns(result.get("point", {}), point, inputs, index + 1)
    return [{**result, "point": {**result.get("point", {}), **point}} for result in found]


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


def check_answered(ends: Sequence[PointEnd]) -> None:
    """Raise ResultError if a point has no results; the run has then not succeeded, and its other results are kept."""
    bad = [(number, end) for number, end in enumerate(ends, 1) if end.reason]
    if bad:
        number, first = bad[0]
        raise ResultError(
            f"{len(bad)} of {counted(len(ends), 'point')} {'has' if len(bad) == 1 else 'have'} no results",
            where=f"point {number}",
            why=first.reason,
            next_step="the other points keep theirs",
        )


def write_ends(directory: RunDirectory, ends: Sequence[PointEnd]) -> None:
    """Write `results/points.json`, completely or not at all."""
    directory.results.mkdir(parents=True, exist_ok=True)
    body = json.dumps([asdict(end) for end in ends], indent=1, ensure_ascii=False)
    replace_file(directory.results / "points.json", body.encode())


def read_ends(directory: RunDirectory) -> list[PointEnd] | None:
    """Return what a run said of each of its points, None if it has not (yet); raise StoreError for a damaged file."""
    path = directory.results / "points.json"
    try:
        items: list[Any] = json.loads(path.read_bytes())
        return [PointEnd(**item) for item in items]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as problem:
        raise StoreError("What a run says of its points cannot be read", where=str(path), why=str(problem)) from problem
