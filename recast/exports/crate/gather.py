"""Collect the contents of a crate from a run's folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from recast.digests import digest_of
from recast.engine import StepRun
from recast.engine.overrides import stage_path
from recast.errors import NotFound
from recast.exports.crate.facts import CrateFile, DeclaredOutput, RunFacts, StepFacts, Tool
from recast.exports.crate.history import History, history_of
from recast.exports.crate.rerun import rerun_document, version_files
from recast.jobs import RUN_ROOT, Artifact
from recast.json_types import JsonObject
from recast.masked import masked_json
from recast.plainfile import file_digest
from recast.prepare.crate import RERUN
from recast.prepare.passwords import without_passwords
from recast.results.cite import citations
from recast.runs.intact import check_spec
from recast.runs.open_run import OpenRun
from recast.runs.subject import subject_of
from recast.spec.model import ContainerEnvironment
from recast.store import ArtifactStore
from recast.terminal_safe import as_utf8
from recast.workflow import MISSING, Scope, Step
from recast.workflow.locate import artifacts_of, owner_of, paths_in
from recast.workflow.paths import parse_path

__all__ = ["facts_of"]

OVER = ("succeeded", "failed", "cancelled")


def facts_of(live: OpenRun, store: ArtifactStore, *, with_intermediate: bool = False, license: str = "") -> RunFacts:
    """Collect the contents of a run's crate; raise NotFound if the run has not ended, StoreError if a file is missing.

    With `with_intermediate` the crate contains every output file of a step, else only the declared outputs (the outputs
    of the last steps, if nothing is declared).
    """
    if live.state not in OVER:
        raise NotFound(
            f"The run {live.request.run} is not over",
            where=str(live.directory.path),
            why=f"It is {live.state}; a crate describes a complete run.",
            next_step=f"recast resume {live.request.run}, or recast cancel {live.request.run}",
            code="run.not-over",
        )
    check_spec(live.directory, live.request)
    history = history_of(live)
    steps = tuple(_steps(live, history))
    outputs = tuple(_declared(live))
    files = _Files(live, store)
    files.spec()
    files.rerun()
    files.inputs()
    files.results()
    files.outputs([artifact for _, _, artifacts in outputs for artifact in artifacts] or list(_last(live)), "outputs")
    if with_intermediate:
        files.outputs([file for step in steps for action in step.actions for file in action.outputs], "intermediate")
    subject = subject_of(live.request)
    return RunFacts(
        request=live.request,
        state=live.engine.state,
        reason=live.engine.reason,
        started=history.started,
        ended=history.ended,
        stages=_stages(live),
        steps=steps,
        outputs=tuple(DeclaredOutput(name, title, _digests(files)) for name, title, files in outputs),
        files=tuple(files.found.values()),
        license=license,
        warnings=subject.warnings,
        cite=tuple(one.as_json() for one in citations(subject)) if subject.reference else (),
    )


def _stages(live: OpenRun) -> tuple[str, ...]:
    """Return the stages of the run by path: those with steps, then those of the spec's root without."""
    known = [stage_path(run.step) for run in live.engine.runs.values() if run.step.packtivity is not None]
    root = [stage.name for stage in live.engine.plan.workflow.stages]
    nested = {path.partition("/")[0] for path in known}
    return tuple(dict.fromkeys([*known, *(name for name in root if name not in nested)]))


def _steps(live: OpenRun, history: History) -> Iterator[StepFacts]:
    for run in live.engine.runs.values():
        actions = history.actions.get(run.step.id)
        if actions:
            yield StepFacts(
                id=run.step.id,
                stage=stage_path(run.step),
                tool=_tool(live, run.step),
                parameters=without_passwords(run.step.parameters, live.request.inputs),
                state=str(run.state),
                reason=run.reason,
                inputs=tuple(_inputs(live, run)),
                actions=tuple(actions),
            )


def _tool(live: OpenRun, step: Step) -> Tool:
    packtivity = step.packtivity
    assert packtivity is not None
    process, environment = packtivity.process, packtivity.environment
    pinned = environment.reference if isinstance(environment, ContainerEnvironment) else ""
    image = live.engine.plan.overrides.image(pinned)
    name = image if image == pinned else image.partition("@")[0]
    template = process.template if process else ""
    interpreter = process.interpreter if process else ""
    return Tool(stage_path(step), template or "", interpreter or "", name, live.request.pins.get(pinned, ""))


def _inputs(live: OpenRun, run: StepRun) -> Iterator[Artifact]:
    """Yield the files of other steps that a step refers to, with paths relative to the run."""
    for path in paths_in(run.step.arguments):
        owner = owner_of(path, live.engine.expansion.directories)
        if owner is not None and owner[0] is not run.step:
            yield from _of_run(owner[0], artifacts_of(*owner))


