"""`recast run`: create a run and drive it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recast.cli.environment import warn_of_overrides
from recast.cli.executor_command import ExecutorCommand
from recast.cli.options import prepared, source_options, until_option
from recast.cli.output import message, say
from recast.cli.progress import Progress
from recast.cli.ready import made_ready, yes_option
from recast.counted import counted
from recast.engine import StepRun
from recast.engine.overrides import RunOverrides
from recast.errors import InfrastructureError, InputError, RecastError, WorkflowFailed
from recast.jobs import FailureClass
from recast.names import check_name
from recast.places import places
from recast.rundir import RunDirectory
from recast.runs import LiveRun, create
from recast.runs.causes import cause_of
from recast.runs.drive import drive
from recast.runs.passwords import password_like
from recast.runs.prepare import with_images
from recast.runs.startable import check_startable
from recast.runs.usage import usage_lines, usage_of

if TYPE_CHECKING:
    import subprocess

__all__ = ["drive_and_report", "go_on_detached", "run"]

_DRIVEN_WITHIN_S, _LOOK_S = 300.0, 0.05

EPILOG = """
\b
Examples:
  recast run atlas-susy-2018-31 --example demo
  recast run oci://registry.example.org/atlas-susy-2018-31:1.0.0 --example demo
  recast run atlas-susy-2018-31@1.0.0 -p 'points=["RegionA/sbottom_1400_950_60"]'
  recast run ANALYSIS -p slha=@my.slha     (hands in a file; `recast show inputs ANALYSIS` says what it takes)
  recast run workflow.yml --toplevel specs --inputs input.yml --allow-host-process
  recast run workflow.yml --initdir data -p 'inputfiles="*.txt"' --workdir out
  recast run workflow.yml --toplevel github:ORG/REPO@v1:specs --inputs input.yml
  recast run workflow.yml --toplevel specs --input-archive inputs.zip --archive-match 'data/'
  recast run catalogue/my-search.yml --example demo --until select     (an entry that is not published yet)
  recast run examples/rome --example newsignal     (an imported entry of recast-atlas)
  recast run ANALYSIS --example demo --name monday --detach      (then: recast wait monday; recast results monday)
  recast run ANALYSIS --executor slurm --memory 4GB --stage fit:walltime=2h --bind /data/events:/data
