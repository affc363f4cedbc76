"""`recast ci accept`: announce that a quantity moved on purpose."""

from __future__ import annotations

from pathlib import Path

import click

from recast.ci.words import REPORTS
from recast.cli.catalogue.publish import user_name, who_option
from recast.cli.output import emit, message, output_option
from recast.errors import NotFound
from recast.plainfile import read_plain

__all__ = ["accept"]

_MOST_BYTES = 64 << 20
_COLUMNS = ("quantity", "delta", "why", "by", "at")

EPILOG = """
\b
Examples:
  recast ci accept 'limit/*/cls_obs' --why 'new cross sections'
  recast ci accept 'demo/cutflow/*' 'demo/yields/*' --why 'jets of 30 GeV count now, as in the paper'
"""


@click.command(epilog=EPILOG)
@click.argument("quantities", metavar="QUANTITY...", nargs=-1, required=True)
@click.option("--why", required=True, metavar="TEXT", help="Why they moved; the report says it.")
@click.option(
    "-C", "folder", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The checkout."
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the last report [default: recast-ci].")
@who_option
@output_option
def accept(quantities: tuple[str, ...], why: str, folder: Path, out: Path | None, who: str | None, output: str) -> None:
    """Announce that each QUANTITY (a pointer or a pattern) moved on purpose.

    The announcement is written to reference.lock.json: commit it with the change. It holds until the reference moves.
    """
    from recast.ci.reference import LOCK_NAME, Reference, announce, read_reference, write_reference
    from recast.strictjson import parse_json

    path = (out or folder / REPORTS) / "comparison.json"
    try:
        comparison = parse_json(read_plain(path, _MOST_BYTES))
        report = parse_json(read_plain(path.with_name("report.json"), _MOST_BYTES))
        # Without a lock, a server keeps the reference elsewhere; the lock of the checkout holds announcements alone.
        reference = read_reference(folder / LOCK_NAME) or Reference(str(report["analysis"]))
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise NotFound(
            "There is no comparison to accept changes of", where=str(path), why=str(problem), next_step="recast ci run"
        ) from problem
    updated, announced = announce(reference, comparison, quantities, why, user_name(who))
    write_reference(folder / LOCK_NAME, updated)
    rows = [item.as_json() for item in announced]
    emit({"accepted": rows}, rows, _COLUMNS, output)
    message(f"written to {folder / LOCK_NAME}; commit it with the change: git add {LOCK_NAME}")