def _of_run(step: Step, artifacts: Iterable[Artifact]) -> Iterator[Artifact]:
    folder = step.directory.removeprefix(RUN_ROOT + "/")
    for item in artifacts:
        if item.path.endswith("/"):  # an empty folder is not a file
            continue
        yield Artifact(f"{folder}/{item.path}", item.digest, item.size, item.executable)


def _declared(live: OpenRun) -> Iterator[tuple[str, str, list[Artifact]]]:
    """Yield name, title and files of each declared result, as far as the run has produced them."""
    for item in live.request.results:
        selected: Sequence[Step | Scope] = list(live.engine.expansion.root.select(parse_path(item["stage"])))
        published = [step.published for step in selected if isinstance(step, Step) and step.published is not MISSING]
        values = [value.get(item["output"]) for value in published if isinstance(value, dict)]
        owners = [owner_of(path, live.engine.expansion.directories) for path in paths_in(values)]
        files = [file for owner in owners if owner for file in _of_run(owner[0], artifacts_of(*owner))]
        yield item["name"], item.get("title", ""), files


def _last(live: OpenRun) -> Iterator[Artifact]:
    used = {other.id for run in live.engine.runs.values() for other in run.step.depends_on}
    for run in live.engine.runs.values():
        if run.step.packtivity is not None and run.step.id not in used:
            yield from _of_run(run.step, run.step.outputs.values())


def _digests(files: Iterable[Artifact]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(file.digest for file in files))


@dataclass(slots=True)
class _Files:
    """The files of a crate by path; the same content is not added twice."""

    live: OpenRun
    store: ArtifactStore
    found: dict[str, CrateFile]

    def __init__(self, live: OpenRun, store: ArtifactStore) -> None:
        self.live, self.store, self.found = live, store, {}

    def spec(self) -> None:
        """Add the files of the spec, as they were."""
        for place in _files_below(self.live.directory.spec):
            name = place.relative_to(self.live.directory.spec).as_posix()
            self._place(f"spec/{name}", place, "Part of the workflow's spec")

    def rerun(self) -> None:
        """Add what the run can be repeated from: all files of its version, and its request."""
        for name, content in version_files(self.live.request).items():
            if f"spec/{name}" not in self.found:
                self._bytes(f"spec/{name}", content, "Part of the version")
        # Not masked as a whole: the digest of a version is that of its bytes, and these are public.
        text = json.dumps(rerun_document(self.live.request), indent=1, ensure_ascii=False, sort_keys=True)
        self._bytes(RERUN, as_utf8(text).encode() + b"\n", "What `recast run` makes the run again from")

    def inputs(self) -> None:
        """Add the inputs as given and as the workflow got them, and the files that they name."""
        request = self.live.request
        values = {"given": request.given, "resolved": request.inputs, "origin": _without_places(request.origin)}
        self._bytes(
            "inputs.json",
            _json(without_passwords(values, request.inputs)),
            "Inputs as they were given, as the workflow got them, and their origin",
        )
        self.outputs(list(map(Artifact.from_json, request.init_files)), "inputs")
        for stage, items in request.sub_files.items():
            self.outputs(list(map(Artifact.from_json, items)), f"inputs/{stage}")

    def results(self) -> None:
        """Add the collected results, if there are any."""
        for place in _files_below(self.live.directory.results):
            name = place.relative_to(self.live.directory.results).as_posix()
            about = "Results of the run, typed" if name == "results.json" else "Result of the run"
            self._place(f"results/{name}", place, about)

    def outputs(self, artifacts: Iterable[Artifact], folder: str) -> None:
        """Add files from the store, each content once."""
        there = {file.digest for file in self.found.values()}
        about = "Input of the run" if folder.startswith("inputs") else "Output file of a step of the run"
        for item in artifacts:
            if item.digest not in there:
                there.add(item.digest)
                path = f"{folder}/{item.path.removeprefix('inputs/')}"
                if path in self.found:  # a later attempt produced another content under the same name
                    path = f"{folder}/{item.digest[-8:]}/{item.path}"
                self.found[path] = CrateFile(path, item.digest, item.size, about, self.store.local(item.digest))

    def _place(self, path: str, place: Path, about: str) -> None:
        self.found[path] = CrateFile(path, file_digest(place), place.stat().st_size, about, place)

    def _bytes(self, path: str, content: bytes, about: str) -> None:

        digest = digest_of(content)
        self.found[path] = CrateFile(path, digest, len(content), about, content)


def _without_places(origin: JsonObject | None) -> JsonObject | None:
    """Return an origin with paths of this machine reduced to bare names, as they mean nothing to others."""
    if origin is None:
        return None
    return {key: {**item, **_bare_location(item)} for key, item in origin.items()}


def _bare_location(item: JsonObject) -> dict[str, str]:
    location = str(item.get("location", ""))
    return {"location": Path(location).name} if location.startswith("/") else {}


def _files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _json(value: JsonObject) -> bytes:
    text = json.dumps(masked_json(value), indent=1, ensure_ascii=False, sort_keys=True)
    return as_utf8(text).encode() + b"\n"
