"""The folder of one run, and the list of all runs.

request.json     what was asked; never changes
journal.sqlite   what happened
lock             the process id of the driver, locked while it lives
spec/            the files of the spec, as they were
jobs/<job id>/   one folder an attempt: log, work/, outcome.json
work/<scope>/<step>   links to the work folder of the newest attempt
results/         what was gathered
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from recast.errors import NotFound, StoreError, UsageError
from recast.placement import top_of_hierarchy
from recast.whole import whole_file

__all__ = ["RunDirectory", "RunRequest", "find_run", "list_runs", "new_run_id"]

REQUEST_SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What was asked of a run; written once, before anything else happens.

    `given` are the inputs as the user gave them, `inputs` the values of the root's init; `init_files` the artifacts
    (as JSON) that they refer to, by path relative to the init directory; `sub_files` are the same for sub-workflows,
    by the names of the stages that lead there. `pins` map image references to digests. `most_steps` bounds the DAG.
    `created` is in seconds, UTC. `origin` says where spec and inputs came from, if not from this machine: `toplevel`
    (`recast.remote.Origin`), `input_archive`, `entry`, `files` (`recast.runs.files`); each is there if it applies.
    `executor_settings` are those of the executor that are no secrets. `overrides` are what the user said in place of
    the spec (`recast.engine.overrides`).
    `agent` is who asked (`recast.runs.agent`), `software` the name and version of the program that wrote this.
    """

    run: str
    created: float
    workflow: str
    inputs: Mapping[str, Any]
    given: Mapping[str, Any]
    analysis: str | None = None
    version: str | None = None
    digest: str | None = None
    init_files: tuple[Mapping[str, Any], ...] = ()
    pins: Mapping[str, str] = field(default_factory=dict)
    results: tuple[Mapping[str, Any], ...] = ()
    executor: str = "local"
    runtime: str | None = None
    max_parallel: int | None = None
    use_cache: bool = True
    allow_host_process: bool = False
    untrusted_inputs: bool = False
    origin: Mapping[str, Any] | None = None
    sub_files: Mapping[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    most_steps: int = 200_000
    agent: Mapping[str, str] = field(default_factory=dict)
    software: str = ""
    executor_settings: Mapping[str, Any] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether the spec is not just a file of this user: a fetched toplevel, an entry, a published version."""
        return self.version is not None or not {"toplevel", "entry"}.isdisjoint(self.origin or {})

    @property
    def title(self) -> str:
        """Return the run's subject in a few words."""
        if entry := (self.origin or {}).get("entry"):
            return str(entry["name"])
        return f"{self.analysis}@{self.version}" if self.analysis else self.workflow


class RunDirectory:
    """The folder of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.spec = path / "spec"
        self.jobs = path / "jobs"
        self.work = path / "work"
        self.results = path / "results"
        self.journal = path / "journal.sqlite"
        self.lock = path / "lock"

    def write_request(self, request: RunRequest) -> None:
        """Write the request atomically; from then on the run exists.

        It is its owner's to read: an input may hold a token, without which the run could not go on.
        """
        content = json.dumps({"schema": REQUEST_SCHEMA_VERSION, **asdict(request)}, indent=1)
        with whole_file(self.path / "request.json", 0o600) as stream:
            stream.write(content.encode())

    def request(self) -> RunRequest:
        """Read the request; raise StoreError if it is damaged."""
        path = self.path / "request.json"
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
            if body.pop("schema") != REQUEST_SCHEMA_VERSION:
                raise ValueError("unknown schema version")
            body["init_files"], body["results"] = tuple(body["init_files"]), tuple(body["results"])
            return RunRequest(**body)
        except (OSError, ValueError, TypeError, KeyError) as problem:
            raise StoreError("A run's request cannot be read", where=str(path), why=str(problem)) from problem

    def link_work(self, logical: str, job_id: str) -> None:
        """Show an attempt's work folder under the step's name (`logical` is relative to the run root).

        Plain strings: this is done once a step, and a step may take a millisecond.
        """
        link = f"{self.path}/work/{logical}"
        target = "../" * (logical.count("/") + 1) + f"jobs/{job_id}/work"
        try:
            os.symlink(target, link)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(link), exist_ok=True)
            os.symlink(target, link)
        except FileExistsError:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(link + ".new")
            os.symlink(target, link + ".new")
            if not os.path.islink(link):  # a folder that shows what came from the cache; that was lost, and is made
                import shutil

                shutil.rmtree(link)
            os.replace(link + ".new", link)


def new_run_id() -> str:
    """Return a fresh run id: ten hexadecimal digits."""
    return os.urandom(5).hex()


def create_run_directory(runs: Path, run: str, workdir: Path | None) -> RunDirectory:
    """Make the folder of a new run, at `workdir` if given (then `runs` gets a link to it).

    Raises UsageError if `workdir` holds something already, StoreError if it cannot be made.
    """
    path = workdir.absolute() if workdir else runs / run
    try:
        if not runs.is_dir():
            runs.mkdir(parents=True, exist_ok=True)
            top_of_hierarchy(runs)
        if workdir and path.exists() and any(path.iterdir()):
            raise UsageError(
                "The work directory is not empty",
                where=str(path),
                why="A run never writes over what is there.",
                next_step="choose another --workdir, or go on with the run in it: recast resume "
                f"{_run_in(path) or 'RUN'}",
            )
        path.mkdir(parents=True, exist_ok=True)
        if workdir:
            (runs / run).symlink_to(path)
        for folder in ("spec", "jobs", "work"):
            (path / folder).mkdir()
    except OSError as problem:
        raise StoreError.of(
            problem, "The run directory cannot be made", path, "choose a writable folder with --workdir or RECAST_HOME"
        ) from problem
    return RunDirectory(path)


def list_runs(runs: Path) -> list[RunDirectory]:
    """Return all runs, the oldest first."""
    return [RunDirectory(path) for _, path in sorted(_created(runs))]


def find_run(runs: Path, name: str) -> RunDirectory:
    """Return the run with this id, unique prefix of an id, or path; `last` is the newest. Raises NotFound."""
    if "/" in name and (Path(name) / "request.json").is_file():
        return RunDirectory(Path(name).absolute())
    everything = list_runs(runs)
    if name == "last" and everything:
        return everything[-1]
    found = [run for run in everything if run.path.name == name or _id(run).startswith(name)]
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} runs begin with {name!r}" if found else f"No run {name!r}"
    raise NotFound(
        what,
        where=str(runs),
        why="Runs: " + (", ".join(_id(run) for run in everything[-8:]) or "none yet") + ".",
        next_step="recast runs",
    )


def _id(run: RunDirectory) -> str:
    return run.request().run


def _run_in(path: Path) -> str | None:
    try:
        return RunDirectory(path).request().run
    except StoreError:
        return None


def _created(runs: Path) -> Iterator[tuple[float, Path]]:
    if not runs.is_dir():
        return
    for entry in runs.iterdir():
        request = entry / "request.json"
        try:
            yield request.stat().st_mtime, entry.resolve()
        except OSError:
            continue  # a run that was never finished being made, or a link to a folder that is gone


def now() -> float:
    """Return the time in seconds since the epoch, UTC."""
    return time.time()
