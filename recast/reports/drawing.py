"""The subject of a drawing: a run, a run before it exists, or a workflow as written."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from recast.catalogue.entries.local_workflow import Source
from recast.counted import counted
from recast.engine import Engine, Policy, RunPlan
from recast.engine.events import RunCreated
from recast.errors import NotFound
from recast.graph import Drawing, Node, known_drawing, written_drawing
from recast.graph.document import document
from recast.graph.words import path_of
from recast.jobs import Artifact
from recast.jq import jq
from recast.json_types import JsonDict
from recast.names import run_of
from recast.paths import Places
from recast.prepare.inputs import InitData
from recast.reports.run_report import step_json
from recast.reports.unexpanded import open_stages
from recast.rundir import find_run
from recast.runs.open_run import open_run
from recast.spec.model import Workflow

__all__ = ["Subject", "subject_as_written", "subject_of_inputs", "subject_of_run"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What to draw. Without an engine nothing is expanded; `is_run` means that the states are real."""

    workflow: Workflow
    title: str
    engine: Engine | None = None
    is_run: bool = False

    def drawing(self, expand: Collection[str] = ()) -> Drawing:
        """Return the drawing, with each step of the stages in `expand`."""
        if self.engine is None:
            return written_drawing(self.workflow, self.title)
        return known_drawing(self.engine, self.title, self._subtitle(self.engine), expand=expand, states=self.is_run)

    def as_json(self, expand: Collection[str] = ()) -> JsonDict:
        """Return the document that `recast spec graph -o json` prints: the drawn stages or steps, and their edges."""
        drawing = self.drawing(expand)
        if self.engine is None:
            return {"steps": [], "open": _written_stages(drawing), **document(drawing)}
        steps = [step_json(run.step, self.engine) for run in self.engine.runs.values()]
        return {"steps": steps, "open": open_stages(self.engine), **document(drawing)}

    def _subtitle(self, engine: Engine) -> str:
        steps, stages = len(engine.runs), len(engine.expansion.rules)
        known = f"{counted(steps, 'step')}"
        left = f", {counted(stages, 'stage')} not expanded yet" if stages else ""
        return f"{known}{left}" if self.is_run else f"before a run: {known} known{left}"


def subject_of_run(name: str, places: Places) -> Subject | None:
    """Return the run with this name, folder, id or prefix of an id, or `last`; None if there is no such run."""
    is_folder = "/" in name and (Path(name) / "request.json").is_file()
    is_named = run_of(places.runs, name) is not None
    if not (is_folder or is_named or name == "last" or set(name) <= set("0123456789abcdef")):
        return None
    try:
        live = open_run(find_run(places.runs, name))
    except NotFound as problem:
        if problem.what.startswith("No run") and not is_folder and name != "last":
            return None  # an analysis may have this name
        raise
    title = f"{live.request.title}, run {live.request.run}: {live.state}"
    return Subject(live.engine.plan.workflow, title, live.engine, is_run=True)


def subject_of_inputs(source: Source, data: InitData) -> Subject:
    """Return a run before it exists, expanded as far as possible; raise SpecError if a stage cannot expand.

    Nothing is run, so the contents of files are ignored; their names are used.
    """
    files = {path: Artifact(path, "", 0) for path in data.files}
    subs = {name: {path: Artifact(path, "", 0) for path in listing} for name, listing in data.sub_files.items()}
    plan = RunPlan("", source.workflow, data.values, data.given, files, source.pins, subs)
    engine = Engine(plan, Policy(), jq)
    engine.handle(RunCreated(0.0, ""))
    if engine.expansion.problems:
        raise engine.expansion.problems[0]
    return Subject(source.workflow, _title(source), engine)


def subject_as_written(source: Source) -> Subject:
    """Return a workflow as written, without inputs."""
    return Subject(source.workflow, _title(source))


def _title(source: Source) -> str:
    return source.title if source.version else f"{source.toplevel.name}/{source.path}"


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
