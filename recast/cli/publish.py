"""`recast publish`: put a version of an analysis into the catalogue, for good."""

from __future__ import annotations

from pathlib import Path

import click

from recast.cli.output import emit, message, output_option
from recast.errors import UsageError

__all__ = ["publish"]


@click.command(epilog="\b\nExample:\n  recast publish catalogue/atlas-susy-2018-31.yml")
@click.argument("source")
@click.option("--to", "target", metavar="DIR", help="Catalogue store to publish into (default: your own).")
@click.option("--version", "number", metavar="V", help="Version to publish; the newest of the entry if not given.")
@output_option
def publish(source: str, target: str | None, number: str | None, output: str) -> None:
    """Check and publish SOURCE: an entry such as catalogue/NAME.yml, or the NAME of one in ./catalogue.

    A published version never changes: the same bytes again change nothing, other bytes need a new number.
    """
    from recast.catalogue import Catalogue
    from recast.catalogue.publish import publish as publish_entry
    from recast.catalogue.source import find_entry

    if target is not None and "://" in target:
        raise UsageError("Publishing to a registry is not there yet", where=f"--to {target}", next_step="--to DIR")
    store = Catalogue(Path(target) if target else None).store
    done = publish_entry(find_entry(source), store, number)
    version = done.version
    row = {"reference": version.reference, "digest": version.digest, "new": done.new}
    emit(row, [row], ("reference", "digest", "new"), output)
    message(f"published; run it: recast run {version.analysis} --example NAME" if done.new else "was published already")