"""

INFRASTRUCTURE = {
    FailureClass.DISK,
    FailureClass.INFRASTRUCTURE,
    FailureClass.SUBMISSION,
    FailureClass.STAGING,
    FailureClass.LOST,
}


@click.command(cls=ExecutorCommand, epilog=EPILOG)
@source_options
@until_option
@click.option("--workdir", type=click.Path(path_type=Path), help="Folder of the run [default: in the state folder].")
@click.option("--detach", is_flag=True, help="Return at once; the run goes on in the background.")
@click.option("--name", default="", metavar="NAME", help="What the run is called, wherever a run's id is asked for.")
@yes_option
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def run(workdir: Path | None, detach: bool, quiet: bool, name: str, yes: bool, **arguments: Any) -> None:
    """Run a published analysis, an imported entry, or any yadage workflow.

    The run's id is printed on stdout when the run has been created; progress goes to stderr.
    """
    if name:
        check_name(places().runs, name)
    ready = prepared(**arguments)
    ready = replace(ready, request=replace(ready.request, name=name))
    check_startable(
        ready.plan, ready.request.executor, ready.request.runtime, (lambda _: None) if quiet else _passed_over
    )
    if ready.source.offer.name and not arguments["example"]:
        message(f"inputs     those of the example {ready.source.offer.name!r}; -p, --inputs or --example give others")
    if ready.request.until is not None:
        message(f"until      stage {ready.request.until!r}; a whole run takes these steps from the cache")
    for key in password_like(ready.request.given):
        message(
            f"warning    the input {key!r} looks like a password: it is written to the run's record and to commands; "
            "for storage behind Kerberos ask for `resources: [{kerberos: true}]` instead"
        )
    for warning in ready.source.warnings:
        message(f"warning    {warning}")
    if ready.source.version is not None:
        is_draft = "draft" in (ready.source.origin or {})
        ready = with_images(ready, made_ready(ready.source.version, yes, is_draft=is_draft))
    for line in ready.source.other_images():
        message(f"warning    {line}")
    directory = create(ready, places(), workdir)
    say(ready.request.run)
    sys.stdout.flush()
    if detach:
        warn_of_overrides(ready.plan.overrides)
        go_on_detached(directory)
    else:
        drive_and_report(directory, quiet=quiet)


def _passed_over(why: str) -> None:
    message(f"note       {why}")


def drive_and_report(directory: RunDirectory, *, quiet: bool, reset: list[str] | None = None) -> None:
    """Drive a run and say how it ended; raise WorkflowFailed or InfrastructureError if it did not succeed."""
    warn_of_overrides(RunOverrides.from_json(directory.request().overrides))
    with Progress(quiet) as progress:
        live = drive(directory, places(), progress, reset=reset, say=message)
    if live.engine.state == "succeeded":
        if not quiet:
            for line in usage_lines(usage_of(live.engine)):
                message(line)
            _tell_verdict(live)
            message(f"run {live.request.run} succeeded: {_count(live)}; results: recast results {live.request.run}")
        return
    raise _failure(live)


def _tell_verdict(live: LiveRun) -> None:
    """Say what came of it, in at most five lines, if the run has typed results."""
    from recast.catalogue.warnings import warnings_of_digest
    from recast.cli.results import read_results
    from recast.results.summary import answer_in_lines

    if not live.request.results or "scan" in (live.request.origin or {}):
        return
    found = read_results(live.directory.path)["results"]
    for line in answer_in_lines(found, warnings_of_digest(live.request.digest)):
        message(line)


def go_on_detached(directory: RunDirectory) -> None:
    """Let a process of its own drive a run, and return when it has begun."""
    import subprocess
    import sys

    run_id = directory.request().run
    log = directory.path / "driver.log"
    with log.open("ab") as output:
        driver = subprocess.Popen(
            [sys.executable, "-m", "recast", "resume", run_id],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    _wait_until_driven(directory, driver)
    message(f"detached; watch it with: recast status {run_id}; its messages: {log}")


def _wait_until_driven(directory: RunDirectory, driver: subprocess.Popen[bytes]) -> None:
    """Wait until a driver has the run, or has ended: before, the run looks as if nobody drove it."""
    import time

    from recast.journal import RunLock

    give_up_at = time.monotonic() + _DRIVEN_WITHIN_S
    while driver.poll() is None and RunLock(directory.lock).holder() is None and time.monotonic() < give_up_at:
        time.sleep(_LOOK_S)


def _count(live: LiveRun) -> str:
    runs = [run for run in live.engine.runs.values() if run.step.packtivity is not None]
    cached = sum(run.cached_from is not None for run in runs)
    return counted(len(runs), "step") + (f", {cached} from the cache" if cached else "")


def _failure(live: LiveRun) -> RecastError:
    """Return the error that says why a run did not succeed: step, log, its last lines, and the next command."""
    run_id = live.request.run
    bad = [run for run in live.engine.runs.values() if run.failure is not None]
    if live.engine.state == "cancelled" or not bad:
        return WorkflowFailed(
            f"Run {run_id} {live.engine.state}",
            where=str(live.directory.path),
            why=live.engine.reason,
            next_step=f"recast resume {run_id}",
        )
    first = bad[0]
    log = live.directory.jobs / first.job_id / "log" if first.job_id else None
    tail = _tail(log) if log else ""
    cause = cause_of(live, first, _tail(log, lines=200, most_bytes=32_768)) if log else None
    kind = _kind([run.failure for run in bad if run.failure is not None])
    others = f" ({len(bad) - 1} more failed)" if len(bad) > 1 else ""
    return kind(
        f"Step {first.step.id} failed{others}",
        where=f"run {run_id}" + (f", log {log}" if log else ""),
        why=f"[{first.failure}] {first.reason}"
        + (f"\n{cause.what}" if cause else "")
        + (f"\nlast lines of the log:\n{tail}" if tail else ""),
        next_step=cause.next_step if cause else _next(live, first, kind),
    )


def _next(live: LiveRun, first: StepRun, kind: type[RecastError]) -> str:
    if kind is InputError:
        return "hand in what the step can use, in a new run; steps that do not read it come from the cache"
    again = f"recast resume {live.request.run}"
    if live.request.executor != "local" and first.failure in (FailureClass.SPEC, FailureClass.SUBMISSION):
        return f"{again} takes other settings of {live.request.executor} ({again} --help); finished steps are kept"
    if first.failure is FailureClass.SPEC:
        return "mend the workflow, and run it again, as a new run; finished steps come from the cache"
    return (
        f"mend the cause, then: {again}   (finished steps are kept)\n"
        "A changed workflow or input is a new run: recast run ...   (finished steps come from the cache)"
    )


def _kind(failures: list[FailureClass]) -> type[RecastError]:
    """Return what a run is that stopped for these: whose fault it was."""
    if all(failure in INFRASTRUCTURE for failure in failures):
        return InfrastructureError
    return InputError if all(failure is FailureClass.REFUSED for failure in failures) else WorkflowFailed


def _tail(log: Path, lines: int = 8, most_bytes: int = 8192) -> str:
    try:
        with log.open("rb") as reader:
            reader.seek(max(0, log.stat().st_size - most_bytes))
            text = reader.read(most_bytes).decode(errors="replace")
    except OSError:
        return ""
    return "\n".join("  " + line for line in text.splitlines()[-lines:])
