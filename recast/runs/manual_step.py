"""Record that a person has done a step, after checking its outputs against the step's publisher."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from recast.engine.events import StepAnswered, event_to_json
from recast.errors import InputError, NotFound
from recast.jobs import RUN_ROOT, Artifact
from recast.journal import Journal, Record, RunLock
from recast.json_types import JsonObject
from recast.paths import Places
from recast.rundir import RunDirectory, now
from recast.runs.open_run import OpenRun, open_run
from recast.spec.jsonable import read_json
from recast.spec.model import ManualPublisher
from recast.spec.source import MAX_FILE_BYTES as MOST_FILE_BYTES
from recast.store import ArtifactStore
from recast.terminal_safe import is_utf8
from recast.workflow import Step
from recast.workflow.discover import matches
from recast.workflow.publish import document_path, expected_outputs

__all__ = ["answer"]

MOST_FILES = 100_000


def answer(
    directory: RunDirectory, places: Places, step_id: str, published: JsonObject, folder: Path | None, who: str
) -> OpenRun:
    """Record that a step was done by hand; return the run, which can then be resumed.

    `published` is for a step whose publisher asks the person; `folder` contains the step's output files. Raises
    NotFound if the step does not wait for a person, InputError if a required output is missing.
    """
    with RunLock(directory.lock):
        live = open_run(directory)
        step = _waiting(live, step_id)
        files = _files(folder) if folder else {}
        _check_complete(step, files, published)
        store = ArtifactStore(places.artifact_store)
        artifacts = tuple(_kept(store, path, place) for path, place in files.items())
        store.lay_out(artifacts, f"{directory.work}/{step.directory[len(RUN_ROOT) + 1 :]}")
        event = StepAnswered(now(), step.id, who, artifacts, _document(step, store, artifacts, published))
        live.engine.handle(event)
        journal = Journal(directory.journal)
        try:
            journal.append([Record(*event_to_json(event))])
        finally:
            journal.close()
    return live


def _waiting(live: OpenRun, step_id: str) -> Step:
    found = live.engine.by_hand.get(step_id)
    if found is None:
        raise NotFound(
            f"Step {step_id!r} does not wait for a person",
            where=f"run {live.request.run}",
            why=f"Steps that do: {', '.join(live.engine.by_hand) or 'none'}.",
            next_step=f"recast show {live.request.run}",
        )
    return found.step


def _files(folder: Path) -> dict[str, Path]:
    root = folder.resolve()
    found: dict[str, Path] = {}
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise InputError("A link or device cannot be an output", where=str(path))
        if not is_utf8(path.name):
            raise InputError(f"{path.name!r} has a name that is not UTF-8", where=str(root), next_step="rename it")
        if path.is_file():
            found[path.relative_to(root).as_posix()] = path
        elif not any(path.iterdir()):
            found[path.relative_to(root).as_posix() + "/"] = path
    if len(found) > MOST_FILES:
        raise InputError(f"The folder contains more than {MOST_FILES} files", where=str(folder))
    return found


def _check_complete(step: Step, files: Mapping[str, Path], published: JsonObject) -> None:
    publisher = step.packtivity.publisher if step.packtivity else None
    if isinstance(publisher, ManualPublisher) != bool(published):
        asks = isinstance(publisher, ManualPublisher)
        raise InputError(
            f"Step {step.id} {'asks what to publish' if asks else 'publishes by itself'}",
            where="--publish",
            next_step="add --publish KEY=YAML for each output" if asks else "leave out --publish",
        )
    missing = [
        output.pattern
        for output in expected_outputs(step)
        if output.required and not matches(output.pattern, files) and output.pattern not in files
    ]
    if missing:
        raise InputError(
            f"Step {step.id} must leave {missing[0]!r}",
            where="--files",
            why=f"Its publisher names: {', '.join(output.pattern for output in expected_outputs(step))}.",
            next_step="put the file into a folder, and name that folder with --files",
        )


def _kept(store: ArtifactStore, path: str, place: Path) -> Artifact:
    return store.add_folder(path) if path.endswith("/") else store.add(place, path)


def _document(step: Step, store: ArtifactStore, artifacts: Iterable[Artifact], published: JsonObject) -> Any:
    """Return what a step publishes, read from the stored copy of its YAML file, since the folder may have changed."""
    path = document_path(step)
    if path is None:
        return dict(published) or None
    digest = next(item.digest for item in artifacts if item.path == path)
    return read_json(store.read(digest, MOST_FILE_BYTES), path)
