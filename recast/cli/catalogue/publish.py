"""`recast publish`: add a version of an analysis to the catalogue or a registry, permanently."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recast.cli.output import emit, message, output_option

if TYPE_CHECKING:
    from recast.catalogue.publishing.examine import Examined
    from recast.operations.publish import Published, Target

__all__ = ["publish", "user_name", "who_option"]

EPILOG = """
\b
Examples:
  recast publish catalogue/atlas-susy-2018-31.yml
  recast publish atlas-susy-2018-31 --to oci://registry.example.org/susy/atlas-susy-2018-31 --dry-run
  recast publish atlas-susy-2018-31@1.0.0 --to oci://127.0.0.1:5000/atlas-susy-2018-31 --key ~/.ssh/id_ed25519
  recast publish catalogue/my-search.yml --throw-away --to try-out      (a number can be reused there)
  recast publish atlas-susy-2018-31 --to oci://... --reason 'no published numbers to compare with'
"""
_CHECK_COLUMNS = ("check", "verdict", "what", "next")

who_option = click.option(
    "--who", metavar="NAME", help="Your name, for the record [default: the user of this process]."
)


@click.command(epilog=EPILOG)
@click.argument("source", metavar="ENTRY.yml|NAME|ANALYSIS@VERSION")
@click.option("--to", "target", metavar="DIR|oci://...", help="Destination [default: your own catalogue].")
@click.option("--version", "number", metavar="V", help="Version to publish [default: the newest of the entry].")
@click.option("--reason", default="", metavar="TEXT", help="Reason for publishing without validation.")
@click.option("--throw-away", is_flag=True, help="DIR is a temporary catalogue: a number may be reused there.")
@click.option("--dry-run", is_flag=True, help="Only run the checks and show their outcome; exit code 3 if one fails.")
@click.option("--key", type=click.Path(path_type=Path), help="Sign it with this SSH key.")
@who_option
@output_option
def publish(
    source: str,
    target: str | None,
    number: str | None,
    reason: str,
    throw_away: bool,
    dry_run: bool,
    key: Path | None,
    who: str | None,
    output: str,
) -> None:
    """Check and publish SOURCE: an entry such as catalogue/NAME.yml, the NAME of one in ./catalogue, or a version that
    is already published here (ANALYSIS@VERSION).

    A published version never changes: publishing the same bytes again changes nothing, other bytes need a new number.
    Publishing to a registry uploads the version and all its images, and requires a validation or a reason why not.
    """
    from recast.catalogue.publishing.publish import Author
    from recast.operations.publish import examined, target_of
    from recast.operations.publish import publish as publish_version

    where = target_of(target, throw_away=throw_away)
    with examined(source, number, where, reason, dry_run=dry_run) as found:
        if dry_run:
            _report(found, output)
            return
        author = Author(user_name(who), reason, found.validation, key)
        _tell(publish_version(found, where, author, message), where, output)


def _tell(done: Published, where: Target, output: str) -> None:
    row = done.as_json()
    emit(row, [row], ("reference", "digest", "new"), output)
    elsewhere = f"RECAST_CATALOGUE={shlex.quote(str(where.elsewhere))} " if where.elsewhere is not None else ""
    run = f"{elsewhere}recast run {row.get('at', done.version.analysis)} --example NAME"
    message(f"published; run it: {run}" if done.new else "already published")


def _report(found: Examined, output: str) -> None:
    rows = [check.as_json() for check in found.checks]
    stops = any(check.stops for check in found.checks)
    document = {"reference": found.reference, "digest": found.digest, "ok": not stops, "checks": rows}
    emit(document, rows, _CHECK_COLUMNS, output)
    message(f"{found.reference}: " + ("not ready to be published" if stops else "ready to be published"))
    if stops:
        raise click.exceptions.Exit(3)


def user_name(who: str | None) -> str:
    """Return the name that a user gave for the record, otherwise the user of this process."""
    import getpass

    return who or getpass.getuser()
