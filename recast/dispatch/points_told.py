"""Which points of a run have ended, found while it goes on, and what is said of each of them to the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from recast.engine import Engine
from recast.json_types import JsonDict
from recast.masked import masked
from recast.results.types import FILE_TYPES
from recast.runs import OpenRun
from recast.runs.collect_results import ends_so_far
from recast.runs.point_evidence import evidence_of_point
from recast.runs.point_results import PointEnd
from recast.runs.why_not import first_failures
from recast.store import ArtifactStore
from recast.terminal_safe import visible
from recast.workflow import Scope, Step
from recast.workflow.paths import parse_path
from recast.workflow.pointwise import STAGE, scope_of_point

__all__ = ["Ended", "PointsTold", "words_of"]

_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Ended:
    """A point of the request that has ended, and how."""

    point: str
    end: PointEnd
    evidence: JsonDict = field(default_factory=dict, hash=False)
    """What it rests on (`recast.runs.point_evidence`)."""


class PointsTold:
    """The points of one run, in the order of their scopes; each is told once.

    While the run goes on, only what has come to a good end is told: a step that has failed may be tried again by hand,
    and whatever is left is told at the end. Plots and files are no part of an answer, so it does not wait for them.
    """

    def __init__(self, live: OpenRun, store: ArtifactStore, points: Sequence[str]) -> None:
        self._live, self._store, self._points = live, store, list(points)
        self._open = dict(enumerate(self._points))
        self._unread = set(self._open)
        said = [item for item in live.request.results if item["type"] not in FILE_TYPES]
        self._where = [parse_path(stage) for stage in dict.fromkeys(item["stage"] for item in said)]

    def so_far(self, engine: Engine) -> list[Ended]:
        """Return the points whose results are all there now and were not before."""
        done = [index for index in self._open if index in self._unread and self._has_results(engine, index)]
        self._unread.difference_update(done)  # what cannot be read now is told at the end, with its reason
        return list(self._ends(engine, done, lambda end: not end.reason))

    def _has_results(self, engine: Engine, index: int) -> bool:
        """Return whether a point's scope is complete, and every step that results come from has finished."""
        record = engine.expansion.root.records.get(STAGE)
        scope = record.items[index] if record is not None and index < len(record.items) else None
        if not isinstance(scope, Scope) or scope.open_stages:
            return False
        steps = (item for path in self._where for item in scope.select(path))
        return all(not isinstance(step, Step) or step.finished for step in steps)

    def at_the_end(self, engine: Engine) -> list[Ended]:
        """Return all points that were not told yet, with the reason of those without results."""
        return list(self._ends(engine, list(self._open), lambda _: True))

    def _ends(self, engine: Engine, which: Sequence[int], wanted: Callable[[PointEnd], bool]) -> Iterator[Ended]:
        ends = ends_so_far(engine, self._live.directory, self._live.request, self._store, which) if which else {}
        failed = first_failures(engine) if any(end.reason for end in ends.values()) else {}
        for index, end in ends.items():
            if wanted(end):
                culprit = failed.get(scope_of_point(index)) if end.reason else None
                evidence = evidence_of_point(engine, self._live.request, index, culprit)
                yield Ended(self._open.pop(index), end, evidence)


def words_of(end: PointEnd) -> JsonDict:
    """Return what the desk is told of a point's end: results, or the reason as text that is safe to show."""
    if not end.reason:
        return {"results": end.results}
    return {"reason": visible(masked(end.reason), _LONGEST, keep="\n")}
