"""`recast spec`: check workflows, and print their digests."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recast.cli.output import emit, message, output_option, say
from recast.cli.spec.judging import SUMMARY, paths_argument, toplevel_option
from recast.counted import counted
from recast.json_types import JsonDict
from recast.operations.lint import here, judgements, place_of, report_of, summary_of
from recast.terminal_safe import visible

if TYPE_CHECKING:
    from recast.spec.lint.judge import Judgement

__all__ = ["spec"]

_INVALID = 3
_COLUMNS = ("path", "severity", "code", "where", "what", "next")

_ELSEWHERE: dict[str, str] = {
    # subcommand: module (the click command in it has the same name)
    "diff": "recast.cli.catalogue.diff",
    "graph": "recast.cli.spec.graph",
    "lint": "recast.cli.spec.lint",
}


class _SpecGroup(click.Group):
    """A group that imports the modules of its larger commands when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all subcommands."""
        return sorted({*super().list_commands(ctx), *_ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a subcommand of this module or of the one that it is in."""
        if cmd_name not in _ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(importlib.import_module(_ELSEWHERE[cmd_name]), cmd_name)
        return command


@click.group(cls=_SpecGroup)
def spec() -> None:
    """Check, compare and draw workflow specs without running them."""


_VALIDATE_EPILOG = """
\b
Examples:
  recast spec validate specs/workflow.yml
  recast spec validate . -o json | jq .summary
  recast spec validate flows/workflow.yml --toplevel .
"""


@spec.command(epilog=_VALIDATE_EPILOG)
@paths_argument
@toplevel_option
@click.option("-w", "--warnings", is_flag=True, help="Print warnings too.")
@output_option
@click.pass_context
def validate(ctx: click.Context, paths: tuple[Path, ...], toplevel: str | None, warnings: bool, output: str) -> None:
    """Show for each workflow whether it is valid and whether it can run, in one line each.

    PATH is a workflow file, or a folder whose workflow files are all checked. `valid` is the verdict of the
    language's schema, the same as that of yadage-schemas 0.11.1; a valid workflow that would fail or silently do
    nothing is `valid, but cannot run`. Exit code 3 if any workflow cannot run.
    """
    found = judgements(paths, toplevel, say=message)
    reports = [report_of(judgement) for judgement in found]
    if output == "table":
        for judgement in found:
            _print_line(judgement, warnings)
        if len(found) > 1:
            say(SUMMARY.format(**summary_of(found)))
    else:
        rows = [{"path": r["path"], **finding} for r in reports for finding in r["errors"] + r["warnings"]]
        emit({"files": reports, "summary": summary_of(found)}, rows, _COLUMNS, output)
    if not all(judgement.runnable for judgement in found):
        ctx.exit(_INVALID)


@spec.command()
@paths_argument
@toplevel_option
@output_option
def digest(paths: tuple[Path, ...], toplevel: str | None, output: str) -> None:
    """Print the sha256 of a folder's files, or of the files that a workflow reads.

    It depends on the names below the toplevel and the contents, not on the location of the folder.
    """
    from recast.spec import bundle_files, load_workflow, spec_digest

    rows: list[JsonDict] = []
    found, folder = here(paths, toplevel)
    for path in found:
        if path.is_dir():
            base, files = path, bundle_files(path)
        else:
            loaded = load_workflow(str(path.absolute()), folder or path.parent, check=False)
            base, files = loaded.toplevel, loaded.files
        rows.append({"digest": spec_digest(base, files), "path": str(path), "files": list(files)})
    if output == "table":
        for row in rows:
            say(f"{row['digest']}  {row['path']}")
    else:
        emit(rows, rows, ("digest", "path"), output)


def _print_line(judgement: Judgement, warnings: bool) -> None:
    """Print `path: ok`, or where and why not, in one line; with `warnings`, precede it by a line for each of them."""
    path = visible(str(judgement.path), None)
    doubts = [finding for finding in judgement.findings if finding.severity != "error"]
    for finding in doubts if warnings else ():
        remedy = f". {finding.next_step}" if finding.next_step else ""
        say(f"{place_of(judgement, finding)}: {finding.severity}: {finding.what}{remedy}")
    if judgement.runnable:
        count = len(doubts)
        hint = f" ({counted(count, 'warning')}; -w shows them)" if count and not warnings else ""
        say(f"{path}: ok{hint}")
        return
    first, *others = judgement.errors
    verdict = {"VALID": "valid, but cannot run", "INVALID": "invalid", "ERROR": "cannot be read"}[judgement.verdict]
    where, remedy = place_of(judgement, first), f". {first.next_step}" if first.next_step else ""
    more = f" (and {len(others) + judgement.more} more; `recast spec lint` shows all)" if others else ""
    start = f"{where}: {verdict}" if where.startswith(f"{path}:") else f"{path}: {verdict}: {where}"
    say(f"{start}: {first.what}{remedy}{more}")
