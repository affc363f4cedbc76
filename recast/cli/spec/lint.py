"""`recast spec lint`: everything in a workflow that is wrong, doubtful, or unsuitable for preservation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recast.cli.output import FORMATS, as_json, emit, message, say, write, write_page
from recast.cli.spec.judging import SUMMARY, toplevel_option
from recast.errors import UsageError
from recast.json_types import JsonDict
from recast.operations.lint import judgements, place_of, report_of, summary_of
from recast.terminal_safe import visible

if TYPE_CHECKING:
    from recast.spec.lint.judge import Judgement

__all__ = ["lint"]

_FAILED = 3
_COLUMNS = ("path", "severity", "code", "file", "line", "key", "what", "why", "next")

EPILOG = """
\b
Examples:
  recast spec lint specs/workflow.yml
  recast spec lint . -o json | jq .summary
  recast spec lint . -o sarif > recast.sarif
  recast spec lint --explain no-set-e
\b
To suppress a finding, give a reason in a comment on its line or above it:
  # recast: allow host-process this test is about processes of the host
"""


@click.command(epilog=EPILOG)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="PATH...")
@toplevel_option
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.option(
    "--rule", "codes", multiple=True, metavar="CODE", help="Show only the findings of this rule; may be repeated."
)
@click.option("--explain", metavar="CODE", help="Explain a rule, with a bad and a good example.")
@click.option("--rules", "list_rules", is_flag=True, help="List all rules.")
@click.option(
    "-o",
    "--output",
    type=click.Choice([*FORMATS, "sarif"]),
    default="table",
    show_default=True,
    help="Output format.",
)
@click.pass_context
def lint(
    ctx: click.Context,
    paths: tuple[Path, ...],
    toplevel: str | None,
    strict: bool,
    codes: tuple[str, ...],
    explain: str | None,
    list_rules: bool,
    output: str,
) -> None:
    """Show all findings on workflows, with file, line, key, rule and fix.

    PATH is a workflow file, or a folder whose workflow files are all checked. Exit code 3 if there is an error, or
    with --strict a warning.
    """
    if explain is not None:
        _explain(explain)
    elif list_rules:
        _list_rules(output)
    elif not paths:
        raise UsageError("There is nothing to lint", next_step="recast spec lint PATH...")
    else:
        found = _only(judgements(paths, toplevel, lint=True, say=message), codes)
        _show(found, output)
        gravest = {finding.severity for judgement in found for finding in judgement.findings}
        if "error" in gravest or (strict and "warning" in gravest):
            ctx.exit(_FAILED)


def _only(found: Sequence[Judgement], codes: Sequence[str]) -> Sequence[Judgement]:
    """Return the judgements with the findings of some rules, of all if none is named."""
    from dataclasses import replace

    from recast.spec.rulebook import find

    wanted = {find(code).code for code in codes}
    if not wanted:
        return found
    return [
        replace(
            judgement,
            findings=tuple(finding for finding in judgement.findings if finding.code in wanted),
            silenced=tuple(item for item in judgement.silenced if item.finding.code in wanted),
        )
        for judgement in found
    ]


def _show(found: Sequence[Judgement], output: str) -> None:
    if output == "sarif":
        from recast.spec.lint.sarif import as_sarif

        write(as_json(as_sarif(found, Path()), indent=1))
    elif output == "table":
        _print_findings(found)
        message(_closing(found))
    else:
        reports = [report_of(judgement) for judgement in found]
        rows = [
            {"path": report["path"], **finding}
            for report in reports
            for finding in report["errors"] + report["warnings"] + report["notes"]
        ]
        emit({"files": reports, "summary": summary_of(found)}, rows, _COLUMNS, output)


def _print_findings(found: Sequence[Judgement]) -> None:
    """Print each different finding once: a line with place, severity, code and message, and one with the fix."""
    shown: set[str] = set()
    for judgement in found:
        for finding in judgement.findings:
            line = f"{place_of(judgement, finding)}: {finding.severity} [{finding.code}] {finding.what}"
            if line in shown:
                continue
            shown.add(line)
            say(line)
            if finding.next_step:
                say(f"    {finding.next_step}")
        if judgement.more:
            say(f"{visible(str(judgement.path), None)}: {judgement.more} more findings are not shown")


def _closing(found: Sequence[Judgement]) -> str:
    counts = summary_of(found)
    words = [
        f"{counts[key]} {key if counts[key] != 1 else key.removesuffix('s')}" for key in ("errors", "warnings", "notes")
    ]
    closing = f"{SUMMARY.format(**counts)}. {', '.join(words)}, {counts['silenced']} silenced"
    return closing + (". `recast spec lint --explain CODE` explains a rule" if counts["codes"] else "")


def _explain(code: str) -> None:
    from recast.pages import page_text
    from recast.spec.rulebook import find

    write_page(page_text(find(code).code))


def _list_rules(output: str) -> None:
    from recast.spec.rulebook import RULES

    rows: list[JsonDict] = [
        {
            "code": rule.code,
            "severity": rule.severity,
            "stops_run": rule.stops_run,
            "title": rule.title,
            "why": rule.why,
            "fix": rule.fix,
        }
        for rule in RULES.values()
    ]
    if output == "sarif":
        raise UsageError("The list of rules cannot be printed as sarif", next_step="recast spec lint --rules -o json")
    emit(rows, rows, ("code", "severity", "title"), output)
