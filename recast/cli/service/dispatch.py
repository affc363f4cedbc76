"""`recast dispatch`: take requests' work from the ledger of a service, and run it."""

from __future__ import annotations

from pathlib import Path

import click

from recast.cli.output import message
from recast.cli.service.serve import needs_extra

__all__ = ["dispatch"]

_EPILOG = """
\b
Examples:
  recast dispatch                                      for the service of this state folder
  recast dispatch --database postgresql://recast@db/recast --config service.toml
  recast dispatch --once                               until nothing is left to do
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--database",
    metavar="URL",
    default="",
    envvar="RECAST_DATABASE",
    help="sqlite:///FILE or postgresql://... [default: SQLite in the state folder].",
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Settings: [dispatch] and [mail] [default: service.toml in the state folder].",
)
@click.option("--parent-pipe", type=int, metavar="FD", help="End when this file descriptor is closed.")
@click.option("--once", is_flag=True, help="End as soon as nothing is left to do.")
def dispatch(database: str, config: Path | None, parent_pipe: int | None, once: bool) -> None:
    """Run what was accepted: one process for each run, as many at once as the site allows.

    `recast serve` starts one by itself. Several may share a database; each piece of work has one of them. SIGTERM ends
    it and its drivers within a few seconds; their runs go on at the next start.
    """
    needs_extra()
    from recast.dispatch.dispatcher import dispatch as run_dispatcher
    from recast.dispatch.settings import load_dispatch
    from recast.service.settings import default_database

    settings, mail, base_url = load_dispatch(config)
    run_dispatcher(
        database or default_database(config), settings, mail, base_url, message, parent=parent_pipe, once=once
    )
