"""The folder of one run, and the list of all runs.

request.json        what was asked for; replaced only when a resumed run is given other settings journal.sqlite   the
events of the run lock             the process id of the driver, locked while it runs spec/            the files of the
spec when the run was created jobs/<job id>/   one folder per attempt: log, work/, outcome.json work/<scope>/<step>
links to the work folder of the newest attempt results/         the collected results
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from recast.atomic import sync_folder, whole_file
from recast.errors import NotFound, StoreError, UsageError
from recast.json_types import JsonObject
from recast.names import run_of
from recast.plainfile import open_plain

__all__ = [
    "PEEKED",
    "RunDirectory",
    "RunOrder",
    "create_run_directory",
    "find_run",
    "left_out",
    "list_runs",
    "new_run_id",
    "now",
    "top_of_hierarchy",
]

_GET_FLAGS, _SET_FLAGS = 0x80086601, 0x40086602  # FS_IOC_GETFLAGS and FS_IOC_SETFLAGS where a long has 8 bytes
_TOP_OF_HIERARCHY = 0x00020000  # FS_TOPDIR_FL, as `chattr +T`


def top_of_hierarchy(folder: Path) -> None:
    """Make ext4 place each new subfolder of `folder` in a separate part of the disk; a no-op on other file systems.

    For minutes after an inode was deleted, ext4 checks it again before reusing it, and a folder's files are placed near
    the folder. After a mass deletion nearby, each new file costs 0.1 to 0.2 ms instead of 0.02 (measured). So each run
    gets a part of its own. Its jobs do not: spread over the disk, their files cost twice as much as side by side.
    """
    if os.uname().machine not in ("x86_64", "aarch64"):
        return
    import fcntl

    with contextlib.suppress(OSError):
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            (flags,) = struct.unpack("l", fcntl.ioctl(fd, _GET_FLAGS, struct.pack("l", 0)))
            fcntl.ioctl(fd, _SET_FLAGS, struct.pack("l", flags | _TOP_OF_HIERARCHY))
        finally:
            os.close(fd)


REQUEST_SCHEMA_VERSION = 1

PEEKED = "peeked"
"""The folder of a run for what a dispatcher has fetched of the logs of jobs that run elsewhere, while they run."""

MOST_REQUEST_BYTES = 256 << 20
"""A scan of 100,000 points with all its files stays below this."""

YEAR_9999_S = 253_370_764_800
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What a run was asked to do; written before anything else happens, and again only for other settings.

    `given` are the inputs as the user gave them, `inputs` the values of the root's init; `init_files` the artifacts
    (as JSON) that they refer to, by path relative to the init directory; `sub_files` are the same for sub-workflows,
    by the names of the stages that lead there. `pins` map image references to digests. `most_steps` bounds the DAG.
    `created` is in seconds, UTC. `origin` says where spec and inputs came from, if not from this machine: `toplevel`
    (`recast.remote.Origin`), `input_archive`, `entry`, `files` (`recast.prepare.input_files`), `submit`
    (`recast.submissions`), `step_tests` (`recast.ci.steptests`), `scan` (`recast.scans`), `request`
    (`recast.dispatch`: its id, and its points in the order of their scopes), `untrusted`; each is there if it applies.
    `executor_settings` are those of the executor that are no secrets. `overrides` are what the user said in place of
    the spec (`recast.engine.overrides`).
    `spec_files` are the digests of the files in `spec/`, by path. `until` names the stage that the run ends with.
    `name` is what the user calls it (`recast.runs.names`).
    `agent` is who asked (`recast.prepare.agent`), `software` the name and version of the program that wrote this.
    `cache_room` is the circle of people whose finished steps it may use besides those of everybody, and for whom its
    own are kept; empty for everybody (`recast.store.StepCache`).
    """

    run: str
    created: float
    workflow: str
    inputs: JsonObject
    given: JsonObject
    analysis: str | None = None
    version: str | None = None
    digest: str | None = None
    init_files: tuple[JsonObject, ...] = ()
    pins: Mapping[str, str] = field(default_factory=dict)
    results: tuple[JsonObject, ...] = ()
    executor: str = "local"
    runtime: str | None = None
    max_parallel: int | None = None
    use_cache: bool = True
    allow_host_process: bool = False
    untrusted_inputs: bool = False
    origin: JsonObject | None = None
    sub_files: Mapping[str, list[JsonObject]] = field(default_factory=dict)
    most_steps: int = 200_000
    agent: Mapping[str, str] = field(default_factory=dict)
    software: str = ""
    executor_settings: JsonObject = field(default_factory=dict)
    overrides: JsonObject = field(default_factory=dict)
    spec_files: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    until: str | None = None
    cache_room: str = ""

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether the spec is not just a file of this user: it was fetched, or is that of an entry, a crate, a version,
        or a stranger's request for a change.
        """
        return self.version is not None or not {"toplevel", "entry", "crate", "untrusted"}.isdisjoint(self.origin or {})

    @property
    def title(self) -> str:
        """Return the run's subject in a few words."""
        if entry := (self.origin or {}).get("entry"):
            return str(entry["name"])
        if submitted := (self.origin or {}).get("submit"):
            return f"submit {submitted['image']}"
        return f"{self.analysis}@{self.version}" if self.analysis else self.workflow


