"""`recast ci run`: test a commit, build its images, run its validation, and judge its physics."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recast.ci.words import EXIT_CODES, REPORTS
from recast.cli.executor_command import ExecutorCommand
from recast.cli.output import emit, message, output_option, say
from recast.json_types import JsonObject

if TYPE_CHECKING:
    from recast.ci.pipeline import Tools
    from recast.prepare import Options
    from recast.rundir import RunDirectory
    from recast.runs import OpenRun

__all__ = ["pipeline_options", "run", "tools_of"]

_COLUMNS = ("name", "word", "seconds", "detail")
_EVENTS = ("push", "tag", "request", "local")

EPILOG = """
\b
Examples:
  recast ci run                                   (the checkout in this folder)
  recast ci run my-analysis --executor slurm
  recast ci run --update-reference                (what this commit gives becomes the reference)
  recast ci run --push oci://registry.example.org/group/my-analysis --ref refs/tags/v1.0.0 --event tag
  git show origin/main:reference.lock.json > main.json ; recast ci run --reference main.json

Files: recast-ci/report.json, comparison.json, junit.xml, summary.md, index.html.
Exit codes: 0 passed, or nothing to do; 1 tests, jobs or the published validation failed; 3 broken; 4 blocked by the
infrastructure; 5 refused; 7 the physics moved; 8 undecided.
"""


@click.command(cls=ExecutorCommand, epilog=EPILOG)
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@output_option
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the report [default: DIR/recast-ci].")
@click.option("--commit", metavar="SHA", help="The commit that this is [default: git's HEAD].")
@click.option("--ref", metavar="REF", help="Its ref, such as refs/heads/main or refs/tags/v1.0.0.")
@click.option("--event", type=click.Choice(_EVENTS), default="local", show_default=True, help="What happened.")
@click.option("--untrusted", is_flag=True, help="A stranger's commit: no secrets, no push, this machine alone.")
@click.option("--push", metavar="oci://...", help="Registry for images, the reference's results, and versions.")
@click.option("--reference", type=click.Path(path_type=Path), help="Compare with this file instead of DIR's own lock.")
@click.option(
    "--write-reference", type=click.Path(path_type=Path), help="Write the reference here if the commit passes."
)
@click.option("--update-reference", is_flag=True, help="Make what this commit gives the reference of DIR.")
@click.option("--key", type=click.Path(path_type=Path), help="Sign a published version with this SSH key.")
@click.option("--executor", metavar="NAME", help="Where jobs run: `recast executors ls` [default: local].")
@click.option("--runtime", help="Container runtime: bubblewrap, podman, docker, apptainer.")
@click.option("--max-parallel", type=click.IntRange(1), help="Number of parallel jobs [default: number of cores].")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def run(
    folder: Path,
    output: str,
    out: Path | None,
    commit: str | None,
    ref: str | None,
    event: str,
    untrusted: bool,
    push: str | None,
    reference: Path | None,
    write_reference: Path | None,
    update_reference: bool,
    key: Path | None,
    executor: str | None,
    runtime: str | None,
    max_parallel: int | None,
    quiet: bool,
    given: JsonObject,
) -> None:
    """Judge the commit in DIR: lint, images, tests of its steps, validation runs, comparison with the reference.

    What has not changed by content is not done again. On a tag that names the entry's version, the version is
    published. The report is written to recast-ci/, the verdict is the exit code.
    """
    from recast.ci.pipeline import PipelineOrder, head_of, run_pipeline

    if commit is None:
        commit, head = head_of(folder)
        ref = ref or head
    order = PipelineOrder(
        folder=folder.resolve(),
        out=(out or folder / REPORTS).absolute(),
        options=pipeline_options(executor, runtime, max_parallel, given),
        commit=commit,
        ref=ref,
        event=event,
        untrusted=untrusted,
        push=push,
        reference=reference,
        write_reference=write_reference,
        update_reference=update_reference,
        key=key,
    )
    outcome = run_pipeline(order, tools_of(quiet))
    report = outcome.report
    emit(report, report["phases"], _COLUMNS, output)
    if output == "table":
        say(f"{outcome.word}: {report['sentence']}")
        message(f"report: {order.out}")
    raise click.exceptions.Exit(EXIT_CODES[outcome.word])


def pipeline_options(executor: str | None, runtime: str | None, max_parallel: int | None, given: JsonObject) -> Options:
    """Return the options of the runs of a pipeline, from flags, variables and the configuration file."""
    from recast.prepare import Options
    from recast.prepare.arguments import executor_and_settings

    name, settings = executor_and_settings(executor, given)
    return Options(name, runtime, max_parallel, executor_settings=settings)


def tools_of(quiet: bool) -> Tools:
    """Return what pipelines work with here: this user's places, messages on stderr, runs with a live display."""
    from recast.ci.pipeline import Tools
    from recast.cli.runs.progress import Progress
    from recast.operations.run import drive_run
    from recast.paths import places

    def tell(text: str) -> None:
        if not quiet:
            message(text)

    def drive(directory: RunDirectory) -> OpenRun:
        with Progress(quiet) as progress:
            return drive_run(directory, places(), progress, tell)

    return Tools(places(), tell, drive)
