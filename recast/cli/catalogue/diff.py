"""`recast spec diff`: the differences between two versions."""

from __future__ import annotations

import click

from recast.cli.output import emit, message, output_option, say
from recast.cli.runs.diff import section_lines

__all__ = ["diff"]

DIFFERENT = 1

EPILOG = """
\b
Examples:
  recast spec diff atlas-susy-2018-31@1.0.0 atlas-susy-2018-31@1.1.0
  recast spec diff tiny-1@1.0.0 oci://registry.example.org/tiny-1:1.0.0 --exit-code && echo the same
"""


@click.command(epilog=EPILOG)
@click.argument("before", metavar="ANALYSIS@VERSION|oci://...")
@click.argument("after", metavar="ANALYSIS@VERSION|oci://...")
@click.option("--exit-code", is_flag=True, help="Exit code 1 if the versions differ.")
@output_option
@click.pass_context
def diff(ctx: click.Context, before: str, after: str, exit_code: bool, output: str) -> None:
    """Show the differences between two versions: stages and their parameters, images, inputs, results, files, etc."""
    from recast.catalogue.transfer.find import find_version
    from recast.reports.run_diff import diff_rows
    from recast.reports.version_diff import version_diff

    found = [find_version(name) for name in (before, after)]
    for warning in (line for item in found for line in item.warnings):
        message(f"warning    {warning}")
    document = version_diff(found[0].version, found[1].version)
    if output == "table":
        for side in ("before", "after"):
            say(f"{side:<7} {document[side]['reference']}  {document[side]['digest']}")
        if document["equal"]:
            say("The versions are equal.")
        for line in section_lines(document):
            say(line)
    else:
        emit(document, list(diff_rows(document)), ("section", "where", "before", "after", "relative", "words"), output)
    if exit_code and not document["equal"]:
        ctx.exit(DIFFERENT)