class RunDirectory:
    """The folder of one run. `id` is its name among the runs, even if the user chose a folder with another name."""

    def __init__(self, path: Path, run: str | None = None) -> None:
        self.path = path
        self.id = run or path.name
        self.spec = path / "spec"
        self.jobs = path / "jobs"
        self.work = path / "work"
        self.results = path / "results"
        self.journal = path / "journal.sqlite"
        self.lock = path / "lock"

    def write_request(self, request: RunOrder) -> None:
        """Write the request atomically; from then on the run exists.

        Only its owner can read it: an input may contain a token, without which the run could not continue.
        """
        content = json.dumps({"schema": REQUEST_SCHEMA_VERSION, **asdict(request)}, indent=1)
        with whole_file(self.path / "request.json", 0o600) as stream:
            stream.write(content.encode())
        sync_folder(self.path.parent)

    def request(self) -> RunOrder:
        """Read the request; raise StoreError if it is damaged, or was written by a newer version of this program."""
        path = self.path / "request.json"
        try:
            with open_plain(path) as reader:
                content = reader.read(MOST_REQUEST_BYTES + 1)
            return _request(content)
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as problem:
            raise self.unreadable(problem) from problem

    def unreadable(self, problem: Exception) -> StoreError:
        """Return the error for a request that cannot be read or is invalid."""
        why = f"{problem} is missing" if isinstance(problem, KeyError) else str(problem)
        if isinstance(problem, OSError):
            why = problem.strerror or why
        return StoreError(
            f"The request of run {self.id} cannot be read",
            where=str(self.path / "request.json"),
            why=why,
            next_step=f"restore the file from a copy, or put the run away: mv {self.path} SOMEWHERE-ELSE",
            code="run.request",
        )

    def link_work(self, logical: str, job_id: str) -> None:
        """Link an attempt's work folder under the step's name (`logical` is relative to the run root).

        Uses plain strings: this runs once per step, and a step may take a millisecond.
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


_KINDS: dict[str, tuple[type, ...]] = {
    "created": (int, float),
    "inputs": (dict,),
    "given": (dict,),
    "init_files": (list,),
    "pins": (dict,),
    "results": (list,),
    "max_parallel": (int, type(None)),
    "use_cache": (bool,),
    "allow_host_process": (bool,),
    "untrusted_inputs": (bool,),
    "origin": (dict, type(None)),
    "sub_files": (dict,),
    "most_steps": (int,),
    "agent": (dict,),
    "executor_settings": (dict,),
    "overrides": (dict,),
    "spec_files": (dict,),
    **dict.fromkeys(("run", "workflow", "executor", "software", "name", "cache_room"), (str,)),
    **dict.fromkeys(("analysis", "version", "digest", "runtime", "until"), (str, type(None))),
}


def _request(content: bytes) -> RunOrder:
    """Parse an untrusted request: raise ValueError, TypeError or KeyError if it is not valid."""
    if len(content) > MOST_REQUEST_BYTES:
        raise ValueError(f"it has more than {MOST_REQUEST_BYTES} bytes")
    body = json.loads(content)
    if not isinstance(body, dict):
        raise ValueError("it is not a JSON object")
    if (version := body.pop("schema")) != REQUEST_SCHEMA_VERSION:
        raise ValueError(
            f"its schema version is {version!r:.20}, this program reads {REQUEST_SCHEMA_VERSION}; update recast"
        )
    for name, value in body.items():
        if name not in _KINDS:
            raise ValueError(f"it holds {name!r:.40}, which this program does not know; update recast")
        if type(value) not in _KINDS[name]:
            raise ValueError(f"its {name} is of another kind: {value!r:.40}")
    entry = (body.get("origin") or {}).get("entry", {"name": ""})
    lists = (*body["init_files"], *body["results"], *([entry] if entry else []))
    if not (0 <= body["created"] < YEAR_9999_S and all(isinstance(item, dict) for item in lists)):
        raise ValueError("its time, files or results are of another kind")
    if not _RUN_ID.fullmatch(body["run"]):
        raise ValueError(f"{body['run']!r:.40} is not an id of a run")
    return RunOrder(**{**body, "init_files": tuple(body["init_files"]), "results": tuple(body["results"])})


def new_run_id() -> str:
    """Return a new run id: ten hexadecimal digits."""
    return os.urandom(5).hex()


def create_run_directory(runs: Path, run: str, workdir: Path | None) -> RunDirectory:
    """Create the folder of a new run, at `workdir` if given (then `runs` gets a link to it).

    Raises UsageError if `workdir` is not empty, StoreError if it cannot be created.
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
            sync_folder(runs)
        for folder in ("spec", "jobs", "work"):
            (path / folder).mkdir()
    except OSError as problem:
        raise StoreError.of(
            problem, "The run directory cannot be made", path, "choose a writable folder with --workdir or RECAST_HOME"
        ) from problem
    return RunDirectory(path, run)


