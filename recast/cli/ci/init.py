"""`recast ci init`: the pipeline of a repository, for its forge."""

from __future__ import annotations

from pathlib import Path

import click

from recast.cli.output import message, say

__all__ = ["init"]

EPILOG = """
\b
Examples:
  recast ci init gitlab
  recast ci init github my-analysis --entry catalogue/my-analysis.yml
  recast ci init gitea --force

gitlab writes templates/recast.yml (a component, which other projects can include) and .gitlab-ci.yml; github
.github/workflows/recast.yml and recast-publish.yml; gitea (and Forgejo) .gitea/workflows/recast.yml. Commit them
with recast-ci.yml.
"""


@click.command(epilog=EPILOG)
@click.argument("forge", type=click.Choice(("gitlab", "github", "gitea")))
@click.argument(
    "folder", metavar="[DIR]", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path()
)
@click.option("--entry", metavar="PATH", help="The catalogue entry, if there are several.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def init(forge: str, folder: Path, entry: str | None, force: bool) -> None:
    """Write a pipeline for FORGE into the repository in DIR (default: here), and recast-ci.yml if there is none.

    recast-ci.yml is made from what is found: the catalogue entry, its first example, step tests, stages with a seed.
    """
    from recast.ci.templates import write_pipeline

    done = write_pipeline(forge, folder, entry=entry, force=force)
    for path in done.written:
        say(path)
    for path in done.kept:
        message(f"kept       {path}")
    message("next       try it here: recast ci run; then commit the files")
