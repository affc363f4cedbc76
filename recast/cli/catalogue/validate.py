"""`recast validate`: check that a version still reproduces the published numbers."""

from __future__ import annotations

from collections.abc import Sequence

import click

from recast.cli.consent import asking, yes_option
from recast.cli.executor_command import ExecutorCommand
from recast.cli.output import emit, message, output_option, print_error
from recast.counted import counted
from recast.errors import NotFound, RecastError, UsageError, ValidationFailed
from recast.json_types import JsonObject

__all__ = ["validate"]

# A `published` number may come from another search or an earlier run of ours; `source` says where it comes from.
COLUMNS = ("name", "reference", "ours", "deviation", "tolerance", "kind", "verdict")

EPILOG = """
\b
Examples:
  recast validate atlas-susy-2018-31
  recast validate atlas-susy-2018-31 --only 'A_*'
  recast validate --all -o json > validation.json
"""


@click.command(cls=ExecutorCommand, epilog=EPILOG)
@click.argument("analysis", required=False)
@output_option
@click.option(
    "--all", "everything", is_flag=True, help="Validate the newest version of every analysis in the local catalogue."
)
@click.option("--only", metavar="PATTERN", help="Only items whose names match, such as 'A_*'.")
@click.option("--executor", metavar="NAME", help="Where jobs run: `recast executors ls` [default: local].")
@click.option("--runtime", help="Container runtime: bubblewrap, podman, docker, apptainer.")
@click.option("--max-parallel", type=click.IntRange(1), help="Number of parallel jobs [default: number of cores].")
@click.option("--no-cache", is_flag=True, help="Run every step, even if its result is cached.")
@yes_option
def validate(
    analysis: str | None,
    output: str,
    everything: bool,
    only: str | None,
    executor: str | None,
    runtime: str | None,
    max_parallel: int | None,
    no_cache: bool,
    yes: bool,
    given: JsonObject,
) -> None:
    """Run the validation items of ANALYSIS[@VERSION] and compare with their references; exit code 1 if any failed.

    Items with equal inputs share one run. The outcome is stored with the version's digest, and shown by `recast
    catalogue show`. A deviation that the entry documents is shown as documented, with the entry's reason.
    """
    from recast.cli.runs.run import drive_and_report
    from recast.operations.validate import Validation, validate_all
    from recast.operations.validate import validate as validate_one
    from recast.prepare import Options
    from recast.prepare.arguments import executor_and_settings

    if everything == (analysis is not None):
        raise UsageError(
            "Name one analysis, or use --all", next_step="recast validate ANALYSIS, or recast validate --all"
        )
    name, settings = executor_and_settings(executor, given)
    options = Options(name, runtime, max_parallel, not no_cache, executor_settings=settings)
    how = Validation(options, asking(yes), lambda directory: drive_and_report(directory, quiet=False), message, only)
    items, problems = validate_all(how, print_error) if analysis is None else (validate_one(analysis, how), [])
    if only is not None and not items and not problems:
        raise NotFound(
            f"No validation item matches {only!r}",
            why="Nothing was validated.",
            next_step=f"recast catalogue show {analysis or 'ANALYSIS'}   (lists them)",
        )
    columns = ("analysis", *COLUMNS) if everything else COLUMNS
    emit({"items": items}, [{**item, "reference": item["published"]} for item in items], columns, output)
    _tell_reasons(items)
    _raise_for([item for item in items if item["verdict"] == "failed"], len(items), problems)


def _tell_reasons(items: Sequence[JsonObject]) -> None:
    """Print why items count as documented instead of passed: each reason once, with the items that it applies to."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for item in items:
        if item["verdict"] == "documented":
            reasons.setdefault((item["analysis"], item["reason"]), []).append(item["name"])
    for (analysis, reason), names in reasons.items():
        message(f"documented {analysis} {', '.join(names)}: {reason}")


def _raise_for(failed: Sequence[JsonObject], count: int, problems: Sequence[RecastError]) -> None:
    """Raise ValidationFailed for failed items; otherwise the first problem that prevented a validation."""
    if failed:
        told = [
            f"{it['analysis']} {it['name']}: {it['reason'] or 'the deviation is above the tolerance'}" for it in failed
        ]
        raise ValidationFailed(
            f"{len(failed)} of {counted(count, 'item')} failed",
            where=", ".join(dict.fromkeys(f"{it['analysis']}@{it['version']}" for it in failed)),
            why="\n".join(told[:5]),
            next_step="recast show last   (the newest run)",
        )
    if problems:
        raise problems[0]
