"""The validation runs of a pipeline: each has a name that its content gives, so that it is made once, and resumed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from recast.atomic import replace_file
from recast.catalogue import PublishedVersion
from recast.ci.pipeline.order import PipelineOrder, Tools
from recast.ci.pipeline.subject import Subject, WantedRun, ready_run, source_of
from recast.ci.reference import canonical_results
from recast.counted import counted
from recast.digests import from_hash
from recast.engine import StepRun
from recast.engine.overrides import stage_path
from recast.errors import RunLocked
from recast.images.disk import locked
from recast.jobs import StepState
from recast.json_types import JsonDict, JsonObject
from recast.names import run_of
from recast.operations.run import begin_run
from recast.prepare import PreparedRun
from recast.prepare.source import Source
from recast.reports.results import read_results
from recast.rundir import RunDirectory
from recast.runs import OpenRun, open_run
from recast.runs.state import wait_for

__all__ = ["RUNS_NAME", "Gathered", "gather_runs", "run_one"]

_LONGEST_WAIT_S = 24 * 3600.0
_SEED = "seed"
RUNS_NAME = "runs.json"
"""The file with the ids of the runs that a pipeline wants, in the folder of its report."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A run that has ended well: its results, and the digests of what its random stages put out, one a step.

    `jobs` ran in this pipeline, in the `stages` named; `cached` steps did not. `control` are the results of the control
    run, if it was made.
    """

    wanted: WantedRun
    run: str
    results: list[JsonObject]
    random: dict[str, tuple[str, ...]]
    jobs: int
    cached: int
    stages: tuple[str, ...]
    seconds: float
    control: list[JsonObject] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The name of the validation run."""
        return self.wanted.name

    def as_json(self) -> JsonDict:
        """Return the row of the report."""
        return {
            "name": self.name,
            "run": self.run,
            "jobs": self.jobs,
            "cached": self.cached,
            "stages": list(self.stages),
            "seconds": round(self.seconds, 3),
        }


def gather_runs(subject: Subject, version: PublishedVersion, order: PipelineOrder, tools: Tools) -> Iterator[Gathered]:
    """Run what has to be compared, one run after the other, and yield each when it has ended.

    Control runs are made where the reference is about to be moved. Raises what driving a run raises.
    """
    source = source_of(subject, version)
    for wanted in subject.runs:
        gathered = run_one(source, wanted, order, tools, subject.config.random)
        if wanted.control is not None and order.writes_reference:
            again = WantedRun(f"{wanted.name} (control)", wanted.control)
            control = run_one(source, again, order, tools, subject.config.random)
            gathered = _with_control(gathered, control)
        yield gathered


def run_one(
    source: Source, wanted: WantedRun, order: PipelineOrder, tools: Tools, random: Sequence[str] | None
) -> Gathered:
    """Bring one run to its end: a new one, one that an interrupted pipeline left, or one that has ended before."""
    start = time.monotonic()
    directory = _directory(*ready_run(source, wanted.inputs, order.options), tools)
    _tell_run(order.out, directory.id)
    live, before = _ended(directory, tools)
    ran = [run for run in _payload(live) if run.cached_from is None and run.step.id not in before]
    results = canonical_results(read_results(directory.path)["results"])
    done = _payload(live)
    tools.say(f"run        {wanted.name}: {counted(len(ran), 'job')} ran, {len(done) - len(ran)} steps were known")
    return Gathered(
        wanted=wanted,
        run=directory.id,
        results=results,
        random=_random_outputs(done, random),
        jobs=len(ran),
        cached=len(done) - len(ran),
        stages=tuple(dict.fromkeys(stage_path(run.step) for run in ran)),
        seconds=time.monotonic() - start,
    )


def _directory(name: str, prepared: PreparedRun, tools: Tools) -> RunDirectory:
    """Return the run with this name, which is made if there is none: one pipeline at a time looks and makes."""
    with locked(tools.places.state_dir / "ci" / "runs.lock"):
        there = _named(tools.places.runs, name)
        return there or begin_run(prepared, tools.places, consent=_agreed, say=tools.say, name=name)


def _named(runs: Path, name: str) -> RunDirectory | None:
    there = run_of(runs, name)
    if there is None or not (runs / there / "request.json").exists():
        return None
    return RunDirectory((runs / there).resolve(), there)


def _tell_run(out: Path, run: str) -> None:
    """Add a run to `runs.json`, where whoever supervises pipelines sees which ones they want while they go on."""
    path = out / RUNS_NAME
    try:
        known = json.loads(path.read_bytes())["runs"]
    except (OSError, ValueError, KeyError, TypeError):
        known = []
    out.mkdir(parents=True, exist_ok=True)
    replace_file(path, json.dumps({"runs": list(dict.fromkeys([*known, run]))}).encode())


def _ended(directory: RunDirectory, tools: Tools) -> tuple[OpenRun, frozenset[str]]:
    """Return the run after its end, and the steps that had succeeded before; another pipeline's run is waited for."""
    live = open_run(directory)
    before = frozenset(run.step.id for run in _payload(live) if run.state is StepState.SUCCEEDED)
    if live.engine.state == "succeeded":
        return live, before
    try:
        return tools.drive(directory), before
    except RunLocked:
        tools.say(f"waiting    run {directory.id} is being driven by another pipeline")
        wait_for([directory], _LONGEST_WAIT_S)
        live = open_run(directory)
        if live.engine.state == "succeeded":
            return live, frozenset(run.step.id for run in _payload(live))
        return tools.drive(directory), before


def _payload(live: OpenRun) -> list[StepRun]:
    """Return the steps that run something."""
    return [run for run in live.engine.runs.values() if run.step.packtivity is not None]


def _random_outputs(runs: Sequence[StepRun], random: Sequence[str] | None) -> dict[str, tuple[str, ...]]:
    """Return, by random stage, a digest of the outputs of each of its steps, in their order."""
    found: dict[str, list[str]] = {}
    for run in sorted(runs, key=_place):
        if _is_random(run, random):
            listed = sorted((path, artifact.digest) for path, artifact in run.step.outputs.items())
            digest = from_hash(hashlib.sha256(json.dumps(listed).encode()))
            found.setdefault(stage_path(run.step), []).append(digest)
    return {stage: tuple(digests) for stage, digests in sorted(found.items())}


def _place(run: StepRun) -> list[tuple[int, str]]:
    """Return the place of a step by its id, whose numbers count as numbers."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in run.step.id.split("/")]


def _is_random(run: StepRun, random: Sequence[str] | None) -> bool:
    path = stage_path(run.step)
    if random is None:
        parameters = run.step.parameters
        return isinstance(parameters, dict) and any(str(key).startswith(_SEED) for key in parameters)
    return any(fnmatchcase(path, name) or fnmatchcase(path.rpartition("/")[2], name) for name in random)


def _with_control(gathered: Gathered, control: Gathered) -> Gathered:
    return Gathered(
        wanted=gathered.wanted,
        run=gathered.run,
        results=gathered.results,
        random=gathered.random,
        jobs=gathered.jobs + control.jobs,
        cached=gathered.cached + control.cached,
        stages=tuple(dict.fromkeys((*gathered.stages, *control.stages))),
        seconds=gathered.seconds + control.seconds,
        control=control.results,
    )


def _agreed(*_: object) -> None:
    """Consent to building: the phase of images has built what was missing."""