def list_runs(runs: Path) -> list[RunDirectory]:
    """Return all runs, the oldest first."""
    return [RunDirectory(path, run) for _, path, run in sorted(_created(runs))]


def find_run(runs: Path, name: str, say: Callable[[str], None] = lambda _: None) -> RunDirectory:
    """Return the run with this name, id, unique prefix of an id, or path; `last` is the newest. Raises NotFound.

    Ids are the names in `runs`, so a run whose request is damaged does not affect the others; `say` is called with a
    note for each such run that `last` skips.
    """
    if "/" in name and (Path(name) / "request.json").is_file():
        return RunDirectory(Path(name).absolute())
    if (named := run_of(runs, name)) is not None and (runs / named / "request.json").is_file():
        return RunDirectory((runs / named).resolve(), named)
    everything = list_runs(runs)
    if name == "last" and everything:
        return _newest(everything, say)
    found = [run for run in everything if run.path.name == name or run.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} runs begin with {name!r}" if found else f"No run {name!r}"
    raise NotFound(
        what,
        where=str(runs),
        why="Runs: " + (", ".join(run.id for run in everything[-8:]) or "none yet") + ".",
        next_step="recast runs",
    )


def _newest(everything: list[RunDirectory], say: Callable[[str], None]) -> RunDirectory:
    """Return the newest run whose request can be read, or the newest of all if there is none."""
    for run in reversed(everything):
        try:
            run.request()
            return run
        except StoreError as problem:
            say(left_out(run, problem))
    return everything[-1]


def left_out(run: RunDirectory, problem: StoreError) -> str:
    """Return the note about a run that is skipped."""
    return f"note       run {run.id} is left out: {problem.what} ({problem.where}): {problem.why}"


def _run_in(path: Path) -> str | None:
    try:
        return RunDirectory(path).request().run
    except StoreError:
        return None


def _created(runs: Path) -> Iterator[tuple[float, Path, str]]:
    try:
        entries = list(runs.iterdir())
    except FileNotFoundError:
        return
    except OSError as problem:
        next_step = "move away what stands in its place, or choose another folder: export RECAST_HOME=DIR"
        raise StoreError.of(problem, "The folder of all runs cannot be read", runs, next_step) from problem
    for entry in entries:
        request = entry / "request.json"
        try:
            yield request.stat().st_mtime, entry.resolve(), entry.name
        except (OSError, RuntimeError):
            continue  # a run that was never finished being made, or a link to a folder that is gone, or in a circle


def now() -> float:
    """Return the time in seconds since the epoch, UTC."""
    return time.time()
