"""`recast validate`: does a version still reproduce the published numbers?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from recast.cli.executor_command import ExecutorCommand
from recast.cli.output import emit, message, output_option
from recast.errors import ValidationFailed

if TYPE_CHECKING:
    from recast.catalogue import PublishedVersion
    from recast.runs import Options

__all__ = ["run_points", "validate"]

COLUMNS = ("name", "published", "ours", "deviation", "tolerance", "kind", "verdict")


@click.command(cls=ExecutorCommand, epilog="\b\nExample:\n  recast validate atlas-susy-2018-31")
@click.argument("analysis")
@output_option
@click.option("--executor", metavar="NAME", help="Where jobs run: `recast executors ls` [default: local].")
@click.option("--runtime", help="What starts containers: bubblewrap, podman, docker, apptainer.")
@click.option("--max-parallel", type=click.IntRange(1), help="Jobs at once [default: the cores].")
@click.option("--no-cache", is_flag=True, help="Run every step, even if its result is known.")
def validate(
    analysis: str,
    output: str,
    executor: str | None,
    runtime: str | None,
    max_parallel: int | None,
    no_cache: bool,
    given: Mapping[str, Any],
) -> None:
    """Run the validation items of ANALYSIS[@VERSION], compare with the published values; exit code 1 if any failed."""
    from recast.catalogue.evidence import keep_evidence
    from recast.catalogue.find import find_version, make_ready
    from recast.catalogue.validate import validate as validate_version
    from recast.cli.options import executor_and_settings
    from recast.places import places
    from recast.runs import Options

    found = find_version(analysis)
    version = found.version
    for warning in found.to_run(allow_withdrawn=True):
        message(f"warning    {warning}")
    make_ready(version, places(), message)
    name, settings = executor_and_settings(executor, given)
    options = Options(name, runtime, max_parallel, not no_cache, executor_settings=settings)
    verdicts = validate_version(version, lambda which, inputs: run_points(which, inputs, options))
    items = [verdict.as_json(version) for verdict in verdicts]
    keep_evidence(version, items)
    emit({"items": items}, items, COLUMNS, output)
    if not items:
        message(f"{version.reference} declares nothing to validate")
    _raise_for(version, [item for item in items if item["verdict"] == "failed"], len(items))


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


def _raise_for(version: PublishedVersion, failed: list[dict[str, Any]], count: int) -> None:
    if not failed:
        return
    reasons = [f"{item['name']}: {item['reason'] or 'the deviation is above the tolerance'}" for item in failed]
    raise ValidationFailed(
        f"{len(failed)} of {count} items failed",
        where=version.reference,
        why="\n".join(reasons[:5]),
        next_step="recast show last   (the run that was made last)",
    )
