"""`recast export-analyses`: the list of analyses for HEPData."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from recast.cli.output import as_json, message, write
from recast.counted import counted

__all__ = ["export_analyses"]

EPILOG = """
\b
Example:
  recast export-analyses --url 'https://recast.example.org/analyses/{name}' > analyses.json
"""


@click.command("export-analyses", epilog=EPILOG)
@click.option("--url", required=True, metavar="TEMPLATE", help="URL of an analysis' page, with {name} in it.")
def export_analyses(url: str) -> None:
    """Print the published analyses as the JSON list that HEPData reads, so that its records link here."""
    from recast.catalogue import Catalogue
    from recast.exports.hepdata_index import analyses_document, listed

    now = datetime.now(UTC).isoformat(timespec="seconds")
    document = analyses_document(listed(Catalogue(), message), url, now)
    write(as_json(document, indent=1))
    message(f"{counted(len(document['analyses']), 'publication')}; put the file on the web and send HEPData its URL")
