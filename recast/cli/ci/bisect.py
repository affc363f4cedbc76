"""`recast ci bisect`: find the commit that moved a quantity first."""

from __future__ import annotations

from pathlib import Path

import click

from recast.ci.words import REPORTS
from recast.cli.ci.run import pipeline_options, tools_of
from recast.cli.executor_command import ExecutorCommand
from recast.cli.output import emit, output_option, say
from recast.errors import UsageError
from recast.json_types import JsonObject

__all__ = ["bisect"]

_COLUMNS = ("commit", "word", "pointer", "before", "after", "verdict", "jobs", "why")

EPILOG = """
\b
Examples:
  recast ci bisect demo/limit/cls_obs v1.0.0..main
  recast ci bisect 'cutflow/SR-2j-1600/*' 3f2a91c..HEAD --executor slurm
"""


@click.command(cls=ExecutorCommand, epilog=EPILOG)
@click.argument("quantity")
@click.argument("commits", metavar="GOOD..BAD")
@click.option(
    "-C", "folder", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The repository."
)
@click.option("--executor", metavar="NAME", help="Where jobs run: `recast executors ls` [default: local].")
@click.option("--runtime", help="Container runtime: bubblewrap, podman, docker, apptainer.")
@click.option("--max-parallel", type=click.IntRange(1), help="Number of parallel jobs [default: number of cores].")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@output_option
def bisect(
    quantity: str,
    commits: str,
    folder: Path,
    executor: str | None,
    runtime: str | None,
    max_parallel: int | None,
    quiet: bool,
    output: str,
    given: JsonObject,
) -> None:
    """Find the first commit after GOOD, up to BAD, at which QUANTITY (a pointer or a pattern) moved against GOOD.

    Few commits are run, and their steps come from the cache where nothing changed.
    """
    from recast.ci.pipeline import PipelineOrder
    from recast.ci.pipeline import bisect as search

    good, dots, bad = commits.partition("..")
    if not (good and dots and bad) or bad.startswith("."):
        raise UsageError(f"{commits!r:.100} is not GOOD..BAD", next_step="recast ci bisect QUANTITY v1.0.0..main")
    options = pipeline_options(executor, runtime, max_parallel, given)
    order = PipelineOrder(folder.resolve(), folder.resolve() / REPORTS, options)
    found = search(order, quantity, good, bad, tools_of(quiet))
    document = found.as_json()
    emit(document, _rows(document), _COLUMNS, output)
    if output == "table":
        between = f", or one of {len(found.between)} broken commits before it" if found.between else ""
        say(f"first moved by {found.first}{between}" if found.first else f"{quantity} did not move in {commits}")


def _rows(document: JsonObject) -> list[JsonObject]:
    rows: list[JsonObject] = []
    for look in document["looks"]:
        shown = {"commit": look["commit"][:12], "word": look["word"], "jobs": look["jobs"], "why": look["why"]}
        rows += [
            {
                **shown,
                "pointer": row["pointer"],
                "before": (row.get("before") or {}).get("value"),
                "after": (row.get("after") or {}).get("value"),
                "verdict": row["verdict"],
                "why": row.get("why", ""),
            }
            for row in look["quantities"]
        ] or [shown]
    return rows
