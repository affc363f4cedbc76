"""`recast validate`: does a version still reproduce the published numbers?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import click

from recast.cli.executor_command import ExecutorCommand
from recast.cli.output import emit, message, output_option, print_error
from recast.cli.ready import made_ready, yes_option
from recast.counted import counted
from recast.errors import NotFound, RecastError, UsageError, ValidationFailed

if TYPE_CHECKING:
    from recast.catalogue import PublishedVersion
    from recast.runs import Options

__all__ = ["run_points", "validate"]

# A `published` number may be of another search, or ours of last year: `source` says whose, the column claims nothing.
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
@click.option("--all", "everything", is_flag=True, help="Every analysis of the local catalogue, its newest version.")
@click.option("--only", metavar="PATTERN", help="Only the items whose names match, such as 'A_*'.")
@click.option("--executor", metavar="NAME", help="Where jobs run: `recast executors ls` [default: local].")
@click.option("--runtime", help="What starts containers: bubblewrap, podman, docker, apptainer.")
@click.option("--max-parallel", type=click.IntRange(1), help="Jobs at once [default: the cores].")
@click.option("--no-cache", is_flag=True, help="Run every step, even if its result is known.")
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
    given: Mapping[str, Any],
) -> None:
    """Run the validation items of ANALYSIS[@VERSION], compare with their references; exit code 1 if any failed.

    Items of equal inputs share one run. What was found is kept with the version's digest; `recast catalogue show`
    tells it. A deviation that the entry documents is shown as documented, with the entry's reason.
    """
    from recast.cli.options import executor_and_settings
    from recast.runs import Options

    if everything == (analysis is not None):
        raise UsageError("One analysis, or --all", next_step="recast validate ANALYSIS, or recast validate --all")
    name, settings = executor_and_settings(executor, given)
    options = Options(name, runtime, max_parallel, not no_cache, executor_settings=settings)
    items, problems = _validate_each(_all_published() if analysis is None else [analysis], options, only, yes)
    if only is not None and not items and not problems:
        raise NotFound(
            f"No validation item matches {only!r}",
            why="Nothing was validated.",
            next_step=f"recast catalogue show {analysis or 'ANALYSIS'}   (names them)",
        )
    columns = ("analysis", *COLUMNS) if everything else COLUMNS
    emit({"items": items}, [{**item, "reference": item["published"]} for item in items], columns, output)
    _tell_reasons(items)
    _raise_for([item for item in items if item["verdict"] == "failed"], len(items), problems)


def _all_published() -> list[str]:
    from recast.catalogue import Catalogue

    names = list(Catalogue().analyses())
    if not names:
        raise NotFound("Nothing is published here", next_step="recast publish catalogue/ANALYSIS.yml")
    return names


def _validate_each(
    names: Sequence[str], options: Options, only: str | None, yes: bool
) -> tuple[list[dict[str, Any]], list[RecastError]]:
    """Return the items of all versions, and what kept versions from being validated: one does not stop the others."""
    items: list[dict[str, Any]] = []
    problems: list[RecastError] = []
    for name in names:
        try:
            items += _validate_one(name, options, only, yes)
        except RecastError as problem:
            if len(names) == 1:
                raise
            print_error(problem)
            problems.append(problem)
    return items, problems


def _validate_one(name: str, options: Options, only: str | None, yes: bool) -> list[dict[str, Any]]:
    """Validate a version, keep what was found with its digest, and return its items."""
    from recast.catalogue.evidence import keep_evidence
    from recast.catalogue.find import find_version
    from recast.catalogue.validate import validate as validate_version
    from recast.runs.prepare import check_can_start
    from recast.runs.source import from_version

    found = find_version(name)
    version = found.version
    check_can_start(from_version(version), options)
    for warning in found.to_run(allow_withdrawn=True):
        message(f"warning    {warning}")
    version = made_ready(version, yes, is_draft=found.written is not None)
    if only is not None:
        version = replace(version, validation=tuple(i for i in version.validation if fnmatchcase(i.name, only)))
    verdicts = validate_version(version, lambda which, inputs: run_points(which, inputs, options))
    items = [verdict.as_json(version) for verdict in verdicts]
    keep_evidence(version, items, whole=only is None)
    _say_validated(version)
    if not items:
        message(f"{version.reference} declares nothing to validate" + (f" that matches {only}" if only else ""))
    return items


def _say_validated(version: PublishedVersion) -> None:
    """Let what was found travel with the version, if it is the user's own."""
    import getpass

    from recast.catalogue import Catalogue
    from recast.catalogue.evidence import read_evidence
    from recast.catalogue.publish import say_validated
    from recast.catalogue.validated import summary

    evidence = read_evidence(version)
    if evidence and evidence["items"]:
        say_validated(version, Catalogue().store, summary(evidence), getpass.getuser())


def _tell_reasons(items: Sequence[Mapping[str, Any]]) -> None:
    """Say why items are documented and not passed: each reason once, with the items that it holds for."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for item in items:
        if item["verdict"] == "documented":
            reasons.setdefault((item["analysis"], item["reason"]), []).append(item["name"])
    for (analysis, reason), names in reasons.items():
        message(f"documented {analysis} {', '.join(names)}: {reason}")


def run_points(version: PublishedVersion, inputs: Mapping[str, Any], options: Options) -> dict[str, Any]:
    """Run a version to its end and return the document of its results; raise what `recast run` would."""
    from recast.cli.results import read_results
    from recast.cli.run import drive_and_report
    from recast.places import places
    from recast.runs import create, prepare
    from recast.runs.inputs import init_data
    from recast.runs.source import from_version

    source = from_version(version)
    directory = create(prepare(source, init_data(source, inputs, None), options), places(), None)
    drive_and_report(directory, quiet=False)
    return read_results(directory.path)


def _raise_for(failed: Sequence[Mapping[str, Any]], count: int, problems: Sequence[RecastError]) -> None:
    """Raise ValidationFailed for items that failed; else the first problem that kept a version from being validated."""
    if failed:
        told = [
            f"{it['analysis']} {it['name']}: {it['reason'] or 'the deviation is above the tolerance'}" for it in failed
        ]
        raise ValidationFailed(
            f"{len(failed)} of {counted(count, 'item')} failed",
            where=", ".join(dict.fromkeys(f"{it['analysis']}@{it['version']}" for it in failed)),
            why="\n".join(told[:5]),
            next_step="recast show last   (the run that was made last)",
        )
    if problems:
        raise problems[0]
