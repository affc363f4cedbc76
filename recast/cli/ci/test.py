"""`recast ci test`: the step tests of a repository, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recast.ci.words import REPORTS
from recast.cli.output import emit, message, output_option
from recast.counted import counted
from recast.errors import InfrastructureError, ValidationFailed
from recast.json_types import JsonDict

if TYPE_CHECKING:
    from recast.ci.steptests import TestOutcome

__all__ = ["test"]

_COLUMNS = ("outcome", "name", "stage", "seconds", "message")
EPILOG = """
\b
Examples:
  recast ci test
  recast ci test my-analysis fit-of-two-bins
  recast ci test --list
  recast ci test --fresh -o json

Exit codes: 0 all passed; 1 a test failed; 3 a test or its workflow is written wrongly; 4 a test could not run.
"""


@click.command(epilog=EPILOG)
@click.argument("words", metavar="[DIR] [NAME]...", nargs=-1)
@click.option("--list", "only_list", is_flag=True, help="List the tests, and run none.")
@click.option("--fresh", is_flag=True, help="Run also those that have passed as they are.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for logs [default: DIR/recast-ci]."
)
@click.option("-j", "--max-parallel", type=click.IntRange(1), metavar="N", help="Run at most N tests at once.")
@click.option("--runtime", help="Container runtime [default: the first that works].")
@output_option
def test(
    words: tuple[str, ...],
    only_list: bool,
    fresh: bool,
    out: Path | None,
    max_parallel: int | None,
    runtime: str | None,
    output: str,
) -> None:
    """Run the step tests of the repository in DIR (default: here), or only those of a NAME.

    Each runs one step in its image with given inputs, and compares what comes out with what is expected. A NAME is that
    of a test, of its file, or of a stage.
    """
    from recast.ci import steptests
    from recast.paths import places

    folder, names = _apart(words)
    found = steptests.found_in(folder)
    tests = steptests.chosen(steptests.load(found.files, top=found.top, entry=found.entry), names)
    if only_list:
        listed: list[JsonDict] = [
            {"name": it.title, "stage": it.stage, "file": str(it.position.file), "line": it.position.line}
            for it in tests
        ]
        emit({"tests": listed}, listed, ("name", "stage", "file", "line"), output)
        return
    how = steptests.How(max_parallel=max_parallel, runtime=runtime, fresh=fresh)
    into = out or folder / REPORTS
    outcomes = steptests.run(tests, places(), say=message, out=into, how=how)
    rows = [outcome.as_json() for outcome in outcomes]
    emit({"tests": rows}, rows, _COLUMNS, output)
    _judge(outcomes, into)


def _apart(words: tuple[str, ...]) -> tuple[Path, tuple[str, ...]]:
    """Return the folder, which the first word may be, and the names."""
    if words and Path(words[0]).is_dir():
        return Path(words[0]), words[1:]
    return Path(), words


def _judge(outcomes: Sequence[TestOutcome], out: Path) -> None:
    by_word = {word: [it for it in outcomes if it.outcome == word] for word in ("failed", "error", "cached")}
    if failed := by_word["failed"]:
        raise ValidationFailed(
            f"{counted(len(failed), 'step test')} failed",
            where=", ".join(f"{it.file} {it.name}" for it in failed[:5]),
            why="\n".join(f"{it.name}: {it.message}" for it in failed[:5]),
            next_step=f"read {out / failed[0].log}",
            code="steptest.failed",
        )
    if stopped := by_word["error"]:
        raise InfrastructureError(
            f"{counted(len(stopped), 'step test')} could not run",
            where=", ".join(f"{it.file} {it.name}" for it in stopped[:5]),
            why="\n".join(f"{it.name}: {it.message}" for it in stopped[:5]),
            next_step="recast doctor",
        )
    cached = len(by_word["cached"])
    message(
        f"{counted(len(outcomes), 'step test')} passed" + (f", {cached} of them before, unchanged" if cached else "")
    )
