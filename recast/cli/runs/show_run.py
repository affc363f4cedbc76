"""`recast show RUN`: a run and all of its steps."""

from __future__ import annotations

import click

from recast.cli.find_run import run_directory
from recast.cli.output import emit, message, output_option, say
from recast.errors import SpecError
from recast.prepare.origin import origin_lines, override_lines
from recast.reports.run_report import run_json
from recast.runs import open_run
from recast.runs.intact import check_spec

__all__ = ["show"]


@click.command(epilog="\b\nExamples:\n  recast show last\n  recast show last -o json\n  recast show last -o csv")
@click.argument("run")
@output_option
def show(run: str, output: str) -> None:
    """Show a run and all of its steps; or a version, ANALYSIS@VERSION or oci://..., as `recast catalogue show` does."""
    if "@" in run or run.startswith("oci://"):
        from recast.cli.catalogue import show_version

        show_version(run, output)
        return
    live = open_run(run_directory(run))
    try:
        check_spec(live.directory, live.request)
    except SpecError as problem:
        message(f"warning    {problem.what}: this is not what ran ({problem.where})")
    document = run_json(live)
    if output == "table":
        say(f"run {document['run']}: {document['state']}, {document['directory']}")
        for line in (*origin_lines(document["origin"]), *override_lines(document["overrides"])):
            say(line)
    emit(document, document["steps"], ("id", "state", "cached", "attempts", "exit_code", "reason"), output)
