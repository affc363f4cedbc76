"""`recast serve backup` and `recast serve restore`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from recast.cli.output import emit, message, output_option
from recast.cli.service.serve import needs_extra

__all__ = ["backup", "restore"]

_BACKUP = """
\b
Examples:
  recast serve backup desk.backup
  recast serve backup /mnt/backups/desk-$(date +%F).backup --database postgresql://recast@/recast
"""
_RESTORE = """
\b
Examples:
  recast serve restore desk.backup
  recast serve restore desk.backup --database postgresql://recast@/new   (from SQLite to PostgreSQL)
"""

_database = click.option(
    "--database",
    metavar="URL",
    default="",
    envvar="RECAST_DATABASE",
    help="sqlite:///FILE or postgresql://... [default: SQLite in the state folder].",
)


@click.command(epilog=_BACKUP)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_database
@output_option
def backup(file: Path, database: str, output: str) -> None:
    """Write all that a service keeps to one file, as it is at one instant; the service goes on meanwhile.

    That is its ledger with requests, answers, people and the audit trail, uploads, and the journals, orders and results
    of runs, and the key that signs released answers. Only you can read the file: it holds what is private.
    """
    needs_extra()
    from recast.ledger import Ledger
    from recast.ledger.backup import back_up
    from recast.service.settings import default_database

    with Ledger(database or default_database()) as ledger:
        found = back_up(ledger, file.absolute())
    for path in found.missing:
        message(f"note: not in the back-up, since it is gone or has a name that cannot be kept: {path}")
    row = {"file": str(file), **asdict(found), "missing": len(found.missing)}
    emit(row, [row], ("file", "requests", "uploads", "runs", "bytes", "missing"), output)


@click.command(epilog=_RESTORE)
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@_database
@click.option(
    "--keep-logins",
    is_flag=True,
    help="Let tokens, sessions, links and invitations of the back-up be valid: also those that were revoked since.",
)
@output_option
def restore(file: Path, database: str, output: str, *, keep_logins: bool) -> None:
    """Make a service again from a back-up, in an empty database; then start it: recast serve.

    Every file is compared with its digest, and every request with its audit trail, before anything is changed; a key or
    a run that lies there already is not replaced. Runs that had not ended go on when a dispatcher starts. Everybody
    logs in again; accounts and roles are as they were: block again who was blocked since. The catalogue is not part of
    it: publish or import the versions, or copy the catalogue store.
    """
    needs_extra()
    from recast.ledger import Ledger
    from recast.ledger.backup import restore as restore_into
    from recast.paths import places
    from recast.service.settings import default_database

    with Ledger(database or default_database()) as ledger:
        found = restore_into(ledger, file.absolute(), places().runs, keep_logins=keep_logins)
    row = asdict(found)
    emit(row, [row], ("made", "requests", "uploads", "runs"), output)
