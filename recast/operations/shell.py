"""A shell, or one command, in place of a step: with its image, its inputs and its confinement; nothing is kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from recast.atomic import new_folder
from recast.engine import StepRun
from recast.engine.make_job import job_for
from recast.engine.options import resources_of
from recast.errors import InputError, StoreError, WorkflowFailed
from recast.executors.bundle import build_worker
from recast.jobs import ContainerJob, StepState
from recast.json_types import JsonDict
from recast.paths import Places
from recast.prepare.site_rules import check_again, runtimes_of
from recast.prepare.whose_spec import is_strangers
from recast.reports.find_step import find_step
from recast.rundir import RunDirectory
from recast.runs.images import Images, image_preparer
from recast.runs.open_run import OpenRun, open_run
from recast.runtimes import Runtime, choose_runtime
from recast.runtimes.protocol import Sandbox
from recast.site import this_site
from recast.spec.model import ContainerEnvironment
from recast.store import ArtifactStore

__all__ = ["shell_in"]

COMMAND = "RECAST_COMMAND"
"""The environment variable with what the step itself runs."""

_SHELL = "if command -v bash >/dev/null; then exec bash --norc; else exec sh; fi"
_LONGEST_VARIABLE_BYTES = 60_000
_LOOK_S = 0.1

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Room:
    """What is needed in place of the step: its job, the runtime that starts its container, and a folder."""

    job: ContainerJob
    runtime: Runtime
    image: str
    folder: Path
    store: ArtifactStore


def shell_in(
    directory: RunDirectory, name: str, command: str | None, places: Places, say: Say, show: Callable[[bytes], None]
) -> None:
    """Open a shell in the container of a step, or run one command in it, whose output is passed to `show`.

    Raises NotFound for an unknown step, InputError for one that has no container or whose inputs are not there yet,
    WorkflowFailed if the command fails, and what images, runtimes and site policies raise.
    """
    live = open_run(directory)
    run = find_step(live, name)
    _check(live, run)
    check_again(live.engine.plan, "local", live.request.runtime, live.request.executor_settings)
    images = _images(live, places, say)
    job = _job(live, run, images)
    runtime = choose_runtime(live.request.runtime, runtimes_of(live.engine.plan))
    image = image_preparer(runtime, places.image_store, images, images.making)(job.image or "")
    store = ArtifactStore(places.artifact_store)
    for item in job.inputs:
        store.local(item.digest)
    told = _as_told(job, command)
    try:
        with new_folder(directory.path, "shell", 0o700) as folder:
            room = _Room(told, runtime, image, folder, store)
            _by_hand(room, job, say) if command is None else _command(room, show)
    except OSError as problem:
        step = "free some disk space, or fix the permissions"
        raise StoreError.of(problem, "The folder of the shell cannot be made", directory.path, step) from problem


def _check(live: OpenRun, run: StepRun) -> None:
    step = run.step
    body = step.packtivity
    if body is None or body.process is None or body.process.kind == "manual":
        raise InputError(f"Step {step.id} runs nothing", where=f"run {live.request.run}")
    if not isinstance(body.environment, ContainerEnvironment):
        raise InputError(
            f"Step {step.id} runs on the host, not in an image",
            where=step.where,
            next_step=f"a shell of your own, in {live.directory.work}",
        )
    lacking = [other.id for other in step.depends_on if _state(live, other.id) is not StepState.SUCCEEDED]
    if lacking:
        raise InputError(
            f"The inputs of step {step.id} are not there yet",
            where=f"run {live.request.run}",
            why=f"It waits for {', '.join(lacking[:5])}.",
            next_step=f"recast resume {live.request.run}",
        )


def _state(live: OpenRun, step: str) -> StepState:
    found = live.engine.runs.get(step)
    return found.state if found is not None else StepState.SUCCEEDED  # init has no state


def _images(live: OpenRun, places: Places, say: Say) -> Images:
    plan = live.engine.plan
    strangers = is_strangers(live.request, places.catalogue_store)
    return Images(plan.workflow, plan.pins, places.image_store, say, plan.overrides.images, strangers=strangers)


def _job(live: OpenRun, run: StepRun, images: Images) -> ContainerJob:
    """Return the job of a step as its next attempt would run it, with what its image adds."""
    plan, expansion = live.engine.plan, live.engine.expansion
    job = job_for(
        run.step,
        f"shell-{plan.run}-{run.step.number}-{os.getpid()}",
        plan.pins,
        expansion.directories,
        run.resources or resources_of(run.step, plan.overrides),
        expansion.jq,
        allow_host_process=False,
        overrides=plan.overrides,
    )
    config = images.config(job.image or "")
    workdir = config.workdir if config.workdir not in ("", "/") else None
    return replace(job, env={**config.env, **job.env}, cwd=job.cwd or workdir)


def _as_told(job: ContainerJob, command: str | None) -> ContainerJob:
    """Return the job with a shell, or the user's command, in place of its own command, which is in a variable."""
    own = job.command or job.script or ""
    env = {**job.env, COMMAND: own} if len(own.encode()) <= _LONGEST_VARIABLE_BYTES else dict(job.env)
    if command is None:
        env["TERM"] = os.environ.get("TERM", "dumb")
    text = _SHELL if command is None else command
    return replace(job, command=text, script=None, interpreter="sh", outputs=(), env=env)


