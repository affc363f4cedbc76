"""What a picture is of: a run, a run that could be, or a workflow as it is written."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recast.engine import Engine, Policy, RunPlan
from recast.engine.events import RunCreated
from recast.errors import InputError, NotFound
from recast.graph import Drawing, Node, known_drawing, written_drawing
from recast.graph.document import document
from recast.graph.words import path_of
from recast.places import Places
from recast.rundir import find_run
from recast.runs.ahead import open_stages
from recast.runs.inputs import init_data, user_inputs
from recast.runs.live import LiveRun, open_run
from recast.runs.show import step_json
from recast.runs.source import Source, find_source

__all__ = ["GivenInputs", "Subject", "find_subject"]


@dataclass(frozen=True, slots=True)
class GivenInputs:
    """What a user gave to expand a workflow with."""

    files: Sequence[Path] = ()
    assignments: Sequence[str] = ()
    example: str | None = None
    initdir: Path | None = None

    @property
    def anything(self) -> bool:
        """Whether the user gave any of it."""
        return bool(self.files or self.assignments or self.example or self.initdir)


@dataclass(frozen=True, slots=True)
class Subject:
    """What to draw. Without an engine nothing is expanded, and `why_not` says why; `is_run` means states are real."""

    source: Source
    title: str
    engine: Engine | None = None
    is_run: bool = False
    why_not: str = ""

    def drawing(self, expand: Collection[str] = ()) -> Drawing:
        """Return the drawing, with the stages named in `expand` step by step."""
        if self.engine is None:
            return written_drawing(self.source.workflow, self.title)
        return known_drawing(self.engine, self.title, self._subtitle(self.engine), expand=expand, states=self.is_run)

    def as_json(self) -> dict[str, Any]:
        """Return the contract of `recast spec graph -o json` (DESIGN 8), with the gathered stages and their edges."""
        drawing = self.drawing()
        if self.engine is None:
            return {"steps": [], "open": _written_stages(drawing), **document(drawing)}
        steps = [step_json(run.step, self.engine) for run in self.engine.runs.values()]
        return {"steps": steps, "open": open_stages(self.engine), **document(drawing)}

    def _subtitle(self, engine: Engine) -> str:
        steps, stages = len(engine.runs), len(engine.expansion.rules)
        known = f"{steps:,} step{'s' * (steps != 1)}"
        left = f", {stages:,} stage{'s' * (stages != 1)} not expanded yet" if stages else ""
        return f"{known}{left}" if self.is_run else f"before a run: {known} known{left}"


def find_subject(name: str, toplevel: Path | None, given: GivenInputs, places: Places) -> Subject:
    """Return what `recast spec graph NAME` means: a run, a workflow file or folder, or a published version.

    A workflow that needs inputs, and was given none, is drawn as it is written. Raises NotFound, SpecError, InputError.
    """
    live = None if toplevel or given.anything else _run(name, places)
    if live is not None:
        source = Source(live.directory.spec, live.request.workflow, live.engine.plan.workflow, (), live.request.pins)
        title = f"{live.request.title}, run {live.request.run}: {live.state}"
        return Subject(source, title, live.engine, is_run=True)
    source = find_source(_in_folder(name) if toplevel is None else name, toplevel)
    try:
        engine = _expanded(source, given)
    except InputError as problem:
        if given.anything:
            raise
        return Subject(source, source.title, why_not=problem.what)
    return Subject(source, source.title, engine)


def _run(name: str, places: Places) -> LiveRun | None:
    """Return the run of this name: its folder, `last`, or digits that begin an id and name no analysis."""
    is_folder = "/" in name and (Path(name) / "request.json").is_file()
    if not (is_folder or name == "last" or set(name) <= set("0123456789abcdef")):
        return None
    try:
        return open_run(find_run(places.runs, name))
    except NotFound:
        if is_folder or name == "last":
            raise
        return None


def _in_folder(name: str) -> str:
    for workflow in ("workflow.yml", "workflow.yaml"):
        if (Path(name) / workflow).is_file():
            return f"{name}/{workflow}"
    return name


def _expanded(source: Source, given: GivenInputs) -> Engine:
    example = source.example(given.example) if given.example else {}
    data = init_data(source, user_inputs(given.files, given.assignments, example), given.initdir)
    engine = Engine(RunPlan("", source.workflow, data.values, data.given, {}, source.pins), Policy())
    engine.handle(RunCreated(0.0, ""))
    if engine.expansion.problems:
        raise engine.expansion.problems[0]
    return engine


def _written_stages(drawing: Drawing) -> list[dict[str, str]]:
    sources: dict[str, list[str]] = {}
    for edge in drawing.edges:
        sources.setdefault(path_of(edge.target), []).append(path_of(edge.source))
    nodes: list[Node] = list(drawing.root.nodes())
    return [
        {"stage": path, "waits_for": ", ".join(sources.get(path, node.waits_for))}
        for node in nodes
        if (path := path_of(node.key))
    ]
