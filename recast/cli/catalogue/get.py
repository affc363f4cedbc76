"""`recast catalogue get`: prepare versions ahead of their first run."""

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
@click.option(
    "--all", "everything", is_flag=True, help="Prepare the newest version of every analysis in the catalogue."
)
@yes_option
@output_option
def get(analyses: tuple[str, ...], everything: bool, yes: bool, output: str) -> None:
    """Prepare ANALYSES to run: pull or build their images, once, and verify every byte."""
    from recast.catalogue import Catalogue
    from recast.catalogue.transfer.find import find_version

    if everything == bool(analyses):
        raise UsageError("Name some analyses, or use --all", next_step="recast catalogue get ANALYSIS, or --all")
    names = analyses or tuple(Catalogue().analyses())
    if not names:
        raise NotFound("There are no analyses to prepare", next_step="recast catalogue add PATH|URL")
    rows = []
    for name in names:
        found = find_version(name)
        for warning in found.to_run(allow_withdrawn=True):
            message(f"warning    {warning}")
        version = made_ready(found.version, yes, is_draft=found.written is not None)
        rows.append({"reference": version.reference, "digest": version.digest, "images": dict(version.pins)})
    emit({"versions": rows}, rows, ("reference", "digest", "images"), output)
