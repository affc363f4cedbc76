"""`recast answer`: report that a manual step has been done."""

from __future__ import annotations

from pathlib import Path

import click

from recast.cli.find_run import run_directory
from recast.cli.output import message
from recast.paths import places

__all__ = ["answer"]

EPILOG = """
\b
Examples:
  recast answer last /inspect/0 --files checked/
  recast answer last /approve/0 --publish approved=yes --publish 'cuts={met: 200}'
  recast resume last
"""


@click.command(epilog=EPILOG)
@click.argument("run")
@click.argument("step")
@click.option("--publish", multiple=True, metavar="KEY=YAML", help="A value that the step publishes, if required.")
@click.option(
    "--files",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with the output files of the step.",
)
@click.option("--who", help="Your name, for the record [default: the user of this process].")
def answer(run: str, step: str, publish: tuple[str, ...], files: Path | None, who: str | None) -> None:
    """Report that a person has done STEP of RUN; `recast resume` then continues."""
    import getpass

    from recast.prepare.inputs import user_inputs
    from recast.runs.manual_step import answer as record

    published = user_inputs((), publish, {})
    live = record(run_directory(run), places(), step, published, files, who or getpass.getuser())
    others = list(live.engine.by_hand)
    message(
        f"run {live.request.run}: step {step} is done" + (f"; also waiting for a person: {others[0]}" if others else "")
    )
    message(f"continue with: recast resume {live.request.run}")
