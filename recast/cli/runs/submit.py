"""`recast submit`: one container of the user's own, as a run like any other."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from recast.cli.environment import job_options
from recast.cli.executor_command import ExecutorCommand
from recast.cli.options import how_options
from recast.cli.output import as_json, message, say, write
from recast.operations.submit import Submitted, preview
from recast.operations.submit import submit as submit_order
from recast.operations.submit_words import SubmitWords, order_and_options
from recast.paths import places

__all__ = ["submit"]

EPILOG = """
\b
Examples:
  recast submit busybox:1.36 -- echo hello
  recast submit ghcr.io/org/ana:1.2 --with cfg.yml --output 'hist/*.root' -- ./run.sh cfg.yml
  recast submit ana:1.2 --array 100 --output 'out_{index}.txt' -- sim --seed {index} --out out_{index}.txt
  recast submit ana:1.2 --each files.txt --output 'n.json' -- count {item} n.json
  recast submit ana:1.2 --executor slurm --cpus 4 --memory 8GB --walltime 2h -- make fit
  recast submit ana:1.2 --secret EOS_TOKEN=TOKEN --network -- sh -c 'fetch --token "$TOKEN"'
  recast submit ana:1.2 --executor panda --site CERN --dry-run -- ./run.sh
  recast submit -f job.yml --array 10

The command is an argv: no shell takes it apart; for pipes and variables write sh -c '...'. A job starts in an empty
folder; of what it leaves there, --output says what is kept. An image's tag is pinned to its digest at once.
"""


def _order_options(function: Any) -> Any:
    path = click.Path(path_type=Path)
    for add in reversed(
        [
            click.argument("image", metavar="IMAGE -- COMMAND...", required=False),
            click.option("-f", "--file", type=path, help="Take the options from this file (YAML or JSON)."),
            click.option(
                "--with",
                "with_",
                multiple=True,
                metavar="PATH",
                help="Send a file or folder along, into the job's folder.",
            ),
            click.option("--output", multiple=True, metavar="GLOB", help="Keep what matches; it has to be there."),
            click.option("--array", type=click.IntRange(1), metavar="N", help="N jobs; {index} is 0, 1, ..."),
            click.option("--each", metavar="FILE", help="A job for each line; {item} is the line, {index} its number."),
            click.option(
                "--tries", type=click.IntRange(1, 100), metavar="N", help="Start a job that fails up to N times."
            ),
        ]
    ):
        function = add(function)
    return function


class SubmitCommand(ExecutorCommand):
    """A command whose last words, behind two dashes, are a command of the user's: nothing in there is an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put what stands behind the first two dashes aside, then parse."""
        at = args.index("--") if "--" in args else len(args)
        try:
            rest = super().parse_args(ctx, args[:at])
        except click.NoSuchOption as problem:
            from recast.submissions.prun import meant_by_prun

            raise meant_by_prun(problem.option_name) or problem from None
        ctx.params["command"] = tuple(args[at + 1 :])
        return rest


@click.command(cls=SubmitCommand, epilog=EPILOG)
@_order_options
@how_options
@job_options
@click.option("--workdir", type=click.Path(path_type=Path), help="Folder of the run [default: below RECAST_HOME].")
@click.option("--detach", is_flag=True, help="Return immediately; the run continues in the background.")
@click.option("--name", default=None, metavar="NAME", help="Name of the run, usable in place of its id.")
@click.option("--dry-run", is_flag=True, help="Print what would be sent, and send nothing.")
@click.option("-o", "format_", type=click.Choice(("table", "json")), default="table", help="Output format.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def submit(
    image: str | None,
    command: tuple[str, ...],
    file: Path | None,
    workdir: Path | None,
    detach: bool,
    dry_run: bool,
    format_: str,
    quiet: bool,
    **said: Any,
) -> None:
    """Run a command in a container image, here or on a batch system; no workflow is needed.

    The run's id is printed on stdout when the run has been created; progress goes to stderr.
    """
    asked = order_and_options(SubmitWords(image, command, said, file))
    if dry_run:
        _show(preview(asked.order, asked.options, places(), say=message), format_)
        return
    submitted = submit_order(
        asked.order, asked.options, places(), say=message, name=asked.name, workdir=workdir,
        passed_over=None if quiet else lambda why: message(f"note       {why}"),
    )  # fmt: skip
    _tell(submitted, format_)
    _follow(submitted, detach, quiet)


def _follow(submitted: Submitted, detach: bool, quiet: bool) -> None:
    from recast.cli.runs.run import drive_and_report, leave

    if detach:
        leave(submitted.directory)
    else:
        drive_and_report(submitted.directory, quiet=quiet)


def _tell(submitted: Submitted, format_: str) -> None:
    say(as_json(submitted.as_json(), indent=1) if format_ == "json" else submitted.directory.id)
    sys.stdout.flush()


def _show(document: Any, format_: str) -> None:
    """Print a preview: as one document, or as what is sent and nothing around it."""
    if format_ == "json":
        say(as_json(document, indent=1))
        return
    for item in document["sent"]:
        message(f"# {item['title']}")
        write(item["text"])
    if not document["sent"]:
        say(as_json(document["jobs"], indent=1))
