"""`recast ci pages`: static pages of many pipelines, with the history of each quantity."""

from __future__ import annotations

from pathlib import Path

import click

from recast.cli.output import message, say

__all__ = ["pages"]

EPILOG = """
\b
Examples:
  recast ci pages reports --out site
  recast ci pages old/recast-ci new/recast-ci --out site
"""


@click.command(epilog=EPILOG)
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where the pages are written."
)
def pages(folders: tuple[Path, ...], out: Path) -> None:
    """Write pages of all pipelines whose reports lie in FOLDERS: the commits, and each quantity over commits.

    Reports are shown in the order in which they were written. The pages need no server and no script.
    """
    from recast.ci.report import collect, history
    from recast.counted import counted

    documents = collect(folders, lambda problem: message(f"left out   {problem}: {problem.why}"))
    history(out, documents)
    say(f"{counted(len(documents), 'commit')}: {out / 'index.html'}")
