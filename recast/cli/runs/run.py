"""`recast run`: create a run and drive it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from recast.cli.consent import asking, yes_option
from recast.cli.environment import warn_of_overrides
from recast.cli.executor_command import ExecutorCommand
from recast.cli.options import source_options, until_option
from recast.cli.output import message, say
from recast.cli.runs.progress import Progress
from recast.engine.overrides import RunOverrides
from recast.operations.run import begin_run, drive_run
from recast.paths import places
from recast.prepare.arguments import prepared
from recast.reports.run_end import steps_in_words, verdict_lines
from recast.reports.usage import usage_lines, usage_of
from recast.rundir import RunDirectory
from recast.runs.detach import go_on_detached

__all__ = ["drive_and_report", "leave", "run"]


EPILOG = """
\b
Examples:
  recast run atlas-susy-2018-31 --example demo
  recast run oci://registry.example.org/atlas-susy-2018-31:1.0.0 --example demo
  recast run atlas-susy-2018-31@1.0.0 -p 'points=["RegionA/sbottom_1400_950_60"]'
  recast run ANALYSIS -p slha=@my.slha     (passes a file; `recast show inputs ANALYSIS` lists the inputs)
  recast run workflow.yml --toplevel specs --inputs input.yml --allow-host-process
  recast run workflow.yml --initdir data -p 'inputfiles="*.txt"' --workdir out
  recast run workflow.yml --toplevel github:ORG/REPO@v1:specs --inputs input.yml
  recast run workflow.yml --toplevel specs --input-archive inputs.zip --archive-match 'data/'
  recast run catalogue/my-search.yml --example demo --until select     (an entry that is not published yet)
  recast run examples/rome --example newsignal     (an imported entry of recast-atlas)
  recast run ANALYSIS --example demo --name monday --detach      (then: recast wait monday; recast results monday)
  recast run ANALYSIS --executor slurm --memory 4GB --stage fit:walltime=2h --bind /data/events:/data
"""


@click.command(cls=ExecutorCommand, epilog=EPILOG)
@source_options
@until_option
@click.option("--workdir", type=click.Path(path_type=Path), help="Folder of the run [default: below RECAST_HOME].")
@click.option("--detach", is_flag=True, help="Return immediately; the run continues in the background.")
@click.option("--name", default="", metavar="NAME", help="Name of the run, usable in place of its id.")
@yes_option
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def run(workdir: Path | None, detach: bool, quiet: bool, name: str, yes: bool, **arguments: Any) -> None:
    """Run a published analysis, an imported entry, or any yadage workflow.

    The run's id is printed on stdout when the run has been created; progress goes to stderr.
    """
    ready = prepared(**arguments)
    if ready.source.offer.name and not arguments["example"]:
        message(
            f"inputs     those of the example {ready.source.offer.name!r}; use -p, --inputs or --example for others"
        )
    directory = begin_run(
        ready, places(), consent=asking(yes), say=message, name=name, workdir=workdir,
        passed_over=None if quiet else lambda why: message(f"note       {why}"),
    )  # fmt: skip
    say(directory.id)
    sys.stdout.flush()
    if detach:
        warn_of_overrides(ready.plan.overrides)
        leave(directory)
    else:
        drive_and_report(directory, quiet=quiet)


def drive_and_report(directory: RunDirectory, *, quiet: bool, reset: list[str] | None = None) -> None:
    """Drive a run and report how it ended; raise what `drive_run` raises."""
    warn_of_overrides(RunOverrides.from_json(directory.request().overrides))
    with Progress(quiet) as progress:
        live = drive_run(directory, places(), progress, message, reset)
    if quiet:
        return
    run_id = live.request.run
    for line in (*usage_lines(usage_of(live.engine)), *verdict_lines(live)):
        message(line)
    message(f"run {run_id} succeeded: {steps_in_words(live)}; results: recast results {run_id}")


def leave(directory: RunDirectory) -> None:
    """Continue a run in a separate process, and print how to come back to it."""
    log = go_on_detached(directory)
    message(f"detached; watch it with: recast status {directory.id}; its messages: {log}")
