"""`recast catalogue get`: versions made ready to run, before anybody waits for them."""

from __future__ import annotations

import click

from recast.cli.consent import made_ready, yes_option
from recast.cli.output import emit, message, output_option
from recast.errors import NotFound, UsageError

__all__ = ["get"]

EPILOG = """
\b
Examples:
  recast catalogue get atlas-susy-2018-31
  recast catalogue get --all --yes
"""


@click.command(epilog=EPILOG)
@click.argument("analyses", nargs=-1, metavar="ANALYSIS[@VERSION]|ENTRY.yml|oci://...")
@click.option("--all", "everything", is_flag=True, help="Every analysis of the catalogue, its newest version.")
@yes_option
@output_option
def get(analyses: tuple[str, ...], everything: bool, yes: bool, output: str) -> None:
    """Make ANALYSES ready to run: their images are pulled or built, once, and every byte is checked."""
    from recast.catalogue import Catalogue
    from recast.catalogue.transfer.find import find_version

    if everything == bool(analyses):
        raise UsageError("Some analyses, or --all", next_step="recast catalogue get ANALYSIS, or --all")
    names = analyses or tuple(Catalogue().analyses())
    if not names:
        raise NotFound("There is nothing to get", next_step="recast catalogue add PATH|URL")
    rows = []
    for name in names:
        found = find_version(name)
        for warning in found.to_run(allow_withdrawn=True):
            message(f"warning    {warning}")
        version = made_ready(found.version, yes, is_draft=found.written is not None)
        rows.append({"reference": version.reference, "digest": version.digest, "images": dict(version.pins)})
    emit({"versions": rows}, rows, ("reference", "digest", "images"), output)