def _by_hand(room: _Room, job: ContainerJob, say: Say) -> None:
    kind = f"a script for {job.interpreter!r}" if job.script is not None else "a command"
    say(f"{job.image}; work folder {job.workdir}; what the step runs, {kind}, is in ${COMMAND}")
    say("all files written here are deleted at the end; leave with Ctrl-D")
    code = subprocess.run(_worker("shell", _task_file(room, on_terminal=True)), check=False).returncode
    if code == 125:
        raise WorkflowFailed("The shell could not be started", where=str(room.folder))


def _command(room: _Room, show: Callable[[bytes], None]) -> None:
    worker = subprocess.Popen(
        _worker("run", _task_file(room, on_terminal=False)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    shown = 0
    try:
        while worker.poll() is None:
            shown += _follow(room.folder, shown, show)
            time.sleep(_LOOK_S)
    finally:
        worker.terminate()
        worker.wait()
    _follow(room.folder, shown, show)
    outcome = json.loads((room.folder / "attempt" / "outcome.json").read_bytes())
    if outcome["failure"] is not None:
        raise WorkflowFailed(
            "The command failed",
            where=f"image {room.job.image}",
            why=f"[{outcome['failure']}] {outcome['message']}",
        )


def _follow(folder: Path, start: int, show: Callable[[bytes], None]) -> int:
    """Show what is new in the log, only whole lines while it is being written; return the number of bytes shown."""
    try:
        with (folder / "attempt" / "log").open("rb") as log:
            log.seek(start)
            piece = log.read()
    except FileNotFoundError:
        return 0
    ends = (folder / "attempt" / "outcome.json").exists()
    piece = piece if ends else piece[: piece.rfind(b"\n") + 1]
    if piece:
        show(piece)
    return len(piece)


def _worker(verb: str, task: Path) -> list[str]:
    from recast.paths import places

    return [sys.executable, "-I", str(build_worker(places().cache_dir / "worker")), verb, str(task)]


def _task_file(room: _Room, *, on_terminal: bool) -> Path:
    attempt, site = f"{room.folder}/attempt", this_site()
    sandbox = Sandbox(
        room.image, f"{attempt}/work", f"{attempt}/in", f"{attempt}/texts", site.cvmfs, site.credentials, site.secrets
    )
    launch = room.runtime.launch(room.job, sandbox)
    launch = replace(launch, argv=_with_terminal(launch.argv)) if on_terminal else launch
    task: JsonDict = {
        "job": room.job.as_json(),
        "attempt_dir": attempt,
        "store": str(room.store.root),
        "stamps": room.store.known.for_worker(item.digest for item in room.job.inputs),
        "runtime": launch.as_json(room.runtime.name),
        "image_digest": room.job.image,
    }
    path = room.folder / "task.json"
    path.write_text(json.dumps(task), encoding="utf-8")
    return path


def _with_terminal(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Return the argv for a payload with a terminal; the worker allocates it, and it is not the user's own."""
    end = argv.index("--") if "--" in argv else len(argv)
    head = [word for word in argv[:end] if word != "--new-session"]
    if "--interactive" in head:
        head.insert(head.index("--interactive") + 1, "--tty")
    return (*head, *argv[end:])
