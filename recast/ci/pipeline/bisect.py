"""Find the first commit that moved a quantity: commits are run as in any pipeline, and what they share is run once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from recast.ci.compare import compare, quantities
from recast.ci.config import CiConfig
from recast.ci.pipeline.commits import at_commit, commits_between
from recast.ci.pipeline.images import ready_images
from recast.ci.pipeline.judge import is_paired, rules_of
from recast.ci.pipeline.order import PipelineOrder, Tools
from recast.ci.pipeline.phases import Stopped
from recast.ci.pipeline.runs import Gathered, gather_runs
from recast.ci.pipeline.subject import subject_of
from recast.ci.reference import ReferenceRun
from recast.errors import InfrastructureError, Interrupted, NotFound, PermissionDenied, RecastError
from recast.json_types import JsonDict, JsonObject, JsonValue
from recast.suggest import listed

__all__ = ["Bisection", "Look", "bisect"]

_MOVED = ("moved", "announced", "gone", "new")


@dataclass(frozen=True, slots=True)
class Look:
    """What one commit gives: `word` is moved, unmoved or broken, `rows` are the quantities, `why` what is broken."""

    commit: str
    word: str
    rows: tuple[JsonObject, ...] = ()
    why: str = ""
    jobs: int = 0

    def as_json(self) -> JsonDict:
        """Return the look as a JSON object."""
        return {
            "commit": self.commit,
            "word": self.word,
            "jobs": self.jobs,
            "why": self.why,
            "quantities": [dict(row) for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class Bisection:
    """The first commit that moved the quantity, None if none did; `between` are commits that could not be judged just
    before it, any of which may be meant instead. `looks` are the commits that were run, in order of the search.
    """

    quantity: str
    first: str | None
    between: tuple[str, ...] = ()
    looks: tuple[Look, ...] = field(default=())

    def as_json(self) -> JsonDict:
        """Return what `recast ci bisect -o json` prints."""
        return {
            "quantity": self.quantity,
            "first": self.first,
            "between": list(self.between),
            "looks": [look.as_json() for look in self.looks],
        }


def bisect(order: PipelineOrder, quantity: str, good: str, bad: str, tools: Tools) -> Bisection:
    """Return the first commit after `good`, up to `bad`, at which a quantity (a pattern) moved against `good`.

    It is assumed, as by `git bisect`, that what moved stays moved. A commit that is broken is passed over. Raises
    NotFound if `good` has no such quantity or cannot run, and whatever the infrastructure raises.
    """
    commits = commits_between(order.folder, good, bad)
    base, config = _run_at(order, commits[0], tools)
    _check_known(quantity, base)
    looks: dict[int, Look] = {}

    def look(index: int) -> Look:
        if index not in looks:
            looks[index] = _look(order, commits[index], quantity, base, config, tools)
        return looks[index]

    last = len(commits) - 1
    if look(last).word != "moved":
        return Bisection(quantity, None, looks=tuple(looks.values()))
    first, between = _search(look, last)
    return Bisection(quantity, commits[first], tuple(commits[index] for index in between), tuple(looks.values()))


def _search(look: Callable[[int], Look], last: int) -> tuple[int, list[int]]:
    """Return the first index that is moved, and the broken ones between it and the last that is not; 0 is unmoved."""
    low, high = 0, last
    while high - low > 1:
        middle = (low + high) // 2
        # Broken commits say nothing: the nearest one that does is asked instead.
        near = sorted(range(low + 1, high), key=lambda index: abs(index - middle))
        judged = next((index for index in near if look(index).word != "broken"), None)
        if judged is None:
            break
        low, high = (low, judged) if look(judged).word == "moved" else (judged, high)
    return high, list(range(low + 1, high))


def _look(
    order: PipelineOrder, commit: str, quantity: str, base: Sequence[Gathered], config: CiConfig, tools: Tools
) -> Look:
    tools.say(f"commit     {commit[:12]}")
    try:
        gathered, _ = _run_at(order, commit, tools)
    except (Interrupted, InfrastructureError, PermissionDenied):
        raise
    except (RecastError, Stopped) as problem:
        return Look(commit, "broken", why=str(problem))
    rows = tuple(_compared(quantity, base, gathered, config))
    word = "moved" if any(row["verdict"] in _MOVED for row in rows) else "unmoved"
    return Look(commit, word, rows, jobs=sum(run.jobs for run in gathered))


def _run_at(order: PipelineOrder, commit: str, tools: Tools) -> tuple[list[Gathered], CiConfig]:
    with at_commit(order.folder, commit) as folder:
        subject = subject_of(folder)
        version, _ = ready_images(subject, replace(order, commit=commit), tools)
        return list(gather_runs(subject, version, replace(order, folder=folder), tools)), subject.config


def _check_known(quantity: str, base: Sequence[Gathered]) -> None:
    pointers = [it.pointer for run in base for it in quantities(run.results, run.name)]
    if not any(_matches(pointer, quantity) for pointer in pointers):
        raise NotFound(
            f"There is no quantity {quantity!r:.100} at the older commit",
            why=f"Closest are: {listed(quantity, pointers)}",
            next_step="recast ci run   (recast-ci/comparison.json names all quantities)",
        )


def _compared(
    quantity: str, base: Sequence[Gathered], gathered: Sequence[Gathered], config: CiConfig
) -> list[JsonObject]:
    before = [it for run in base for it in quantities(run.results, run.name) if _matches(it.pointer, quantity)]
    after = [it for run in gathered for it in quantities(run.results, run.name) if _matches(it.pointer, quantity)]
    there = {run.name: ReferenceRun("", "", run.random) for run in base}
    paired = {run.name: is_paired(run, there[run.name]) for run in gathered if run.name in there}
    found = compare(tuple(before), tuple(after), paired=paired, rules=rules_of(config))
    document: JsonValue = found.as_json()
    return [*document["quantities"], *document.get("histograms", [])]


def _matches(pointer: str, pattern: str) -> bool:
    return fnmatchcase(pointer, pattern) or fnmatchcase(pointer.partition("/")[2], pattern)
